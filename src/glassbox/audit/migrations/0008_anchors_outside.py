"""What somebody outside has said of a log: a mirror, a witness, a time stamping authority."""

from django.db import migrations

TABLES = """
    SET LOCAL ROLE glassbox_ledger;
    CREATE TABLE audit_anchors (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('mirror', 'witness', 'timestamp')),
        name text NOT NULL,
        log_id bigint NOT NULL,
        size bigint NOT NULL,
        root bytea NOT NULL,
        said_at timestamptz NOT NULL,
        evidence bytea NOT NULL,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX audit_anchors_newest ON audit_anchors (kind, name, id DESC);
    CREATE TABLE audit_anchor_tries (
        kind text NOT NULL,
        name text NOT NULL,
        tried_at timestamptz NOT NULL,
        problem text NOT NULL,
        PRIMARY KEY (kind, name)
    );
    CREATE TRIGGER deny_change BEFORE UPDATE OR DELETE ON audit_anchors
        FOR EACH ROW EXECUTE FUNCTION audit.deny();
    CREATE TRIGGER deny_truncate BEFORE TRUNCATE ON audit_anchors
        FOR EACH STATEMENT EXECUTE FUNCTION audit.deny();
    ALTER TABLE audit_anchors ENABLE ALWAYS TRIGGER deny_change;
    ALTER TABLE audit_anchors ENABLE ALWAYS TRIGGER deny_truncate;
    GRANT SELECT, INSERT ON audit_anchors TO glassbox_app;
    GRANT SELECT, INSERT, UPDATE ON audit_anchor_tries TO glassbox_app;
    GRANT INSERT ON audit_stops TO glassbox_app;
    GRANT SELECT ON audit_anchors, audit_anchor_tries TO glassbox_verifier;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_openings_by_event")]

    operations = [migrations.RunSQL(TABLES, migrations.RunSQL.noop)]
