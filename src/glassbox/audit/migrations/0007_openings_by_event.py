"""An opening is found by its event and field; an index of its own numbers served nobody."""

from django.db import migrations

BY_EVENT = """
    SET LOCAL ROLE glassbox_ledger;
    ALTER TABLE audit_openings DROP CONSTRAINT audit_openings_pkey;
    ALTER TABLE audit_openings DROP CONSTRAINT audit_openings_event_id_field_key;
    ALTER TABLE audit_openings ADD PRIMARY KEY (event_id, field);
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_lighter_rows")]

    operations = [migrations.RunSQL(BY_EVENT, migrations.RunSQL.noop)]
