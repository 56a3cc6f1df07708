"""How each package stands now, in one narrow row that triggers keep, so that millions can be listed."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

import glassbox.models.fields

wall = import_module("glassbox.migrations.0002_walls").wall

# A date that METRC wrote may be null, its year 0001, or none at all; reading it must never fail,
# for a trigger that fails would keep the whole read from being stored.
FUNCTIONS = """
    CREATE FUNCTION date_of_metrc(written text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN written ~ '^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            THEN make_date(substr(written, 1, 4)::int, substr(written, 6, 2)::int, 1)
                + (substr(written, 9, 2)::int - 1) END
    $$;

    CREATE FUNCTION package_is_here(list_name text, local_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE list_name WHEN '' THEN local_state NOT IN ('CLOSED', 'DESTROYED')
            ELSE list_name IN ('ACTIVE', 'ON_HOLD') END
    $$;

    CREATE FUNCTION stand_package() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO package_standings (company_id, license_id, package_id, label, item_name,
                unit, location_name, production_batch_number, local_state, list_name, category,
                lab_state, changed_at, is_held_by_state, is_held_by_us, is_released, is_here)
            VALUES (NEW.company_id, NEW.license_id, NEW.id, NEW.label, NEW.item_name, NEW.unit,
                NEW.location_name, NEW.production_batch_number, NEW.local_state, '', '', '',
                NEW.opened_at, false, false, false, package_is_here('', NEW.local_state));
        ELSE
            UPDATE package_standings SET label = NEW.label, item_name = NEW.item_name,
                unit = NEW.unit, location_name = NEW.location_name,
                production_batch_number = NEW.production_batch_number,
                local_state = NEW.local_state,
                changed_at = CASE list_name WHEN '' THEN NEW.opened_at ELSE changed_at END,
                is_here = package_is_here(list_name, NEW.local_state)
            WHERE package_id = NEW.id;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION stand_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.is_newest THEN
            UPDATE package_standings SET list_name = NEW.list_name,
                category = left(coalesce(NEW.raw #>> '{Item,ProductCategoryName}', ''), 120),
                lab_state = NEW.lab_state, metrc_quantity = NEW.quantity,
                packaged_date = date_of_metrc(NEW.raw ->> 'PackagedDate'),
                changed_at = coalesce(NEW.last_modified_at, NEW.seen_at),
                is_held_by_state = NEW.is_on_hold,
                is_here = package_is_here(NEW.list_name, local_state)
            WHERE package_id = NEW.package_id;
        ELSE
            UPDATE package_standings AS standing SET list_name = '', category = '', lab_state = '',
                metrc_quantity = NULL, packaged_date = NULL, changed_at = packages.opened_at,
                is_held_by_state = false, is_here = package_is_here('', standing.local_state)
            FROM packages WHERE packages.id = NEW.package_id
                AND standing.package_id = NEW.package_id;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION stand_proof() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- Locked first, so that the next statement sees what another hand has just committed.
        PERFORM FROM package_standings WHERE package_id = NEW.package_id FOR UPDATE;
        UPDATE package_standings SET
            is_held_by_us = EXISTS (SELECT FROM package_holds
                WHERE package_id = NEW.package_id AND lifted_at IS NULL),
            is_released = EXISTS (SELECT FROM qa_reviews WHERE package_id = NEW.package_id
                AND verdict = 'RELEASED' AND revoked_at IS NULL),
            counted_at = (SELECT max(counted_at) FROM package_counts
                WHERE package_id = NEW.package_id)
        WHERE package_id = NEW.package_id;
        RETURN NULL;
    END $$;
"""

TRIGGERS = """
    CREATE TRIGGER package_stands AFTER INSERT ON packages
        FOR EACH ROW EXECUTE FUNCTION stand_package();
    CREATE TRIGGER package_stands_otherwise AFTER UPDATE ON packages FOR EACH ROW
        WHEN ((OLD.label, OLD.item_name, OLD.unit, OLD.location_name, OLD.production_batch_number,
                OLD.local_state, OLD.opened_at)
            IS DISTINCT FROM (NEW.label, NEW.item_name, NEW.unit, NEW.location_name,
                NEW.production_batch_number, NEW.local_state, NEW.opened_at))
        EXECUTE FUNCTION stand_package();
    CREATE TRIGGER snapshot_stands AFTER INSERT ON package_snapshots
        FOR EACH ROW WHEN (NEW.is_newest) EXECUTE FUNCTION stand_snapshot();
    CREATE TRIGGER snapshot_stands_otherwise AFTER UPDATE ON package_snapshots
        FOR EACH ROW WHEN (OLD.is_newest OR NEW.is_newest) EXECUTE FUNCTION stand_snapshot();
    CREATE TRIGGER hold_stands AFTER INSERT OR UPDATE ON package_holds
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
    CREATE TRIGGER review_stands AFTER INSERT OR UPDATE ON qa_reviews
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
    CREATE TRIGGER count_stands AFTER INSERT ON package_counts
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
"""

# What every standing must say. The view repeats the triggers as one question: it fills the table
# now, and a test asks whether the two ever part.
TRUTH = """
    CREATE VIEW package_standings_truth WITH (security_invoker = true) AS
    SELECT packages.company_id, packages.license_id, packages.id AS package_id, packages.label,
        packages.item_name, packages.unit, packages.location_name,
        packages.production_batch_number, packages.local_state,
        coalesce(newest.list_name, '') AS list_name,
        left(coalesce(newest.raw #>> '{Item,ProductCategoryName}', ''), 120) AS category,
        coalesce(newest.lab_state, '') AS lab_state, newest.quantity AS metrc_quantity,
        date_of_metrc(newest.raw ->> 'PackagedDate') AS packaged_date,
        coalesce(newest.last_modified_at, newest.seen_at, packages.opened_at) AS changed_at,
        (SELECT max(counted_at) FROM package_counts WHERE package_id = packages.id) AS counted_at,
        coalesce(newest.is_on_hold, false) AS is_held_by_state,
        EXISTS (SELECT FROM package_holds WHERE package_id = packages.id AND lifted_at IS NULL)
            AS is_held_by_us,
        EXISTS (SELECT FROM qa_reviews WHERE package_id = packages.id AND verdict = 'RELEASED'
            AND revoked_at IS NULL) AS is_released,
        package_is_here(coalesce(newest.list_name, ''), packages.local_state) AS is_here
    FROM packages LEFT JOIN package_snapshots AS newest
        ON newest.package_id = packages.id AND newest.is_newest;
"""

SAMPLE_SOURCES = """
    CREATE FUNCTION list_sample_sources() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM lab_sample_sources WHERE sample_id = NEW.id;
        INSERT INTO lab_sample_sources (company_id, license_id, sample_id, label)
        SELECT DISTINCT NEW.company_id, NEW.license_id, NEW.id, label
        FROM jsonb_array_elements_text(NEW.source_labels) AS label;
        RETURN NULL;
    END $$;
    ALTER TABLE lab_samples DISABLE ROW LEVEL SECURITY;
    INSERT INTO lab_sample_sources (company_id, license_id, sample_id, label)
    SELECT DISTINCT sample.company_id, sample.license_id, sample.id, label
    FROM lab_samples AS sample, jsonb_array_elements_text(sample.source_labels) AS label;
    ALTER TABLE lab_samples ENABLE ROW LEVEL SECURITY;
    SET CONSTRAINTS ALL IMMEDIATE;
    CREATE TRIGGER sample_sources AFTER INSERT OR UPDATE OF source_labels ON lab_samples
        FOR EACH ROW EXECUTE FUNCTION list_sample_sources();
"""

COLUMNS = (
    "company_id, license_id, package_id, label, item_name, unit, location_name,"
    " production_batch_number, local_state, list_name, category, lab_state, metrc_quantity,"
    " packaged_date, changed_at, counted_at, is_held_by_state, is_held_by_us, is_released, is_here"
)
WALLED = ("packages", "package_snapshots", "package_counts", "package_holds", "qa_reviews")
FILL = "".join(
    (
        *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in WALLED),
        f"INSERT INTO package_standings ({COLUMNS}) SELECT {COLUMNS} FROM package_standings_truth;",
        *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;" for table in WALLED),
        # A table with a deferred check outstanding cannot be walled.
        "SET CONSTRAINTS ALL IMMEDIATE;",
    )
)


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0010_case_owner_role")]

    operations = [
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
                    models.CharField(
                        blank=True, help_text="Empty: not yet in METRC.", max_length=20
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=120)),
                ("lab_state", models.CharField(blank=True, max_length=40)),
                (
                    "metrc_quantity",
                    glassbox.models.fields.QuantityField(
                        decimal_places=6, max_digits=20, null=True
                    ),
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
            ],
            options={
                "db_table": "package_standings",
                "indexes": [
                    models.Index(
                        fields=["license", "-changed_at", "package"], name="standing_changed"
                    ),
                    models.Index(
                        fields=["license", "is_here", "-changed_at", "package"],
                        name="standing_here",
                    ),
                    models.Index(
                        fields=["license", "is_here", "packaged_date", "package"],
                        name="standing_oldest",
                    ),
                    models.Index(
                        fields=["license", "is_here", "item_name", "-changed_at"],
                        name="standing_item",
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
                        condition=models.Q(
                            ("local_state__in", ["CLOSED", "DESTROYED"]), _negated=True
                        ),
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
            ],
            options={
                "db_table": "lab_sample_sources",
            },
        ),
        migrations.AddIndex(
            model_name="labsample",
            index=models.Index(
                condition=models.Q(("production_batch_number__gt", "")),
                fields=["license", "production_batch_number"],
                name="sample_by_batch",
            ),
        ),
        migrations.AddField(
            model_name="labsamplesource",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.company"
            ),
        ),
        migrations.AddField(
            model_name="labsamplesource",
            name="license",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="glassbox.license"
            ),
        ),
        migrations.AddField(
            model_name="labsamplesource",
            name="sample",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sources",
                to="glassbox.labsample",
            ),
        ),
        migrations.AddIndex(
            model_name="labsamplesource",
            index=models.Index(fields=["license", "label"], name="sample_by_source"),
        ),
        migrations.AddConstraint(
            model_name="labsamplesource",
            constraint=models.UniqueConstraint(
                fields=("sample", "label"), name="sample_source_once"
            ),
        ),
        migrations.RunSQL(FUNCTIONS + TRUTH, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS + wall("package_standings"), migrations.RunSQL.noop),
        migrations.RunSQL(SAMPLE_SOURCES + wall("lab_sample_sources"), migrations.RunSQL.noop),
    ]
