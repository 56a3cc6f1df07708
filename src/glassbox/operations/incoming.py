"""The door: weigh or count what arrives against its manifest, and decide whole package by package."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.transfers import (
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
)
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.gate_facts import incoming_facts
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.incoming import INCOMING_GATES
from glassbox.rules.incoming import REJECT_REASONS, IncomingAdvice, IncomingVerdict, advise
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, parse, quantity
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound, Refused

OPEN_STATES = (TransferState.REGISTERED, TransferState.DEPARTED)


class NotOnManifest(Refused):
    """Something stands on the dock that the manifest does not name; remembered in the ledger."""

    code = "incoming.not-on-manifest"


class DeliveryIsSettled(Refused):
    """METRC shows the delivery received, rejected or voided: its counts are history."""

    code = "incoming.settled"


class DeliveryBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "incoming.blocked"


def record_receipt_count(
    *,
    actor: Actor,
    license_id: int,
    transfer_id: int,
    label: str,
    found: Decimal,
    unit: str,
    device: str,
    now: datetime,
) -> str:
    """Record what a scale or a count showed of one package, and return the verdict it asks for.

    Within the tolerance the package is to be accepted with what was found, else rejected whole.

    :raises NotOnManifest: if the tag is not on this manifest; the find stays in the ledger
    :raises InvalidInput: if the unit is not the manifest's, or no device is named
    """
    verdict = _record_receipt_count(
        actor=actor,
        license_id=license_id,
        transfer_id=transfer_id,
        label=label,
        found=found,
        unit=unit,
        device=device,
        now=now,
    )
    if verdict is None:
        raise NotOnManifest(
            f"{label} is not on this manifest. Do not take it in; it goes back with the driver."
        )
    return verdict


@operation
def _record_receipt_count(
    *,
    actor: Actor,
    license_id: int,
    transfer_id: int,
    label: str,
    found: Decimal,
    unit: str,
    device: str,
    now: datetime,
) -> str | None:
    access.require(actor, Permission.INCOMING_CHECK, license_id=license_id)
    transfer = _open_delivery(license_id, transfer_id)
    if not device.strip():
        raise InvalidInput(field="device", value=device, way_out="Name the scale, or the counter.")
    package = transfer.packages.select_for_update().filter(label=label).first()
    if package is None:
        ledger.append(
            type=EventType.INCOMING_BLOCKED,
            subject=f"transfer:{transfer.pk}",
            actor=actor,
            reason=f"{label} stands on the dock and is not on manifest {transfer.manifest_number}",
            body={"codes": [NotOnManifest.code], "label": label},
            now=now,
        )
        return None
    if unit != package.unit:
        raise InvalidInput(
            field="unit", value=unit, way_out=f"The manifest is in {package.unit}; use that."
        )
    amount = parse(str(found), unit, field="found")
    advice = _advice(transfer.license, package, amount)
    package.found_quantity, package.found_at = amount.value, now
    package.found_by_id = person_id(actor)
    package.verdict, package.verdict_reason = advice.verdict, advice.reject_reason
    package.save()
    ledger.append(
        type=EventType.COUNT_RECORDED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=advice.sentence,
        body={
            "label": label,
            "shipped": str(package.shipped_quantity),
            "found": str(amount.value),
            "unit": unit,
            "device": device.strip(),
            "verdict": advice.verdict.value,
        },
        now=now,
    )
    return advice.verdict.value


@operation
def reject_package(
    *,
    actor: Actor,
    license_id: int,
    transfer_id: int,
    label: str,
    reject_reason: str,
    now: datetime,
) -> None:
    """Decide to reject a package whole for what was seen, whatever it weighs.

    :raises InvalidInput: if the reason is not one the law names (CA-MF-07)
    :raises NotFound: if the package is not on this manifest
    """
    access.require(actor, Permission.INCOMING_CHECK, license_id=license_id)
    transfer = _open_delivery(license_id, transfer_id)
    if reject_reason not in REJECT_REASONS:
        raise InvalidInput(
            field="reject_reason",
            value=reject_reason,
            way_out=f"Use one of: {'; '.join(REJECT_REASONS)}.",
        )
    package = transfer.packages.select_for_update().filter(label=label).first()
    if package is None:
        raise NotFound("There is no such package on this manifest.")
    if package.found_at is None:
        package.found_quantity, package.found_at = Decimal(0), now
        package.found_by_id = person_id(actor)
    package.verdict, package.verdict_reason = IncomingVerdict.REJECT, reject_reason
    package.save()
    ledger.append(
        type=EventType.COUNT_RECORDED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=f"{label} is rejected whole: {reject_reason}",
        body={"label": label, "verdict": IncomingVerdict.REJECT.value},
        now=now,
    )


def check_delivery(*, actor: Actor, license_id: int, transfer_id: int, now: datetime) -> None:
    """Say that the whole delivery was looked at, and may be settled in METRC as decided.

    :raises DeliveryBlocked: with every reason, if a package was not counted, a shipper is not
        active, or a verdict does not follow from what was found; remembered in the ledger
    """
    findings = _check_delivery(actor=actor, license_id=license_id, transfer_id=transfer_id, now=now)
    if is_blocked(findings):
        raise DeliveryBlocked("The delivery cannot be settled yet.", findings=findings)


@operation
def _check_delivery(
    *, actor: Actor, license_id: int, transfer_id: int, now: datetime
) -> tuple[Finding, ...]:
    access.require(actor, Permission.INCOMING_CHECK, license_id=license_id)
    transfer = _open_delivery(license_id, transfer_id)
    findings = run_gates(INCOMING_GATES, incoming_facts(transfer.license, transfer, now))
    blocked = is_blocked(findings)
    verdicts = dict(transfer.packages.order_by("label").values_list("label", "verdict"))
    ledger.append(
        type=EventType.INCOMING_BLOCKED if blocked else EventType.INCOMING_CHECKED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=f"Manifest {transfer.manifest_number} was "
        + ("not ready to be settled" if blocked else "counted and decided"),
        body={
            "verdicts": verdicts,
            "codes": sorted({finding.code for finding in findings if finding.blocks}),
        },
        now=now,
    )
    return findings


def _open_delivery(license_id: int, transfer_id: int) -> Transfer:
    transfer = (
        Transfer.objects.select_for_update(of=("self",))
        .select_related("license")
        .filter(license_id=license_id, id=transfer_id, direction=TransferDirection.INCOMING)
        .first()
    )
    if transfer is None:
        raise NotFound("There is no such delivery here.")
    if transfer.state not in OPEN_STATES:
        state = transfer.state.replace("_", " ").lower()
        raise DeliveryIsSettled(f"METRC shows this delivery as {state}.")
    return transfer


def _advice(license: License, package: TransferPackage, found: Quantity) -> IncomingAdvice:
    tolerance = threshold(rules_of(license.state), "CA-MF-06", "tolerance_percent")
    return advise(
        shipped=quantity(package.shipped_quantity or Decimal(0), package.unit),
        found=found,
        tolerance_percent=tolerance,
    )
