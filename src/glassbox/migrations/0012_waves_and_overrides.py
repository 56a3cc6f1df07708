"""Waves under one signature, overrides of single findings, promotions of rules, checks of actions."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = ("action_waves", "gate_overrides", "rule_promotions")


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0011_standings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActionWave",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("APPROVED", "Approved"), ("VOID", "Void")],
                        max_length=10,
                    ),
                ),
                ("members_sha256", models.CharField(max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("void_because", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "action_waves",
            },
        ),
        migrations.CreateModel(
            name="GateOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=120)),
                ("rule_id", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=500)),
                ("payload_sha256", models.CharField(max_length=64)),
                ("granted_at", models.DateTimeField()),
            ],
            options={
                "db_table": "gate_overrides",
            },
        ),
        migrations.CreateModel(
            name="RulePromotion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule_id", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=500)),
                ("asked_at", models.DateTimeField()),
                ("granted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "rule_promotions",
            },
        ),
        migrations.AddField(
            model_name="gatecheck",
            name="action",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gate_checks",
                to="glassbox.regulatedaction",
            ),
        ),
        migrations.AddField(
            model_name="gatecheck",
            name="moment",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="regulatedaction",
            name="drafted_reading",
            field=models.JSONField(help_text="METRC's word when it was drafted.", null=True),
        ),
        migrations.AddField(
            model_name="regulatedaction",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="regulatedaction",
            name="priority",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name="gatecheck",
            name="transfer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gate_checks",
                to="glassbox.transfer",
            ),
        ),
        migrations.AddConstraint(
            model_name="gatecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("transfer__isnull", True), ("action__isnull", True), _connector="XOR"
                ),
                name="gate_check_of_one_thing",
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waves",
                to="glassbox.batch",
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="opened_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionwave",
            name="order",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waves",
                to="glassbox.order",
            ),
        ),
        migrations.AddField(
            model_name="regulatedaction",
            name="wave",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="actions",
                to="glassbox.actionwave",
            ),
        ),
        migrations.AddField(
            model_name="gateoverride",
            name="action",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="overrides",
                to="glassbox.regulatedaction",
            ),
        ),
        migrations.AddField(
            model_name="gateoverride",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="gateoverride",
            name="granted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="gateoverride",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="rulepromotion",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rulepromotion",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="rulepromotion",
            name="granted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rulepromotion",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddConstraint(
            model_name="actionwave",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("order__isnull", True), ("batch__isnull", True), _connector="XOR"
                ),
                name="wave_of_one_order_or_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="gateoverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="override_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="gateoverride",
            constraint=models.UniqueConstraint(
                fields=("action", "code", "subject", "payload_sha256"), name="override_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulepromotion",
            constraint=models.UniqueConstraint(
                fields=("license", "rule_id"), name="rule_promoted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulepromotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("granted_by__isnull", True),
                    models.Q(("granted_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="promotion_by_two_people",
            ),
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
    ]
