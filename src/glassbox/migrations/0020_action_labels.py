"""Actions are found by the labels they name, and a standing knows our count: both kept by triggers."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

import glassbox.models.fields

wall = import_module("glassbox.migrations.0002_walls").wall
standings = import_module("glassbox.migrations.0011_standings")

ACTION_LABELS = """
    CREATE FUNCTION list_action_labels() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM action_labels WHERE action_id = NEW.id;
        END IF;
        INSERT INTO action_labels (company_id, license_id, action_id, label)
        SELECT DISTINCT NEW.company_id, NEW.license_id, NEW.id, label
        FROM jsonb_array_elements_text(NEW.labels) AS label;
        RETURN NULL;
    END $$;
    ALTER TABLE regulated_actions DISABLE ROW LEVEL SECURITY;
    INSERT INTO action_labels (company_id, license_id, action_id, label)
    SELECT DISTINCT action.company_id, action.license_id, action.id, label
    FROM regulated_actions AS action, jsonb_array_elements_text(action.labels) AS label;
    ALTER TABLE regulated_actions ENABLE ROW LEVEL SECURITY;
    SET CONSTRAINTS ALL IMMEDIATE;
    CREATE TRIGGER action_labels AFTER INSERT ON regulated_actions
        FOR EACH ROW EXECUTE FUNCTION list_action_labels();
    CREATE TRIGGER action_labels_otherwise AFTER UPDATE OF labels ON regulated_actions
        FOR EACH ROW WHEN (OLD.labels IS DISTINCT FROM NEW.labels)
        EXECUTE FUNCTION list_action_labels();
"""

# A movement only ever comes, so its package's sum grows by it; two at once queue at the row.
OUR_COUNT = """
    CREATE FUNCTION stand_movement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE package_standings SET our_quantity = our_quantity + NEW.quantity
        WHERE package_id = NEW.package_id;
        RETURN NULL;
    END $$;
    ALTER TABLE package_movements DISABLE ROW LEVEL SECURITY;
    ALTER TABLE package_standings DISABLE ROW LEVEL SECURITY;
    UPDATE package_standings AS standing SET our_quantity = moved.total
    FROM (SELECT package_id, sum(quantity) AS total FROM package_movements GROUP BY package_id)
        AS moved
    WHERE standing.package_id = moved.package_id AND moved.total <> 0;
    ALTER TABLE package_movements ENABLE ROW LEVEL SECURITY;
    ALTER TABLE package_standings ENABLE ROW LEVEL SECURITY;
    SET CONSTRAINTS ALL IMMEDIATE;
    CREATE TRIGGER movement_stands AFTER INSERT ON package_movements
        FOR EACH ROW EXECUTE FUNCTION stand_movement();
"""

# A view takes a new column only at its end.
TRUTH = standings.TRUTH.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(
    " AS is_here\n",
    """ AS is_here,
        coalesce((SELECT sum(quantity) FROM package_movements WHERE package_id = packages.id), 0)
            ::numeric(20, 6) AS our_quantity
""",
)


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0019_inspector_role")]

    operations = [
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
        migrations.AddField(
            model_name="packagestanding",
            name="our_quantity",
            field=glassbox.models.fields.QuantityField(
                decimal_places=6,
                db_default=0,
                help_text="The sum of our movements.",
                max_digits=20,
            ),
        ),
        migrations.RunSQL(OUR_COUNT, migrations.RunSQL.noop),
        migrations.RunSQL(TRUTH, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="packagestanding",
            index=models.Index(
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
        ),
        migrations.RunSQL(ACTION_LABELS + wall("action_labels"), migrations.RunSQL.noop),
    ]
