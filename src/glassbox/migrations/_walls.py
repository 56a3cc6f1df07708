"""Row-level security on every row of a licence, and what the application's role may do."""

TENANT_TABLES = (
    "access_losses",
    "action_attempts",
    "action_labels",
    "action_lanes",
    "action_probes",
    "action_reviews",
    "action_waves",
    "alert_deliveries",
    "alert_delivery_attempts",
    "alert_settings",
    "alert_watches",
    "alert_webhooks",
    "alerts",
    "allocations",
    "assessments",
    "batch_outputs",
    "batch_production_records",
    "book_corrections",
    "case_notes",
    "coa_documents",
    "count_lines",
    "count_sessions",
    "counterparties",
    "difference_explanations",
    "documents",
    "drivers",
    "exceptions",
    "facilities",
    "gate_checks",
    "gate_overrides",
    "import_rows",
    "imports",
    "ingredients",
    "inspection_packs",
    "items",
    "key_tests",
    "lab_results",
    "lab_sample_sources",
    "lab_samples",
    "label_counts",
    "ledger_verifications",
    "locations",
    "manufacturing_batches",
    "metrc_adjustments",
    "metrc_api_requests",
    "metrc_api_response_hashes",
    "metrc_bodies",
    "metrc_credentials_encrypted",
    "metrc_employees",
    "metrc_subscriptions",
    "order_lines",
    "orders",
    "package_counts",
    "package_hints",
    "package_holds",
    "package_lineage",
    "package_movements",
    "package_snapshots",
    "package_standings",
    "packages",
    "person_matches",
    "qa_reviews",
    "reconciliation_lines",
    "reconciliation_reports",
    "reference_values",
    "regulated_actions",
    "rule_promotions",
    "saved_views",
    "sync_cursors",
    "sync_runs",
    "tags",
    "takeovers",
    "transfer_packages",
    "transfers",
    "user_reviews",
    "vehicles",
    "waste_events",
    "watched_dates",
)

READABLE = (
    "license_id = ANY (string_to_array(current_setting('app.licenses', true), ',')::bigint[])"
)
WRITABLE = "license_id = nullif(current_setting('app.license', true), '')::bigint"


def wall(table: str) -> str:
    """Return the SQL that walls one table; also used by later migrations that add a table."""
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY wall_read ON {table} FOR SELECT USING ({READABLE});
        CREATE POLICY wall_insert ON {table} FOR INSERT WITH CHECK ({WRITABLE});
        CREATE POLICY wall_update ON {table} FOR UPDATE USING ({WRITABLE}) WITH CHECK ({WRITABLE});
        CREATE POLICY wall_delete ON {table} FOR DELETE USING ({WRITABLE});
    """


# Only tables that the migrating role owns itself: the ledger's belong to another role and the
# application gets nothing there but what the ledger's own migration grants.
GRANT_TO_APPLICATION = """
    DO $$
    DECLARE name text;
    BEGIN
        FOR name IN
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname = 'public' AND tableowner = current_user
        LOOP
            EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON ' || name || ' TO glassbox_app';
        END LOOP;
        FOR name IN
            SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
            WHERE schemaname = 'public' AND sequenceowner = current_user
        LOOP
            EXECUTE 'GRANT USAGE, SELECT ON ' || name || ' TO glassbox_app';
        END LOOP;
    END $$;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO glassbox_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO glassbox_app;
"""

WALLS = "".join(wall(table) for table in TENANT_TABLES)
