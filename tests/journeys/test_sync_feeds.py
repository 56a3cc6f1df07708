"""Every feed of a licence is read, stored once, and leads back to the bytes it came from."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import httpx
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.catalog import Item, Location, MetrcEmployee, ReferenceValue, Tag
from glassbox.models.companies import Facility
from glassbox.models.lab import LabResult
from glassbox.models.packages import (
    MetrcAdjustment,
    Movement,
    PackageLineage,
    PackageSnapshot,
)
from glassbox.models.sync import ApiRequest, ApiResponseHash, StoredBody, SyncCursor
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.sync.feeds import NAMES
from glassbox.operations.sync.run import run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.package_state import LocalState, PackageList
from tests.desk import Desk
from tests.journeys.story import now, receive_oil
from tests.journeys.sync_story import newest, open_cases, snapshot_count, sync

TAG = "1A4060300000001000000455"
SAMPLE = "1A4060300000002000000020"
CART = "Blue Dream Vape Cart 1 g"


def as_user(desk: Desk, name: str) -> httpx.Client:
    """METRC as one of its users sees it."""
    keys = desk.keys()
    user = next(one for one in keys["users"] if one["name"] == name)
    return httpx.Client(
        base_url=desk.address, trust_env=False, auth=(keys["vendorKey"], user["userKey"])
    )


def test_a_first_sync_walks_every_feed_to_its_end(brand: Brand, desk: Desk) -> None:
    at = now()
    sync(brand, at=at)

    with short_transaction(brand.licenses[MAKER]):
        cursors = {cursor.feed: cursor for cursor in SyncCursor.objects.all()}
        assert set(cursors) == NAMES
        assert {cursor.last_error for cursor in cursors.values()} == {""}
        assert {cursor.last_whole_at for cursor in cursors.values()} == {at}
        assert Facility.objects.get().name == "Golden Poppy Manufacturing"
        assert set(Item.objects.values_list("name", flat=True)) >= {"Crude Oil", CART}
        assert "Vault" in set(Location.objects.values_list("name", flat=True))
        assert "Ana" in " ".join(MetrcEmployee.objects.values_list("full_name", flat=True))
        assert Tag.objects.filter(label=TAG, status="RECEIVED").exists()
        assert set(ReferenceValue.objects.values_list("kind", flat=True)) == {
            "unit_of_measure",
            "item_category",
            "location_type",
            "adjust_reason",
            "transfer_type",
            "lab_state",
            "lab_test_type",
        }


def test_nothing_new_leaves_no_snapshot(brand: Brand, desk: Desk) -> None:
    oil, held = receive_oil(brand, desk, 100, 200)
    desk.do("hold", label=held, kind="hold", on=True)
    sync(brand)
    before = snapshot_count(brand)

    sync(brand)
    sync(brand)

    assert snapshot_count(brand) == before == 3  # the hold is one change
    assert newest(brand, oil) is not None


def test_a_held_package_is_held_although_two_lists_show_it(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("hold", label=oil, kind="investigation", on=True)

    sync(brand)

    seen = newest(brand, oil)
    assert seen is not None and seen.is_on_hold and seen.list_name == PackageList.ON_HOLD
    with short_transaction(brand.licenses[MAKER]):
        assert seen.package.local_state == LocalState.STATE_HOLD
    assert "STATE_HOLD" in open_cases(brand)


def test_a_snapshot_leads_back_to_the_bytes_that_showed_it(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 100)

    with short_transaction(brand.licenses[MAKER]):
        seen = PackageSnapshot.objects.select_related("api_request__hashes").get(package__label=oil)
        assert seen.api_request is not None
        assert seen.api_request.path == "/packages/v2/active"
        stored = StoredBody.objects.get(sha256=seen.api_request.hashes.response_sha256)
        assert oil.encode() in bytes(stored.body)


def test_hashes_are_those_of_the_bytes_on_the_wire(brand: Brand, desk: Desk) -> None:
    sync(brand)
    with as_user(desk, "Sync MFG") as metrc:
        sent = metrc.get("/unitsofmeasure/v2/active").content

    with short_transaction(brand.licenses[MAKER]):
        kept = ApiResponseHash.objects.get(api_request__path="/unitsofmeasure/v2/active")
        assert kept.response_sha256 == hashlib.sha256(sent).hexdigest()
        assert kept.response_size_bytes == len(sent)
        for body in StoredBody.objects.all():
            assert hashlib.sha256(bytes(body.body)).hexdigest() == body.sha256


def test_every_exchange_of_the_journal_is_kept_and_no_key_is(brand: Brand, desk: Desk) -> None:
    start = desk.journal()[-1]["seq"] if desk.journal() else 0
    sync(brand)
    seen = [entry for entry in desk.journal(start) if entry["path"].split("/")[1] != "desk"]

    with short_transaction(brand.licenses[MAKER]):
        kept = list(ApiRequest.objects.order_by("id").values_list("path", "status"))
        assert kept == [(entry["path"], entry["status"]) for entry in seen]
        text = repr(list(ApiRequest.objects.values())) + repr(
            [bytes(body.body) for body in StoredBody.objects.all()]
        )
    keys = desk.keys()
    assert settings.GLASSBOX_METRC_VENDOR_KEY not in text
    assert not [user["name"] for user in keys["users"] if user["userKey"] in text]


def test_lineage_is_drawn_and_ends_at_the_receipt_manifest(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 1000)
    desk.do(
        "create-package",
        licenseNumber=MAKER,
        Tag=TAG,
        Item="Distillate",
        Quantity=400,
        UnitOfMeasure="Grams",
        ActualDate=now().date().isoformat(),
        Ingredients=[{"Package": oil, "Quantity": 400, "UnitOfMeasure": "Grams"}],
    )

    sync(brand)

    with short_transaction(brand.licenses[MAKER]):
        arrows = list(PackageLineage.objects.values_list("parent_label", "child_label"))
    assert arrows == [(oil, TAG)]


def test_an_adjustment_is_kept_once(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 1000)
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-10, reason="Waste")

    sync(brand)
    sync(brand)

    with short_transaction(brand.licenses[MAKER]):
        (adjustment,) = MetrcAdjustment.objects.filter(label=oil)
    assert (adjustment.quantity, adjustment.reason) == (-10, "Waste")


def test_a_transfer_is_followed_from_the_road_to_the_receipt(brand: Brand, desk: Desk) -> None:
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MAKER,
        packages=[
            {"item": "Crude Oil", "quantity": 500, "unitOfMeasure": "Grams"},
            {"item": "Crude Oil", "quantity": 300, "unitOfMeasure": "Grams"},
        ],
    )
    sync(brand)
    with short_transaction(brand.licenses[MAKER]):
        before = Transfer.objects.get().state
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[
            {"label": shipped["labels"][0], "receivedQuantity": 499},
            {"label": shipped["labels"][1], "reject": {"reason": "Damaged"}},
        ],
    )

    sync(brand)

    with short_transaction(brand.licenses[MAKER]):
        transfer = Transfer.objects.get()
        lines = dict(TransferPackage.objects.values_list("label", "shipment_state"))
        received = TransferPackage.objects.get(label=shipped["labels"][0]).received_quantity
    assert before in ("REGISTERED", "DEPARTED")
    assert (transfer.state, transfer.direction) == ("PARTLY_REJECTED", "INCOMING")
    assert transfer.manifest_number == shipped["manifestNumber"]
    assert lines == {shipped["labels"][0]: "Accepted", shipped["labels"][1]: "Rejected"}
    assert received == 499


def test_a_transfer_that_did_not_change_costs_one_read(brand: Brand, desk: Desk) -> None:
    receive_oil(brand, desk, 100)
    after = desk.journal()[-1]["seq"]

    sync(brand)

    paths = [entry["path"] for entry in desk.journal(after)]
    assert "/transfers/v2/incoming" in paths
    assert [path for path in paths if "deliveries" in path] == []


def carts_at_the_lab(brand: Brand, desk: Desk) -> str:
    """Carts arrive at the distributor, a sample of them reaches the laboratory."""
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MOVER,
        packages=[{"item": CART, "quantity": 4000, "unitOfMeasure": "Each"}],
    )
    (carts,) = shipped["labels"]
    desk.do(
        "receive",
        licenseNumber=MOVER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": carts, "receivedQuantity": 4000}],
    )
    today = now().date().isoformat()
    sample = {
        "Tag": SAMPLE,
        "UseSameItem": True,
        "Quantity": 20,
        "UnitOfMeasure": "Each",
        "ActualDate": today,
        "Ingredients": [{"Package": carts, "Quantity": 20, "UnitOfMeasure": "Each"}],
    }
    with as_user(desk, "Eve") as metrc:
        made = metrc.post("/packages/v2/testing", params={"licenseNumber": MOVER}, json=[sample])
        assert made.status_code == 200, made.text
    return str(carts)


def send_sample_to_the_lab(desk: Desk) -> None:
    leaves = now()
    with as_user(desk, "Hal") as metrc:
        drivers = metrc.get("/transporters/v2/drivers", params={"licenseNumber": MOVER})
        vehicles = metrc.get("/transporters/v2/vehicles", params={"licenseNumber": MOVER})
        assert drivers.status_code == vehicles.status_code == 200
        stored = metrc.post(
            "/transfers/v2/templates/outgoing",
            params={"licenseNumber": MOVER},
            json=[
                {
                    "Name": "Sample to the lab",
                    "TransporterFacilityLicenseNumber": None,
                    "Destinations": [
                        {
                            "RecipientLicenseNumber": "C8-9990001-LIC",
                            "TransferTypeName": "Transfer",
                            "PlannedRoute": "Main Street",
                            "EstimatedDepartureDateTime": leaves.isoformat(),
                            "EstimatedArrivalDateTime": leaves.isoformat(),
                            "Transporters": [
                                {
                                    "TransporterFacilityLicenseNumber": MOVER,
                                    "TransporterDetails": [],
                                }
                            ],
                            "Packages": [{"PackageLabel": SAMPLE}],
                        }
                    ],
                }
            ],
        )
        assert stored.status_code == 200, stored.text
    sent = desk.do("register-transfer", licenseNumber=MOVER, templateId=stored.json()["Ids"][0])
    desk.do(
        "receive",
        licenseNumber="C8-9990001-LIC",
        deliveryId=sent["deliveryIds"][0],
        packages=[{"label": SAMPLE}],
    )


def test_results_are_read_when_the_state_changes_and_again_when_they_are_revoked(
    brand: Brand, desk: Desk
) -> None:
    carts = carts_at_the_lab(brand, desk)
    sync(brand, MOVER)
    send_sample_to_the_lab(desk)
    desk.do(
        "record-results",
        licenseNumber="C8-9990001-LIC",
        label=SAMPLE,
        passed=True,
        results=[],
        release=True,
    )

    sync(brand, MOVER)

    with short_transaction(brand.licenses[MOVER]):
        results = LabResult.objects.filter(label=carts)
        assert results.count() > 5
        assert set(results.values_list("passed", "revoked_at")) == {(True, None)}
        assert newest_state(carts) == "TestPassed"
    desk.do("revoke-results", licenseNumber="C8-9990001-LIC", label=SAMPLE)
    sync(brand, MOVER)
    with short_transaction(brand.licenses[MOVER]):
        assert not LabResult.objects.filter(label=carts, revoked_at__isnull=True).exists()


def newest_state(label: str) -> str:
    return PackageSnapshot.objects.get(package__label=label, is_newest=True).lab_state


def test_the_timetable_spares_what_is_not_due_and_a_person_reads_all(
    brand: Brand, desk: Desk
) -> None:
    sync(brand)
    after = desk.journal()[-1]["seq"]
    sync(brand, trigger="timetable")
    spared = {entry["path"] for entry in desk.journal(after)}
    after = desk.journal()[-1]["seq"]
    sync(brand, trigger="asked")
    everything = {entry["path"] for entry in desk.journal(after)}

    assert "/packages/v2/active" in spared
    assert "/items/v2/categories" not in spared
    assert "/items/v2/categories" in everything


def test_a_part_that_was_read_does_not_count_as_the_first_walk(brand: Brand, desk: Desk) -> None:
    run_sync(
        actor=system_actor("sync"),
        license_id=brand.licenses[MAKER],
        trigger="asked",
        feeds=frozenset({"items"}),
        now=now(),
    )
    with short_transaction(brand.licenses[MAKER]):
        assert set(SyncCursor.objects.values_list("feed", flat=True)) == {"items"}

    (oil,) = receive_oil(brand, desk, 100)

    with short_transaction(brand.licenses[MAKER]):
        (movement,) = Movement.objects.filter(package__label=oil)
    assert movement.cause == "OPENING"


def test_goods_that_nobody_counted_are_not_booked_once_we_have_begun(
    brand: Brand, desk: Desk
) -> None:
    sync(brand)
    (oil,) = receive_oil(brand, desk, 100)

    reconcile = system_actor("reconcile")
    reconcile_license(actor=reconcile, license_id=brand.licenses[MAKER], now=now())

    with short_transaction(brand.licenses[MAKER]):
        assert not Movement.objects.filter(package__label=oil).exists()
    assert set(open_cases(brand)) == set()

    tomorrow = now() + timedelta(hours=25)
    reconcile_license(actor=reconcile, license_id=brand.licenses[MAKER], now=tomorrow)
    assert set(open_cases(brand)) == {"TRANSFER_DIFFERS"}
