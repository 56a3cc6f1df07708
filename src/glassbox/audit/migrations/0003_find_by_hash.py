"""An event is found by the beginning of its hash."""

from django.db import migrations

INDEX = """
    SET LOCAL ROLE glassbox_ledger;
    CREATE INDEX compliance_events_leaf ON compliance_events (license_id, leaf);
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_reading_models")]

    operations = [migrations.RunSQL(INDEX, migrations.RunSQL.noop)]
