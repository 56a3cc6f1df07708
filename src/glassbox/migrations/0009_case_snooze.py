"""A case may wait for a while, never beyond its own clock."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0008_alerts")]

    operations = [
        migrations.AddField(
            model_name="exceptioncase",
            name="snoozed_until",
            field=models.DateTimeField(null=True),
        ),
    ]
