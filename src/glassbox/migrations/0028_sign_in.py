"""The table of the cache, where rate limits hold over every process, and events of signing in."""

from django.db import migrations

CACHE = """
    CREATE TABLE cache_entries (
        cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
    );
    CREATE INDEX cache_entries_expires ON cache_entries (expires);
"""
# Each process compares the environment when it starts.
ENVIRONMENT = "GRANT SELECT ON installation TO glassbox_sequencer, glassbox_signer"
# Signing in is no licence's: the rest of audit.append() stays as it is, whichever it is by now.
OUTSIDE_ANY_LICENSE = """
    SET LOCAL ROLE glassbox_ledger;
    DO $$
    DECLARE
        known text := '''session.signed_in''';
        text_now text := pg_get_functiondef('audit.append(bytea, jsonb, bytea)'::regprocedure);
    BEGIN
        IF position(known IN text_now) = 0 THEN
            RAISE EXCEPTION 'audit.append does not name the events outside any licence';
        END IF;
        EXECUTE replace(text_now, known, known || ', ''session.refused'', ''session.ended'', '
            '''session.link_made'', '
            '''factor.added'', ''factor.removed'', ''password.changed''');
    END $$;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0027_heads_by_mail"),
        ("audit", "0004_trees"),
    ]

    operations = [
        migrations.RunSQL(CACHE, "DROP TABLE cache_entries"),
        migrations.RunSQL(ENVIRONMENT, migrations.RunSQL.noop),
        migrations.RunSQL(OUTSIDE_ANY_LICENSE, migrations.RunSQL.noop),
    ]
