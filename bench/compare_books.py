"""What it costs to compare our book with METRC's, beside a bare full outer join of the two.

Run `python bench/compare_books.py [50000 1000000]`: fills a database with that many packages, one
in a thousand of them differing, and times the comparison (every difference with its class and
evidence) and the bare join, several times in turn. Prints the ratio of the medians beside the
limit, one JSON line, and exits 1 when the limit is broken.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("GLASSBOX_HOME", tempfile.mkdtemp(prefix="glassbox-bench-"))
os.environ.setdefault("GLASSBOX_ENVIRONMENT", "dev")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glassbox.config.settings")

import django
import psycopg
from django.db import connection, connections, transaction

django.setup()

from measure import tell

from glassbox import clock
from glassbox.cli.migrate import migrate
from glassbox.operations.transaction import enter_license_in_transaction
from glassbox.queries.differences.compare import differences_at
from glassbox.runtime.postgres import Cluster

RATIO_AT_MOST = 2.0
TIMES = 5
DIFFERING_EVERY = 1000
FEEDS = (
    "packages_active",
    "packages_on_hold",
    "packages_in_transit",
    "packages_transferred",
    "packages_inactive",
)

FILL = """
INSERT INTO packages (company_id, license_id, label, printed_label, item_name, unit, local_state,
    location_name, production_batch_number, confirmed_at, opened_at)
SELECT 1, 1, '1A40603' || lpad(n::text, 17, '0'), '', 'Blue Dream Vape Cart 1 g', 'Each',
    'FINISHED_UNTESTED', 'Vault', '', now(), now() - interval '40 days'
FROM generate_series(1, %(count)s) n;
INSERT INTO package_movements (company_id, license_id, package_id, quantity, unit, cause, reason,
    evidence, fact_key, occurred_at, recorded_at)
SELECT 1, 1, id, CASE WHEN turn = 1 THEN 500 ELSE -1 END, 'Each',
    CASE WHEN turn = 1 THEN 'OPENING' ELSE 'ADJUSTED' END, 'Made for a measurement', 'bench',
    'fact:' || turn, now() - interval '30 days', now() - interval '30 days'
FROM packages, generate_series(1, 2) turn;
INSERT INTO package_snapshots (company_id, license_id, package_id, metrc_id, list_name, item_name,
    quantity, unit, lab_state, location_name, is_on_hold, is_finished, last_modified_at, seen_at,
    is_newest, content_sha256, raw)
SELECT 1, 1, id, id, 'ACTIVE', item_name, 499 - (id %% %(every)s = 0)::int, unit, 'NotSubmitted',
    'Vault', false, false, now() - interval '20 days', now(), true, md5(id::text),
    jsonb_build_object('Label', label, 'Note', repeat('x', 1200))
FROM packages;
INSERT INTO sync_cursors (company_id, license_id, feed, last_whole_at, last_tried_at, last_error,
    rows_last_read, gaps)
SELECT 1, 1, feed, now(), now(), '', 0, '[]' FROM unnest(%(feeds)s::text[]) feed;
"""
BARE_JOIN = """
SELECT count(*) FROM (
    SELECT package_id, sum(quantity) AS quantity FROM package_movements GROUP BY package_id
) ours FULL OUTER JOIN (
    SELECT package_id, quantity FROM package_snapshots WHERE is_newest
) metrc USING (package_id)
WHERE ours.quantity IS DISTINCT FROM metrc.quantity
"""
COMPANY = """
INSERT INTO companies (name, created_at, terms_version, terms_sha256, terms_accepted_by)
VALUES ('Bench', now(), '', '', '');
INSERT INTO licenses (company_id, number, kind, legal_name, state, time_zone, is_active, sync_from,
    writes_are_on, policy, created_at)
VALUES (1, 'CDPH-19990001', 'MANUFACTURING', 'Bench', 'CA', 'America/Los_Angeles', true,
    now() - interval '3 years', true, '{}', now());
"""


def measure(cluster: Cluster, count: int) -> dict[str, object]:
    """Fill a database of its own and return what both took, in seconds."""
    name = f"bench_{count}"
    cluster.create_database(name, template="bench_template")
    urls = cluster.urls(name)
    with psycopg.connect(urls.superuser, autocommit=True) as superuser:
        superuser.execute(COMPANY)
        for statement in FILL.split(";\n"):
            if statement.strip():
                superuser.execute(
                    statement, {"count": count, "every": DIFFERING_EVERY, "feeds": list(FEEDS)}
                )
        superuser.execute("VACUUM ANALYZE")
    connect(urls.application)
    found = compare()
    assert found == count // DIFFERING_EVERY, f"{found} differences found in {count} packages"
    seconds: dict[Callable[[], int], list[float]] = {compare: [], bare_join: []}
    for _ in range(TIMES):
        for what, times in seconds.items():
            began = time.monotonic()
            what()
            times.append(time.monotonic() - began)
    ours, bare = (statistics.median(times) for times in seconds.values())
    connections["default"].close()
    cluster.drop_database(name)
    return {
        f"packages_{count}_differences": found,
        f"packages_{count}_compare_seconds": round(ours, 3),
        f"packages_{count}_bare_join_seconds": round(bare, 3),
        f"packages_{count}_ratio": round(ours / bare, 3),
    }


def connect(url: str) -> None:
    """Point Django at a database, as the application's role."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    connections["default"].close()
    connections["default"].settings_dict.update(
        NAME=parts["dbname"],
        USER=parts["user"],
        PASSWORD=parts["password"],
        HOST=parts["host"],
        PORT=str(parts["port"]),
    )


def compare() -> int:
    """Return how many differences the comparison finds."""
    with transaction.atomic():
        enter_license_in_transaction(1)
        return len(differences_at(1, now=clock.now() + timedelta(hours=1)))


def bare_join() -> int:
    """Return how many rows differ, by the plainest statement, behind the same walls."""
    with transaction.atomic():
        enter_license_in_transaction(1)
        with connection.cursor() as cursor:
            cursor.execute(BARE_JOIN)
            return int(cursor.fetchone()[0])


def main() -> int:
    """Measure each size and print what it cost; returns the exit code."""
    counts = [int(text) for text in sys.argv[1:]] or [50_000, 1_000_000]
    home = Path(tempfile.mkdtemp(prefix="glassbox-bench-"))
    home.chmod(0o711)
    cluster = Cluster(home, throw_away=True)
    found: dict[str, object] = {"bench": "compare_books"}
    try:
        urls = cluster.start("bench_template")
        migrate(urls.owner, "dev")
        connections["default"].close()
        for count in counts:
            found |= measure(cluster, count)
    finally:
        connections["default"].close()
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(os.environ["GLASSBOX_HOME"], ignore_errors=True)
    found["ratio_at_most"] = RATIO_AT_MOST
    found["held"] = all(
        float(str(value)) <= RATIO_AT_MOST
        for name, value in found.items()
        if "_ratio" in name and name != "ratio_at_most"
    )
    return tell(found)


if __name__ == "__main__":
    sys.exit(main())
