"""Plan an outgoing transfer: one destination, one transporter, whole packages, a price for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.transfers import (
    Allocation,
    Driver,
    Order,
    OrderState,
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
    Vehicle,
)
from glassbox.operations.lab.releases import inherit_releases_in_transaction
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.actor import Actor
from glassbox.rules.gates.orders import package_price
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

PACKAGES_AT_MOST = 500


class TransferIsElsewhere(Refused):
    """The transfer is past this step, or not there yet."""

    code = "transfer.wrong-state"


@dataclass(frozen=True, kw_only=True)
class _Line:
    label: str
    wholesale_price: Decimal | None


@operation
def plan_transfer(
    *,
    actor: Actor,
    license_id: int,
    receiver_license_number: str,
    transporter_license_number: str,
    transfer_type: str,
    packages: Sequence[Mapping[str, object]],
    departs_at: datetime,
    arrives_at: datetime,
    planned_route: str,
    invoice_number: str = "",
    driver_name: str = "",
    vehicle_plate: str = "",
    order_id: int | None = None,
    now: datetime,
) -> int:
    """Plan a transfer and return its id; each package is `{label, wholesale_price?}`.

    Of an order, a package without a price costs its units times the order's unit price
    (corrections 6). Nothing is checked for leaving yet: the gates are asked at the release.

    :raises InvalidInput: naming the field that cannot be used
    :raises NotFound: if a package, driver, vehicle or order is not here
    """
    access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    license = License.objects.get(id=license_id)
    _check_journey(departs_at, arrives_at, planned_route)
    lines = _read_lines(packages)
    transfer = Transfer.objects.create(
        company_id=license.company_id,
        license=license,
        direction=TransferDirection.OUTGOING,
        state=TransferState.PLANNED,
        transfer_type=transfer_type.strip(),
        shipper_license_number=license.number,
        shipper_name=license.legal_name,
        receiver_license_number=receiver_license_number.strip(),
        transporter_license_number=transporter_license_number.strip(),
        order=_order(license_id, order_id),
        driver=_driver(license_id, driver_name),
        vehicle=_vehicle(license_id, vehicle_plate),
        invoice_number=invoice_number.strip(),
        planned_route=planned_route.strip(),
        departs_at=departs_at,
        arrives_at=arrives_at,
        planned_by_id=person_id(actor),
        opened_at=now,
    )
    _fill(actor, transfer, lines, now)
    return transfer.pk


def _check_journey(departs_at: datetime, arrives_at: datetime, planned_route: str) -> None:
    if arrives_at <= departs_at:
        raise InvalidInput(
            field="arrives_at", value=arrives_at.isoformat(), way_out="Arrive after the departure."
        )
    if not planned_route.strip():
        raise InvalidInput(field="planned_route", value="", way_out="METRC asks for the route.")


def _fill(actor: Actor, transfer: Transfer, lines: tuple[_Line, ...], now: datetime) -> None:
    # METRC finds a template again by its name alone, so the name is ours and used once.
    transfer.template_name = f"GB-{transfer.shipper_license_number}-{transfer.pk}"
    transfer.save(update_fields=["template_name"])
    labels = [line.label for line in lines]
    inherit_releases_in_transaction(actor=actor, license=transfer.license, labels=labels, now=now)
    for line in lines:
        _put_on(transfer, line, transfer.order)
    ledger.append(
        type=EventType.TRANSFER_PLANNED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=f"{len(lines)} packages to {transfer.receiver_license_number} are planned",
        body={
            "labels": sorted(labels),
            "receiver": transfer.receiver_license_number,
            "transporter": transfer.transporter_license_number,
            "type": transfer.transfer_type,
            "order": transfer.order_id,
        },
        state_after=transfer.state,
        now=now,
    )


@operation
def cancel_transfer(
    *, actor: Actor, license_id: int, transfer_id: int, because: str, now: datetime
) -> None:
    """Cancel a transfer that METRC has no manifest of; its packages may go on another one.

    :raises TransferIsElsewhere: if a manifest is registered: that is voided in METRC
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it is cancelled.")
    transfer = locked_transfer(
        license_id,
        transfer_id,
        TransferState.PLANNED,
        TransferState.RELEASED,
        TransferState.TEMPLATE_STORED,
    )
    before, transfer.state = transfer.state, TransferState.CANCELLED
    transfer.save(update_fields=["state"])
    ledger.append(
        type=EventType.TRANSFER_CANCELLED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=because.strip(),
        state_before=before,
        state_after=transfer.state,
        now=now,
    )


def _read_lines(packages: Sequence[Mapping[str, object]]) -> tuple[_Line, ...]:
    lines = []
    for row in FactReader({"packages": list(packages)}).rows("packages", at_most=PACKAGES_AT_MOST):
        row.only("label", "wholesale_price")
        price = row.decimal("wholesale_price") if row.has("wholesale_price") else None
        if price is not None and price < 0:
            raise InvalidInput(
                field=row.where("wholesale_price"), value=price, way_out="Give zero or more."
            )
        lines.append(_Line(label=row.tag("label"), wholesale_price=price))
    labels = [line.label for line in lines]
    if len(set(labels)) != len(labels):
        raise InvalidInput(field="packages", value=labels, way_out="Name every package once.")
    return tuple(lines)


def _order(license_id: int, order_id: int | None) -> Order | None:
    if order_id is None:
        return None
    order = Order.objects.filter(license_id=license_id, id=order_id).first()
    if order is None:
        raise NotFound("There is no such order here.")
    if order.state not in (OrderState.CONFIRMED, OrderState.DISPATCHED):
        raise InvalidInput(field="order_id", value=order.number, way_out="Confirm the order first.")
    return order


def _driver(license_id: int, name: str) -> Driver | None:
    if not name.strip():
        return None
    driver = Driver.objects.filter(license_id=license_id, name=name.strip()).first()
    if driver is None:
        raise NotFound(f"There is no driver {name.strip()} on METRC's list of this licence.")
    return driver


def _vehicle(license_id: int, plate: str) -> Vehicle | None:
    if not plate.strip():
        return None
    vehicle = Vehicle.objects.filter(license_id=license_id, plate=plate.strip()).first()
    if vehicle is None:
        raise NotFound(f"There is no vehicle {plate.strip()} on METRC's list of this licence.")
    return vehicle


def _put_on(transfer: Transfer, line: _Line, order: Order | None) -> None:
    package = Package.objects.filter(license_id=transfer.license_id, label=line.label).first()
    newest = PackageSnapshot.objects.filter(
        license_id=transfer.license_id, package__label=line.label, is_newest=True
    ).first()
    if package is None or newest is None:
        raise NotFound(f"METRC does not show {line.label} at this licence.")
    TransferPackage.objects.create(
        company_id=transfer.company_id,
        license_id=transfer.license_id,
        transfer=transfer,
        label=line.label,
        item_name=package.item_name,
        shipped_quantity=newest.quantity,
        unit=newest.unit,
        wholesale_price=line.wholesale_price
        if line.wholesale_price is not None
        else _price_of(order, package, newest),
    )


def _price_of(order: Order | None, package: Package, newest: PackageSnapshot) -> Decimal | None:
    if order is None:
        return None
    allocation = (
        Allocation.objects.filter(order_line__order=order, withdrawn_at__isnull=True)
        .filter(Q(split_label=package.label) | Q(package=package, split_label=""))
        .select_related("order_line")
        .first()
    )
    if allocation is None:
        raise InvalidInput(
            field="packages",
            value=package.label,
            way_out=f"It is not allocated to order {order.number}.",
        )
    units = quantity(newest.quantity, newest.unit)
    return package_price(units, allocation.order_line.unit_price)


def locked_transfer(license_id: int, transfer_id: int, *states: TransferState) -> Transfer:
    """Return an outgoing transfer of a licence in one of these states, locked.

    :raises NotFound: if this licence has no such transfer
    :raises TransferIsElsewhere: if it is in another state
    """
    transfer = (
        Transfer.objects.select_for_update(of=("self",))
        .select_related("license", "driver", "vehicle")
        .filter(license_id=license_id, id=transfer_id, direction=TransferDirection.OUTGOING)
        .first()
    )
    if transfer is None:
        raise NotFound("There is no such transfer here.")
    if transfer.state not in states:
        words = transfer.state.replace("_", " ").lower()
        raise TransferIsElsewhere(f"The transfer is {words}.")
    return transfer
