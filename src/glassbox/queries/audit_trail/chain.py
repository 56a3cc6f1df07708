"""How the logs of a licence stand: their heads, the anchor over them, and the last recomputation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.audit.anchors import AnchorKind, Place, places_outside
from glassbox.audit.models import AuditCheckpoint, AuditLog
from glassbox.audit.notes import Head
from glassbox.audit.proofs import InclusionProof, prove_anchored
from glassbox.models.companies import License
from glassbox.models.inspections import LedgerVerification, VerificationState
from glassbox.queries.audit_trail.event import raw_connection
from glassbox.queries.drills import LastDrill, last_drill
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission

UNDER_WAY = (VerificationState.WAITING, VerificationState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class VerificationRow:
    """One recomputation that somebody asked for: how far it is, or what it found."""

    state: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    events_planned: int
    events_done: int
    problem: str
    signatures_checked: bool

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def percent(self) -> int:
        """Return how much of it is done; never all of it before it has ended."""
        return min(99, 100 * self.events_done // max(1, self.events_planned))


@dataclass(frozen=True, kw_only=True)
class OutsideRow:
    """Somebody outside who holds heads of the anchor log, and whether this licence's is below one."""

    kind: AnchorKind
    name: str
    size: int
    said_at: datetime | None
    tried_at: datetime
    problem: str
    covers_head: bool


@dataclass(frozen=True, kw_only=True)
class ChainStatus:
    """The newest log of one licence: how long, how much of it signed, and under which root.

    `anchor_index` is the place of the signed head among the entries of the anchor log.
    """

    license_number: str
    time_zone: str
    origin: str
    size: int
    signed_size: int
    root_sha256: str
    signed_at: datetime | None
    anchor_index: int | None
    older_logs: int
    outside: tuple[OutsideRow, ...]
    last: VerificationRow | None
    drill: LastDrill | None
    may_verify: bool


def chain_status(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[ChainStatus, ...]:
    """Return how the ledger of each licence in sight stands."""
    with access.reading(actor):
        licenses = License.objects.filter(id__in=license_ids).order_by("-kind", "number")
        return tuple(_status(actor, license) for license in licenses)


def _status(actor: Actor, license: License) -> ChainStatus:
    logs = list(AuditLog.objects.filter(license_id=license.pk, kind="license").order_by("-year"))
    log = logs[0] if logs else None
    signed = _newest_checkpoint(log) if log else None
    anchored = None
    if log and signed:
        head = Head(origin=log.origin, size=signed.size, root=bytes(signed.root))
        anchored = prove_anchored(raw_connection(), head)
    return ChainStatus(
        license_number=license.number,
        time_zone=license.time_zone,
        origin=log.origin if log else "",
        size=log.size if log else 0,
        signed_size=signed.size if signed else 0,
        root_sha256=bytes(signed.root).hex() if signed else "",
        signed_at=signed.signed_at if signed else None,
        anchor_index=anchored.index if anchored else None,
        older_logs=max(0, len(logs) - 1),
        outside=tuple(_outside(place, anchored) for place in places_outside(raw_connection())),
        last=_last_verification(license),
        drill=last_drill(license.pk),
        may_verify=Permission.AUDIT_VERIFY in access.permissions_at(actor, license.pk),
    )


def _outside(place: Place, anchored: InclusionProof | None) -> OutsideRow:
    return OutsideRow(
        kind=place.kind,
        name=place.name,
        size=place.size,
        said_at=place.said_at,
        tried_at=place.tried_at,
        problem=place.problem,
        covers_head=anchored is not None
        and place.origin == anchored.origin
        and place.size > anchored.index,
    )


def _newest_checkpoint(log: AuditLog) -> AuditCheckpoint | None:
    return log.checkpoints.order_by("-number").first()


def _last_verification(license: License) -> VerificationRow | None:
    last = (
        LedgerVerification.objects.filter(license=license)
        .select_related("asked_by")
        .order_by("-id")
        .first()
    )
    if last is None:
        return None
    return VerificationRow(
        state=last.state,
        asked_by=last.asked_by.name if last.asked_by else "Glassbox",
        asked_at=last.asked_at,
        ended_at=last.ended_at,
        events_planned=last.events_planned,
        events_done=last.events_done,
        problem=last.problem,
        signatures_checked=last.signatures_checked,
    )
