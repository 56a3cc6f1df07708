"""A comment may carry a photo or paper."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0029_api_tokens"),
    ]

    operations = [
        migrations.AddField(
            "actionreview",
            "evidence",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.document",
            ),
        ),
    ]
