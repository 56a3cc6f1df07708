"""Logs as Merkle trees: one for each licence and year, one anchor, signed checkpoints, and blobs.

What was numbered before is numbered again: no checkpoint of it was ever signed, so nobody outside
can hold another order, and the new trees begin at the first event.
"""

from django.db import migrations

LOGS = """
    SET LOCAL ROLE glassbox_ledger;
    CREATE TABLE audit_logs (
        log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('license', 'house', 'anchor')),
        license_id bigint,
        year int NOT NULL,
        origin text NOT NULL UNIQUE,
        size bigint NOT NULL DEFAULT 0,
        root bytea NOT NULL,
        chain bytea NOT NULL,
        anchored_at timestamptz,
        UNIQUE NULLS NOT DISTINCT (kind, license_id, year),
        CHECK ((kind = 'license') = (license_id IS NOT NULL))
    );
    DROP TABLE audit_leaves;
    CREATE TABLE audit_leaves (
        log_id bigint NOT NULL REFERENCES audit_logs,
        index bigint NOT NULL CHECK (index >= 0),
        event_id uuid UNIQUE REFERENCES compliance_events,
        leaf bytea NOT NULL,
        chain bytea NOT NULL,
        body bytea,
        PRIMARY KEY (log_id, index),
        CHECK ((event_id IS NULL) = (body IS NOT NULL))
    );
    CREATE INDEX audit_leaves_of_checkpoints ON audit_leaves (leaf) WHERE event_id IS NULL;
    CREATE TABLE audit_tiles (
        log_id bigint NOT NULL REFERENCES audit_logs,
        level int NOT NULL,
        index bigint NOT NULL,
        root bytea NOT NULL,
        PRIMARY KEY (log_id, level, index)
    );
    CREATE TABLE audit_checkpoints (
        log_id bigint NOT NULL REFERENCES audit_logs,
        number bigint NOT NULL,
        size bigint NOT NULL,
        root bytea NOT NULL,
        note text NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (log_id, number),
        UNIQUE (log_id, size)
    );
    CREATE TABLE audit_blobs (
        license_id bigint NOT NULL,
        sha256 bytea NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (license_id, sha256),
        CHECK (sha256 = sha256(content))
    );
    CREATE TABLE audit_beats (
        process text PRIMARY KEY CHECK (process IN ('sequencer', 'signer')),
        beat_at timestamptz NOT NULL
    );
    CREATE TABLE audit_stops (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        said_by text NOT NULL,
        sentence text NOT NULL,
        began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz,
        ended_because text,
        CHECK ((ended_at IS NULL) = (ended_because IS NULL))
    );
    DROP TABLE audit_pending;
    CREATE TABLE audit_pending (
        event_id uuid PRIMARY KEY,
        license_id bigint,
        ts timestamptz NOT NULL,
        leaf bytea NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
    INSERT INTO audit_pending SELECT event_id, license_id, ts, leaf FROM compliance_events;
    RESET ROLE;
"""

APPEND = """
    SET LOCAL ROLE glassbox_ledger;
    DROP FUNCTION audit.append(bytea, jsonb);
    CREATE FUNCTION audit.append(body bytea, openings jsonb, blob bytea DEFAULT NULL)
    RETURNS uuid LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        record jsonb := convert_from(body, 'UTF8')::jsonb;
        license bigint := (record->>'license')::bigint;
        id uuid := (record->>'event_id')::uuid;
        said_at timestamptz := (record->>'ts')::timestamptz;
        leaf bytea := sha256('\\x00'::bytea || body);
    BEGIN
        IF NOT record ?& array['v', 'event_id', 'type', 'subject', 'ts', 'occurred_at', 'env',
                               'company', 'license', 'facility', 'actor', 'on_behalf_of', 'mfa',
                               'reason_code', 'reason_commit', 'code_version'] THEN
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
        IF abs(extract(epoch FROM clock_timestamp() - said_at)) > 5 THEN
            RAISE EXCEPTION 'append: the time of the record is more than 5 s from the clock'
                USING ERRCODE = '22023';
        END IF;
        IF octet_length(body) > 65535 THEN
            RAISE EXCEPTION 'append: the record has % bytes; 65535 at most', octet_length(body)
                USING ERRCODE = '22023';
        END IF;
        IF blob IS NOT NULL THEN
            IF encode(sha256(blob), 'hex') IS DISTINCT FROM record->>'body_sha256' THEN
                RAISE EXCEPTION 'append: body_sha256 is not the hash of the body'
                    USING ERRCODE = '22023';
            END IF;
            INSERT INTO public.audit_blobs VALUES (license, sha256(blob), blob)
                ON CONFLICT DO NOTHING;
        END IF;
        INSERT INTO public.compliance_events VALUES (
            id, (record->>'company')::bigint, license, record->>'type', record->>'subject',
            (record->'actor'->>'id')::bigint, (record->>'occurred_at')::timestamptz,
            said_at, body, leaf, record
        );
        INSERT INTO public.audit_pending VALUES (id, license, said_at, leaf);
        INSERT INTO public.audit_openings (event_id, field, salt, value)
            SELECT id, key, decode(item->>'salt', 'hex'), item->>'value'
            FROM jsonb_each(openings) AS opening(key, item);
        RETURN id;
    END $$;
    REVOKE ALL ON FUNCTION audit.append(bytea, jsonb, bytea) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION audit.append(bytea, jsonb, bytea) TO glassbox_app;

    CREATE FUNCTION audit.erase_opening(event uuid, named text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        DELETE FROM public.audit_openings o USING public.compliance_events e
            WHERE o.event_id = event AND o.field = named AND e.event_id = event
            AND e.license_id = nullif(current_setting('app.license', true), '')::bigint;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'erase: event % of this licence has no text %', event, named
                USING ERRCODE = 'P0002';
        END IF;
    END $$;
    REVOKE ALL ON FUNCTION audit.erase_opening(uuid, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION audit.erase_opening(uuid, text) TO glassbox_app;
    RESET ROLE;
"""

TRIGGERS = (
    """
    SET LOCAL ROLE glassbox_ledger;
    CREATE FUNCTION audit.only_grows() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF NEW.size < OLD.size OR (NEW.log_id, NEW.kind, NEW.license_id, NEW.year, NEW.origin)
                IS DISTINCT FROM (OLD.log_id, OLD.kind, OLD.license_id, OLD.year, OLD.origin)
                OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
            RAISE EXCEPTION 'append-only: a log only grows' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END $$;
    CREATE FUNCTION audit.only_what_was_told() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM public.compliance_events e WHERE e.type = 'opening.erased'
            AND e.subject = 'event:' || OLD.event_id AND e.record->'body'->>'field' = OLD.field
        ) THEN
            RAISE EXCEPTION 'append-only: an opening goes only after an event that says so'
                USING ERRCODE = '42501';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER only_grows BEFORE UPDATE ON audit_logs
        FOR EACH ROW EXECUTE FUNCTION audit.only_grows();
    CREATE TRIGGER deny_delete BEFORE DELETE ON audit_logs
        FOR EACH ROW EXECUTE FUNCTION audit.deny();
    CREATE TRIGGER deny_update BEFORE UPDATE ON audit_openings
        FOR EACH ROW EXECUTE FUNCTION audit.deny();
    CREATE TRIGGER only_what_was_told BEFORE DELETE ON audit_openings
        FOR EACH ROW EXECUTE FUNCTION audit.only_what_was_told();
    ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER only_grows;
    ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER deny_delete;
    ALTER TABLE audit_openings ENABLE ALWAYS TRIGGER deny_update;
    ALTER TABLE audit_openings ENABLE ALWAYS TRIGGER only_what_was_told;
    RESET ROLE;
"""
    + "".join(
        f"""
    SET LOCAL ROLE glassbox_ledger;
    CREATE TRIGGER deny_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit.deny();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER deny_change;
    RESET ROLE;
    """
        for table in ("audit_leaves", "audit_tiles", "audit_checkpoints", "audit_blobs")
    )
    + "".join(
        f"""
    SET LOCAL ROLE glassbox_ledger;
    CREATE TRIGGER deny_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.deny();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER deny_truncate;
    RESET ROLE;
    """
        for table in (
            "audit_leaves",
            "audit_tiles",
            "audit_checkpoints",
            "audit_blobs",
            "audit_logs",
            "audit_openings",
            "audit_pending",
            "audit_stops",
        )
    )
)

READABLE = (
    "license_id = ANY (string_to_array(current_setting('app.licenses', true), ',')::bigint[])"
)
# The anchor log's hashes are for everybody's proofs; its entries are not readable here.
OF_READABLE_LOG = (
    "EXISTS (SELECT 1 FROM audit_logs g WHERE g.log_id = {0}.log_id"
    f" AND (g.kind = 'anchor' OR g.{READABLE}))"
)

WALLS = f"""
    SET LOCAL ROLE glassbox_ledger;
    ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_logs FOR SELECT TO glassbox_app
        USING (kind = 'anchor' OR {READABLE});
    CREATE POLICY sequencer_writes ON audit_logs TO glassbox_sequencer
        USING (true) WITH CHECK (true);
    CREATE POLICY watch_all ON audit_logs FOR SELECT TO glassbox_verifier, glassbox_signer
        USING (true);
    ALTER TABLE audit_leaves ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_leaves FOR SELECT TO glassbox_app
        USING ({OF_READABLE_LOG.format("audit_leaves")});
    CREATE POLICY sequencer_writes ON audit_leaves TO glassbox_sequencer
        USING (true) WITH CHECK (true);
    CREATE POLICY watch_all ON audit_leaves FOR SELECT TO glassbox_verifier, glassbox_signer
        USING (true);
    ALTER TABLE audit_tiles ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_tiles FOR SELECT TO glassbox_app
        USING ({OF_READABLE_LOG.format("audit_tiles")});
    CREATE POLICY sequencer_writes ON audit_tiles TO glassbox_sequencer
        USING (true) WITH CHECK (true);
    CREATE POLICY watch_all ON audit_tiles FOR SELECT TO glassbox_verifier USING (true);
    ALTER TABLE audit_checkpoints ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_checkpoints FOR SELECT TO glassbox_app
        USING ({OF_READABLE_LOG.format("audit_checkpoints")});
    CREATE POLICY signer_writes ON audit_checkpoints TO glassbox_signer
        USING (true) WITH CHECK (true);
    CREATE POLICY watch_all ON audit_checkpoints FOR SELECT
        TO glassbox_verifier, glassbox_sequencer USING (true);
    ALTER TABLE audit_blobs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY wall_read ON audit_blobs FOR SELECT TO glassbox_app USING ({READABLE});
    CREATE POLICY watch_all ON audit_blobs FOR SELECT TO glassbox_verifier USING (true);

    GRANT SELECT ON audit_logs, audit_tiles, audit_checkpoints, audit_blobs, audit_beats,
        audit_stops TO glassbox_app;
    GRANT SELECT (log_id, index, event_id, leaf, chain) ON audit_leaves TO glassbox_app;
    GRANT SELECT, INSERT ON audit_logs, audit_leaves, audit_tiles TO glassbox_sequencer;
    GRANT UPDATE (size, root, chain, anchored_at) ON audit_logs TO glassbox_sequencer;
    GRANT SELECT, UPDATE, DELETE ON audit_pending TO glassbox_sequencer;
    GRANT SELECT ON audit_checkpoints TO glassbox_sequencer;
    GRANT SELECT ON audit_logs, audit_checkpoints TO glassbox_signer;
    GRANT SELECT (log_id, index, leaf) ON audit_leaves TO glassbox_signer;
    GRANT INSERT ON audit_checkpoints TO glassbox_signer;
    GRANT SELECT, INSERT, UPDATE ON audit_beats TO glassbox_sequencer, glassbox_signer;
    GRANT SELECT, INSERT ON audit_stops TO glassbox_sequencer, glassbox_signer;
    GRANT SELECT ON audit_logs, audit_leaves, audit_tiles, audit_checkpoints, audit_blobs,
        audit_pending, audit_beats, audit_stops TO glassbox_verifier;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_find_by_hash")]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (LOGS, APPEND, TRIGGERS, WALLS)
    ]
