"""The packages on which the two books may differ: one pass through both, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from glassbox.rules.package_state import LocalState, is_stricter
from glassbox.rules.reconcile import ENDED


@dataclass(frozen=True)
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


# Each statement names packages on which the two books may differ. The rules judge; these only
# leave out what the rules would find in order, so together they must never leave out more.
OTHER_QUANTITY = """
SELECT DISTINCT coalesce(ours.package_id, s.package_id)
FROM (
    SELECT package_id, unit, sum(quantity) AS quantity
    FROM package_movements WHERE license_id = %(license)s GROUP BY package_id, unit
) ours
FULL OUTER JOIN (
    SELECT package_id, unit, quantity
    FROM package_snapshots WHERE license_id = %(license)s AND is_newest
) s ON s.package_id = ours.package_id
WHERE ours.quantity IS DISTINCT FROM s.quantity OR ours.unit IS DISTINCT FROM s.unit
"""
OTHER_STATUS = """
SELECT p.id
FROM package_snapshots s JOIN packages p ON p.id = s.package_id
WHERE s.license_id = %(license)s AND s.is_newest
  AND (s.is_on_hold OR s.is_finished OR s.list_name = 'ON_HOLD'
       OR s.lab_state IN ('TestFailed', 'RetestFailed'))
  AND p.license_id = %(license)s AND (
    ((s.is_on_hold OR s.list_name = 'ON_HOLD') AND p.local_state = ANY(%(looser_than_hold)s))
    OR (s.is_finished AND p.local_state = ANY(%(looser_than_closed)s))
    OR p.local_state = ANY(%(looser_than_failed)s))
UNION ALL
SELECT p.id
FROM packages p JOIN package_snapshots s ON s.package_id = p.id
WHERE p.license_id = %(license)s AND p.local_state = ANY(%(gone)s)
  AND s.license_id = %(license)s AND s.is_newest AND NOT s.is_finished
  AND s.list_name IN ('ACTIVE', 'ON_HOLD')
"""
OTHER_COUNT = """
SELECT package_id FROM (
    SELECT DISTINCT ON (package_id) package_id, quantity FROM package_counts
    WHERE license_id = %(license)s ORDER BY package_id, counted_at DESC, id DESC
) counted
WHERE quantity <> (SELECT sum(m.quantity) FROM package_movements m
                   WHERE m.license_id = %(license)s AND m.package_id = counted.package_id)
"""
OTHER_SOURCES = """
SELECT p.id
FROM package_lineage claimed
JOIN packages p ON p.license_id = claimed.license_id AND p.label = claimed.child_label
WHERE claimed.license_id = %(license)s AND claimed.claimed_by_us_at IS NOT NULL
  AND (claimed.seen_in_metrc_at IS NULL
       OR EXISTS (SELECT 1 FROM package_lineage seen
                  WHERE seen.license_id = claimed.license_id
                    AND seen.child_label = claimed.child_label
                    AND seen.claimed_by_us_at IS NULL))
"""
OTHER_ITEM = """
SELECT p.id
FROM batch_outputs made
JOIN packages p ON p.license_id = made.license_id AND p.label = made.label
JOIN package_snapshots s ON s.package_id = p.id AND s.is_newest
WHERE made.license_id = %(license)s AND made.item_name <> s.item_name
"""
SUSPICIONS = (OTHER_QUANTITY, OTHER_STATUS, OTHER_COUNT, OTHER_SOURCES, OTHER_ITEM)

BOTH_WORDS = """
SELECT p.id, p.label, p.local_state, p.item_name, p.confirmed_at, p.opened_at,
       ours.quantity, ours.unit, ours.other_unit, ours.moved_at,
       s.id, s.quantity, s.unit, s.item_name, s.list_name, s.lab_state, s.is_on_hold,
       s.is_finished, counted.quantity, counted.unit, counted.counted_at, counted.counted_by_id
FROM packages p
LEFT JOIN (
    SELECT package_id, sum(quantity) AS quantity, min(unit) AS unit, max(unit) AS other_unit,
           max(recorded_at) AS moved_at
    FROM package_movements WHERE license_id = %(license)s AND package_id = ANY(%(found)s)
    GROUP BY package_id
) ours ON ours.package_id = p.id
LEFT JOIN package_snapshots s ON s.package_id = p.id AND s.is_newest
LEFT JOIN (
    SELECT DISTINCT ON (package_id) package_id, quantity, unit, counted_at, counted_by_id
    FROM package_counts WHERE license_id = %(license)s AND package_id = ANY(%(found)s)
    ORDER BY package_id, counted_at DESC, id DESC
) counted ON counted.package_id = p.id
WHERE p.license_id = %(license)s AND p.id = ANY(%(found)s)
ORDER BY p.label
"""


def _looser_than(state: LocalState) -> list[str]:
    return [one.value for one in LocalState if is_stricter(state, one)]


def candidates(license_id: int, *, only: tuple[str, ...] | None = None) -> tuple[Candidate, ...]:
    """Return every package on which the two books may differ, by label; six statements.

    `only` asks about some labels and looks at nothing else. Called inside the caller's
    transaction.
    """
    asked: dict[str, Any] = {
        "license": license_id,
        "looser_than_hold": _looser_than(LocalState.STATE_HOLD),
        "looser_than_closed": _looser_than(LocalState.CLOSED),
        "looser_than_failed": _looser_than(LocalState.TEST_FAILED),
        "gone": [state.value for state in (*sorted(ENDED), LocalState.DELIVERED)],
    }
    with connection.cursor() as cursor:
        found: set[int] = set()
        if only is None:
            for statement in SUSPICIONS:
                cursor.execute(statement, asked)
                found |= {row[0] for row in cursor.fetchall()}
        else:
            named = "SELECT id FROM packages WHERE license_id = %s AND label = ANY(%s)"
            cursor.execute(named, [license_id, list(only)])
            found |= {row[0] for row in cursor.fetchall()}
        cursor.execute(BOTH_WORDS, {**asked, "found": sorted(found)})
        return tuple(Candidate(*row) for row in cursor.fetchall())
