"""The ledger's tables, its one way in, and the triggers that refuse every other way."""

from django.db import migrations

TABLES = """
    SET LOCAL ROLE glassbox_ledger;
    CREATE TABLE compliance_events (
        event_id uuid PRIMARY KEY,
        company_id bigint,
        license_id bigint,
        type text NOT NULL,
        subject text NOT NULL,
        actor_id bigint,
        occurred_at timestamptz NOT NULL,
        ts timestamptz NOT NULL,
        body bytea NOT NULL,
        leaf bytea NOT NULL,
        record jsonb NOT NULL
    );
    CREATE INDEX compliance_events_newest ON compliance_events (license_id, occurred_at DESC);
    CREATE INDEX compliance_events_subject ON compliance_events (license_id, subject);
    CREATE TABLE audit_pending (event_id uuid PRIMARY KEY REFERENCES compliance_events);
    CREATE TABLE audit_leaves (
        log_id bigint NOT NULL,
        index bigint NOT NULL CHECK (index >= 0),
        event_id uuid NOT NULL UNIQUE REFERENCES compliance_events,
        leaf bytea NOT NULL,
        chain bytea NOT NULL,
        PRIMARY KEY (log_id, index)
    );
    CREATE TABLE audit_openings (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL REFERENCES compliance_events,
        field text NOT NULL,
        salt bytea NOT NULL,
        value text NOT NULL,
        UNIQUE (event_id, field)
    );
    RESET ROLE;
"""

FUNCTIONS = """
    CREATE SCHEMA audit AUTHORIZATION glassbox_ledger;
    SET LOCAL ROLE glassbox_ledger;

    CREATE FUNCTION audit.deny() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'append-only: % on % refused', tg_op, tg_table_name
            USING ERRCODE = '42501';
    END $$;

    CREATE FUNCTION audit.append(body bytea, openings jsonb) RETURNS uuid LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        record jsonb := convert_from(body, 'UTF8')::jsonb;
        license bigint := (record->>'license')::bigint;
        id uuid := (record->>'event_id')::uuid;
        opening record;
    BEGIN
        IF NOT record ?& array['v', 'event_id', 'type', 'subject', 'ts', 'occurred_at', 'env',
                               'company', 'license', 'actor', 'reason_commit', 'code_version'] THEN
            RAISE EXCEPTION 'append: a required field is missing' USING ERRCODE = '22023';
        END IF;
        IF license IS DISTINCT FROM nullif(current_setting('app.license', true), '')::bigint THEN
            RAISE EXCEPTION 'append: the event is of licence %, the transaction of licence %',
                license, current_setting('app.license', true) USING ERRCODE = '42501';
        END IF;
        IF license IS NULL AND record->>'type' NOT IN (
            'company.opened', 'user.added', 'user.deactivated', 'session.signed_in'
        ) THEN
            RAISE EXCEPTION 'append: % belongs to a licence', record->>'type'
                USING ERRCODE = '42501';
        END IF;
        IF btrim(coalesce(openings->'reason'->>'value', '')) = '' THEN
            RAISE EXCEPTION 'append: a human-readable reason is required' USING ERRCODE = '22023';
        END IF;
        IF abs(extract(epoch FROM clock_timestamp() - (record->>'ts')::timestamptz)) > 5 THEN
            RAISE EXCEPTION 'append: the time of the record is more than 5 s from the clock'
                USING ERRCODE = '22023';
        END IF;
        INSERT INTO public.compliance_events VALUES (
            id, (record->>'company')::bigint, license, record->>'type', record->>'subject',
            (record->'actor'->>'id')::bigint, (record->>'occurred_at')::timestamptz,
            (record->>'ts')::timestamptz, body, sha256('\\x00'::bytea || body), record
        );
        INSERT INTO public.audit_pending VALUES (id);
        FOR opening IN SELECT key, value FROM jsonb_each(openings) LOOP
            INSERT INTO public.audit_openings (event_id, field, salt, value) VALUES (
                id, opening.key, decode(opening.value->>'salt', 'hex'), opening.value->>'value'
            );
        END LOOP;
        RETURN id;
    END $$;

    REVOKE ALL ON FUNCTION audit.append(bytea, jsonb) FROM PUBLIC;
    GRANT USAGE ON SCHEMA audit TO glassbox_app;
    GRANT EXECUTE ON FUNCTION audit.append(bytea, jsonb) TO glassbox_app;
    RESET ROLE;
"""

# ENABLE ALWAYS: they fire even for a superuser whose session plays the replica.
TRIGGERS = (
    "SET LOCAL ROLE glassbox_ledger;"
    + "".join(
        f"""
    CREATE TRIGGER deny_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit.deny();
    CREATE TRIGGER deny_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.deny();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER deny_change;
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER deny_truncate;
    """
        for table in ("compliance_events", "audit_leaves")
    )
    + "RESET ROLE;"
)

READABLE = (
    "license_id = ANY (string_to_array(current_setting('app.licenses', true), ',')::bigint[])"
)
OF_READABLE_EVENT = "EXISTS (SELECT 1 FROM compliance_events e WHERE e.event_id = {}.event_id)"

WALLS = f"""
    SET LOCAL ROLE glassbox_ledger;
    ALTER TABLE compliance_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE compliance_events FORCE ROW LEVEL SECURITY;
    CREATE POLICY ledger_all ON compliance_events TO glassbox_ledger
        USING (true) WITH CHECK (true);
    CREATE POLICY wall_read ON compliance_events FOR SELECT TO glassbox_app USING ({READABLE});
    CREATE POLICY watch_all ON compliance_events FOR SELECT
        TO glassbox_sequencer, glassbox_verifier USING (true);
    ALTER TABLE audit_openings ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_openings FOR SELECT TO glassbox_app
        USING ({OF_READABLE_EVENT.format("audit_openings")});
    CREATE POLICY watch_all ON audit_openings FOR SELECT TO glassbox_verifier USING (true);
    ALTER TABLE audit_leaves ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_leaves FOR SELECT TO glassbox_app
        USING ({OF_READABLE_EVENT.format("audit_leaves")});
    CREATE POLICY sequencer_writes ON audit_leaves TO glassbox_sequencer
        USING (true) WITH CHECK (true);
    CREATE POLICY watch_all ON audit_leaves FOR SELECT TO glassbox_verifier USING (true);

    REVOKE ALL ON compliance_events, audit_pending, audit_leaves, audit_openings FROM glassbox_app;
    GRANT SELECT ON compliance_events, audit_leaves, audit_openings TO glassbox_app;
    GRANT SELECT ON compliance_events, audit_leaves TO glassbox_sequencer;
    GRANT INSERT ON audit_leaves TO glassbox_sequencer;
    GRANT SELECT, UPDATE, DELETE ON audit_pending TO glassbox_sequencer;
    GRANT SELECT ON compliance_events, audit_leaves, audit_pending, audit_openings
        TO glassbox_verifier;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (TABLES, FUNCTIONS, TRIGGERS, WALLS)
    ]
