"""Goods on their way: in at the dock, home to our distributor, to the laboratory, to retailers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from glassbox.cli.demo_brand import MAKER, MOVER
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.operations.incoming import record_receipt_count
from glassbox.operations.lab.certificates import file_coa
from glassbox.operations.lab.review import review_package
from glassbox.operations.lab.sampling import hand_over_sample, mark_sample_taken, plan_sample
from glassbox.operations.packages import record_count
from glassbox.operations.transaction import short_transaction
from glassbox.operations.transfers.plan import plan_transfer
from glassbox.operations.transfers.release import dispatch_transfer, release_transfer
from glassbox.queries import scenario_facts
from tests.desk import Desk
from tests.differences.errands import CARTS, MAKERS, MOVERS, OIL
from tests.differences.traffic import Good, Traffic

SUPPLIER, LABORATORY = "CDPH-19990077", "C8-9990001-LIC"
RETAILERS = ("C10-9990001-LIC", "C10-9990002-LIC", "C10-9990003-LIC", "C10-9990004-LIC")
PANELS = (
    "Cannabinoids",
    "Foreign Material",
    "Heavy Metals",
    "Microbial Impurities",
    "Mycotoxins",
    "Residual Pesticides",
    "Residual Solvents and Processing Chemicals",
)


def bring_carts(desk: Desk, number: str) -> None:
    """Untested carts of three batches stand at a licence before Glassbox begins."""
    rows = [
        {
            "item": CARTS,
            "quantity": 200,
            "unitOfMeasure": "Each",
            "productionBatchNumber": f"PB-OLD-{number[:3]}-{turn}",
        }
        for turn in range(3)
    ]
    shipped = desk.do("ship-in", fromLicense=SUPPLIER, toLicense=number, packages=rows)
    taken = [{"label": label, "receivedQuantity": 200} for label in shipped["labels"]]
    desk.do("receive", licenseNumber=number, deliveryId=shipped["deliveryId"], packages=taken)


def oil_arrives(street: Traffic) -> None:
    """A delivery is weighed at the dock, received in METRC and attested."""
    grams = [street.chance.randint(300, 1500) for _ in range(street.chance.randint(1, 4))]
    shipped = street.desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[{"item": OIL, "quantity": one, "unitOfMeasure": "Grams"} for one in grams],
    )
    take_in(street, MAKER, shipped["manifestNumber"], shipped["labels"], "Grams")


def take_in(street: Traffic, number: str, manifest: str, labels: list[str], unit: str) -> None:
    """Count a delivery at the door, receive it in METRC's pages, and say so."""
    street.wait(street.chance.randint(5, 60))
    street.read(number)
    license_id = street.brand.licenses[number]
    found = scenario_facts.transfer(license_id, manifest=manifest, direction="INCOMING")
    assert found is not None, manifest
    amounts = dict(_shipped(street, license_id, found["id"]))
    for label in labels:
        record_receipt_count(
            **street.who("Dee", number),
            transfer_id=found["id"],
            label=label,
            found=amounts[label],
            unit=unit,
            device="Scale 2",
        )
    street.breathe(number)
    rows = [
        {"label": label, "received_quantity": str(amounts[label]), "unit": unit} for label in labels
    ]
    receipt = street.act(
        number,
        ("Dee", "Fay"),
        "delivery.receive",
        {
            "delivery_id": found["delivery_id"],
            "manifest_number": manifest,
            "shipper_license_number": found["shipper_license_number"],
            "packages": rows,
        },
        transfer_id=found["id"],
    )
    received = [{"label": one, "receivedQuantity": float(amounts[one])} for one in labels]
    street.desk.do(
        "receive", licenseNumber=number, deliveryId=found["delivery_id"], packages=received
    )
    street.breathe(number)
    street.attested(number, "Dee", receipt)


def _shipped(street: Traffic, license_id: int, transfer_id: int) -> list[tuple[str, Decimal]]:
    with short_transaction(license_id):
        rows = TransferPackage.objects.filter(transfer_id=transfer_id)
        return list(rows.values_list("label", "shipped_quantity"))


def ship(
    street: Traffic, number: str, receiver: str, good: Good, kind: str = "Transfer"
) -> tuple[str, int]:
    """Plan, release, template, register and depart one package; return manifest and delivery."""
    drafter, approver = ("Ana", "Ben") if number == MAKER else MOVERS
    if not street.is_fresh(number):
        street.read(number)
    journey = _journey(street, receiver, kind)
    line = {"label": good.label}
    if kind == "Wholesale Manifest":
        line["wholesale_price"] = "1380.00"
    transfer_id = plan_transfer(
        **street.who(drafter, number),
        receiver_license_number=receiver,
        transporter_license_number=journey["transporter_license_number"],
        transfer_type=kind,
        packages=[line],
        departs_at=street.now() + timedelta(hours=4),
        arrives_at=street.now() + timedelta(hours=7),
        planned_route=journey["planned_route"],
        invoice_number=journey["invoice_number"],
        driver_name="Gus",
        vehicle_plate="8ABC123",
    )
    release_transfer(**street.who("Fay", number), transfer_id=transfer_id)
    facts = {**journey, "name": _row(street, number, transfer_id)["template_name"]}
    facts |= {"packages": [line]}
    people = (drafter, approver)
    street.act(number, people, "template.create", facts, transfer_id=transfer_id)
    return _register(street, number, transfer_id, good, facts)


def _journey(street: Traffic, receiver: str, kind: str) -> dict[str, Any]:
    return {
        "recipient_license_number": receiver,
        "transfer_type": kind,
        "transporter_license_number": LABORATORY if receiver == LABORATORY else MOVER,
        "invoice_number": f"INV-{street.chance.randint(1000, 9999)}",
        "planned_route": "Main Street to the harbor",
        "departs_at": (street.now() + timedelta(hours=4)).isoformat(),
        "arrives_at": (street.now() + timedelta(hours=7)).isoformat(),
        "time_zone": "America/Los_Angeles",
        "driver": {"name": "Gus", "employee_id": "EMP-00007", "drivers_license_number": "D1234567"},
        "vehicle": {"make": "Ford", "model": "Transit", "plate": "8ABC123"},
    }


def _row(street: Traffic, number: str, transfer_id: int) -> dict[str, Any]:
    found = scenario_facts.row(street.brand.licenses[number], of="transfer", name=str(transfer_id))
    assert found is not None
    return found


def _register(
    street: Traffic, number: str, transfer_id: int, good: Good, facts: dict[str, Any]
) -> tuple[str, int]:
    """A person registers the manifest in METRC's pages; the truck is loaded and leaves."""
    drafter, approver = MAKERS if number == MAKER else MOVERS
    same = ("recipient_license_number", "transfer_type", "departs_at", "arrives_at")
    street.wait(6)
    street.read(number)
    row = _row(street, number, transfer_id)
    card = street.act(
        number,
        (drafter, approver),
        "manifest.register",
        {
            **{name: facts[name] for name in (*same, "invoice_number")},
            "template_name": facts["name"],
            "labels": [good.label],
            "driver_name": "Gus",
            "plate": "8ABC123",
        },
        transfer_id=transfer_id,
    )
    made = street.desk.do(
        "register-transfer", licenseNumber=number, templateId=row["template_metrc_id"]
    )
    street.breathe(number)
    street.attested(number, drafter, card, made["manifestNumber"])
    street.read(number)
    if facts["transfer_type"] == "Wholesale Manifest" or number == MAKER:
        dispatch_transfer(
            **street.who("Fay", number),
            transfer_id=transfer_id,
            loaded_labels=[good.label],
            seal_number="S-1",
        )
    street.desk.do("depart", deliveryId=made["deliveryIds"][0])
    street.breathe(number)
    return made["manifestNumber"], made["deliveryIds"][0]


def go_home(street: Traffic) -> None:
    """Carts leave the manufacturer for our own distributor, who takes them in."""
    for carts in street.pick(MAKER, CARTS, 1, at_least=20):
        manifest, _ = ship(street, MAKER, MOVER, carts)
        take_in(street, MOVER, manifest, [carts.label], "Each")
        street.read(MAKER)


def sample(street: Traffic) -> None:
    """The laboratory takes a sample of carts; most pass, some fail."""
    untested = [one for one in street.goods(MOVER, CARTS) if one.lab_state == "NotSubmitted"]
    if not untested:
        return
    carts, tag = street.chance.choice(untested), street.tag(MOVER)
    street.read(MOVER)
    sample_id = plan_sample(
        **street.who("Eve", MOVER),
        label=tag,
        source_labels=[carts.label],
        sample_quantity=Decimal(5),
        unit="Each",
        laboratory_license_number=LABORATORY,
        sampled_by="Lou",
        is_final_form=True,
        is_labelled=True,
    )
    taken = {
        "tag": tag,
        "item": CARTS,
        "quantity": "5",
        "unit": "Each",
        "date": street.today,
        "use_same_item": True,
        "ingredients": [{"label": carts.label, "quantity": "5", "unit": "Each"}],
    }
    street.act(MOVER, ("Eve", "Hal"), "package.create_testing_sample", {"packages": [taken]})
    mark_sample_taken(**street.who("Eve", MOVER), sample_id=sample_id, video_reference="CAM-3")
    street.read(MOVER)
    good = Good(tag, CARTS, Decimal(5), "Each", "", carts.batch)
    _, delivery = ship(street, MOVER, LABORATORY, good)
    hand_over_sample(
        **street.who("Eve", MOVER),
        sample_id=sample_id,
        handed_to="Lou",
        seal_number="L-77",
        condition="sealed and dry",
    )
    rows = [{"label": tag, "receivedQuantity": 5}]
    street.desk.do("receive", licenseNumber=LABORATORY, deliveryId=delivery, packages=rows)
    street.breathe(MOVER)
    _results(street, carts, tag, sample_id)


def _results(street: Traffic, carts: Good, tag: str, sample_id: int) -> None:
    passed = street.chance.random() < 0.8
    if not passed:
        street.flagged |= {f"test-failed:{tag}", f"test-failed:{carts.label}"}
    street.wait(street.chance.randint(60, 300))
    street.desk.do(
        "record-results",
        licenseNumber=LABORATORY,
        label=tag,
        passed=passed,
        results=[],
        release=True,
    )
    street.done["lab passes" if passed else "lab fails"] += 1
    street.read(MOVER)
    if passed:
        file_coa(
            **street.who("Eve", MOVER),
            sample_id=sample_id,
            content=f"%PDF-1.4 certificate {tag}".encode(),
            file_name=f"{tag}.pdf",
            certificate_number=f"CCL-{tag[-6:]}",
            laboratory_license_number=LABORATORY,
            production_batch_number=carts.batch,
            sample_label=tag,
            issued_date=date.fromisoformat(street.today),
            passed=True,
            panels=dict.fromkeys(PANELS, True),
            thc_mg_per_unit=Decimal(850),
        )
        street.certified.add(carts.label)


def sell(street: Traffic) -> None:
    """Tested carts are counted, released, split for a retailer and driven there."""
    tested = [
        one
        for one in street.goods(MOVER, CARTS)
        if one.label in street.certified and one.quantity >= 30
    ]
    if not tested:
        return
    carts = street.chance.choice(tested)
    street.read(MOVER)
    if carts.label not in street.released:
        _release(street, carts)
    tag, units = street.tag(MOVER), str(street.chance.randint(10, 25))
    made = {
        "tag": tag,
        "item": CARTS,
        "quantity": units,
        "unit": "Each",
        "date": street.today,
        "use_same_item": True,
        "ingredients": [{"label": carts.label, "quantity": units, "unit": "Each"}],
    }
    street.act(MOVER, ("Dee", "Hal"), "package.create", {"packages": [made]})
    street.read(MOVER)
    sold = Good(tag, CARTS, Decimal(units), "Each", "TestPassed", carts.batch)
    retailer = street.chance.choice(RETAILERS)
    _, delivery = ship(street, MOVER, retailer, sold, "Wholesale Manifest")
    _arrive(street, retailer, delivery, sold)


def _release(street: Traffic, carts: Good) -> None:
    """Count it, and have quality sign that it may be sold."""
    record_count(
        **street.who("Dee", MOVER),
        label=carts.label,
        counted=carts.quantity,
        unit="Each",
        purpose="RELEASE",
        device="Case count",
    )
    review_package(
        **street.who("Eve", MOVER),
        label=carts.label,
        verdict="RELEASED",
        ticks=dict.fromkeys(("QA-05", "QA-06", "QA-07", "QA-08"), True),
        reason="Every panel passed",
        label_batch_number=carts.batch,
        label_claim_mg=Decimal(856),
    )
    street.released.add(carts.label)


def _arrive(street: Traffic, retailer: str, delivery: int, sold: Good) -> None:
    """The retailer takes it, or rejects it whole and it comes back to us."""
    street.wait(street.chance.randint(30, 200))
    if street.chance.random() < 0.8:
        rows: list[dict[str, Any]] = [
            {"label": sold.label, "receivedQuantity": float(sold.quantity)}
        ]
        street.desk.do("receive", licenseNumber=retailer, deliveryId=delivery, packages=rows)
    else:
        with short_transaction(street.brand.licenses[MOVER]):
            transfer_id = Transfer.objects.get(metrc_delivery_id=delivery).pk
        street.flagged.add(f"return-pending:{transfer_id}:{sold.label}")
        rows = [{"label": sold.label, "reject": {"reason": "Other"}}]
        street.desk.do("receive", licenseNumber=retailer, deliveryId=delivery, packages=rows)
        street.read(MOVER)
        street.wait(street.chance.randint(60, 400))
        street.desk.do("return", licenseNumber=MOVER, deliveryId=delivery, labels=[sold.label])
        street.done["rejections that came back"] += 1
    street.read(MOVER)
