"""The packages on which the two books may differ: one pass through both, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from glassbox.rules.lab_status import FAILED_STATES
from glassbox.rules.package_state import LocalState, is_stricter
from glassbox.rules.reconcile import ENDED, NOT_WITH_US, OPEN_LISTS


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One package as both books have it; a side that has none is None throughout."""

    package_id: int
    label: str
    local_state: str
    item_name: str
    confirmed_at: datetime | None
    opened_at: datetime
    our_quantity: Decimal | None
    our_unit: str | None
    our_other_unit: str | None
    moved_at: datetime | None
    snapshot_id: int | None
    metrc_quantity: Decimal | None
    metrc_unit: str | None
    metrc_item_name: str | None
    list_name: str | None
    lab_state: str | None
    is_on_hold: bool | None
    is_finished: bool | None
    counted: Decimal | None
    counted_unit: str | None
    counted_at: datetime | None
    counted_by_id: int | None


# The rules judge; this only leaves out what they would find in order, so it must never leave out
# more than they do. `tests/db/reconciliation` holds the two against each other.
DIFFERING = """
WITH ours AS (
    SELECT package_id, sum(quantity) AS quantity, min(unit) AS unit, max(unit) AS other_unit,
           max(recorded_at) AS moved_at
    FROM package_movements WHERE license_id = %(license)s GROUP BY package_id
), counted AS (
    SELECT DISTINCT ON (package_id) package_id, quantity, unit, counted_at, counted_by_id
    FROM package_counts WHERE license_id = %(license)s
    ORDER BY package_id, counted_at DESC, id DESC
)
SELECT p.id, p.label, p.local_state, p.item_name, p.confirmed_at, p.opened_at,
       ours.quantity, ours.unit, ours.other_unit, ours.moved_at,
       s.id, s.quantity, s.unit, s.item_name, s.list_name, s.lab_state, s.is_on_hold,
       s.is_finished, counted.quantity, counted.unit, counted.counted_at, counted.counted_by_id
FROM packages p
LEFT JOIN ours ON ours.package_id = p.id
LEFT JOIN package_snapshots s
    ON s.package_id = p.id AND s.is_newest AND s.license_id = %(license)s
LEFT JOIN counted ON counted.package_id = p.id
WHERE p.license_id = %(license)s AND (
    ours.quantity IS DISTINCT FROM s.quantity
    OR ours.unit IS DISTINCT FROM s.unit
    OR ours.unit <> ours.other_unit
    OR ((s.is_on_hold OR s.list_name = 'ON_HOLD') AND p.local_state = ANY(%(looser_than_hold)s))
    OR (s.is_finished AND p.local_state = ANY(%(looser_than_closed)s))
    OR (s.lab_state = ANY(%(failed)s) AND p.local_state = ANY(%(looser_than_failed)s))
    OR (p.local_state = ANY(%(gone)s) AND s.list_name = ANY(%(open)s) AND NOT s.is_finished)
    OR counted.quantity IS DISTINCT FROM ours.quantity AND counted.counted_at >= ours.moved_at
    OR p.id = ANY(%(besides)s)
)
AND NOT (s.id IS NULL AND (ours.quantity IS NULL OR p.local_state = ANY(%(not_with_us)s)))
AND NOT (ours.quantity IS NULL AND (s.is_finished OR s.list_name <> ALL(%(open)s)))
AND (%(only)s::text[] IS NULL OR p.label = ANY(%(only)s))
ORDER BY p.label
"""

OTHER_SOURCES = """
SELECT DISTINCT p.id
FROM package_lineage claimed
JOIN packages p ON p.license_id = claimed.license_id AND p.label = claimed.child_label
JOIN package_snapshots s ON s.package_id = p.id AND s.is_newest
WHERE claimed.license_id = %(license)s AND claimed.claimed_by_us_at IS NOT NULL
  AND (claimed.seen_in_metrc_at IS NULL
       OR EXISTS (SELECT 1 FROM package_lineage seen
                  WHERE seen.license_id = claimed.license_id
                    AND seen.child_label = claimed.child_label
                    AND seen.claimed_by_us_at IS NULL))
"""

OTHER_ITEMS = """
SELECT p.id
FROM batch_outputs made
JOIN packages p ON p.license_id = made.license_id AND p.label = made.label
JOIN package_snapshots s ON s.package_id = p.id AND s.is_newest
WHERE made.license_id = %(license)s AND made.item_name <> s.item_name
"""


def _looser_than(state: LocalState) -> list[str]:
    return [one.value for one in LocalState if is_stricter(state, one)]


def candidates(license_id: int, *, only: tuple[str, ...] | None = None) -> tuple[Candidate, ...]:
    """Return every package on which the two books may differ, by label; three statements.

    `only` limits it to some labels. Called inside the caller's transaction.
    """
    here = {"license": license_id}
    with connection.cursor() as cursor:
        besides: set[int] = set()
        for statement in (OTHER_SOURCES, OTHER_ITEMS):
            cursor.execute(statement, here)
            besides |= {row[0] for row in cursor.fetchall()}
        cursor.execute(
            DIFFERING,
            {
                **here,
                "looser_than_hold": _looser_than(LocalState.STATE_HOLD),
                "looser_than_closed": _looser_than(LocalState.CLOSED),
                "looser_than_failed": _looser_than(LocalState.TEST_FAILED),
                "failed": sorted(FAILED_STATES),
                "gone": [state.value for state in (*sorted(ENDED), LocalState.DELIVERED)],
                "open": [name.value for name in sorted(OPEN_LISTS)],
                "not_with_us": [state.value for state in sorted(NOT_WITH_US)],
                "besides": sorted(besides),
                "only": None if only is None else list(only),
            },
        )
        names = list(Candidate.__dataclass_fields__)
        return tuple(Candidate(**dict(zip(names, row, strict=True))) for row in cursor.fetchall())
