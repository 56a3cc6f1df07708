"""Fills our database in SQL with as many packages as a world of a size has, and what belongs to them.

The rows look like what a sync leaves: snapshots, movements, arrows, transfers, samples, papers,
reviews, actions, cases, exchanges, events. Triggers and foreign keys are off meanwhile, so this is
for a throw-away database and its superuser alone; what triggers keep is filled from their view.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is, over both licences."""

    name: str
    packages: int
    here: int
    items: int
    sample_every: int = 40
    held_every: int = 400


# As small as the demo's world, but enough of everything that each list fills its page: a page with
# ten rows says nothing of one with a hundred.
DEMO = Size(name="demo", packages=2_000, here=1_700, items=8, sample_every=4, held_every=8)
LARGE = Size(name="l", packages=3_000_000, here=50_000, items=200)

# n counts a licence's packages from the oldest; the last of them are still here.
PACKAGES = """
INSERT INTO packages (company_id, license_id, label, printed_label, item_name, unit, local_state,
    location_name, production_batch_number, confirmed_at, opened_at)
SELECT %(company)s, %(license)s, %(prefix)s || lpad(n::text, 9, '0'), '',
    'Blue Dream Vape Cart ' || n %% %(items)s, 'Each',
    CASE WHEN n <= %(gone)s THEN 'CLOSED'
        ELSE (ARRAY['TEST_PASSED', 'QA_RELEASED', 'DIST_QUARANTINE', 'QA_RELEASED'])[n %% 4 + 1] END,
    (ARRAY['Vault', 'Shipping', 'Quarantine', 'Cage ' || n %% 12])[n %% 4 + 1],
    'PB-' || n / 40, now() - interval '5 minutes',
    now() - (%(count)s - n) * interval '3 years' / %(count)s - interval '1 hour'
FROM generate_series(1, %(count)s) n
"""
NUMBERS = """
CREATE TEMP TABLE numbered AS
SELECT id, label, item_name, opened_at, production_batch_number AS batch, location_name AS room,
    right(label, 9)::int AS n FROM packages WHERE license_id = %(license)s;
CREATE INDEX ON numbered (n);
ANALYZE numbered;
"""
BESIDE = (
    """
INSERT INTO package_snapshots (company_id, license_id, package_id, metrc_id, list_name, item_name,
    quantity, unit, lab_state, location_name, is_on_hold, is_finished, last_modified_at, seen_at,
    is_newest, content_sha256, raw)
SELECT %(company)s, %(license)s, id, id, CASE WHEN n > %(gone)s THEN
        CASE WHEN n %% %(held_every)s = 0 THEN 'ON_HOLD' WHEN n %% 50 = 0 THEN 'IN_TRANSIT' ELSE 'ACTIVE' END
        ELSE CASE WHEN n %% 3 = 0 THEN 'INACTIVE' ELSE 'TRANSFERRED' END END,
    item_name, CASE WHEN newest THEN 499 ELSE 500 END, 'Each',
    CASE WHEN n %% 4 = 2 AND n > %(gone)s THEN 'SubmittedForTesting' ELSE 'TestPassed' END, room,
    n > %(gone)s AND n %% %(held_every)s = 0, false, opened_at + newest::int * interval '1 day', now(), newest,
    md5(id::text), jsonb_build_object('Label', label, 'Item', jsonb_build_object('Name', item_name,
        'ProductCategoryName', 'Vape Cartridge ' || n %% 5), 'PackagedDate', opened_at::date,
        'ProductionBatchNumber', batch, 'SourcePackageLabels', %(prefix)s || lpad((n - 1)::text, 9, '0'))
FROM numbered, (VALUES (true), (false)) AS word (newest) WHERE newest OR n %% 2 = 0 OR n > %(gone)s
""",
    """
INSERT INTO package_movements (company_id, license_id, package_id, quantity, unit, cause, reason,
    evidence, fact_key, occurred_at, recorded_at)
SELECT %(company)s, %(license)s, id, CASE WHEN turn = 1 THEN 500 ELSE -1 END, 'Each',
    CASE WHEN turn = 1 THEN 'OPENING' ELSE 'ADJUSTED' END, 'Made for a measurement', 'bench',
    'fact:' || turn, opened_at, opened_at FROM numbered, generate_series(1, 2) turn
""",
    """
INSERT INTO package_lineage (company_id, license_id, parent_label, child_label, quantity, unit,
    seen_in_metrc_at)
SELECT %(company)s, %(license)s, %(prefix)s || lpad((n - n %% 20 + n %% 20 / 2)::text, 9, '0'),
    label, 10, 'Each', opened_at FROM numbered WHERE n %% 20 > 0 AND n > 20
""",
    """
INSERT INTO transfers (company_id, license_id, direction, state, transfer_type,
    shipper_license_number, shipper_name, receiver_license_number, receiver_name,
    transporter_license_number, template_name, metrc_transfer_id, metrc_delivery_id, manifest_number,
    invoice_number, planned_route, departs_at, departed_at, received_at, opened_at, raw)
SELECT %(company)s, %(license)s, CASE WHEN n %% 20 = 0 THEN 'OUTGOING' ELSE 'INCOMING' END,
    CASE WHEN n > %(count)s - 200 THEN 'DEPARTED' ELSE 'RECEIVED' END, 'Transfer', %(number)s,
    'Golden Poppy', CASE WHEN n %% 40 = 0 THEN 'C10-9990001-LIC' ELSE 'C10-9990002-LIC' END,
    'Harbor Street Dispensary', '', '', n, n, lpad(n::text, 10, '0'), '', '', opened_at, opened_at,
    CASE WHEN n > %(count)s - 200 THEN NULL ELSE opened_at END, opened_at, '{}'
FROM numbered WHERE n %% 10 = 0
""",
    """
INSERT INTO transfer_packages (company_id, license_id, transfer_id, label, item_name,
    shipped_quantity, unit, shipment_state, verdict, verdict_reason, raw)
SELECT %(company)s, %(license)s, transfers.id, label, item_name, 500, 'Each', 'Accepted', '', '', '{}'
FROM transfers JOIN numbered ON n BETWEEN metrc_delivery_id - 9 AND metrc_delivery_id - 2
WHERE license_id = %(license)s
""",
    """
INSERT INTO lab_samples (company_id, license_id, label, source_labels, production_batch_number,
    quantity, unit, laboratory_license_number, sampled_by, state, taken_at, result_seen_at)
SELECT %(company)s, %(license)s, 'S' || right(label, 23), jsonb_build_array(label), batch, 5,
    'Each', 'C8-9990001-LIC', 'Lee', CASE WHEN n > %(count)s - 80 THEN 'AT_LAB' ELSE 'PASSED' END,
    opened_at, opened_at FROM numbered WHERE n %% %(sample_every)s = 0
""",
    """
INSERT INTO lab_sample_sources (company_id, license_id, sample_id, label)
SELECT company_id, license_id, id, source_labels ->> 0 FROM lab_samples
WHERE license_id = %(license)s
""",
    """
INSERT INTO coa_documents (company_id, license_id, sample_id, document_id, version,
    certificate_number, laboratory_license_number, production_batch_number, sample_label,
    issued_date, passed, panels, filed_at)
SELECT company_id, license_id, id, 1, 1, 'COA-' || id, laboratory_license_number,
    production_batch_number, label, taken_at::date, true, '{}', taken_at FROM lab_samples
WHERE license_id = %(license)s
""",
    """
INSERT INTO qa_reviews (company_id, license_id, package_id, verdict, checklist, content_sha256,
    reason, reviewed_by_id, reviewed_at, revoked_because)
SELECT %(company)s, %(license)s, id, 'RELEASED', '{}', md5(id::text), 'Made for a measurement',
    %(user)s, opened_at, '' FROM numbered WHERE n %% 4 IN (1, 3)
""",
    """
INSERT INTO package_counts (company_id, license_id, package_id, quantity, unit, purpose, device,
    counted_by_id, counted_at)
SELECT %(company)s, %(license)s, id, 499, 'Each', 'COUNT', '', %(user)s, now() - interval '9 days'
FROM numbered WHERE n %% 5 = 0
""",
    """
INSERT INTO package_holds (company_id, license_id, package_id, reason, placed_at, lifted_at)
SELECT %(company)s, %(license)s, id, 'Made for a measurement', opened_at,
    CASE WHEN n > %(count)s - 300 THEN NULL ELSE opened_at END FROM numbered WHERE n %% 60 = 0
""",
    """
INSERT INTO manufacturing_batches (company_id, license_id, number, product, process,
    protocol_version, planned_quantity, unit, state, opened_by_id, opened_at)
SELECT %(company)s, %(license)s, batch, min(item_name), 'filling', 'SOP-V-7', 500, 'Each',
    CASE WHEN max(n) > %(count)s - 300 THEN 'OPEN' ELSE 'CLOSED' END, %(user)s, min(opened_at)
FROM numbered GROUP BY batch
""",
    """
INSERT INTO regulated_actions (company_id, license_id, kind, state, reason, reason_code, facts,
    payload, payload_sha256, metrc_endpoint, effect_sentence, natural_key, token, labels,
    drafted_by_id, drafted_at, blocked_because, outcome, priority)
SELECT %(company)s, %(license)s, 'package.adjust',
    CASE WHEN n > %(count)s - 200 THEN 'IN_REVIEW' ELSE 'ACCEPTED' END, 'Made for a measurement', '',
    '{}', '{}', md5(label), 'PUT /packages/v2/adjust', 'Set it to 499 Each', '', left(md5(label), 12),
    jsonb_build_array(label), %(user)s, opened_at, '', '', 1 FROM numbered WHERE n %% 10 = 5
""",
    """
INSERT INTO action_labels (company_id, license_id, action_id, label)
SELECT company_id, license_id, id, labels ->> 0 FROM regulated_actions
WHERE license_id = %(license)s
""",
    """
INSERT INTO exceptions (company_id, license_id, case_class, severity, fact_key, title,
    what_happened, why_it_matters, what_to_do, rule_id, package_id, state, opened_at, due_at,
    closed_because, owner_role)
SELECT %(company)s, %(license)s, 'COUNT_DIFFERS', 'HIGH', 'difference:' || label || ':QUANTITY',
    'Counts differ', 'Made for a measurement', '', '', '', id,
    CASE WHEN n > %(count)s - 1200 THEN 'OPEN' ELSE 'CLOSED' END, opened_at, now(), '', ''
FROM numbered WHERE n %% 30 = 0
""",
    """
INSERT INTO metrc_api_requests (company_id, license_id, purpose, method, path, query, key_owner,
    sent_at, duration_seconds, status, error)
SELECT %(company)s, %(license)s, 'SYNC', 'GET', '/packages/v2/active', 'page=' || n, 'Ana', opened_at,
    0.2, 200, '' FROM numbered WHERE n %% 4 = 0
""",
    """
INSERT INTO metrc_adjustments (company_id, license_id, label, quantity, unit, reason, note,
    adjusted_date, adjusted_by, content_sha256, seen_at, raw)
SELECT %(company)s, %(license)s, label, -1, 'Each', 'Scale Variance', '', opened_at::date, 'Ana',
    md5(label), opened_at, '{}' FROM numbered WHERE n %% 10 = 5
""",
    """
INSERT INTO tags (company_id, license_id, label, kind, status, received_at)
SELECT %(company)s, %(license)s, %(prefix)s || lpad((900000000 + n)::text, 9, '0'), 'Package',
    'RECEIVED', opened_at FROM numbered WHERE n %% 10 = 0
""",
    """
INSERT INTO compliance_events (event_id, company_id, license_id, type, subject, occurred_at, ts,
    body, leaf, record)
SELECT gen_random_uuid(), %(company)s, %(license)s, 'qa.released', 'package:' || label, opened_at,
    opened_at, ''::bytea, sha256(convert_to(label, 'UTF8')), '{}' FROM numbered WHERE n %% 3 = 0
""",
)
ONCE = """
INSERT INTO items (company_id, license_id, name, category, quantity_type, unit, is_active, raw)
SELECT %(company)s, %(license)s, 'Blue Dream Vape Cart ' || n, 'Vape Cartridge', 'CountBased', 'Each',
    true, '{}' FROM generate_series(0, %(items)s - 1) n;
INSERT INTO sync_cursors (company_id, license_id, feed, last_whole_at, last_tried_at, last_error,
    rows_last_read, gaps)
SELECT %(company)s, %(license)s, feed, now(), now(), '', 0, '[]' FROM unnest(ARRAY['packages_active',
    'packages_on_hold', 'packages_in_transit', 'packages_transferred', 'packages_inactive',
    'facility', 'transfers_incoming', 'transfers_outgoing', 'transfers_rejected']) feed;
"""
STANDINGS = """
INSERT INTO package_standings ({columns}) SELECT {columns} FROM package_standings_truth
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY (%s)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
"""
LARGE_TABLES = [
    "packages",
    "package_standings",
    "package_snapshots",
    "package_movements",
    "package_lineage",
    "transfers",
    "transfer_packages",
    "lab_samples",
    "lab_sample_sources",
    "coa_documents",
    "qa_reviews",
    "package_counts",
    "package_holds",
    "regulated_actions",
    "action_labels",
    "exceptions",
    "metrc_api_requests",
    "metrc_adjustments",
    "tags",
    "compliance_events",
    "manufacturing_batches",
]


def fill(url: str, size: Size, licenses: dict[str, int], user_id: int) -> None:
    """Fill a database whose company is open; indexes are made anew at the end, which is faster."""
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        superuser.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
        indexes = superuser.execute(INDEXES, [LARGE_TABLES]).fetchall()
        for name, _ in indexes:
            superuser.execute(f'DROP INDEX "{name}"')
        for turn, (number, license_id) in enumerate(licenses.items(), start=1):
            _fill_license(superuser, size, number, license_id, turn, user_id)
        columns = ", ".join(
            name
            for (name,) in superuser.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'package_standings_truth' ORDER BY ordinal_position"
            ).fetchall()
        )
        # The view looks each package's proofs up by index, so those come before the standings'.
        ours = "standing"
        for name, definition in indexes:
            if not name.startswith(ours):
                superuser.execute(definition)
        superuser.execute("ANALYZE")
        superuser.execute(STANDINGS.format(columns=columns))
        for name, definition in indexes:
            if name.startswith(ours):
                superuser.execute(definition)
        superuser.execute("VACUUM ANALYZE")


def _fill_license(
    superuser: psycopg.Connection,
    size: Size,
    number: str,
    license_id: int,
    turn: int,
    user_id: int,
) -> None:
    count, here = size.packages // 2, size.here // 2
    facts = {
        "company": 1,
        "license": license_id,
        "number": number,
        "prefix": f"1A40603000{turn:05d}",
        "count": count,
        "gone": count - here,
        "items": size.items,
        "user": user_id,
        "sample_every": size.sample_every,
        "held_every": size.held_every,
    }
    for text in (*ONCE.split(";\n"), PACKAGES, *NUMBERS.split(";\n"), *BESIDE):
        if text.strip():
            superuser.execute(text, facts)
    superuser.execute("DROP TABLE numbered")
