"""Every table, with the walls, triggers and guards that the database itself keeps."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import glassbox.models.alerts
import glassbox.models.catalog
import glassbox.models.companies
import glassbox.models.counts
import glassbox.models.exception_cases
import glassbox.models.fields
import glassbox.models.imports
import glassbox.models.inspections
import glassbox.models.lab
import glassbox.models.production
import glassbox.models.reconciliation
import glassbox.models.sync
import glassbox.models.takeover
import glassbox.models.transfers
import glassbox.rules.action_lifecycle
import glassbox.rules.package_state
import glassbox.rules.permissions
from glassbox.migrations._create_tables import CreateTables
from glassbox.migrations._guards import GUARDS
from glassbox.migrations._standings import STANDINGS
from glassbox.migrations._walls import GRANT_TO_APPLICATION, WALLS

TABLES = [
    migrations.CreateModel(
        name="User",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            ("email", models.EmailField(max_length=254, unique=True)),
            ("name", models.CharField(max_length=120)),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="users",
                    to="glassbox.company",
                ),
            ),
        ],
        options={
            "db_table": "users",
        },
    ),
    migrations.CreateModel(
        name="Company",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("name", models.CharField(max_length=200, unique=True)),
            ("created_at", models.DateTimeField()),
            ("terms_accepted_at", models.DateTimeField(null=True)),
            ("terms_accepted_by", models.CharField(blank=True, max_length=120)),
            ("terms_sha256", models.CharField(blank=True, max_length=64)),
            ("terms_version", models.CharField(blank=True, max_length=20)),
        ],
        options={
            "db_table": "companies",
        },
    ),
    migrations.CreateModel(
        name="Batch",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.CharField(max_length=80)),
            ("product", models.CharField(max_length=200)),
            ("process", models.CharField(max_length=40)),
            ("protocol_version", models.CharField(max_length=40)),
            (
                "planned_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20),
            ),
            ("unit", models.CharField(max_length=40)),
            (
                "label_claim_mg",
                glassbox.models.fields.QuantityField(
                    decimal_places=6,
                    help_text="THC in mg per unit, as printed.",
                    max_digits=20,
                    null=True,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.production.BatchState["OPEN"], "Open"),
                        (glassbox.models.production.BatchState["VERIFIED"], "Verified"),
                        (glassbox.models.production.BatchState["CLOSED"], "Closed"),
                    ],
                    max_length=10,
                ),
            ),
            ("opened_at", models.DateTimeField()),
            ("verified_at", models.DateTimeField(null=True)),
            ("closed_at", models.DateTimeField(null=True)),
            (
                "opened_by",
                models.ForeignKey(
                    help_text="Nobody, if it was under way when Glassbox took the licence over.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "verified_by",
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
                "number_capitals",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Upper("number"),
                    output_field=models.CharField(db_collation="C", max_length=80),
                ),
            ),
            (
                "number_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse(
                        django.db.models.functions.text.Upper("number")
                    ),
                    output_field=models.CharField(db_collation="C", max_length=80),
                ),
            ),
        ],
        options={
            "db_table": "manufacturing_batches",
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "CLOSED"), _negated=True),
                    fields=["license", "state", "opened_at"],
                    name="batch_open",
                ),
                models.Index(fields=["license", "number_capitals"], name="batch_by_beginning"),
                models.Index(fields=["license", "number_reversed"], name="batch_by_end"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("license", "number"), name="batch_number_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="ApiRequest",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("purpose", models.CharField(max_length=80)),
            ("method", models.CharField(max_length=6)),
            ("path", models.CharField(max_length=300)),
            ("query", models.CharField(blank=True, max_length=500)),
            ("key_owner", models.CharField(blank=True, max_length=120)),
            ("sent_at", models.DateTimeField()),
            ("duration_seconds", models.FloatField()),
            ("status", models.PositiveSmallIntegerField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            ("metrc_clock_at", models.DateTimeField(null=True)),
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
                "sync_run",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.syncrun"
                ),
            ),
        ],
        options={
            "db_table": "metrc_api_requests",
            "indexes": [models.Index(fields=["license", "-sent_at"], name="api_request_recent")],
        },
    ),
    migrations.CreateModel(
        name="Document",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("sha256", models.CharField(max_length=64)),
            ("name", models.CharField(max_length=200)),
            ("kind", models.CharField(max_length=40)),
            ("media_type", models.CharField(max_length=80)),
            ("content", models.BinaryField()),
            ("size_bytes", models.PositiveIntegerField()),
            ("filed_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "filed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "documents",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "sha256", "kind"), name="document_filed_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Installation",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("environment", models.CharField(max_length=12)),
            (
                "clock_offset_seconds",
                models.FloatField(
                    default=0, help_text="Moves our clock in scenarios; refused in production."
                ),
            ),
        ],
        options={
            "db_table": "installation",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("environment", "production"), _negated=True),
                        ("clock_offset_seconds", 0),
                        _connector="OR",
                    ),
                    name="production_clock_is_true",
                ),
                models.CheckConstraint(
                    condition=models.Q(("id", 1)), name="installation_is_one_row"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="License",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.CharField(max_length=40)),
            (
                "kind",
                models.CharField(
                    choices=[
                        (glassbox.models.companies.LicenseKind["MANUFACTURING"], "Manufacturing"),
                        (glassbox.models.companies.LicenseKind["DISTRIBUTION"], "Distribution"),
                        (glassbox.models.companies.LicenseKind["LABORATORY"], "Laboratory"),
                        (glassbox.models.companies.LicenseKind["RETAIL"], "Retail"),
                        (glassbox.models.companies.LicenseKind["CULTIVATION"], "Cultivation"),
                        (glassbox.models.companies.LicenseKind["MICROBUSINESS"], "Microbusiness"),
                    ],
                    max_length=20,
                ),
            ),
            ("legal_name", models.CharField(max_length=200)),
            ("state", models.CharField(default="CA", max_length=2)),
            ("time_zone", models.CharField(default="America/Los_Angeles", max_length=60)),
            ("is_active", models.BooleanField(default=True)),
            ("valid_until", models.DateField(null=True)),
            (
                "sync_from",
                models.DateTimeField(
                    help_text="The back-fill starts here, for METRC holds years that we never need."
                ),
            ),
            ("writes_are_on", models.BooleanField(default=True)),
            ("access_lost_at", models.DateTimeField(null=True)),
            ("policy", models.JSONField(default=dict)),
            ("created_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="licenses",
                    to="glassbox.company",
                ),
            ),
        ],
        options={
            "db_table": "licenses",
            "constraints": [
                models.UniqueConstraint(fields=("company", "number"), name="license_number_unique"),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "kind__in",
                            [
                                "MANUFACTURING",
                                "DISTRIBUTION",
                                "LABORATORY",
                                "RETAIL",
                                "CULTIVATION",
                                "MICROBUSINESS",
                            ],
                        )
                    ),
                    name="license_kind_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="LabSample",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("source_labels", models.JSONField()),
            ("production_batch_number", models.CharField(blank=True, max_length=80)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("laboratory_license_number", models.CharField(max_length=40)),
            (
                "sampled_by",
                models.CharField(help_text="The laboratory's employee.", max_length=120),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.lab.SampleState["PLANNED"], "Planned"),
                        (glassbox.models.lab.SampleState["TAKEN"], "Taken"),
                        (glassbox.models.lab.SampleState["AT_LAB"], "At_Lab"),
                        (glassbox.models.lab.SampleState["PASSED"], "Passed"),
                        (glassbox.models.lab.SampleState["FAILED"], "Failed"),
                    ],
                    max_length=10,
                ),
            ),
            ("taken_at", models.DateTimeField(null=True)),
            ("result_seen_at", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "witnessed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "label_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse("label"),
                    output_field=models.CharField(db_collation="C", max_length=40),
                ),
            ),
        ],
        options={
            "db_table": "lab_samples",
            "constraints": [
                models.UniqueConstraint(fields=("license", "label"), name="sample_label_unique")
            ],
            "indexes": [
                models.Index(
                    condition=models.Q(("production_batch_number__gt", "")),
                    fields=["license", "production_batch_number"],
                    name="sample_by_batch",
                ),
                models.Index(
                    condition=models.Q(("state__in", ["TAKEN", "AT_LAB"])),
                    fields=["license", "taken_at"],
                    name="sample_without_result",
                ),
                models.Index(fields=["license", "label_reversed"], name="sample_by_last_digits"),
            ],
        },
    ),
    migrations.CreateModel(
        name="LabResult",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("metrc_id", models.BigIntegerField()),
            ("test_type", models.CharField(max_length=200)),
            (
                "value",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("passed", models.BooleanField()),
            ("laboratory_name", models.CharField(blank=True, max_length=200)),
            ("released_at", models.DateTimeField(null=True)),
            ("revoked_at", models.DateTimeField(null=True)),
            ("document_file_id", models.BigIntegerField(null=True)),
            ("seen_at", models.DateTimeField()),
            ("raw", models.JSONField()),
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
                "api_request",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.apirequest",
                ),
            ),
        ],
        options={
            "db_table": "lab_results",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "label", "metrc_id", "test_type"), name="lab_result_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="LabelCount",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("issued", models.PositiveIntegerField()),
            ("applied", models.PositiveIntegerField()),
            ("destroyed", models.PositiveIntegerField()),
            ("returned", models.PositiveIntegerField()),
            ("counted_at", models.DateTimeField()),
            (
                "batch",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="label_count",
                    to="glassbox.batch",
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
                "counted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "label_proof",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.document",
                ),
            ),
            (
                "verified_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "label_counts",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "issued",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("applied"), "+", models.F("destroyed")
                                ),
                                "+",
                                models.F("returned"),
                            ),
                        )
                    ),
                    name="labels_balance_to_zero",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Item",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("name", models.CharField(max_length=200)),
            ("category", models.CharField(blank=True, max_length=120)),
            ("quantity_type", models.CharField(blank=True, max_length=30)),
            ("unit", models.CharField(blank=True, max_length=40)),
            ("is_active", models.BooleanField(default=True)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField(null=True)),
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
            "db_table": "items",
            "constraints": [
                models.UniqueConstraint(fields=("license", "metrc_id"), name="item_metrc_id_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="IngredientUse",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(blank=True, max_length=40)),
            ("supplier_lot", models.CharField(blank=True, max_length=120)),
            ("material", models.CharField(max_length=200)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("recorded_at", models.DateTimeField()),
            (
                "batch",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="ingredients",
                    to="glassbox.batch",
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
                "recorded_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "ingredients",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("quantity__gt", 0)), name="ingredient_quantity_positive"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("label", ""), ("supplier_lot__gt", "")),
                        models.Q(("label__gt", ""), ("supplier_lot", "")),
                        _connector="OR",
                    ),
                    name="ingredient_is_package_or_lot",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Facility",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("name", models.CharField(max_length=200)),
            ("flags", models.JSONField(default=dict)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, to="glassbox.company"
                ),
            ),
            (
                "license",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="facility",
                    to="glassbox.license",
                ),
            ),
        ],
        options={
            "db_table": "facilities",
        },
    ),
    migrations.CreateModel(
        name="ExceptionCase",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("case_class", models.CharField(max_length=40)),
            ("severity", models.CharField(max_length=10)),
            ("fact_key", models.CharField(max_length=200)),
            ("title", models.CharField(max_length=300)),
            ("what_happened", models.TextField()),
            ("why_it_matters", models.TextField(blank=True)),
            ("what_to_do", models.TextField(blank=True)),
            ("rule_id", models.CharField(blank=True, max_length=40)),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.exception_cases.CaseState["OPEN"], "Open"),
                        (glassbox.models.exception_cases.CaseState["CLOSED"], "Closed"),
                    ],
                    max_length=10,
                ),
            ),
            ("opened_at", models.DateTimeField()),
            ("due_at", models.DateTimeField(null=True)),
            ("closed_at", models.DateTimeField(null=True)),
            ("closed_because", models.CharField(blank=True, max_length=1000)),
            (
                "closed_by",
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
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "package",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to="glassbox.package",
                ),
            ),
            (
                "action",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to="glassbox.regulatedaction",
                ),
            ),
            (
                "transfer",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cases",
                    to="glassbox.transfer",
                ),
            ),
            ("snoozed_until", models.DateTimeField(null=True)),
            ("owner_role", models.CharField(blank=True, max_length=30)),
        ],
        options={
            "db_table": "exceptions",
            "constraints": [
                models.UniqueConstraint(fields=("license", "fact_key"), name="case_one_per_fact")
            ],
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "OPEN")),
                    fields=["license", "fact_key"],
                    name="case_open",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Driver",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("name", models.CharField(max_length=120)),
            ("employee_id", models.CharField(blank=True, max_length=80)),
            ("drivers_license_number", models.CharField(blank=True, max_length=80)),
            ("is_active", models.BooleanField(default=True)),
            ("seen_at", models.DateTimeField(null=True)),
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
            "db_table": "drivers",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "metrc_id"), name="driver_metrc_id_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Counterparty",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("license_number", models.CharField(max_length=40)),
            ("name", models.CharField(max_length=200)),
            (
                "kind",
                models.CharField(
                    choices=[
                        (glassbox.models.companies.LicenseKind["MANUFACTURING"], "Manufacturing"),
                        (glassbox.models.companies.LicenseKind["DISTRIBUTION"], "Distribution"),
                        (glassbox.models.companies.LicenseKind["LABORATORY"], "Laboratory"),
                        (glassbox.models.companies.LicenseKind["RETAIL"], "Retail"),
                        (glassbox.models.companies.LicenseKind["CULTIVATION"], "Cultivation"),
                        (glassbox.models.companies.LicenseKind["MICROBUSINESS"], "Microbusiness"),
                    ],
                    max_length=20,
                ),
            ),
            ("is_active", models.BooleanField(default=True)),
            ("checked_at", models.DateTimeField(null=True)),
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
            "db_table": "counterparties",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "license_number"), name="counterparty_number_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CertificateOfAnalysis",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("version", models.PositiveIntegerField(default=1)),
            ("certificate_number", models.CharField(max_length=80)),
            ("laboratory_license_number", models.CharField(max_length=40)),
            ("production_batch_number", models.CharField(max_length=80)),
            ("sample_label", models.CharField(max_length=40)),
            ("issued_date", models.DateField()),
            ("passed", models.BooleanField()),
            (
                "thc_mg_per_unit",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("filed_at", models.DateTimeField()),
            (
                "filed_by",
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
                "document",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.document",
                ),
            ),
            (
                "sample",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="certificates",
                    to="glassbox.labsample",
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
                "panels",
                models.JSONField(default=dict, help_text="Whether each panel passed, by its name."),
            ),
            (
                "number_capitals",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Upper("certificate_number"),
                    output_field=models.CharField(db_collation="C", max_length=80),
                ),
            ),
            (
                "number_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse(
                        django.db.models.functions.text.Upper("certificate_number")
                    ),
                    output_field=models.CharField(db_collation="C", max_length=80),
                ),
            ),
        ],
        options={
            "db_table": "coa_documents",
            "constraints": [
                models.UniqueConstraint(fields=("sample", "version"), name="coa_version_unique")
            ],
            "indexes": [
                models.Index(fields=["license", "number_capitals"], name="coa_by_beginning"),
                models.Index(fields=["license", "number_reversed"], name="coa_by_end"),
            ],
        },
    ),
    migrations.CreateModel(
        name="CaseNote",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("text", models.TextField()),
            ("noted_at", models.DateTimeField()),
            (
                "author",
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
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="notes",
                    to="glassbox.exceptioncase",
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
            "db_table": "case_notes",
        },
    ),
    migrations.CreateModel(
        name="BatchRecord",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("step", models.CharField(max_length=60)),
            ("text", models.CharField(max_length=1000)),
            (
                "quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("unit", models.CharField(blank=True, max_length=40)),
            ("occurred_at", models.DateTimeField()),
            ("recorded_at", models.DateTimeField()),
            (
                "batch",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="records",
                    to="glassbox.batch",
                ),
            ),
            (
                "operator",
                models.ForeignKey(
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
            "db_table": "batch_production_records",
        },
    ),
    migrations.CreateModel(
        name="BatchOutput",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("item_name", models.CharField(max_length=200)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            (
                "net_content",
                glassbox.models.fields.QuantityField(
                    decimal_places=6,
                    help_text="Content of one unit, in the batch's unit.",
                    max_digits=20,
                    null=True,
                ),
            ),
            ("recorded_at", models.DateTimeField()),
            (
                "batch",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="outputs",
                    to="glassbox.batch",
                ),
            ),
            (
                "recorded_by",
                models.ForeignKey(
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
            "db_table": "batch_outputs",
            "constraints": [
                models.UniqueConstraint(fields=("license", "label"), name="output_label_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="ApiResponseHash",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("request_sha256", models.CharField(max_length=64)),
            ("response_sha256", models.CharField(blank=True, max_length=64)),
            ("response_size_bytes", models.PositiveIntegerField(default=0)),
            (
                "api_request",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="hashes",
                    to="glassbox.apirequest",
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
            "db_table": "metrc_api_response_hashes",
        },
    ),
    migrations.CreateModel(
        name="Location",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("name", models.CharField(max_length=120)),
            ("type_name", models.CharField(blank=True, max_length=120)),
            ("is_active", models.BooleanField(default=True)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField(null=True)),
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
            "db_table": "locations",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "metrc_id"), name="location_metrc_id_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="MetrcAdjustment",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("reason", models.CharField(max_length=120)),
            ("note", models.CharField(blank=True, max_length=1000)),
            ("adjusted_date", models.DateField(null=True)),
            ("adjusted_by", models.CharField(blank=True, max_length=200)),
            ("content_sha256", models.CharField(max_length=64)),
            ("seen_at", models.DateTimeField()),
            ("raw", models.JSONField()),
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
                "api_request",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.apirequest",
                ),
            ),
        ],
        options={
            "db_table": "metrc_adjustments",
            "indexes": [models.Index(fields=["license", "label"], name="adjustment_by_label")],
        },
    ),
    migrations.CreateModel(
        name="MetrcCredential",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("owner_name", models.CharField(max_length=120)),
            ("is_for_sync", models.BooleanField(default=False)),
            ("sealed_key", models.BinaryField()),
            ("last_four", models.CharField(max_length=4)),
            ("version", models.PositiveIntegerField(default=1)),
            ("added_at", models.DateTimeField()),
            ("revoked_at", models.DateTimeField(null=True)),
            ("last_worked_at", models.DateTimeField(null=True)),
            ("last_refused_at", models.DateTimeField(null=True)),
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
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "metrc_credentials_encrypted",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("is_for_sync", False), ("revoked_at__isnull", True)),
                    fields=("license", "user"),
                    name="credential_one_per_person",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_for_sync", True), ("revoked_at__isnull", True)),
                    fields=("license",),
                    name="credential_one_for_sync",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="MetrcEmployee",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("full_name", models.CharField(max_length=200)),
            ("metrc_license_number", models.CharField(blank=True, max_length=80)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField()),
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
            "db_table": "metrc_employees",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "full_name", "metrc_license_number"),
                    name="metrc_employee_unique",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Order",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.CharField(max_length=60)),
            ("delivery_date", models.DateField()),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.transfers.OrderState["DRAFT"], "Draft"),
                        (glassbox.models.transfers.OrderState["CONFIRMED"], "Confirmed"),
                        (glassbox.models.transfers.OrderState["DISPATCHED"], "Dispatched"),
                        (glassbox.models.transfers.OrderState["DELIVERED"], "Delivered"),
                        (glassbox.models.transfers.OrderState["CANCELLED"], "Cancelled"),
                    ],
                    max_length=12,
                ),
            ),
            ("drafted_at", models.DateTimeField()),
            ("confirmed_at", models.DateTimeField(null=True)),
            (
                "buyer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.counterparty",
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
                "confirmed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "drafted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "number_capitals",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Upper("number"),
                    output_field=models.CharField(db_collation="C", max_length=60),
                ),
            ),
            (
                "number_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse(
                        django.db.models.functions.text.Upper("number")
                    ),
                    output_field=models.CharField(db_collation="C", max_length=60),
                ),
            ),
        ],
        options={
            "db_table": "orders",
            "constraints": [
                models.UniqueConstraint(fields=("license", "number"), name="order_number_unique")
            ],
            "indexes": [
                models.Index(fields=["license", "number_capitals"], name="order_by_beginning"),
                models.Index(fields=["license", "number_reversed"], name="order_by_end"),
            ],
        },
    ),
    migrations.CreateModel(
        name="OrderLine",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("item_name", models.CharField(max_length=200)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("unit_price", glassbox.models.fields.MoneyField(decimal_places=2, max_digits=14)),
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
                "order",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="glassbox.order",
                ),
            ),
        ],
        options={
            "db_table": "order_lines",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("quantity__gt", 0)), name="order_line_quantity_positive"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Package",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("printed_label", models.CharField(blank=True, max_length=40)),
            ("item_name", models.CharField(max_length=200)),
            ("unit", models.CharField(max_length=40)),
            (
                "local_state",
                models.CharField(
                    choices=[
                        (glassbox.rules.package_state.LocalState["EXPECTED"], "Expected"),
                        (glassbox.rules.package_state.LocalState["ARRIVED"], "Arrived"),
                        (glassbox.rules.package_state.LocalState["QUARANTINE"], "Quarantine"),
                        (glassbox.rules.package_state.LocalState["IN_PROCESS"], "In_Process"),
                        (
                            glassbox.rules.package_state.LocalState["FINISHED_UNTESTED"],
                            "Finished_Untested",
                        ),
                        (glassbox.rules.package_state.LocalState["IN_TRANSIT"], "In_Transit"),
                        (
                            glassbox.rules.package_state.LocalState["DIST_QUARANTINE"],
                            "Dist_Quarantine",
                        ),
                        (glassbox.rules.package_state.LocalState["SAMPLED"], "Sampled"),
                        (glassbox.rules.package_state.LocalState["TEST_PASSED"], "Test_Passed"),
                        (glassbox.rules.package_state.LocalState["TEST_FAILED"], "Test_Failed"),
                        (glassbox.rules.package_state.LocalState["QA_RELEASED"], "Qa_Released"),
                        (glassbox.rules.package_state.LocalState["ALLOCATED"], "Allocated"),
                        (glassbox.rules.package_state.LocalState["DISPATCHED"], "Dispatched"),
                        (glassbox.rules.package_state.LocalState["DELIVERED"], "Delivered"),
                        (
                            glassbox.rules.package_state.LocalState["REJECTED_RETURNING"],
                            "Rejected_Returning",
                        ),
                        (glassbox.rules.package_state.LocalState["RETURNED"], "Returned"),
                        (glassbox.rules.package_state.LocalState["LOCAL_HOLD"], "Local_Hold"),
                        (glassbox.rules.package_state.LocalState["STATE_HOLD"], "State_Hold"),
                        (glassbox.rules.package_state.LocalState["RECALLED"], "Recalled"),
                        (
                            glassbox.rules.package_state.LocalState["PENDING_DESTRUCTION"],
                            "Pending_Destruction",
                        ),
                        (glassbox.rules.package_state.LocalState["DESTROYED"], "Destroyed"),
                        (glassbox.rules.package_state.LocalState["CLOSED"], "Closed"),
                        (glassbox.rules.package_state.LocalState["UNKNOWN"], "Unknown"),
                    ],
                    max_length=24,
                ),
            ),
            ("location_name", models.CharField(blank=True, max_length=120)),
            ("production_batch_number", models.CharField(blank=True, max_length=80)),
            (
                "confirmed_at",
                models.DateTimeField(
                    help_text="The last time a read of METRC showed this package.", null=True
                ),
            ),
            ("opened_at", models.DateTimeField()),
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
                "label_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse("label"),
                    output_field=models.CharField(db_collation="C", max_length=40),
                ),
            ),
            (
                "printed_label_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse("printed_label"),
                    output_field=models.CharField(db_collation="C", max_length=40),
                ),
            ),
        ],
        options={
            "db_table": "packages",
            "indexes": [
                models.Index(fields=["license", "local_state"], name="package_by_state"),
                models.Index(fields=["license", "label_reversed"], name="package_by_last_digits"),
                models.Index(
                    condition=models.Q(("printed_label__gt", "")),
                    fields=["license", "printed_label_reversed"],
                    name="package_by_printed_digits",
                ),
                models.Index(
                    fields=["license", "production_batch_number"], name="package_by_batch"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("license", "label"), name="package_label_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="Movement",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "quantity",
                glassbox.models.fields.QuantityField(
                    decimal_places=6,
                    help_text="Signed: what came is positive, what left is negative.",
                    max_digits=20,
                ),
            ),
            ("unit", models.CharField(max_length=40)),
            ("cause", models.CharField(max_length=30)),
            ("reason", models.CharField(max_length=500)),
            ("evidence", models.CharField(max_length=200)),
            (
                "fact_key",
                models.CharField(
                    help_text="Names the fact, so that it is booked once.", max_length=120
                ),
            ),
            ("occurred_at", models.DateTimeField()),
            ("recorded_at", models.DateTimeField()),
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
                "recorded_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="movements",
                    to="glassbox.package",
                ),
            ),
        ],
        options={
            "db_table": "package_movements",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "package", "fact_key"), name="movement_booked_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Hold",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("reason", models.CharField(max_length=500)),
            ("placed_at", models.DateTimeField()),
            ("lifted_at", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "lifted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "placed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="holds",
                    to="glassbox.package",
                ),
            ),
        ],
        options={
            "db_table": "package_holds",
        },
    ),
    migrations.CreateModel(
        name="Count",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("purpose", models.CharField(max_length=30)),
            ("device", models.CharField(blank=True, max_length=120)),
            ("counted_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "counted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="counts",
                    to="glassbox.package",
                ),
            ),
        ],
        options={
            "db_table": "package_counts",
        },
    ),
    migrations.CreateModel(
        name="Allocation",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("split_label", models.CharField(blank=True, max_length=40)),
            ("allocated_at", models.DateTimeField()),
            ("withdrawn_at", models.DateTimeField(null=True)),
            ("withdrawn_because", models.CharField(blank=True, max_length=500)),
            (
                "allocated_by",
                models.ForeignKey(
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
                "order_line",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="allocations",
                    to="glassbox.orderline",
                ),
            ),
            (
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="allocations",
                    to="glassbox.package",
                ),
            ),
        ],
        options={
            "db_table": "allocations",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("quantity__gt", 0)), name="allocation_quantity_positive"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PackageLineage",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("parent_label", models.CharField(max_length=40)),
            ("child_label", models.CharField(max_length=40)),
            (
                "quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("unit", models.CharField(blank=True, max_length=40)),
            ("seen_in_metrc_at", models.DateTimeField(null=True)),
            ("claimed_by_us_at", models.DateTimeField(null=True)),
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
            "db_table": "package_lineage",
            "indexes": [
                models.Index(fields=["license", "child_label"], name="lineage_upward"),
                models.Index(
                    condition=models.Q(("claimed_by_us_at__isnull", False)),
                    fields=["license", "child_label"],
                    name="lineage_claimed",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "parent_label", "child_label"), name="lineage_arrow_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PackageSnapshot",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("list_name", models.CharField(max_length=20)),
            ("item_name", models.CharField(blank=True, max_length=200)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("lab_state", models.CharField(blank=True, max_length=40)),
            ("location_name", models.CharField(blank=True, max_length=120)),
            ("is_on_hold", models.BooleanField(default=False)),
            ("is_finished", models.BooleanField(default=False)),
            ("last_modified_at", models.DateTimeField(null=True)),
            ("seen_at", models.DateTimeField()),
            ("is_newest", models.BooleanField(default=True)),
            ("content_sha256", models.CharField(max_length=64)),
            ("raw", models.JSONField()),
            (
                "api_request",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.apirequest"
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
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="snapshots",
                    to="glassbox.package",
                ),
            ),
        ],
        options={
            "db_table": "package_snapshots",
            "indexes": [
                models.Index(fields=["package", "-seen_at"], name="snapshot_newest"),
                models.Index(
                    condition=models.Q(
                        ("is_finished", False),
                        ("is_newest", True),
                        ("list_name__in", ["ACTIVE", "ON_HOLD"]),
                    ),
                    fields=["license", "package"],
                    name="snapshot_open",
                ),
                models.Index(
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
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("is_newest", True)),
                    fields=("package",),
                    name="snapshot_one_newest",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="QaReview",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "verdict",
                models.CharField(
                    choices=[
                        (glassbox.models.lab.QaVerdict["RELEASED"], "Released"),
                        (glassbox.models.lab.QaVerdict["HELD"], "Held"),
                        (glassbox.models.lab.QaVerdict["REJECTED"], "Rejected"),
                    ],
                    max_length=10,
                ),
            ),
            ("checklist", models.JSONField()),
            ("content_sha256", models.CharField(max_length=64)),
            ("reason", models.CharField(max_length=500)),
            ("reviewed_at", models.DateTimeField()),
            ("revoked_at", models.DateTimeField(null=True)),
            ("revoked_because", models.CharField(blank=True, max_length=500)),
            (
                "certificate",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.certificateofanalysis",
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
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reviews",
                    to="glassbox.package",
                ),
            ),
            (
                "reviewed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "qa_reviews",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("revoked_at__isnull", True), ("verdict", "RELEASED")),
                    fields=("package",),
                    name="qa_one_release_in_force",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ReconciliationReport",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("compared_at", models.DateTimeField()),
            ("package_count", models.PositiveIntegerField()),
            ("agreeing_count", models.PositiveIntegerField()),
            ("signed_at", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "compared_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "signed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "sync_run",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.syncrun"
                ),
            ),
            (
                "document",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.document",
                ),
            ),
            ("statement", models.CharField(blank=True, max_length=2000)),
        ],
        options={
            "db_table": "reconciliation_reports",
        },
    ),
    migrations.CreateModel(
        name="ReconciliationLine",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("difference_class", models.CharField(max_length=30)),
            (
                "our_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            (
                "metrc_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("unit", models.CharField(blank=True, max_length=40)),
            ("sentence", models.CharField(max_length=1000)),
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
                "package",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.package",
                ),
            ),
            (
                "report",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="glassbox.reconciliationreport",
                ),
            ),
            ("aspect", models.CharField(default="QUANTITY", max_length=12)),
            ("confidence", models.CharField(default="CERTAIN", max_length=10)),
            ("counted_at", models.DateTimeField(null=True)),
            ("counted_by", models.CharField(blank=True, max_length=120)),
            (
                "counted_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("evidence", models.JSONField(default=list)),
        ],
        options={
            "db_table": "reconciliation_lines",
        },
    ),
    migrations.CreateModel(
        name="ReferenceValue",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("kind", models.CharField(max_length=40)),
            ("name", models.CharField(max_length=200)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField()),
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
            "db_table": "reference_values",
            "constraints": [
                models.UniqueConstraint(fields=("license", "kind", "name"), name="reference_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="RegulatedAction",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("kind", models.CharField(max_length=60)),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.rules.action_lifecycle.ActionState["DRAFT"], "Draft"),
                        (glassbox.rules.action_lifecycle.ActionState["IN_REVIEW"], "In_Review"),
                        (glassbox.rules.action_lifecycle.ActionState["APPROVED"], "Approved"),
                        (glassbox.rules.action_lifecycle.ActionState["SUBMITTING"], "Submitting"),
                        (glassbox.rules.action_lifecycle.ActionState["UNCONFIRMED"], "Unconfirmed"),
                        (glassbox.rules.action_lifecycle.ActionState["BLOCKED"], "Blocked"),
                        (glassbox.rules.action_lifecycle.ActionState["ACCEPTED"], "Accepted"),
                        (glassbox.rules.action_lifecycle.ActionState["REJECTED"], "Rejected"),
                        (glassbox.rules.action_lifecycle.ActionState["WITHDRAWN"], "Withdrawn"),
                    ],
                    max_length=12,
                ),
            ),
            ("reason", models.CharField(max_length=500)),
            ("reason_code", models.CharField(blank=True, max_length=60)),
            (
                "facts",
                models.JSONField(help_text="What the drafter chose; the payload is built from it."),
            ),
            (
                "payload",
                models.JSONField(help_text="METRC's exact bodies; empty for work by hand."),
            ),
            ("payload_sha256", models.CharField(max_length=64)),
            ("metrc_endpoint", models.CharField(max_length=120)),
            ("effect_sentence", models.CharField(max_length=1000)),
            ("natural_key", models.CharField(blank=True, max_length=120)),
            ("token", models.CharField(max_length=16, unique=True)),
            ("labels", models.JSONField(default=list)),
            ("preimage", models.JSONField(null=True)),
            ("drafted_at", models.DateTimeField()),
            ("approved_at", models.DateTimeField(null=True)),
            ("approval_event_id", models.UUIDField(null=True)),
            ("claimed_at", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("settled_at", models.DateTimeField(null=True)),
            ("not_before_at", models.DateTimeField(null=True)),
            ("attested_at", models.DateTimeField(null=True)),
            ("attestation", models.JSONField(null=True)),
            ("blocked_because", models.CharField(blank=True, max_length=1000)),
            ("outcome", models.CharField(blank=True, max_length=1000)),
            ("evidence", models.JSONField(null=True)),
            (
                "approved_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "attested_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "batch",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="actions",
                    to="glassbox.batch",
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
                "drafted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "order",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="actions",
                    to="glassbox.order",
                ),
            ),
            (
                "transfer",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="actions",
                    to="glassbox.transfer",
                ),
            ),
            (
                "drafted_reading",
                models.JSONField(help_text="METRC's word when it was drafted.", null=True),
            ),
            ("due_at", models.DateTimeField(null=True)),
            ("priority", models.PositiveSmallIntegerField(default=1)),
            (
                "wave",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="actions",
                    to="glassbox.actionwave",
                ),
            ),
        ],
        options={
            "db_table": "regulated_actions",
            "indexes": [
                models.Index(fields=["license", "state"], name="action_by_state"),
                models.Index(
                    condition=models.Q(
                        ("state__in", ["ACCEPTED", "REJECTED", "WITHDRAWN"]), _negated=True
                    ),
                    fields=["license", "drafted_at"],
                    name="action_open",
                ),
                models.Index(
                    condition=models.Q(("state", "ACCEPTED")),
                    fields=["license", "settled_at"],
                    name="action_accepted",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "state__in",
                            [
                                "DRAFT",
                                "IN_REVIEW",
                                "APPROVED",
                                "SUBMITTING",
                                "UNCONFIRMED",
                                "BLOCKED",
                                "ACCEPTED",
                                "REJECTED",
                                "WITHDRAWN",
                            ],
                        )
                    ),
                    name="action_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("reason", ""), _negated=True), name="action_has_a_reason"
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        models.Q(("natural_key", ""), _negated=True),
                        models.Q(
                            ("state__in", ["REJECTED", "WITHDRAWN", "ACCEPTED"]), _negated=True
                        ),
                    ),
                    fields=("license", "kind", "natural_key"),
                    name="action_natural_key_live_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ActionReview",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("verdict", models.CharField(max_length=10)),
            ("payload_sha256", models.CharField(max_length=64)),
            ("comment", models.CharField(blank=True, max_length=1000)),
            ("findings", models.JSONField(default=list)),
            ("reviewed_at", models.DateTimeField()),
            (
                "reviewer",
                models.ForeignKey(
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
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reviews",
                    to="glassbox.regulatedaction",
                ),
            ),
        ],
        options={
            "db_table": "action_reviews",
        },
    ),
    migrations.CreateModel(
        name="ActionProbe",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("attempt_number", models.PositiveIntegerField()),
            ("verdict", models.CharField(max_length=20)),
            ("sentence", models.CharField(max_length=1000)),
            ("evidence", models.JSONField(default=dict)),
            ("looked_at", models.DateTimeField()),
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
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="probes",
                    to="glassbox.regulatedaction",
                ),
            ),
        ],
        options={
            "db_table": "action_probes",
        },
    ),
    migrations.CreateModel(
        name="ActionLane",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("key", models.CharField(max_length=160)),
            ("taken_at", models.DateTimeField()),
            ("released_at", models.DateTimeField(null=True)),
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
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lanes",
                    to="glassbox.regulatedaction",
                ),
            ),
        ],
        options={
            "db_table": "action_lanes",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("released_at__isnull", True)),
                    fields=("license", "key"),
                    name="lane_taken_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ActionAttempt",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("worker", models.CharField(max_length=80)),
            ("ticket", models.UUIDField(unique=True)),
            ("ticket_used_at", models.DateTimeField(null=True)),
            ("claimed_at", models.DateTimeField()),
            ("deadline_at", models.DateTimeField()),
            ("http_status", models.PositiveSmallIntegerField(null=True)),
            ("answer", models.JSONField(null=True)),
            ("response_sha256", models.CharField(blank=True, max_length=64)),
            ("error", models.CharField(blank=True, max_length=1000)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "api_request",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.apirequest"
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
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="attempts",
                    to="glassbox.regulatedaction",
                ),
            ),
        ],
        options={
            "db_table": "action_attempts",
            "constraints": [
                models.UniqueConstraint(fields=("action", "number"), name="attempt_number_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="RoleGrant",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "role",
                models.CharField(
                    choices=[
                        (glassbox.rules.permissions.Role["PRODUCTION_LEAD"], "Production_Lead"),
                        (glassbox.rules.permissions.Role["VERIFIER"], "Verifier"),
                        (glassbox.rules.permissions.Role["PACKAGER"], "Packager"),
                        (glassbox.rules.permissions.Role["INVENTORY"], "Inventory"),
                        (glassbox.rules.permissions.Role["QA_MANAGER"], "Qa_Manager"),
                        (
                            glassbox.rules.permissions.Role["COMPLIANCE_MANAGER"],
                            "Compliance_Manager",
                        ),
                        (glassbox.rules.permissions.Role["DRIVER"], "Driver"),
                        (
                            glassbox.rules.permissions.Role["DISTRIBUTION_MANAGER"],
                            "Distribution_Manager",
                        ),
                        (glassbox.rules.permissions.Role["AUDITOR"], "Auditor"),
                        (glassbox.rules.permissions.Role["INSPECTOR"], "Inspector"),
                        (glassbox.rules.permissions.Role["OWNER"], "Owner"),
                        (glassbox.rules.permissions.Role["SYSTEM"], "System"),
                    ],
                    max_length=30,
                ),
            ),
            ("valid_from", models.DateTimeField()),
            ("valid_until", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "granted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "license",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="role_grants",
                    to="glassbox.license",
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="role_grants",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "roles",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("valid_until__isnull", True)),
                    fields=("license", "user", "role"),
                    name="role_held_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="StoredBody",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("sha256", models.CharField(max_length=64)),
            ("body", models.BinaryField()),
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
            "db_table": "metrc_bodies",
            "constraints": [
                models.UniqueConstraint(fields=("license", "sha256"), name="stored_body_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="SyncCursor",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("feed", models.CharField(max_length=60)),
            ("read_until", models.DateTimeField(null=True)),
            ("last_whole_at", models.DateTimeField(null=True)),
            ("last_tried_at", models.DateTimeField(null=True)),
            ("last_error", models.TextField(blank=True)),
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
            ("rows_last_read", models.PositiveIntegerField(default=0)),
            ("gaps", models.JSONField(default=list)),
            ("total_told", models.PositiveIntegerField(null=True)),
            ("walk_began_at", models.DateTimeField(null=True)),
        ],
        options={
            "db_table": "sync_cursors",
            "constraints": [
                models.UniqueConstraint(fields=("license", "feed"), name="sync_cursor_one_per_feed")
            ],
        },
    ),
    migrations.CreateModel(
        name="SyncRun",
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
                        (glassbox.models.sync.SyncRunState["RUNNING"], "Running"),
                        (glassbox.models.sync.SyncRunState["DONE"], "Done"),
                        (glassbox.models.sync.SyncRunState["FAILED"], "Failed"),
                    ],
                    max_length=10,
                ),
            ),
            ("trigger", models.CharField(max_length=20)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("heartbeat_at", models.DateTimeField()),
            ("feeds_done", models.JSONField(default=list)),
            ("counts", models.JSONField(default=dict)),
            ("error", models.TextField(blank=True)),
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
            ("reading", models.CharField(blank=True, max_length=60)),
            ("steps_done", models.PositiveIntegerField(default=0)),
            ("steps_planned", models.PositiveIntegerField(default=0)),
        ],
        options={
            "db_table": "sync_runs",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "RUNNING")),
                    fields=("license",),
                    name="sync_one_running_per_license",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Tag",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("kind", models.CharField(default="Package", max_length=30)),
            (
                "status",
                models.CharField(
                    choices=[
                        (glassbox.models.catalog.TagStatus["RECEIVED"], "Received"),
                        (glassbox.models.catalog.TagStatus["USED"], "Used"),
                        (glassbox.models.catalog.TagStatus["DAMAGED"], "Damaged"),
                    ],
                    max_length=10,
                ),
            ),
            ("received_at", models.DateTimeField()),
            ("used_at", models.DateTimeField(null=True)),
            ("seen_available_at", models.DateTimeField(null=True)),
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
            "db_table": "tags",
            "constraints": [
                models.UniqueConstraint(fields=("license", "label"), name="tag_label_unique")
            ],
            "indexes": [
                models.Index(
                    condition=models.Q(("status", "RECEIVED")),
                    fields=["license"],
                    name="tag_unused",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Transfer",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "direction",
                models.CharField(
                    choices=[
                        (glassbox.models.transfers.TransferDirection["INCOMING"], "Incoming"),
                        (glassbox.models.transfers.TransferDirection["OUTGOING"], "Outgoing"),
                    ],
                    max_length=10,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.transfers.TransferState["PLANNED"], "Planned"),
                        (glassbox.models.transfers.TransferState["RELEASED"], "Released"),
                        (
                            glassbox.models.transfers.TransferState["TEMPLATE_STORED"],
                            "Template_Stored",
                        ),
                        (glassbox.models.transfers.TransferState["REGISTERED"], "Registered"),
                        (glassbox.models.transfers.TransferState["DEPARTED"], "Departed"),
                        (glassbox.models.transfers.TransferState["RECEIVED"], "Received"),
                        (
                            glassbox.models.transfers.TransferState["PARTLY_REJECTED"],
                            "Partly_Rejected",
                        ),
                        (glassbox.models.transfers.TransferState["VOIDED"], "Voided"),
                        (glassbox.models.transfers.TransferState["CANCELLED"], "Cancelled"),
                    ],
                    max_length=16,
                ),
            ),
            ("transfer_type", models.CharField(blank=True, max_length=80)),
            ("shipper_license_number", models.CharField(max_length=40)),
            ("shipper_name", models.CharField(blank=True, max_length=200)),
            ("receiver_license_number", models.CharField(max_length=40)),
            ("receiver_name", models.CharField(blank=True, max_length=200)),
            ("transporter_license_number", models.CharField(blank=True, max_length=40)),
            ("template_name", models.CharField(blank=True, max_length=120)),
            ("template_metrc_id", models.BigIntegerField(null=True)),
            ("metrc_transfer_id", models.BigIntegerField(null=True)),
            ("metrc_delivery_id", models.BigIntegerField(null=True)),
            ("manifest_number", models.CharField(blank=True, max_length=20)),
            ("invoice_number", models.CharField(blank=True, max_length=60)),
            ("planned_route", models.CharField(blank=True, max_length=1000)),
            ("departs_at", models.DateTimeField(null=True)),
            ("arrives_at", models.DateTimeField(null=True)),
            ("departed_at", models.DateTimeField(null=True)),
            ("received_at", models.DateTimeField(null=True)),
            ("opened_at", models.DateTimeField()),
            ("seen_at", models.DateTimeField(null=True)),
            ("raw", models.JSONField(default=dict)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "driver",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.driver",
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
                "order",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="transfers",
                    to="glassbox.order",
                ),
            ),
            (
                "planned_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "vehicle",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.vehicle",
                ),
            ),
            (
                "manifest_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse("manifest_number"),
                    output_field=models.CharField(db_collation="C", max_length=40),
                ),
            ),
            (
                "api_request",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.apirequest",
                ),
            ),
            (
                "invoice_capitals",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Upper("invoice_number"),
                    output_field=models.CharField(db_collation="C", max_length=60),
                ),
            ),
            (
                "invoice_reversed",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Reverse(
                        django.db.models.functions.text.Upper("invoice_number")
                    ),
                    output_field=models.CharField(db_collation="C", max_length=60),
                ),
            ),
            (
                "template_capitals",
                models.GeneratedField(
                    db_persist=True,
                    expression=django.db.models.functions.text.Upper("template_name"),
                    output_field=models.CharField(db_collation="C", max_length=120),
                ),
            ),
        ],
        options={
            "db_table": "transfers",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("metrc_delivery_id__isnull", False)),
                    fields=("license", "metrc_delivery_id"),
                    name="transfer_delivery_unique",
                )
            ],
            "indexes": [
                models.Index(
                    fields=["license", "manifest_reversed"], name="transfer_by_last_digits"
                ),
                models.Index(fields=["license", "state"], name="transfer_by_state"),
                models.Index(
                    condition=models.Q(("invoice_capitals__gt", "")),
                    fields=["license", "invoice_capitals"],
                    name="invoice_by_beginning",
                ),
                models.Index(
                    condition=models.Q(("invoice_reversed__gt", "")),
                    fields=["license", "invoice_reversed"],
                    name="invoice_by_end",
                ),
                models.Index(
                    condition=models.Q(("template_capitals__gt", "")),
                    fields=["license", "template_capitals"],
                    name="template_by_beginning",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="GateCheck",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("is_blocked", models.BooleanField()),
            ("findings", models.JSONField()),
            ("facts_sha256", models.CharField(max_length=64)),
            ("checked_at", models.DateTimeField()),
            (
                "checked_by",
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
                "transfer",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="gate_checks",
                    to="glassbox.transfer",
                ),
            ),
            (
                "action",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="gate_checks",
                    to="glassbox.regulatedaction",
                ),
            ),
            ("moment", models.CharField(blank=True, max_length=10)),
        ],
        options={
            "db_table": "gate_checks",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("transfer__isnull", True), ("action__isnull", True), _connector="XOR"
                    ),
                    name="gate_check_of_one_thing",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="TransferPackage",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("item_name", models.CharField(blank=True, max_length=200)),
            (
                "shipped_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            (
                "received_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("unit", models.CharField(blank=True, max_length=40)),
            (
                "wholesale_price",
                glassbox.models.fields.MoneyField(
                    decimal_places=2,
                    help_text="US dollars for the whole package.",
                    max_digits=14,
                    null=True,
                ),
            ),
            ("shipment_state", models.CharField(blank=True, max_length=20)),
            (
                "found_quantity",
                glassbox.models.fields.QuantityField(
                    decimal_places=6,
                    help_text="Our own scale or count at receipt.",
                    max_digits=20,
                    null=True,
                ),
            ),
            ("found_at", models.DateTimeField(null=True)),
            (
                "verdict",
                models.CharField(blank=True, help_text="ACCEPT or REJECT, ours.", max_length=10),
            ),
            ("verdict_reason", models.CharField(blank=True, max_length=500)),
            ("raw", models.JSONField(default=dict)),
            ("seen_at", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "found_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "transfer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="packages",
                    to="glassbox.transfer",
                ),
            ),
            (
                "api_request",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.apirequest",
                ),
            ),
        ],
        options={
            "db_table": "transfer_packages",
            "constraints": [
                models.UniqueConstraint(fields=("transfer", "label"), name="transfer_package_once")
            ],
            "indexes": [
                models.Index(fields=["license", "label"], name="transfer_package_by_label")
            ],
        },
    ),
    migrations.CreateModel(
        name="Vehicle",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("metrc_id", models.BigIntegerField(null=True)),
            ("make", models.CharField(max_length=80)),
            ("model", models.CharField(max_length=80)),
            ("plate", models.CharField(max_length=20)),
            ("is_active", models.BooleanField(default=True)),
            ("seen_at", models.DateTimeField(null=True)),
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
            "db_table": "vehicles",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "metrc_id"), name="vehicle_metrc_id_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="WasteRecord",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(blank=True, max_length=40)),
            ("kind", models.CharField(max_length=20)),
            ("quantity", glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20)),
            ("unit", models.CharField(max_length=40)),
            ("reason", models.CharField(max_length=500)),
            ("occurred_at", models.DateTimeField()),
            (
                "batch",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="waste",
                    to="glassbox.batch",
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
                "performed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "witnessed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "waste_events",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("quantity__gt", 0)), name="waste_quantity_positive"
                )
            ],
        },
    ),
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
            (
                "case",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="assessment",
                    to="glassbox.exceptioncase",
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
                "decided_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                        (glassbox.models.reconciliation.CorrectionState["PROPOSED"], "Proposed"),
                        (glassbox.models.reconciliation.CorrectionState["BOOKED"], "Booked"),
                        (glassbox.models.reconciliation.CorrectionState["REFUSED"], "Refused"),
                    ],
                    max_length=10,
                ),
            ),
            ("difference_class", models.CharField(max_length=30)),
            (
                "our_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            (
                "metrc_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
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
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "decided_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "package",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="corrections",
                    to="glassbox.package",
                ),
            ),
            (
                "proposed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "book_corrections",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "PROPOSED")),
                    fields=("package",),
                    name="correction_one_proposed",
                )
            ],
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
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("unit", models.CharField(blank=True, max_length=40)),
            ("is_not_there", models.BooleanField(default=False)),
            ("device", models.CharField(blank=True, max_length=120)),
            ("counted_at", models.DateTimeField(null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "counted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "package",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.package",
                ),
            ),
            (
                "session",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="glassbox.countsession",
                ),
            ),
        ],
        options={
            "db_table": "count_lines",
            "constraints": [
                models.UniqueConstraint(fields=("session", "label"), name="count_line_once")
            ],
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
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "handed_in_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "opened_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "signed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "count_sessions",
            "indexes": [models.Index(fields=["license", "state"], name="count_session_by_state")],
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
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            (
                "metrc_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("explanation", models.CharField(max_length=1000)),
            ("evidence", models.CharField(blank=True, max_length=300)),
            ("explained_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "explained_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "difference_explanations",
            "indexes": [models.Index(fields=["license", "label"], name="explanation_by_label")],
        },
    ),
    migrations.CreateModel(
        name="Alert",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("fact_key", models.CharField(max_length=200)),
            ("stage", models.CharField(max_length=20)),
            ("severity", models.CharField(max_length=10)),
            ("title", models.CharField(max_length=300)),
            ("what_to_do", models.TextField()),
            ("rule_id", models.CharField(blank=True, max_length=40)),
            (
                "address",
                models.CharField(help_text="Below the licence's own address.", max_length=200),
            ),
            ("raised_at", models.DateTimeField()),
            ("due_at", models.DateTimeField(null=True)),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "acknowledged_by",
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
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "alerts",
            "indexes": [
                models.Index(
                    condition=models.Q(("ended_at__isnull", True)),
                    fields=["license"],
                    name="alert_open",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "fact_key", "stage"), name="alert_once_per_stage"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertDelivery",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("digest_of", models.DateField(null=True)),
            (
                "channel",
                models.CharField(
                    choices=[
                        (glassbox.models.alerts.DeliveryChannel["MAIL"], "Mail"),
                        (glassbox.models.alerts.DeliveryChannel["WEBHOOK"], "Webhook"),
                    ],
                    max_length=10,
                ),
            ),
            ("recipient", models.CharField(max_length=500)),
            ("public_id", models.UUIDField(unique=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.alerts.DeliveryState["WAITING"], "Waiting"),
                        (glassbox.models.alerts.DeliveryState["SENDING"], "Sending"),
                        (glassbox.models.alerts.DeliveryState["SENT"], "Sent"),
                        (glassbox.models.alerts.DeliveryState["GIVEN_UP"], "Given_Up"),
                        (glassbox.models.alerts.DeliveryState["NOT_NEEDED"], "Not_Needed"),
                    ],
                    max_length=10,
                ),
            ),
            ("attempts", models.PositiveIntegerField(default=0)),
            ("last_error", models.CharField(blank=True, max_length=500)),
            ("not_before_at", models.DateTimeField()),
            ("claimed_at", models.DateTimeField(null=True)),
            ("sent_at", models.DateTimeField(null=True)),
            (
                "alert",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deliveries",
                    to="glassbox.alert",
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
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "webhook",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deliveries",
                    to="glassbox.alertwebhook",
                ),
            ),
        ],
        options={
            "db_table": "alert_deliveries",
            "indexes": [models.Index(fields=["license", "state"], name="alert_delivery_by_state")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("alert", "channel", "recipient"), name="alert_delivered_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("alert__isnull", True)),
                    fields=("license", "digest_of", "recipient"),
                    name="alert_digest_once_a_day",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("alert__isnull", False), ("digest_of__isnull", True)),
                        models.Q(("alert__isnull", True), ("digest_of__isnull", False)),
                        _connector="OR",
                    ),
                    name="alert_delivery_is_alert_or_digest",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertDeliveryAttempt",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("began_at", models.DateTimeField()),
            ("http_status", models.PositiveSmallIntegerField(null=True)),
            ("error", models.CharField(blank=True, max_length=500)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "delivery",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tries",
                    to="glassbox.alertdelivery",
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
            "db_table": "alert_delivery_attempts",
            "constraints": [
                models.UniqueConstraint(
                    fields=("delivery", "number"), name="alert_attempt_number_unique"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertSettings",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("is_mail_on", models.BooleanField()),
            ("quiet_from", models.TimeField(help_text="In the licence's time zone.", null=True)),
            ("quiet_until", models.TimeField(null=True)),
            ("away_from", models.DateField(null=True)),
            ("away_until", models.DateField(help_text="The last day of the absence.", null=True)),
            ("digest_hour", models.PositiveSmallIntegerField(null=True)),
            ("changed_at", models.DateTimeField()),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "deputy",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "alert_settings",
            "constraints": [
                models.UniqueConstraint(
                    fields=("license", "user"), name="alert_settings_one_per_person"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertWatch",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("looked_at", models.DateTimeField(null=True)),
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
            "db_table": "alert_watches",
            "constraints": [
                models.UniqueConstraint(fields=("license",), name="alert_watch_one_per_license")
            ],
        },
    ),
    migrations.CreateModel(
        name="AlertWebhook",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("url", models.CharField(max_length=500)),
            ("sealed_secret", models.BinaryField()),
            ("version", models.PositiveIntegerField(default=1)),
            ("added_at", models.DateTimeField()),
            ("removed_at", models.DateTimeField(null=True)),
            (
                "added_by",
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
            "db_table": "alert_webhooks",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("removed_at__isnull", True)),
                    fields=("license", "url"),
                    name="alert_webhook_url_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="WatchedDate",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("kind", models.CharField(max_length=20)),
            ("what", models.CharField(max_length=200)),
            ("day", models.DateField()),
            ("recorded_at", models.DateTimeField()),
            ("settled_at", models.DateTimeField(null=True)),
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
                "recorded_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "settled_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "watched_dates",
        },
    ),
    migrations.CreateModel(
        name="AccessLoss",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("lost_at", models.DateTimeField()),
            ("reason", models.CharField(max_length=1000)),
            ("declared_at", models.DateTimeField()),
            ("regained_at", models.DateTimeField(null=True)),
            ("regained_reason", models.CharField(blank=True, max_length=1000)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="glassbox.company",
                ),
            ),
            (
                "declared_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "regained_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "access_losses",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("regained_at__isnull", True)),
                    fields=("license",),
                    name="access_lost_once_at_a_time",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PackageStanding",
        fields=[
            (
                "package",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    primary_key=True,
                    related_name="standing",
                    serialize=False,
                    to="glassbox.package",
                ),
            ),
            ("label", models.CharField(max_length=40)),
            ("item_name", models.CharField(max_length=200)),
            ("unit", models.CharField(max_length=40)),
            ("location_name", models.CharField(blank=True, max_length=120)),
            (
                "production_batch_number",
                models.CharField(blank=True, db_collation="C", max_length=80),
            ),
            ("local_state", models.CharField(max_length=24)),
            (
                "list_name",
                models.CharField(blank=True, help_text="Empty: not yet in METRC.", max_length=20),
            ),
            ("category", models.CharField(blank=True, max_length=120)),
            ("lab_state", models.CharField(blank=True, max_length=40)),
            (
                "metrc_quantity",
                glassbox.models.fields.QuantityField(decimal_places=6, max_digits=20, null=True),
            ),
            ("packaged_date", models.DateField(null=True)),
            (
                "changed_at",
                models.DateTimeField(
                    help_text="METRC's last change; of what is not in METRC, when our book opened it."
                ),
            ),
            ("counted_at", models.DateTimeField(null=True)),
            ("is_held_by_state", models.BooleanField(default=False)),
            ("is_held_by_us", models.BooleanField(default=False)),
            ("is_released", models.BooleanField(default=False)),
            (
                "is_here",
                models.BooleanField(
                    default=True,
                    help_text="METRC shows it active or on hold, or has not shown it yet.",
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
                "our_quantity",
                glassbox.models.fields.QuantityField(
                    db_default=0,
                    decimal_places=6,
                    help_text="The sum of our movements.",
                    max_digits=20,
                ),
            ),
        ],
        options={
            "db_table": "package_standings",
            "indexes": [
                models.Index(fields=["license", "-changed_at", "package"], name="standing_changed"),
                models.Index(
                    fields=["license", "is_here", "-changed_at", "package"], name="standing_here"
                ),
                models.Index(
                    fields=["license", "is_here", "packaged_date", "package"],
                    name="standing_oldest",
                ),
                models.Index(
                    fields=["license", "is_here", "item_name", "-changed_at"], name="standing_item"
                ),
                models.Index(
                    fields=["license", "is_here", "location_name", "-changed_at"],
                    name="standing_location",
                ),
                models.Index(
                    fields=["license", "is_here", "category", "-changed_at"],
                    name="standing_category",
                ),
                models.Index(
                    condition=models.Q(("production_batch_number__gt", "")),
                    fields=["license", "production_batch_number"],
                    name="standing_batch",
                ),
                models.Index(
                    condition=models.Q(("local_state__in", ["CLOSED", "DESTROYED"]), _negated=True),
                    fields=["license", "local_state", "-changed_at"],
                    name="standing_state",
                ),
                models.Index(
                    condition=models.Q(
                        ("is_held_by_state", True), ("is_held_by_us", True), _connector="OR"
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_held",
                ),
                models.Index(
                    condition=models.Q(("list_name", "IN_TRANSIT")),
                    fields=["license", "-changed_at", "package"],
                    name="standing_on_road",
                ),
                models.Index(
                    condition=models.Q(("is_here", True), ("list_name", "")),
                    fields=["license", "-changed_at", "package"],
                    name="standing_unseen",
                ),
                models.Index(
                    condition=models.Q(
                        (
                            "lab_state__in",
                            [
                                "AwaitingConfirmation",
                                "Decontaminated",
                                "NotSubmitted",
                                "Remediated",
                                "SelectedForRandomTesting",
                                "SubmittedForTesting",
                                "TestingInProgress",
                            ],
                        ),
                        ("list_name", "ACTIVE"),
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_untested",
                ),
                models.Index(
                    condition=models.Q(
                        ("is_released", False),
                        ("lab_state__in", ["RetestPassed", "TestPassed"]),
                        ("list_name", "ACTIVE"),
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_passed",
                ),
                models.Index(
                    condition=models.Q(("is_released", True), ("list_name", "ACTIVE")),
                    fields=["license", "-changed_at", "package"],
                    name="standing_ready",
                ),
                models.Index(
                    condition=models.Q(
                        ("is_here", True), ("lab_state__in", ["RetestFailed", "TestFailed"])
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_failed",
                ),
                models.Index(
                    condition=models.Q(
                        ("is_here", True),
                        ("metrc_quantity__gt", 0),
                        ("metrc_quantity__lt", 5),
                        ("unit", "Each"),
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_remnant",
                ),
                models.Index(
                    condition=models.Q(
                        ("is_here", True),
                        ("list_name__in", ["ACTIVE", "ON_HOLD"]),
                        models.Q(
                            ("our_quantity__lt", models.F("metrc_quantity")),
                            ("our_quantity__gt", models.F("metrc_quantity")),
                            _connector="OR",
                        ),
                    ),
                    fields=["license", "-changed_at", "package"],
                    name="standing_differing",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="LabSampleSource",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
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
                "sample",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="sources",
                    to="glassbox.labsample",
                ),
            ),
        ],
        options={
            "db_table": "lab_sample_sources",
            "indexes": [models.Index(fields=["license", "label"], name="sample_by_source")],
            "constraints": [
                models.UniqueConstraint(fields=("sample", "label"), name="sample_source_once")
            ],
        },
    ),
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
            (
                "approved_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "batch",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="waves",
                    to="glassbox.batch",
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
                "opened_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "order",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="waves",
                    to="glassbox.order",
                ),
            ),
        ],
        options={
            "db_table": "action_waves",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("order__isnull", True), ("batch__isnull", True), _connector="XOR"
                    ),
                    name="wave_of_one_order_or_batch",
                )
            ],
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
            (
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="overrides",
                    to="glassbox.regulatedaction",
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
                "granted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "gate_overrides",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("reason", ""), _negated=True), name="override_has_a_reason"
                ),
                models.UniqueConstraint(
                    fields=("action", "code", "subject", "payload_sha256"), name="override_once"
                ),
            ],
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
            (
                "asked_by",
                models.ForeignKey(
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
                "granted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
            "db_table": "rule_promotions",
            "constraints": [
                models.UniqueConstraint(fields=("license", "rule_id"), name="rule_promoted_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("granted_by__isnull", True),
                        models.Q(("granted_by", models.F("asked_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="promotion_by_two_people",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PackageHint",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
            (
                "source",
                models.CharField(
                    choices=[
                        (glassbox.models.sync.HintSource["WEBHOOK"], "Webhook"),
                        (glassbox.models.sync.HintSource["GATE"], "Gate"),
                    ],
                    max_length=10,
                ),
            ),
            ("heard_at", models.DateTimeField()),
            ("read_at", models.DateTimeField(null=True)),
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
            "db_table": "package_hints",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("read_at__isnull", True)),
                    fields=("license", "label"),
                    name="package_hint_waits_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="MetrcSubscription",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("sealed_token", models.BinaryField()),
            ("token_sha256", models.CharField(max_length=64)),
            ("made_at", models.DateTimeField()),
            ("checked_at", models.DateTimeField(null=True)),
            ("is_active", models.BooleanField(default=False)),
            ("heard_at", models.DateTimeField(null=True)),
            ("heard_count", models.PositiveIntegerField(default=0)),
            ("last_error", models.TextField(blank=True)),
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
            "db_table": "metrc_subscriptions",
            "constraints": [
                models.UniqueConstraint(fields=("license",), name="metrc_subscription_once")
            ],
        },
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
                        (glassbox.models.inspections.VerificationState["UNFINISHED"], "Unfinished"),
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
    migrations.CreateModel(
        name="ActionLabel",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("label", models.CharField(max_length=40)),
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
                "action",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="named",
                    to="glassbox.regulatedaction",
                ),
            ),
        ],
        options={
            "db_table": "action_labels",
            "indexes": [models.Index(fields=["license", "label"], name="action_by_label")],
            "constraints": [
                models.UniqueConstraint(fields=("action", "label"), name="action_label_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="SavedView",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "grid",
                models.CharField(
                    choices=[("packages", "Packages"), ("actions", "Actions")], max_length=20
                ),
            ),
            ("name", models.CharField(max_length=60)),
            ("query", models.CharField(max_length=2000)),
            ("is_team", models.BooleanField(default=False)),
            ("is_default", models.BooleanField(default=False)),
            ("saved_at", models.DateTimeField()),
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
                "owner",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "saved_views",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("is_team", False)),
                    fields=("license", "grid", "owner", "name"),
                    name="private_view_named_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_team", True)),
                    fields=("license", "grid", "name"),
                    name="team_view_named_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_default", True), ("is_team", False)),
                    fields=("license", "grid", "owner"),
                    name="private_view_one_default",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("is_default", True), ("is_team", True)),
                    fields=("license", "grid"),
                    name="team_view_one_default",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Import",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("kind", models.CharField(max_length=20)),
            ("file_name", models.CharField(max_length=200)),
            ("content_sha256", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.imports.ImportState["PREVIEWED"], "Previewed"),
                        (glassbox.models.imports.ImportState["TAKEN"], "Taken"),
                        (glassbox.models.imports.ImportState["UNDONE"], "Undone"),
                        (glassbox.models.imports.ImportState["DISCARDED"], "Discarded"),
                    ],
                    max_length=10,
                ),
            ),
            ("uploaded_at", models.DateTimeField()),
            ("taken_at", models.DateTimeField(null=True)),
            ("undone_at", models.DateTimeField(null=True)),
            ("reason", models.CharField(blank=True, max_length=500)),
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
                "taken_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "undone_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "uploaded_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "imports",
        },
    ),
    migrations.CreateModel(
        name="ImportRow",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("cells", models.JSONField()),
            (
                "state",
                models.CharField(
                    choices=[
                        (glassbox.models.imports.ImportRowState["READY"], "Ready"),
                        (glassbox.models.imports.ImportRowState["WRONG"], "Wrong"),
                        (glassbox.models.imports.ImportRowState["KNOWN"], "Known"),
                        (glassbox.models.imports.ImportRowState["TAKEN"], "Taken"),
                        (glassbox.models.imports.ImportRowState["UNDONE"], "Undone"),
                    ],
                    max_length=8,
                ),
            ),
            ("problems", models.JSONField(default=list)),
            ("effect", models.CharField(blank=True, max_length=500)),
            ("made", models.JSONField(default=dict)),
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
                "sheet",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rows",
                    to="glassbox.import",
                ),
            ),
        ],
        options={
            "db_table": "import_rows",
            "constraints": [
                models.UniqueConstraint(fields=("sheet", "number"), name="import_row_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="UserReview",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("signed_at", models.DateTimeField()),
            ("comment", models.CharField(blank=True, max_length=1000)),
            ("lines", models.JSONField()),
            ("lines_sha256", models.CharField(max_length=64)),
            ("difference_count", models.PositiveIntegerField()),
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
                "signed_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "db_table": "user_reviews",
        },
    ),
]


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("glassbox", "0001_initial"),
        ("glassbox", "0002_walls"),
        ("glassbox", "0003_certificate_panels"),
        ("glassbox", "0004_lab_result_per_test"),
        ("glassbox", "0005_reconciliation"),
        ("glassbox", "0007_finding"),
        ("glassbox", "0008_alerts"),
        ("glassbox", "0009_case_snooze"),
        ("glassbox", "0010_case_owner_role"),
        ("glassbox", "0011_standings"),
        ("glassbox", "0012_waves_and_overrides"),
        ("glassbox", "0013_action_guards"),
        ("glassbox", "0014_sync_service"),
        ("glassbox", "0015_open_cases"),
        ("glassbox", "0016_takeover"),
        ("glassbox", "0017_open_lists"),
        ("glassbox", "0018_inspections"),
        ("glassbox", "0019_inspector_role"),
        ("glassbox", "0020_action_labels"),
        ("glassbox", "0021_saved_views"),
        ("glassbox", "0022_imports"),
        ("glassbox", "0023_open_indexes"),
        ("glassbox", "0024_find_by_ends"),
        ("glassbox", "0025_terms_and_user_reviews"),
    ]
    dependencies = []

    operations = [
        CreateTables(TABLES),
        migrations.RunSQL(GRANT_TO_APPLICATION),
        migrations.RunSQL(WALLS),
        migrations.RunSQL(STANDINGS),
        migrations.RunSQL(GUARDS),
    ]
