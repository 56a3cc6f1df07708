"""Numbers and openings without foreign keys, which looked up and locked each event once more.

What they guarded is guarded twice: triggers refuse to delete an event or a log, only `audit.append`
and the sequencer write here, and `audit verify` names a number whose event is gone.
"""

from django.db import migrations

LIGHTER = """
    SET LOCAL ROLE glassbox_ledger;
    ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_event_id_fkey;
    ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_log_id_fkey;
    ALTER TABLE audit_openings DROP CONSTRAINT audit_openings_event_id_fkey;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_reading_trees")]

    operations = [migrations.RunSQL(LIGHTER, migrations.RunSQL.noop)]
