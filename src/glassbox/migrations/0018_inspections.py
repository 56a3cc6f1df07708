"""Packs for inspectors, verifications of the ledger, and which read each of METRC's rows came in."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import glassbox.models.inspections

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = ("inspection_packs", "ledger_verifications")


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0017_open_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="labresult",
            name="api_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.apirequest",
            ),
        ),
        migrations.AddField(
            model_name="metrcadjustment",
            name="api_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.apirequest",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="api_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.apirequest",
            ),
        ),
        migrations.AddField(
            model_name="transferpackage",
            name="api_request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.apirequest",
            ),
        ),
        migrations.CreateModel(
            name="InspectionPack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "selection",
                    models.JSONField(help_text="How the labels were chosen, to choose them again."),
                ),
                ("labels", models.JSONField()),
                ("event_id", models.UUIDField()),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("file_count", models.PositiveIntegerField()),
                ("seconds", models.FloatField(help_text="How long it took to prepare.")),
                ("prepared_at", models.DateTimeField()),
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
                    "prepared_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "inspection_packs",
                "indexes": [models.Index(fields=["license", "-prepared_at"], name="pack_newest")],
            },
        ),
        migrations.CreateModel(
            name="LedgerVerification",
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
                            (glassbox.models.inspections.VerificationState["WAITING"], "Waiting"),
                            (glassbox.models.inspections.VerificationState["RUNNING"], "Running"),
                            (glassbox.models.inspections.VerificationState["HOLDS"], "Holds"),
                            (glassbox.models.inspections.VerificationState["BROKEN"], "Broken"),
                            (
                                glassbox.models.inspections.VerificationState["UNFINISHED"],
                                "Unfinished",
                            ),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("events_planned", models.PositiveBigIntegerField(default=0)),
                ("events_done", models.PositiveBigIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=1000)),
                ("signatures_checked", models.BooleanField(default=False)),
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
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="glassbox.license",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_verifications",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["WAITING", "RUNNING"])),
                        fields=("license",),
                        name="verification_one_under_way",
                    )
                ],
            },
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
    ]
