"""Declare that access to METRC is lost or is back, and print the sheets people work by meanwhile."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.outages import AccessLoss
from glassbox.operations.documents import file_document_in_transaction
from glassbox.operations.transaction import operation
from glassbox.paperwork.contingency import ContingencySheet, contingency_sheet
from glassbox.queries.audit_trail.stamp import stamp_in_transaction
from glassbox.queries.outages import SheetFacts, contingency_facts
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, Refused


class AccessStands(Refused):
    """Access is declared lost already, or was never declared lost."""

    code = "outage.not-so"


@operation
def declare_access_lost(
    *, actor: Actor, license_id: int, lost_at: datetime, reason: str, now: datetime
) -> int:
    """Declare that a licence has lost its access to METRC, and return the loss's id.

    From `lost_at` the 72 hours of CA-TT-10 run, and nothing is transferred in or out (CA-TT-11).
    Only a person declares it: an API that does not answer is another thing.

    :raises AccessStands: if it is declared lost already
    :raises InvalidInput: if the time is to come or no reason is given
    """
    access.require(actor, Permission.OUTAGE_DECLARE, license_id=license_id)
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    if license.access_lost_at is not None:
        raise AccessStands("Access is declared lost already.")
    if lost_at > now:
        raise InvalidInput(field="lost since", value=lost_at, way_out="Give a time that is past.")
    said = _said(reason)
    loss = AccessLoss.objects.create(
        company_id=license.company_id,
        license=license,
        lost_at=lost_at,
        reason=said,
        declared_by_id=_person(actor),
        declared_at=now,
    )
    license.access_lost_at = lost_at
    license.save(update_fields=["access_lost_at"])
    ledger.append(
        type=EventType.ACCESS_DECLARED_LOST,
        subject=f"access_loss:{loss.pk}",
        actor=actor,
        reason=said,
        body={"lost_at": lost_at.isoformat()},
        now=now,
    )
    return loss.pk


@operation
def declare_access_regained(*, actor: Actor, license_id: int, reason: str, now: datetime) -> None:
    """Declare that access is back: the 72 hours end, and transfers are free again.

    :raises AccessStands: if no loss is declared
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.OUTAGE_DECLARE, license_id=license_id)
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    loss = AccessLoss.objects.filter(license=license, regained_at__isnull=True).first()
    if license.access_lost_at is None:
        raise AccessStands("No loss of access is declared here.")
    said = _said(reason)
    license.access_lost_at = None
    license.save(update_fields=["access_lost_at"])
    if loss is not None:
        loss.regained_at, loss.regained_by_id, loss.regained_reason = now, _person(actor), said
        loss.save(update_fields=["regained_at", "regained_by", "regained_reason"])
    ledger.append(
        type=EventType.ACCESS_DECLARED_REGAINED,
        subject=f"access_loss:{loss.pk if loss else 0}",
        actor=actor,
        reason=said,
        now=now,
    )


def _said(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what you tried and saw.")
    return reason.strip()[:1000]


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise Refused("Only a person declares this.")
    return actor.user_id


def print_contingency(*, actor: Actor, license_id: int, is_prefilled: bool, now: datetime) -> int:
    """Make a sheet to work by on paper, file it, and return the paper's id. METRC is not asked.

    :raises InvalidInput: if the licence has more packages than one paper takes
    """
    facts = contingency_facts(actor=actor, license_id=license_id)
    return _file(
        actor=actor, license_id=license_id, facts=facts, is_prefilled=is_prefilled, now=now
    )


@operation
def _file(
    *, actor: Actor, license_id: int, facts: SheetFacts, is_prefilled: bool, now: datetime
) -> int:
    access.require(actor, Permission.PACKAGE_HOLD, license_id=license_id)
    kind = "prefilled" if is_prefilled else "blank"
    license = License.objects.get(id=license_id)
    return file_document_in_transaction(
        actor=actor,
        license=license,
        name=f"Contingency sheet {kind} {now:%Y-%m-%d %H%M}",
        kind="OTHER",
        content=contingency_sheet(
            _sheet(facts, is_prefilled, now), stamp=stamp_in_transaction(license)
        ),
        now=now,
    ).pk


def _sheet(facts: SheetFacts, is_prefilled: bool, now: datetime) -> ContingencySheet:
    zone = ZoneInfo(facts.time_zone)
    as_of = "never read" if facts.as_of is None else _time(facts.as_of, zone)
    rows = facts.rows if is_prefilled else ()
    return ContingencySheet(
        license=f"{facts.legal_name} {facts.license_number}",
        facts=(
            ("METRC as of", as_of if is_prefilled else "not on a blank sheet"),
            ("Printed", _time(now, zone)),
            ("Packages", f"{len(rows):,}" if is_prefilled else "enter by hand"),
            *((("Left out", f"{facts.left_out:,} more"),) if facts.left_out else ()),
        ),
        is_prefilled=is_prefilled,
        packages=tuple(
            (
                row.label,
                row.item_name,
                f"{row.metrc_quantity} {row.unit}",
                f"{row.our_quantity} {row.unit}",
                row.location,
            )
            for row in rows
        ),
    )


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%b %-d, %Y %H:%M %Z")
