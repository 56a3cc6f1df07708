"""Goods at the distributor, tested and released, and the wholesale delivery planned with them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from glassbox.cli.demo_brand import MOVER, Brand
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package
from glassbox.models.transfers import (
    Driver,
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
    Vehicle,
)
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.transaction import short_transaction
from glassbox.queries.actions.page import action_page
from glassbox.rules.verdicts import Finding
from tests.desk import Desk
from tests.journeys.story import SUPPLIER, now, person, read

RETAILER = "C10-9990001-LIC"
CARTS = 120


def receive_carts(brand: Brand, desk: Desk) -> str:
    """Tested carts arrive at the distributor and quality has released them."""
    shipped = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MOVER,
        packages=[
            {
                "item": "Blue Dream Vape Cart 1 g",
                "quantity": CARTS,
                "unitOfMeasure": "Each",
                "labTestingState": "TestPassed",
            }
        ],
    )
    label: str = shipped["labels"][0]
    desk.do(
        "receive",
        licenseNumber=MOVER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": label, "receivedQuantity": CARTS}],
    )
    hire_crew(desk)
    read(brand, MOVER)
    with short_transaction(brand.licenses[MOVER]) as license:
        QaReview.objects.create(
            company_id=license.company_id,
            license=license,
            package=Package.objects.get(license=license, label=label),
            verdict=QaVerdict.RELEASED,
            checklist=[],
            content_sha256="0" * 64,
            reason="Every item is in order",
            reviewed_by_id=brand.users["Eve"],
            reviewed_at=now(),
        )
    return label


def hire_crew(desk: Desk, number: str = MOVER) -> None:
    """Gus and a van stand on METRC's lists of a licence, once."""
    keys = desk.keys()
    name = "Hal" if number == MOVER else "Fay"
    key = next(user["userKey"] for user in keys["users"] if user["name"] == name)
    asked: dict[str, Any] = {
        "params": {"licenseNumber": number},
        "auth": (keys["vendorKey"], key),
    }
    for path, row in (
        (
            "/transporters/v2/drivers",
            {"Name": "Gus", "DriversLicenseNumber": "D1234567", "EmployeeId": "EMP-00007"},
        ),
        (
            "/transporters/v2/vehicles",
            {"Make": "Ford", "Model": "Transit", "LicensePlateNumber": "8ABC123"},
        ),
    ):
        if not desk.client.get(path, **asked).json()["Data"]:
            answer = desk.client.post(path, json=[row], **asked)
            assert answer.status_code == 200, answer.text


def plan(brand: Brand, label: str) -> int:
    """A planned wholesale delivery of one package to a retailer."""
    license_id = brand.licenses[MOVER]
    with short_transaction(license_id) as license:
        tenant: dict[str, Any] = {"company_id": license.company_id, "license": license}
        transfer = Transfer.objects.create(
            **tenant,
            direction=TransferDirection.OUTGOING,
            state=TransferState.RELEASED,
            transfer_type="Wholesale Manifest",
            shipper_license_number=MOVER,
            receiver_license_number=RETAILER,
            transporter_license_number=MOVER,
            template_name="Stop 1",
            driver=Driver.objects.get(license=license),
            vehicle=Vehicle.objects.get(license=license),
            invoice_number="INV-1",
            planned_route="Down the coast road.",
            departs_at=now() + timedelta(hours=2),
            arrives_at=now() + timedelta(hours=4),
            planned_by_id=brand.users["Hal"],
            opened_at=now(),
        )
        TransferPackage.objects.create(
            **tenant,
            transfer=transfer,
            label=label,
            item_name="Blue Dream Vape Cart 1 g",
            shipped_quantity=Decimal(CARTS),
            unit="Each",
            wholesale_price=Decimal("1380.00"),
        )
        return transfer.pk


def draft_template(brand: Brand, label: str, transfer_id: int) -> int:
    return draft_action(
        actor=person(brand, "Hal"),
        license_id=brand.licenses[MOVER],
        kind="template.create",
        facts=template_facts(label),
        reason="Order 1 of Harbor Street",
        transfer_id=transfer_id,
        now=now(),
    )


def template_facts(label: str) -> dict[str, Any]:
    return {
        "name": "Stop 1",
        "recipient_license_number": RETAILER,
        "transfer_type": "Wholesale Manifest",
        "transporter_license_number": MOVER,
        "invoice_number": "INV-1",
        "planned_route": "Down the coast road.",
        "departs_at": (now() + timedelta(hours=2)).isoformat(),
        "arrives_at": (now() + timedelta(hours=4)).isoformat(),
        "time_zone": "America/Los_Angeles",
        "driver": {
            "name": "Gus",
            "employee_id": "EMP-00007",
            "drivers_license_number": "D1234567",
        },
        "vehicle": {"make": "Ford", "model": "Transit", "plate": "8ABC123"},
        "packages": [{"label": label, "wholesale_price": "1380.00"}],
    }


def blocking(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in findings if finding.blocks}


def shown(brand: Brand, action_id: int) -> set[str]:
    page = action_page(
        actor=person(brand, "Hal"),
        license_ids=(brand.licenses[MOVER],),
        action_id=action_id,
        now=now(),
    )
    return blocking(page.findings)
