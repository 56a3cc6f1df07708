"""An opening is found by its event and field; numbering it cost every append two sequence values."""

import django.db.models.deletion
from django.db import migrations, models

WITHOUT_NUMBERS = """
    SET LOCAL ROLE glassbox_ledger;
    ALTER TABLE audit_openings DROP COLUMN id;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_lighter_append")]

    operations = [
        migrations.RunSQL(WITHOUT_NUMBERS, migrations.RunSQL.noop),
        migrations.DeleteModel(name="AuditOpening"),
        migrations.CreateModel(
            name="AuditOpening",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "event_id", "field", blank=True, editable=False, primary_key=True
                    ),
                ),
                ("field", models.TextField()),
                ("salt", models.BinaryField()),
                ("value", models.TextField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="openings",
                        to="audit.complianceevent",
                    ),
                ),
            ],
            options={"db_table": "audit_openings", "managed": False},
        ),
    ]
