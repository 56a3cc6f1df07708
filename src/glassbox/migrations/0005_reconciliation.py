"""Explanations, corrections, assessments and counts; differences told by what they are about."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import glassbox.models.counts
import glassbox.models.fields
import glassbox.models.reconciliation

wall = import_module("glassbox.migrations.0002_walls").wall
TENANT_TABLES = (
    "assessments",
    "book_corrections",
    "count_lines",
    "count_sessions",
    "difference_explanations",
)
# A case is named by what the two books disagree about, whatever its cause turns out to be.
RENAME_FACTS = """
    ALTER TABLE exceptions DISABLE ROW LEVEL SECURITY;
    UPDATE exceptions SET fact_key = regexp_replace(
        regexp_replace(fact_key, ':(COUNT|UNIT|TIMING|IN_FLIGHT)$', ':QUANTITY'),
        ':(MISSING|UNKNOWN_TO_US)$', ':PRESENCE')
    WHERE fact_key LIKE 'difference:%';
    ALTER TABLE exceptions ENABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0004_lab_result_per_test"),
    ]

    operations = [
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_significant", models.BooleanField()),
                ("statement", models.CharField(max_length=2000)),
                ("decided_at", models.DateTimeField()),
                ("notice_due_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "assessments",
            },
        ),
        migrations.CreateModel(
            name="BookCorrection",
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
                            (
                                glassbox.models.reconciliation.CorrectionState["PROPOSED"],
                                "Proposed",
                            ),
                            (glassbox.models.reconciliation.CorrectionState["BOOKED"], "Booked"),
                            (glassbox.models.reconciliation.CorrectionState["REFUSED"], "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("difference_class", models.CharField(max_length=30)),
                (
                    "our_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                (
                    "metrc_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                (
                    "quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, help_text="Signed: what is booked.", max_digits=20
                    ),
                ),
                ("unit", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=500)),
                ("evidence", models.CharField(max_length=300)),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "book_corrections",
            },
        ),
        migrations.CreateModel(
            name="CountLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=40)),
                ("is_expected", models.BooleanField()),
                (
                    "quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("is_not_there", models.BooleanField(default=False)),
                ("device", models.CharField(blank=True, max_length=120)),
                ("counted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "count_lines",
            },
        ),
        migrations.CreateModel(
            name="CountSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("purpose", models.CharField(max_length=12)),
                ("location_name", models.CharField(blank=True, max_length=120)),
                ("is_blind", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            (glassbox.models.counts.CountSessionState["OPEN"], "Open"),
                            (glassbox.models.counts.CountSessionState["HANDED_IN"], "Handed_In"),
                            (glassbox.models.counts.CountSessionState["SIGNED"], "Signed"),
                            (glassbox.models.counts.CountSessionState["ABANDONED"], "Abandoned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("handed_in_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("statement", models.CharField(blank=True, max_length=2000)),
            ],
            options={
                "db_table": "count_sessions",
            },
        ),
        migrations.CreateModel(
            name="DifferenceExplanation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=40)),
                ("aspect", models.CharField(max_length=12)),
                (
                    "our_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                (
                    "metrc_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                ("explanation", models.CharField(max_length=1000)),
                ("evidence", models.CharField(blank=True, max_length=300)),
                ("explained_at", models.DateTimeField()),
            ],
            options={
                "db_table": "difference_explanations",
            },
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="aspect",
            field=models.CharField(default="QUANTITY", max_length=12),
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="confidence",
            field=models.CharField(default="CERTAIN", max_length=10),
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="counted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="counted_by",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="counted_quantity",
            field=glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="reconciliationline",
            name="evidence",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="reconciliationreport",
            name="document",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.document",
            ),
        ),
        migrations.AddField(
            model_name="reconciliationreport",
            name="statement",
            field=models.CharField(blank=True, max_length=2000),
        ),
        migrations.AlterField(
            model_name="reconciliationline",
            name="sentence",
            field=models.CharField(max_length=1000),
        ),
        migrations.AddIndex(
            model_name="packagelineage",
            index=models.Index(
                condition=models.Q(("claimed_by_us_at__isnull", False)),
                fields=["license", "child_label"],
                name="lineage_claimed",
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessment",
                to="glassbox.exceptioncase",
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="decided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="bookcorrection",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="bookcorrection",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="bookcorrection",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="bookcorrection",
            name="package",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="glassbox.package",
            ),
        ),
        migrations.AddField(
            model_name="bookcorrection",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="counted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="package",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.package",
            ),
        ),
        migrations.AddField(
            model_name="countsession",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="countsession",
            name="handed_in_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countsession",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="countsession",
            name="opened_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countsession",
            name="signed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="glassbox.countsession",
            ),
        ),
        migrations.AddField(
            model_name="differenceexplanation",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="differenceexplanation",
            name="explained_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="differenceexplanation",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookcorrection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "PROPOSED")),
                fields=("package",),
                name="correction_one_proposed",
            ),
        ),
        migrations.AddIndex(
            model_name="countsession",
            index=models.Index(fields=["license", "state"], name="count_session_by_state"),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.UniqueConstraint(fields=("session", "label"), name="count_line_once"),
        ),
        migrations.AddIndex(
            model_name="differenceexplanation",
            index=models.Index(fields=["license", "label"], name="explanation_by_label"),
        ),
        migrations.AddIndex(
            model_name="packagesnapshot",
            index=models.Index(
                condition=models.Q(
                    ("is_finished", False),
                    ("is_newest", True),
                    ("list_name__in", ["ACTIVE", "ON_HOLD"]),
                ),
                fields=["license", "package"],
                name="snapshot_open",
            ),
        ),
        migrations.AddIndex(
            model_name="packagesnapshot",
            index=models.Index(
                condition=models.Q(
                    ("is_newest", True),
                    models.Q(
                        ("is_on_hold", True),
                        ("is_finished", True),
                        ("list_name", "ON_HOLD"),
                        ("lab_state__in", ["TestFailed", "RetestFailed"]),
                        _connector="OR",
                    ),
                ),
                fields=["license", "package"],
                name="snapshot_demanding",
            ),
        ),
        migrations.RunSQL("".join(wall(table) for table in TENANT_TABLES), migrations.RunSQL.noop),
        migrations.RunSQL(RENAME_FACTS, migrations.RunSQL.noop),
    ]
