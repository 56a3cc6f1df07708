"""The weekly mail with the head of the ledger is a delivery too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0026_rule_decisions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alertdelivery",
            name="alert_delivery_is_alert_or_digest",
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="heads_of",
            field=models.DateField(null=True),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("heads_of__isnull", False)),
                fields=("license", "heads_of", "recipient"),
                name="ledger_heads_once_a_week",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("alert__isnull", False),
                        ("digest_of__isnull", True),
                        ("heads_of__isnull", True),
                    ),
                    models.Q(
                        ("alert__isnull", True),
                        ("digest_of__isnull", False),
                        ("heads_of__isnull", True),
                    ),
                    models.Q(
                        ("alert__isnull", True),
                        ("digest_of__isnull", True),
                        ("heads_of__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="alert_delivery_is_one_thing",
            ),
        ),
    ]
