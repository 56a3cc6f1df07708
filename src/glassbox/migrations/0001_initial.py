"""The tables of a licence, at first."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import glassbox.models.catalog
import glassbox.models.companies
import glassbox.models.exception_cases
import glassbox.models.fields
import glassbox.models.lab
import glassbox.models.production
import glassbox.models.sync
import glassbox.models.transfers
import glassbox.rules.action_lifecycle
import glassbox.rules.package_state
import glassbox.rules.permissions


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
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
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
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
            ],
            options={
                "db_table": "manufacturing_batches",
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
            ],
            options={
                "db_table": "metrc_api_requests",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="company",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="users",
                to="glassbox.company",
            ),
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
            ],
            options={
                "db_table": "documents",
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
                            (
                                glassbox.models.companies.LicenseKind["MANUFACTURING"],
                                "Manufacturing",
                            ),
                            (glassbox.models.companies.LicenseKind["DISTRIBUTION"], "Distribution"),
                            (glassbox.models.companies.LicenseKind["LABORATORY"], "Laboratory"),
                            (glassbox.models.companies.LicenseKind["RETAIL"], "Retail"),
                            (glassbox.models.companies.LicenseKind["CULTIVATION"], "Cultivation"),
                            (
                                glassbox.models.companies.LicenseKind["MICROBUSINESS"],
                                "Microbusiness",
                            ),
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
                    models.UniqueConstraint(
                        fields=("company", "number"), name="license_number_unique"
                    ),
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
            ],
            options={
                "db_table": "lab_samples",
                "constraints": [
                    models.UniqueConstraint(fields=("license", "label"), name="sample_label_unique")
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
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
            ],
            options={
                "db_table": "lab_results",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "label", "metrc_id"), name="lab_result_unique"
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
                    models.UniqueConstraint(
                        fields=("license", "metrc_id"), name="item_metrc_id_unique"
                    )
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
            ],
            options={
                "db_table": "exceptions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "fact_key"), name="case_one_per_fact"
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
        migrations.AddField(
            model_name="document",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
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
                            (
                                glassbox.models.companies.LicenseKind["MANUFACTURING"],
                                "Manufacturing",
                            ),
                            (glassbox.models.companies.LicenseKind["DISTRIBUTION"], "Distribution"),
                            (glassbox.models.companies.LicenseKind["LABORATORY"], "Laboratory"),
                            (glassbox.models.companies.LicenseKind["RETAIL"], "Retail"),
                            (glassbox.models.companies.LicenseKind["CULTIVATION"], "Cultivation"),
                            (
                                glassbox.models.companies.LicenseKind["MICROBUSINESS"],
                                "Microbusiness",
                            ),
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
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
            ],
            options={
                "db_table": "coa_documents",
                "constraints": [
                    models.UniqueConstraint(fields=("sample", "version"), name="coa_version_unique")
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
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
        migrations.AddField(
            model_name="batch",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
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
        migrations.AddField(
            model_name="apirequest",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
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
            ],
            options={
                "db_table": "orders",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "number"), name="order_number_unique"
                    )
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
            ],
            options={
                "db_table": "packages",
                "indexes": [
                    models.Index(fields=["license", "local_state"], name="package_by_state")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "label"), name="package_label_unique"
                    )
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
        migrations.AddField(
            model_name="exceptioncase",
            name="package",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="glassbox.package",
            ),
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
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
                "indexes": [models.Index(fields=["license", "child_label"], name="lineage_upward")],
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                "indexes": [models.Index(fields=["package", "-seen_at"], name="snapshot_newest")],
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
                ("unit", models.CharField(blank=True, max_length=40)),
                ("sentence", models.CharField(max_length=500)),
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
                    models.UniqueConstraint(
                        fields=("license", "kind", "name"), name="reference_unique"
                    )
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
                            (
                                glassbox.rules.action_lifecycle.ActionState["SUBMITTING"],
                                "Submitting",
                            ),
                            (
                                glassbox.rules.action_lifecycle.ActionState["UNCONFIRMED"],
                                "Unconfirmed",
                            ),
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
                    models.JSONField(
                        help_text="What the drafter chose; the payload is built from it."
                    ),
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
            ],
            options={
                "db_table": "regulated_actions",
                "indexes": [models.Index(fields=["license", "state"], name="action_by_state")],
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
                        condition=models.Q(("reason", ""), _negated=True),
                        name="action_has_a_reason",
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
        migrations.AddField(
            model_name="exceptioncase",
            name="action",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="glassbox.regulatedaction",
            ),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    models.UniqueConstraint(
                        fields=("action", "number"), name="attempt_number_unique"
                    )
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
            ],
            options={
                "db_table": "sync_cursors",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("license", "feed"), name="sync_cursor_one_per_feed"
                    )
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
        migrations.AddField(
            model_name="reconciliationreport",
            name="sync_run",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.syncrun"
            ),
        ),
        migrations.AddField(
            model_name="apirequest",
            name="sync_run",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="glassbox.syncrun"
            ),
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
            },
        ),
        migrations.AddField(
            model_name="regulatedaction",
            name="transfer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="actions",
                to="glassbox.transfer",
            ),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_checks",
                        to="glassbox.transfer",
                    ),
                ),
            ],
            options={
                "db_table": "gate_checks",
            },
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="transfer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="glassbox.transfer",
            ),
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
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
                ),
                (
                    "received_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
                    models.CharField(
                        blank=True, help_text="ACCEPT or REJECT, ours.", max_length=10
                    ),
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
            ],
            options={
                "db_table": "transfer_packages",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("transfer", "label"), name="transfer_package_once"
                    )
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
        migrations.AddField(
            model_name="transfer",
            name="vehicle",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="glassbox.vehicle",
            ),
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
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                fields=("license", "sha256", "kind"), name="document_filed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(
                fields=("license", "number"), name="batch_number_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="apirequest",
            index=models.Index(fields=["license", "-sent_at"], name="api_request_recent"),
        ),
    ]
