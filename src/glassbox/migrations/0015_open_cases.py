"""Open cases stand in an index of their own, however many are closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0014_sync_service")]

    operations = [
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("state", "OPEN")),
                fields=["license", "fact_key"],
                name="case_open",
            ),
        ),
    ]
