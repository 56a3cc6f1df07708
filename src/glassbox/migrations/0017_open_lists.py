"""Open actions and open transfers stand in indexes of their own, however many have ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0016_takeover")]

    operations = [
        migrations.AddIndex(
            model_name="regulatedaction",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["ACCEPTED", "REJECTED", "WITHDRAWN"]), _negated=True
                ),
                fields=["license", "drafted_at"],
                name="action_open",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["license", "state"], name="transfer_by_state"),
        ),
    ]
