"""Lock a package of a licence, and record what a person counted of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.packages import Count, Package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import parse
from glassbox.rules.verdicts import InvalidInput, NotFound

COUNT_PURPOSES = ("RELEASE", "CYCLE", "RECEIPT", "CASE")


@operation
def record_count(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    counted: Decimal,
    unit: str,
    purpose: str,
    device: str = "",
    now: datetime,
) -> int:
    """Record what a person counted or weighed of a package, for a release, a cycle, a case.

    :raises InvalidInput: if the unit is not the package's, or the purpose is none we know
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    package = locked_package(license_id, label)
    if purpose not in COUNT_PURPOSES:
        raise InvalidInput(
            field="purpose", value=purpose, way_out=f"Use {', '.join(COUNT_PURPOSES)}."
        )
    if unit != package.unit:
        raise InvalidInput(
            field="unit", value=unit, way_out=f"The package is kept in {package.unit}; use that."
        )
    amount = parse(str(counted), unit, field="counted")
    count = Count.objects.create(
        company_id=package.company_id,
        license_id=license_id,
        package=package,
        quantity=amount.value,
        unit=unit,
        purpose=purpose,
        device=device.strip(),
        counted_by_id=person_id(actor),
        counted_at=now,
    )
    ledger.append(
        type=EventType.COUNT_RECORDED,
        subject=f"package:{label}",
        actor=actor,
        reason=f"{amount.text()} of {label} were counted",
        body={"quantity": str(amount.value), "unit": unit, "purpose": purpose},
        now=now,
    )
    return count.pk


def locked_package(license_id: int, label: str) -> Package:
    """Return a package of a licence, locked for the rest of the transaction.

    :raises NotFound: if this licence has no such package
    """
    package = (
        Package.objects.select_for_update(of=("self",))
        .select_related("license")
        .filter(license_id=license_id, label=label)
        .first()
    )
    if package is None:
        raise NotFound("There is no such package here.")
    return package
