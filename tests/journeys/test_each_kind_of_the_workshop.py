"""The kinds of the workshop and the laboratory reach METRC over real HTTP and are recognised there."""

from __future__ import annotations

import base64
import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.operations import company, credentials, roles, terms
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_kinds.templates import CREATE_TEMPLATE
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Role
from glassbox.rules.terms import terms_sha256
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import SUPPLIER, now, read, receive_oil, split
from tests.journeys.test_each_kind import Story
from tests.journeys.wholesale import hire_crew, template_facts

LAB = "C8-9990001-LIC"
CART = "Blue Dream Vape Cart 1 g"
TAG = "1A4060300000001000000455"
SAMPLE = "1A4060300000002000000455"


def today() -> str:
    return now().date().isoformat()


def kept(brand: Brand, label: str, number: str = MAKER) -> tuple[Decimal, str]:
    """What our book says a package holds, and where it stands with us."""
    with short_transaction(brand.licenses[number]):
        package = Package.objects.get(label=label)
        return sum((m.quantity for m in package.movements.all()), Decimal(0)), package.local_state


def metrc_id(brand: Brand, label: str, number: str = MAKER) -> int:
    with short_transaction(brand.licenses[number]):
        found = PackageSnapshot.objects.get(package__label=label, is_newest=True).metrc_id
    assert found is not None
    return found


def raw(brand: Brand, label: str) -> dict[str, Any]:
    with short_transaction(brand.licenses[MAKER]):
        found: dict[str, Any] = PackageSnapshot.objects.get(
            package__label=label, is_newest=True
        ).raw
    return found


def test_what_is_set_on_a_package_is_seen_on_it(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    story = Story(brand, database, MAKER, "Ana")

    story.carry("package.set_note", {"labels": [oil], "note": "Keep cold"})
    story.carry("package.set_external_id", {"labels": [oil], "external_id": "PO-7781"})
    story.carry("package.set_dates", {"labels": [oil], "use_by_date": "2027-05-01"})
    story.carry("package.change_item", {"labels": [oil], "item": "Distillate"})

    row = raw(brand, oil)
    assert (row["Note"], row["ExternalId"]) == ("Keep cold", "PO-7781")
    assert (row["UseByDate"], row["Item"]["Name"]) == ("2027-05-01", "Distillate")
    with short_transaction(brand.licenses[MAKER]):
        assert Package.objects.get(label=oil).item_name == "Distillate"


def test_a_location_that_nobody_uses_is_deleted(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    story = Story(brand, database, MOVER, "Hal")
    made = story.carry(
        "location.create", {"name": "Old Cage", "type_name": "Default Location Type"}
    )

    story.carry("location.delete", {"id": made, "name": "Old Cage"})


def test_a_discontinued_package_gives_its_grams_back_in_both_books(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    before, _ = kept(brand, oil)
    story = Story(brand, database, MAKER, "Ana")
    story.carry("package.create", {"packages": [split(TAG, oil, "120")]})
    assert kept(brand, oil)[0] == before - 120

    story.carry(
        "package.discontinue",
        {
            "id": metrc_id(brand, TAG),
            "label": TAG,
            "quantity": "120",
            "unit": "Grams",
            "returns": [{"label": oil, "quantity": "120", "unit": "Grams"}],
        },
    )

    assert kept(brand, oil)[0] == before
    assert kept(brand, TAG) == (Decimal(0), LocalState.CLOSED)
    read(brand, MAKER)
    assert Decimal(raw(brand, oil)["Quantity"]) == 500


def test_a_finished_package_is_reopened_into_our_quarantine(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    story = Story(brand, database, MAKER, "Ana")
    story.carry("package.create", {"packages": [split(TAG, oil, "500")]})
    story.carry("package.finish", {"labels": [oil], "date": today()})

    story.carry("package.unfinish", {"labels": [oil]})

    assert kept(brand, oil)[1] == LocalState.QUARANTINE
    assert raw(brand, oil)["IsFinished"] is False


def test_failed_goods_are_remediated(brand: Brand, desk: Desk, database: ClusterUrls) -> None:
    shipped = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[
            {
                "item": "Crude Oil",
                "quantity": 500,
                "unitOfMeasure": "Grams",
                "labTestingState": "TestFailed",
            }
        ],
    )
    label = shipped["labels"][0]
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": label, "receivedQuantity": 500}],
    )
    read(brand, MAKER)

    Story(brand, database, MAKER, "Ana").carry(
        "package.remediate",
        {
            "labels": [label],
            "method": "Further Extraction",
            "date": today(),
            "steps": "Extracted again with fresh ethanol",
        },
    )

    assert raw(brand, label)["LabTestingState"] == "Remediated"


def test_a_processing_job_from_its_start_to_its_waste(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    before, _ = kept(brand, oil)
    story = Story(brand, database, MAKER, "Ana")

    def grams(amount: str) -> list[dict[str, str]]:
        return [{"label": oil, "quantity": amount, "unit": "Grams"}]

    job = story.carry(
        "job.start",
        {"name": "Fill 12", "job_type": "Infusing", "date": today(), "packages": grams("300")},
    )
    again = {"id": job, "name": "Fill 12"}
    more = {"reason": "Data Entry", "note": "Second can", "date": today(), "packages": grams("50")}
    story.carry("job.adjust", {**again, **more})
    packed = {"tag": TAG, "item": CART, "quantity": "340", "unit": "Each", "date": today()}
    packed["production_batch_number"] = "PB-12"
    story.carry("job.create_packages", {"job_name": "Fill 12", "packages": [packed]})
    end = {"date": today(), "note": "Filled", "waste": [{"quantity": "10", "unit": "Grams"}]}
    story.carry("job.finish", {**again, **end})
    story.carry("job.unfinish", again)

    assert kept(brand, oil)[0] == before - 350
    assert kept(brand, TAG)[0] == 340
    assert raw(brand, TAG)["SourcePackageLabels"] == oil
    assert raw(brand, TAG)["ProductionBatchNumber"] == "PB-12"


def open_laboratory(brand: Brand, desk: Desk) -> Brand:
    """The laboratory keeps Glassbox too: Lou works there, Lia approves, Len owns it."""
    machine = system_actor("set-up")
    began = now() - timedelta(minutes=1)
    theirs = company.open_company(actor=machine, name="Clear Creek Laboratory", now=began)
    number = company.open_license(
        actor=machine,
        company_id=theirs,
        number=LAB,
        kind="LABORATORY",
        legal_name="Clear Creek Laboratory",
        sync_from=now() - timedelta(hours=3),
        now=began,
    )
    people = {}
    for name, role in (
        ("Lou", Role.INVENTORY),
        ("Lia", Role.COMPLIANCE_MANAGER),
        ("Len", Role.OWNER),
    ):
        people[name] = company.add_user(
            actor=machine,
            company_id=theirs,
            email=f"{name.lower()}@clearcreek.example",
            name=name,
            password=None,
            now=began,
        )
        roles.grant_role(
            actor=machine, license_id=number, user_id=people[name], role=role, now=began
        )
    owner = Actor(user_id=people["Len"], name="Len", via="web", session="test")
    terms.accept_terms(actor=owner, license_id=number, sha256=terms_sha256(), now=began)
    keys = {user["name"]: user["userKey"] for user in desk.keys()["users"]}
    for owner_name, user_id in (("Lou", people["Lou"]), ("Sync LAB", None)):
        credentials.add_credential(
            actor=machine,
            license_id=number,
            user_id=user_id,
            owner_name=owner_name,
            user_key=keys[owner_name],
            is_for_sync=user_id is None,
            now=began,
        )
    return dataclasses.replace(
        brand, licenses={**brand.licenses, LAB: number}, users={**brand.users, **people}
    )


def bring_a_sample_to_the_laboratory(desk: Desk) -> None:
    keys = desk.keys()
    by_name = {user["name"]: user["userKey"] for user in keys["users"]}

    def post(path: str, who: str, row: dict[str, Any]) -> httpx.Response:
        answer = desk.client.post(
            path,
            json=[row],
            params={"licenseNumber": MOVER},
            auth=(keys["vendorKey"], by_name[who]),
        )
        assert answer.status_code == 200, answer.text
        return answer

    carts = {"item": CART, "quantity": 1000, "unitOfMeasure": "Each"}
    shipped = desk.do("ship-in", fromLicense=SUPPLIER, toLicense=MOVER, packages=[carts])
    source = shipped["labels"][0]
    desk.do(
        "receive",
        licenseNumber=MOVER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": source, "receivedQuantity": 1000}],
    )
    sample = {
        "Tag": SAMPLE,
        "UseSameItem": True,
        "Quantity": 12,
        "UnitOfMeasure": "Each",
        "ActualDate": today(),
        "Ingredients": [{"Package": source, "Quantity": 12, "UnitOfMeasure": "Each"}],
    }
    post("/packages/v2/testing", "Eve", sample)
    hire_crew(desk)
    facts = template_facts(SAMPLE) | {"recipient_license_number": LAB, "transfer_type": "Transfer"}
    body = CREATE_TEMPLATE.build_payload(facts)[0]
    made = post("/transfers/v2/templates/outgoing", "Hal", body).json()["Ids"][0]
    sent = desk.do("register-transfer", licenseNumber=MOVER, templateId=made)
    desk.do(
        "receive",
        licenseNumber=LAB,
        deliveryId=sent["deliveryIds"][0],
        packages=[{"label": SAMPLE, "receivedQuantity": 12}],
    )


def test_a_laboratory_records_and_releases_results(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    laboratory = open_laboratory(brand, desk)
    bring_a_sample_to_the_laboratory(desk)
    read(laboratory, LAB)
    story = Story(laboratory, database, LAB, "Lou")
    story.approver = "Lia"
    sample = {"label": SAMPLE, "package_id": metrc_id(laboratory, SAMPLE, LAB)}
    tests = [
        kind["Name"]
        for kind in desk.client.get(
            "/labtests/v2/types",
            auth=(desk.keys()["vendorKey"], desk.keys()["users"][0]["userKey"]),
        ).json()["Data"]
        if kind["Name"].endswith("(Vape)")
    ]

    story.carry(
        "lab.record_results",
        {
            **sample,
            "result_at": now().isoformat(),
            "document_name": "CCL-1.pdf",
            "document_base64": base64.b64encode(b"%PDF-1.4 certificate").decode(),
            "results": [{"test": name, "quantity": "0", "passed": True} for name in tests],
        },
    )
    story.carry("lab.release_results", sample)

    read(brand, MOVER)
    with short_transaction(brand.licenses[MOVER]):
        states = set(
            PackageSnapshot.objects.filter(is_newest=True, quantity=988).values_list(
                "lab_state", flat=True
            )
        )
    assert states == {"TestPassed"}
