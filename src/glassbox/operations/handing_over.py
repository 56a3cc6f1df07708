"""A company was given all its data: each of its licences' ledgers tells so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission


def tell_handed_over(
    *,
    actor: Actor,
    license_ids: Sequence[int],
    because: str,
    manifest_sha256: str,
    rows: int,
    now: datetime,
) -> None:
    """Write one event in each licence, with the digest of the list of what was given."""
    for license_id in license_ids:
        tell_handed_over_at(
            actor=actor,
            license_id=license_id,
            because=because,
            manifest_sha256=manifest_sha256,
            rows=rows,
            now=now,
        )


@operation
def tell_handed_over_at(
    *,
    actor: Actor,
    license_id: int,
    because: str,
    manifest_sha256: str,
    rows: int,
    now: datetime,
) -> None:
    """Write that one licence's data were given, with who asked for it."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    ledger.append(
        type=EventType.DATA_HANDED_OVER,
        subject="hand-over",
        actor=actor,
        reason=because.strip(),
        body={"manifest_sha256": manifest_sha256, "rows": rows},
        now=now,
    )
