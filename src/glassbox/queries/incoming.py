"""One delivery at the door: shipped beside found, what it asks for, and the facts to settle it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from glassbox import access
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.transfers import Transfer, TransferDirection, TransferPackage
from glassbox.queries.gate_facts import incoming_facts
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.actor import Actor
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.incoming import INCOMING_GATES
from glassbox.rules.incoming import REJECT_REASONS, IncomingVerdict, advise
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound


@dataclass(frozen=True, kw_only=True)
class IncomingRow:
    """One package of the delivery; `sentence` is the advice with its numbers."""

    label: str
    item_name: str
    shipped: Decimal | None
    found: Decimal | None
    received: Decimal | None
    unit: str
    verdict: str
    verdict_reason: str
    sentence: str
    shipment_state: str
    found_by: str
    found_at: datetime | None
    return_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class IncomingPage:
    """All that the page of one delivery shows."""

    transfer_id: int
    manifest_number: str
    state: str
    shipper: str
    shipper_license_number: str
    departed_at: datetime | None
    arrives_at: datetime | None
    lines: tuple[IncomingRow, ...]
    findings: tuple[Finding, ...]
    reject_reasons: tuple[str, ...]
    tolerance_percent: Decimal
    may_check: bool


def incoming_page(
    *, actor: Actor, license_id: int, transfer_id: int, now: datetime
) -> IncomingPage:
    """Return one delivery with the advice on each package and what stands in its way.

    :raises NotFound: if this licence has no such delivery
    """
    with access.reading(actor, license_id=license_id):
        transfer = _delivery(license_id, transfer_id)
        tolerance = threshold(rules_of(transfer.license.state), "CA-MF-06", "tolerance_percent")
        due = dict(
            ExceptionCase.objects.filter(
                license_id=license_id,
                state=CaseState.OPEN,
                fact_key__startswith=f"return-pending:{transfer_id}:",
            ).values_list("fact_key", "due_at")
        )
        rows = transfer.packages.select_related("found_by").order_by("label")
        return IncomingPage(
            transfer_id=transfer.pk,
            manifest_number=transfer.manifest_number,
            state=transfer.state,
            shipper=transfer.shipper_name,
            shipper_license_number=transfer.shipper_license_number,
            departed_at=transfer.departed_at,
            arrives_at=transfer.arrives_at,
            lines=tuple(
                _row(row, tolerance, due.get(f"return-pending:{transfer_id}:{row.label}"))
                for row in rows
            ),
            findings=run_gates(INCOMING_GATES, incoming_facts(transfer.license, transfer, now)),
            reject_reasons=REJECT_REASONS,
            tolerance_percent=tolerance,
            may_check=Permission.INCOMING_CHECK in access.permissions_at(actor, license_id),
        )


def _row(row: TransferPackage, tolerance: Decimal, due_at: datetime | None) -> IncomingRow:
    sentence = "Weigh or count it."
    if row.found_quantity is not None and row.shipped_quantity is not None:
        sentence = advise(
            shipped=quantity(row.shipped_quantity, row.unit),
            found=quantity(row.found_quantity, row.unit),
            tolerance_percent=tolerance,
        ).sentence
    return IncomingRow(
        label=row.label,
        item_name=row.item_name,
        shipped=row.shipped_quantity,
        found=row.found_quantity,
        received=row.received_quantity,
        unit=row.unit,
        verdict=row.verdict,
        verdict_reason=row.verdict_reason,
        sentence=sentence,
        shipment_state=row.shipment_state,
        found_by=row.found_by.name if row.found_by else "",
        found_at=row.found_at,
        return_due_at=due_at,
    )


def receive_facts(*, actor: Actor, license_id: int, transfer_id: int) -> dict[str, Any]:
    """Return the facts of the action that settles a delivery in METRC as it was decided.

    For the kind `delivery.receive`, or `delivery.reject` when every package is rejected.

    :raises InvalidInput: if nothing was decided yet
    """
    with access.reading(actor, license_id=license_id):
        transfer = _delivery(license_id, transfer_id)
        packages = [_settled(row) for row in transfer.packages.order_by("label") if row.verdict]
    if not packages:
        raise InvalidInput(
            field="packages", value="none decided", way_out="Weigh or count the delivery first."
        )
    return {
        "delivery_id": transfer.metrc_delivery_id,
        "manifest_number": transfer.manifest_number,
        "shipper_license_number": transfer.shipper_license_number,
        "packages": packages,
    }


def _settled(row: TransferPackage) -> dict[str, str]:
    if row.verdict == IncomingVerdict.REJECT or row.found_quantity is None:
        return {"label": row.label, "reject_reason": row.verdict_reason}
    return {
        "label": row.label,
        "received_quantity": plain_number(row.found_quantity),
        "unit": row.unit,
    }


def plain_number(value: Decimal) -> str:
    """Return an exact number as facts carry it: "5000", "3988.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _delivery(license_id: int, transfer_id: int) -> Transfer:
    transfer = (
        Transfer.objects.filter(
            license_id=license_id, id=transfer_id, direction=TransferDirection.INCOMING
        )
        .select_related("license")
        .first()
    )
    if transfer is None:
        raise NotFound("There is no such delivery here.")
    return transfer
