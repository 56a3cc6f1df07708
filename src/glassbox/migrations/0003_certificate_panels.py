"""What a certificate says of each panel."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0002_walls")]

    operations = [
        migrations.AddField(
            model_name="certificateofanalysis",
            name="panels",
            field=models.JSONField(
                default=dict, help_text="Whether each panel passed, by its name."
            ),
        ),
    ]
