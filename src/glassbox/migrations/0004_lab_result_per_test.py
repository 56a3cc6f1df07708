"""One row per test: METRC gives one id to all tests of one sample."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0003_certificate_panels")]

    operations = [
        migrations.RemoveConstraint(model_name="labresult", name="lab_result_unique"),
        migrations.AddConstraint(
            model_name="labresult",
            constraint=models.UniqueConstraint(
                fields=["license", "label", "metrc_id", "test_type"], name="lab_result_unique"
            ),
        ),
    ]
