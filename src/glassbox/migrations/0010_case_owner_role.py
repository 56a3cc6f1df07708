"""A case names the role that it is given to, before a person takes it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0009_case_snooze")]

    operations = [
        migrations.AddField(
            model_name="exceptioncase",
            name="owner_role",
            field=models.CharField(blank=True, default="", max_length=30),
            preserve_default=False,
        ),
    ]
