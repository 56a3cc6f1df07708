"""A promotion of a rule takes effect with a day, has a way back, and may be refused."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What was granted took effect at once. The wall stands before the migrating role too.
DATE_WHAT_STANDS = """
    ALTER TABLE rule_promotions NO FORCE ROW LEVEL SECURITY;
    UPDATE rule_promotions SET effective_from = coalesce(granted_at, asked_at)::date;
    ALTER TABLE rule_promotions FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("rulepromotion", "rule_promoted_once"),
        migrations.AddField("rulepromotion", "blocks", models.BooleanField(default=True)),
        migrations.AddField("rulepromotion", "effective_from", models.DateField(null=True)),
        migrations.AddField("rulepromotion", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "rulepromotion", "ended_because", models.CharField(blank=True, max_length=500)
        ),
        migrations.AddField(
            "rulepromotion",
            "ended_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(DATE_WHAT_STANDS, migrations.RunSQL.noop),
        migrations.AlterField("rulepromotion", "effective_from", models.DateField()),
        migrations.AddConstraint(
            "rulepromotion",
            models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True), ("granted_at__isnull", True)),
                fields=("license", "rule_id"),
                name="rule_asked_once",
            ),
        ),
        migrations.AddConstraint(
            "rulepromotion",
            models.CheckConstraint(
                condition=models.Q(
                    ("granted_at__isnull", True), ("ended_at__isnull", True), _connector="OR"
                ),
                name="promotion_granted_or_ended",
            ),
        ),
    ]
