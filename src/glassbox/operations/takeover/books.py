"""Our book of a licence before it is live: opened from METRC once, then kept in step with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.takeover import Takeover, TakeoverState
from glassbox.operations import queue
from glassbox.operations.takeover.batches import take_over_batches_in_transaction
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission

Booked = tuple[int, Decimal, str, str]

# A package that has any movement was booked by somebody who knew: it stays as it is.
OPENING = """
INSERT INTO package_movements (company_id, license_id, package_id, quantity, unit, cause, reason,
                               evidence, fact_key, recorded_by_id, occurred_at, recorded_at)
SELECT s.company_id, s.license_id, s.package_id, s.quantity, s.unit, 'OPENING',
       'Taken over from METRC at the go-live', 'snapshot:' || s.id, 'opening', NULL,
       coalesce(s.last_modified_at, %(now)s), %(now)s
FROM package_snapshots s
WHERE s.license_id = %(license)s AND s.is_newest
  AND NOT EXISTS (SELECT 1 FROM package_movements m
                  WHERE m.license_id = %(license)s AND m.package_id = s.package_id)
ORDER BY s.package_id
ON CONFLICT (license_id, package_id, fact_key) DO NOTHING
RETURNING package_id, quantity, unit, evidence
"""
# Only where the go-live alone has booked: a count or a correction of ours is never overruled.
IN_STEP = """
INSERT INTO package_movements (company_id, license_id, package_id, quantity, unit, cause, reason,
                               evidence, fact_key, recorded_by_id, occurred_at, recorded_at)
SELECT s.company_id, s.license_id, s.package_id, s.quantity - ours.quantity, s.unit,
       'BEFORE_GO_LIVE', 'Changed in METRC while the old system was in charge',
       'snapshot:' || s.id, 'before-go-live:' || s.id, NULL,
       coalesce(s.last_modified_at, %(now)s), %(now)s
FROM package_snapshots s
JOIN (SELECT package_id, sum(quantity) AS quantity, min(unit) AS unit
      FROM package_movements WHERE license_id = %(license)s
      GROUP BY package_id
      HAVING min(unit) = max(unit) AND bool_and(cause IN ('OPENING', 'BEFORE_GO_LIVE'))) ours
  ON ours.package_id = s.package_id AND ours.unit = s.unit
WHERE s.license_id = %(license)s AND s.is_newest AND s.quantity <> ours.quantity
ORDER BY s.package_id
ON CONFLICT (license_id, package_id, fact_key) DO NOTHING
RETURNING package_id, quantity, unit, evidence
"""
# A package that came by no manifest was made here, so its tag was ours.
USED_TAGS = """
INSERT INTO tags (company_id, license_id, label, kind, status, received_at, used_at)
SELECT p.company_id, p.license_id, p.label, 'Package', 'USED', p.opened_at, p.opened_at
FROM packages p JOIN package_snapshots s ON s.package_id = p.id AND s.is_newest
WHERE p.license_id = %(license)s AND s.license_id = %(license)s
  AND coalesce(s.raw->>'ReceivedFromManifestNumber', '') = ''
  AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.license_id = %(license)s AND t.label = p.label
                  AND t.status <> 'RECEIVED')
ORDER BY p.label
ON CONFLICT (license_id, label) DO UPDATE SET status = 'USED', used_at = excluded.used_at
WHERE tags.status = 'RECEIVED'
RETURNING label
"""


@operation
def open_book(*, actor: Actor, license_id: int, now: datetime) -> int:
    """Open our book from METRC's newest word, and keep it in step until writing is on.

    Every package without a movement gets its opening, which names the snapshot it rests on;
    exactly once, whoever runs it how often. One that only the go-live has booked follows METRC,
    for the old system is in charge of it. Returns how many movements were booked.
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    license = License.objects.select_for_update().get(id=license_id)
    # Writing may have been switched on since this was queued: then METRC is only compared with.
    takeover = Takeover.objects.filter(license=license).exclude(state=TakeoverState.LIVE).first()
    booked = 0
    if takeover is not None and not license.writes_are_on:
        booked = _book(actor, license, takeover, now)
    queue.defer(
        queue.JobName.RECONCILE_LICENSE, once=f"reconcile:{license_id}", license_id=license_id
    )
    return booked


def _book(actor: Actor, license: License, takeover: Takeover, now: datetime) -> int:
    asked: dict[str, int | datetime] = {"license": license.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(OPENING, asked)
        opened: list[Booked] = cursor.fetchall()
        cursor.execute(IN_STEP, asked)
        followed: list[Booked] = cursor.fetchall()
        cursor.execute(USED_TAGS, asked)
        tags = sorted(row[0] for row in cursor.fetchall())
    take_over_batches_in_transaction(actor=actor, license=license, now=now)
    takeover.books_opened_at = now
    takeover.save(update_fields=["books_opened_at"])
    if opened or followed:
        ledger.append(
            type=EventType.BOOK_OPENED,
            subject=f"takeover:{takeover.pk}",
            actor=actor,
            reason=f"{len(opened)} packages were taken over from METRC, {len(followed)} followed it",
            body={
                "opened": len(opened),
                "followed": len(followed),
                "movements_sha256": digest_of([*opened, *followed]),
            },
            now=now,
        )
    if tags:
        ledger.append(
            type=EventType.TAG_RECEIVED,
            subject=f"license:{license.pk}",
            actor=actor,
            reason=f"{len(tags)} tags are on packages that METRC shows as made here",
            body={"count": len(tags), "first": tags[0], "last": tags[-1], "status": "USED"},
            now=now,
        )
    return len(opened) + len(followed)


def digest_of(booked: Iterable[Booked]) -> str:
    """Return one hash over movements, so that the ledger fixes each without listing it."""
    text = "\n".join(
        f"{package_id}|{quantity.normalize():f}|{unit}|{evidence}"
        for package_id, quantity, unit, evidence in booked
    )
    return hashlib.sha256(text.encode()).hexdigest()
