"""The facts of the actions that carry a plan into METRC: template, manifest, split, take-back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.lab import LabSample
from glassbox.models.packages import Package
from glassbox.models.transfers import Allocation, Transfer, TransferDirection
from glassbox.queries.incoming import plain_number
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput, NotFound


def template_facts(*, actor: Actor, license_id: int, transfer_id: int) -> dict[str, Any]:
    """Return the facts for the kind `template.create` of a planned transfer.

    :raises InvalidInput: if no driver or vehicle is named yet
    """
    with access.reading(actor, license_id=license_id):
        transfer = _outgoing(license_id, transfer_id)
        driver, vehicle = transfer.driver, transfer.vehicle
        if driver is None or vehicle is None:
            raise InvalidInput(
                field="driver and vehicle", value="missing", way_out="Plan with both of them."
            )
        return {
            "name": transfer.template_name,
            "recipient_license_number": transfer.receiver_license_number,
            "transfer_type": transfer.transfer_type,
            "transporter_license_number": transfer.transporter_license_number,
            "invoice_number": transfer.invoice_number,
            "planned_route": transfer.planned_route,
            **_times(transfer),
            "time_zone": transfer.license.time_zone,
            "driver": {
                "name": driver.name,
                "employee_id": driver.employee_id,
                "drivers_license_number": driver.drivers_license_number,
            },
            "vehicle": {"make": vehicle.make, "model": vehicle.model, "plate": vehicle.plate},
            "packages": [
                {"label": row.label}
                | (
                    {}
                    if row.wholesale_price is None
                    else {"wholesale_price": plain_number(row.wholesale_price)}
                )
                for row in transfer.packages.order_by("label")
            ],
        }


def register_facts(*, actor: Actor, license_id: int, transfer_id: int) -> dict[str, Any]:
    """Return the facts for the kind `manifest.register` of a planned transfer."""
    with access.reading(actor, license_id=license_id):
        transfer = _outgoing(license_id, transfer_id)
        return {
            "template_name": transfer.template_name,
            "recipient_license_number": transfer.receiver_license_number,
            "transfer_type": transfer.transfer_type,
            "labels": list(transfer.packages.order_by("label").values_list("label", flat=True)),
            "driver_name": transfer.driver.name if transfer.driver else "",
            "plate": transfer.vehicle.plate if transfer.vehicle else "",
            **_times(transfer),
            "invoice_number": transfer.invoice_number,
        }


def take_back_facts(*, actor: Actor, license_id: int, transfer_id: int) -> dict[str, Any]:
    """Return the facts for the kind `delivery.take_back` of what a receiver rejected.

    :raises InvalidInput: if METRC shows nothing rejected on it
    """
    with access.reading(actor, license_id=license_id):
        transfer = _outgoing(license_id, transfer_id)
        labels = list(
            transfer.packages.filter(shipment_state="Rejected")
            .order_by("label")
            .values_list("label", flat=True)
        )
    if not labels:
        raise InvalidInput(
            field="labels", value="none", way_out="METRC shows no rejected package here."
        )
    return {
        "delivery_id": transfer.metrc_delivery_id,
        "manifest_number": transfer.manifest_number,
        "recipient_license_number": transfer.receiver_license_number,
        "labels": labels,
    }


def split_facts(*, actor: Actor, license_id: int, order_id: int, now: datetime) -> dict[str, Any]:
    """Return the facts for the kind `package.create` that splits an order's goods off.

    :raises InvalidInput: if no allocation of the order names the tag of a split yet to be made
    """
    with access.reading(actor, license_id=license_id):
        made = Package.objects.filter(license_id=license_id).values("label")
        allocations = (
            Allocation.objects.filter(
                license_id=license_id, order_line__order_id=order_id, withdrawn_at__isnull=True
            )
            .exclude(split_label="")
            .exclude(split_label__in=made)
            .select_related("package__license")
            .order_by("split_label")
        )
        packages = [_split(allocation, now) for allocation in allocations]
    if not packages:
        raise InvalidInput(
            field="packages", value="none", way_out="Allocate with the tag of the split first."
        )
    return {"packages": packages}


def sample_facts(*, actor: Actor, license_id: int, sample_id: int, now: datetime) -> dict[str, Any]:
    """Return the facts for the kind `package.create_testing_sample` of a planned sample.

    The sample is drawn from its sources in equal whole parts; the first one gives what is left.
    """
    with access.reading(actor, license_id=license_id):
        sample = LabSample.objects.filter(license_id=license_id, id=sample_id).first()
        if sample is None:
            raise NotFound("There is no such sample here.")
        sources = {
            package.label: package
            for package in Package.objects.filter(
                license_id=license_id, label__in=sample.source_labels
            ).select_related("license")
        }
        labels = [label for label in sample.source_labels if label in sources]
        if not labels:
            raise InvalidInput(
                field="source_labels", value="none", way_out="Its sources are not here."
            )
        each, odd = divmod(sample.quantity, len(labels))
        first = sources[labels[0]]
        return {
            "packages": [
                {
                    "tag": sample.label,
                    "item": first.item_name,
                    "quantity": plain_number(sample.quantity),
                    "unit": sample.unit,
                    "date": _day(first, now),
                    "use_same_item": True,
                    "ingredients": [
                        {
                            "label": label,
                            "quantity": plain_number(each + (odd if number == 0 else 0)),
                            "unit": sample.unit,
                        }
                        for number, label in enumerate(labels)
                    ],
                }
            ]
        }


def _split(allocation: Allocation, now: datetime) -> dict[str, Any]:
    package = allocation.package
    amount = {"quantity": plain_number(allocation.quantity), "unit": allocation.unit}
    return {
        "tag": allocation.split_label,
        "item": package.item_name,
        **amount,
        "date": _day(package, now),
        "use_same_item": True,
        "ingredients": [{"label": package.label, **amount}],
    }


def _day(package: Package, now: datetime) -> str:
    return now.astimezone(ZoneInfo(package.license.time_zone)).date().isoformat()


def _times(transfer: Transfer) -> dict[str, str]:
    if transfer.departs_at is None or transfer.arrives_at is None:
        raise InvalidInput(field="times", value="missing", way_out="Plan departure and arrival.")
    return {
        "departs_at": transfer.departs_at.isoformat(),
        "arrives_at": transfer.arrives_at.isoformat(),
    }


def _outgoing(license_id: int, transfer_id: int) -> Transfer:
    transfer = (
        Transfer.objects.filter(
            license_id=license_id, id=transfer_id, direction=TransferDirection.OUTGOING
        )
        .select_related("license", "driver", "vehicle")
        .first()
    )
    if transfer is None:
        raise NotFound("There is no such transfer here.")
    return transfer
