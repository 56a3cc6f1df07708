"""Prepare an inspector's sheet: of given UIDs, or of some drawn so that the draw can be repeated."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.operations.documents import file_document_in_transaction
from glassbox.operations.inspection_paper import paper_of
from glassbox.operations.transaction import operation
from glassbox.paperwork.sheets import inspection_sheet
from glassbox.queries.audit_trail.stamp import stamp_in_transaction
from glassbox.queries.labels.inspection import labels_on_the_premises
from glassbox.queries.labels.load import usual_period
from glassbox.queries.labels.scan import LABELS_AT_MOST, scan
from glassbox.queries.labels.sheet import Period, Scanned
from glassbox.rules.actor import Actor
from glassbox.rules.labels import draw_labels
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput

SEED_BYTES = 8
SEED_LENGTH_AT_MOST = 64


@dataclass(frozen=True, kw_only=True)
class Draw:
    """How labels were drawn: anybody with the same list and seed draws the same again."""

    seed: str
    drawn_from: int
    list_sha256: str


def prepare_inspection(
    *,
    actor: Actor,
    license_id: int,
    text: str = "",
    count: int | None = None,
    seed: str = "",
    first: date | None = None,
    last: date | None = None,
    reason: str,
    now: datetime,
) -> uuid.UUID:
    """Prepare and file the sheet of the UIDs in a text, or of `count` drawn among those that METRC
    shows on the premises; return the id of the event that remembers it.

    Adjustments and events are those of the period, by default of the last 90 days.

    :raises InvalidInput: if neither or both are given, or a number, seed or period cannot be
    """
    period = period_of(first, last, now)
    draw = None
    if (count is None) == (not text.strip()):
        raise InvalidInput(
            field="UIDs",
            value="both" if count is not None else "nothing",
            way_out="Give the UIDs, or how many to draw at random: one of the two.",
        )
    if count is not None:
        text, draw = draw_labels_here(actor, license_id, count, seed.strip())
    scanned = scan(actor=actor, license_ids=(license_id,), text=text, period=period, now=now)
    return _prepare(
        actor=actor,
        license_id=license_id,
        scanned=scanned,
        draw=draw,
        reason=reason,
        now=now,
    )


def period_of(first: date | None, last: date | None, now: datetime) -> Period:
    """Return the days that are asked for, the last 90 where none are.

    :raises InvalidInput: if the first lies after the last
    """
    usual = usual_period(now)
    period = Period(first=first or usual.first, last=last or usual.last)
    if period.first > period.last:
        raise InvalidInput(
            field="period",
            value=f"{period.first} to {period.last}",
            way_out="Its first day must not lie after its last.",
        )
    return period


def draw_labels_here(actor: Actor, license_id: int, count: int, seed: str) -> tuple[str, Draw]:
    """Return `count` labels that METRC shows on the premises, drawn by a seed, and how they were.

    :raises InvalidInput: if there are not so many, or the seed is too long
    """
    labels = labels_on_the_premises(actor=actor, license_id=license_id)
    if not 1 <= count <= min(len(labels), LABELS_AT_MOST):
        raise InvalidInput(
            field="How many at random",
            value=count,
            way_out=f"METRC shows {len(labels)} packages on the premises; draw 1 to"
            f" {min(len(labels), LABELS_AT_MOST)}.",
        )
    if len(seed) > SEED_LENGTH_AT_MOST:
        raise InvalidInput(
            field="Seed", value=seed, way_out=f"Give at most {SEED_LENGTH_AT_MOST} characters."
        )
    draw = Draw(
        seed=seed or secrets.token_hex(SEED_BYTES),
        drawn_from=len(labels),
        list_sha256=hashlib.sha256("\n".join(labels).encode()).hexdigest(),
    )
    return " ".join(draw_labels(labels, count=count, seed=draw.seed)), draw


@operation
def _prepare(
    *,
    actor: Actor,
    license_id: int,
    scanned: Scanned,
    draw: Draw | None,
    reason: str,
    now: datetime,
) -> uuid.UUID:
    access.require(actor, Permission.INSPECTION_PREPARE, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say who asks for the sheet.")
    license = License.objects.get(id=license_id)
    drawn = (
        f"{draw.drawn_from} packages METRC shows on the premises, seed {draw.seed}" if draw else ""
    )
    paper = paper_of(
        license=license, scanned=scanned, drawn=drawn, actor=actor, reason=reason, now=now
    )
    document = file_document_in_transaction(
        actor=actor,
        license=license,
        name=f"Inspector sheet {now:%Y-%m-%d %H%M} UTC, {len(scanned.sheets)} packages.pdf",
        kind="PRINTED",
        content=inspection_sheet(paper, stamp=stamp_in_transaction(license)),
        now=now,
    )
    return ledger.append(
        type=EventType.INSPECTION_PREPARED,
        subject=f"document:{document.pk}",
        actor=actor,
        reason=reason.strip(),
        body={
            "document_id": document.pk,
            "sha256": document.sha256,
            "labels": list(scanned.read.labels),
            "duplicates": [one for one in scanned.read.duplicates if one in scanned.read.labels],
            # What is no tag may be anything, a name as well: the paper has it, the ledger not.
            "not_tags": len(scanned.read.not_labels),
            "first": scanned.period.first.isoformat(),
            "last": scanned.period.last.isoformat(),
            "seed": draw.seed if draw else "",
            "drawn_from": draw.drawn_from if draw else 0,
            "list_sha256": draw.list_sha256 if draw else "",
        },
        now=now,
    )
