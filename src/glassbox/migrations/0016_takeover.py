"""Go-live per licence: takeovers, tests of keys, and matched people."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import glassbox.models.takeover

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = ("key_tests", "person_matches", "takeovers")


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0015_open_cases"),
    ]

    operations = [
        migrations.AlterField(
            model_name="batch",
            name="opened_by",
            field=models.ForeignKey(
                help_text="Nobody, if it was under way when Glassbox took the licence over.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="KeyTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.takeover.KeyTestState["WAITING"], "Waiting"),
                            (glassbox.models.takeover.KeyTestState["DONE"], "Done"),
                            (glassbox.models.takeover.KeyTestState["FAILED"], "Failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("results", models.JSONField(default=list)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tests",
                        to="glassbox.metrccredential",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
            ],
            options={
                "db_table": "key_tests",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "WAITING")),
                        fields=("credential",),
                        name="key_test_one_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonMatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("confirmed_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "employee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.metrcemployee",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "person_matches",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "user"), name="person_match_one_per_user"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("employee__isnull", False)),
                        fields=("license", "employee"),
                        name="person_match_one_per_employee",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Takeover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.takeover.TakeoverState["OPEN"], "Open"),
                            (glassbox.models.takeover.TakeoverState["PROPOSED"], "Proposed"),
                            (glassbox.models.takeover.TakeoverState["LIVE"], "Live"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("began_at", models.DateTimeField()),
                ("books_opened_at", models.DateTimeField(null=True)),
                ("proposed_at", models.DateTimeField(null=True)),
                ("proposal", models.CharField(blank=True, max_length=500)),
                ("accepted", models.JSONField(default=list)),
                ("live_at", models.DateTimeField(null=True)),
                (
                    "began_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.company",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
                (
                    "live_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "takeovers",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "LIVE"), _negated=True),
                        fields=("license",),
                        name="takeover_one_under_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "LIVE"), _negated=True),
                            models.Q(("live_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="takeover_live_by_two",
                    ),
                ],
            },
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
    ]
