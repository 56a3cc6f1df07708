"""What waits stands in indexes of its own: open batches, samples without result, unused tags."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0022_imports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("state", "CLOSED"), _negated=True),
                fields=["license", "state", "opened_at"],
                name="batch_open",
            ),
        ),
        migrations.AddIndex(
            model_name="labsample",
            index=models.Index(
                condition=models.Q(("state__in", ["TAKEN", "AT_LAB"])),
                fields=["license", "taken_at"],
                name="sample_without_result",
            ),
        ),
        migrations.AddIndex(
            model_name="regulatedaction",
            index=models.Index(
                condition=models.Q(("state", "ACCEPTED")),
                fields=["license", "settled_at"],
                name="action_accepted",
            ),
        ),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(
                condition=models.Q(("status", "RECEIVED")), fields=["license"], name="tag_unused"
            ),
        ),
    ]
