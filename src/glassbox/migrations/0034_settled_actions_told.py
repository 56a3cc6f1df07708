"""Webhooks are told of settled actions too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0033_request_counts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alertdelivery",
            name="alert_delivery_is_one_thing",
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="content",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="event_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="alertwebhook",
            name="tells_actions",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="alertwebhook",
            name="tells_alerts",
            field=models.BooleanField(default=True),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("alert__isnull", False),
                        ("digest_of__isnull", True),
                        ("event_id__isnull", True),
                        ("heads_of__isnull", True),
                    ),
                    models.Q(
                        ("alert__isnull", True),
                        ("digest_of__isnull", False),
                        ("event_id__isnull", True),
                        ("heads_of__isnull", True),
                    ),
                    models.Q(
                        ("alert__isnull", True),
                        ("digest_of__isnull", True),
                        ("event_id__isnull", True),
                        ("heads_of__isnull", False),
                    ),
                    models.Q(
                        ("alert__isnull", True),
                        ("digest_of__isnull", True),
                        ("event_id__isnull", False),
                        ("heads_of__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="alert_delivery_is_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("event_id__isnull", False)),
                fields=("event_id", "webhook"),
                name="settled_action_told_once",
            ),
        ),
    ]
