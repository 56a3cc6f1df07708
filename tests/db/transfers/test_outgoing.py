"""Outgoing transfers: planned by one, released by another, loaded as written (S01 steps 5, 11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import GateCheck
from glassbox.models.transfers import Order, OrderLine, TransferPackage, TransferState
from glassbox.operations.following import follow_license
from glassbox.operations.orders import allocate, draft
from glassbox.operations.transaction import short_transaction
from glassbox.operations.transfers import plan, release
from glassbox.queries.manifest_facts import register_facts, template_facts
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.actor import system_actor
from glassbox.rules.package_state import LocalState
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import (
    events_of,
    local_state_of,
    open_cases,
    put_crew,
    put_package,
    see_package,
    see_transfer,
)
from tests.cast import DIST, MFG, R1, person, tag
from tests.db.lab.story import CARTS, ITEM, Story

SPLIT = tag(30, DIST)


class Outgoing:
    """900 released cartridges, split for R1, on their way."""

    def __init__(self, brand: Brand, now: datetime) -> None:
        self.story = Story(brand, now)
        self.brand, self.now, self.license_id = brand, now, brand.licenses[DIST]
        self.story.up_to_the_review()
        self.story.release()
        put_package(
            self.license_id,
            SPLIT,
            900,
            now=now,
            unit="Each",
            item=ITEM,
            lab_state="TestPassed",
            sources=(CARTS,),
            local_state=LocalState.ALLOCATED,
        )
        put_crew(self.license_id, now=now)

    def order(self) -> int:
        order_id = draft.draft_order(
            actor=person(self.brand, "Dee"),
            license_id=self.license_id,
            number="SO-1",
            buyer_license_number=R1,
            delivery_date=self.now.date(),
            lines=[{"item": ITEM, "quantity": "900", "unit": "Each", "unit_price": "11.50"}],
            now=self.now,
        )
        draft.confirm_order(
            actor=person(self.brand, "Hal"),
            license_id=self.license_id,
            order_id=order_id,
            now=self.now,
        )
        with short_transaction(self.license_id):
            line_id = OrderLine.objects.get(order_id=order_id).pk
        allocate.allocate(
            actor=person(self.brand, "Hal"),
            license_id=self.license_id,
            order_line_id=line_id,
            label=CARTS,
            allocated_quantity=Decimal(900),
            split_label=SPLIT,
            now=self.now,
        )
        return order_id

    def plan(self, name: str = "Dee", **changes: Any) -> int:
        return plan.plan_transfer(
            **{
                "actor": person(self.brand, name),
                "license_id": self.license_id,
                "receiver_license_number": R1,
                "transporter_license_number": DIST,
                "transfer_type": "Wholesale Manifest",
                "packages": [{"label": SPLIT, "wholesale_price": "10350.00"}],
                "departs_at": self.now + timedelta(hours=1),
                "arrives_at": self.now + timedelta(hours=2),
                "planned_route": "I-5 north to Harbor Street",
                "invoice_number": "INV-1",
                "driver_name": "Gus",
                "vehicle_plate": "8ABC123",
                "now": self.now,
                **changes,
            }
        )

    def release(self, transfer_id: int, name: str = "Hal") -> None:
        release.release_transfer(
            actor=person(self.brand, name),
            license_id=self.license_id,
            transfer_id=transfer_id,
            now=self.now,
        )

    def load(self, transfer_id: int, *labels: str) -> None:
        release.dispatch_transfer(
            actor=person(self.brand, "Hal"),
            license_id=self.license_id,
            transfer_id=transfer_id,
            loaded_labels=labels,
            seal_number="S-77",
            now=self.now,
        )

    def follow(self) -> None:
        follow_license(actor=system_actor("follower"), license_id=self.license_id, now=self.now)


@pytest.fixture
def outgoing(cast: Brand, frozen_now: datetime) -> Outgoing:
    return Outgoing(cast, frozen_now)


def codes(refusal: release.TransferBlocked) -> set[str]:
    return {finding.code for finding in refusal.findings if finding.blocks}


def test_a_split_of_released_goods_leaves_at_its_orders_price(outgoing: Outgoing) -> None:
    order_id = outgoing.order()
    transfer_id = outgoing.plan(packages=[{"label": SPLIT}], order_id=order_id)

    outgoing.release(transfer_id)

    with short_transaction(outgoing.license_id):
        line = TransferPackage.objects.get(transfer_id=transfer_id)
        assert (line.wholesale_price, line.shipped_quantity) == (Decimal("10350.00"), 900)
    (event,) = events_of(outgoing.license_id, "transfer.released")
    assert (event["prev_state"], event["new_state"]) == ("PLANNED", "RELEASED")


def test_who_planned_a_transfer_does_not_release_it(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan("Hal")

    with pytest.raises(release.OwnPlan):
        outgoing.release(transfer_id)
    with pytest.raises(NotPermitted):
        outgoing.release(transfer_id, "Dee")
    outgoing.release(transfer_id, "Fay")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"packages": [{"label": SPLIT}]}, "transfer.no-price"),
        ({"transfer_type": "Transfer"}, "transfer.type"),
        ({"invoice_number": ""}, "transfer.no-invoice"),
        ({"driver_name": ""}, "transfer.driver-not-current"),
        ({"vehicle_plate": ""}, "transfer.vehicle-not-current"),
        ({"transporter_license_number": R1}, "transfer.transporter-not-allowed"),
    ],
)
def test_a_plan_against_the_rules_is_not_released(
    outgoing: Outgoing, changes: dict[str, Any], code: str
) -> None:
    transfer_id = outgoing.plan(**changes)

    with pytest.raises(release.TransferBlocked) as refusal:
        outgoing.release(transfer_id)

    assert codes(refusal.value) == {code}
    (event,) = events_of(outgoing.license_id, "transfer.blocked")
    assert event["body"]["codes"] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"list_name": "INACTIVE"}, "package.not-active"),
        ({"lab_state": "NotSubmitted"}, "transfer.testing-not-passed"),
        ({"is_on_hold": True}, "package.on-state-hold"),
        ({"quantity": Decimal(899)}, "package.quantity-differs"),
    ],
    ids=["status", "testing", "hold", "quantity"],
)
def test_the_missions_four_stop_a_transfer(
    outgoing: Outgoing, change: dict[str, Any], code: str
) -> None:
    transfer_id = outgoing.plan()
    see_package(outgoing.license_id, SPLIT, now=outgoing.now, **change)

    with pytest.raises(release.TransferBlocked) as refusal:
        outgoing.release(transfer_id)

    assert code in codes(refusal.value)


def test_goods_quality_did_not_release_stay(outgoing: Outgoing) -> None:
    label = tag(31, DIST)
    put_package(
        outgoing.license_id,
        label,
        10,
        now=outgoing.now,
        unit="Each",
        item=ITEM,
        lab_state="TestPassed",
    )
    transfer_id = outgoing.plan(packages=[{"label": label, "wholesale_price": "115"}])

    with pytest.raises(release.TransferBlocked) as refusal:
        outgoing.release(transfer_id)

    assert codes(refusal.value) == {"transfer.not-released"}


def test_a_manufacturer_cannot_ship_to_a_retailer(outgoing: Outgoing) -> None:
    maker = outgoing.brand.licenses[MFG]
    put_package(maker, tag(12), 100, now=outgoing.now, unit="Each", item=ITEM)
    put_crew(maker, now=outgoing.now)
    transfer_id = outgoing.plan(
        name="Ana",
        license_id=maker,
        packages=[{"label": tag(12)}],
        transfer_type="Transfer",
    )

    with pytest.raises(release.TransferBlocked) as refusal:
        release.release_transfer(
            actor=person(outgoing.brand, "Fay"),
            license_id=maker,
            transfer_id=transfer_id,
            now=outgoing.now,
        )

    assert "transfer.destination-not-allowed" in codes(refusal.value)


def test_every_question_to_the_gates_is_kept(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan()
    ask = {"license_id": outgoing.license_id, "transfer_id": transfer_id, "now": outgoing.now}

    assert release.check_gates(actor=person(outgoing.brand, "Dee"), **ask) == ()  # type: ignore[arg-type]
    see_package(outgoing.license_id, SPLIT, now=outgoing.now, is_on_hold=True)
    findings = release.check_gates(actor=person(outgoing.brand, "Dee"), **ask)  # type: ignore[arg-type]

    assert [finding.code for finding in findings] == ["package.on-state-hold"]
    with short_transaction(outgoing.license_id):
        kept = list(GateCheck.objects.order_by("id").values_list("is_blocked", "facts_sha256"))
    assert [is_blocked for is_blocked, _ in kept] == [False, True]
    assert kept[0][1] != kept[1][1]
    assert len(events_of(outgoing.license_id, "transfer.gates_checked")) == 2


def test_the_load_is_exactly_the_manifest(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan()
    outgoing.release(transfer_id)
    with pytest.raises(plan.TransferIsElsewhere):
        outgoing.load(transfer_id, SPLIT)
    see_transfer(outgoing.license_id, transfer_id, TransferState.REGISTERED)
    see_package(outgoing.license_id, SPLIT, now=outgoing.now, list_name="IN_TRANSIT")

    for wrong in ((), (SPLIT, CARTS)):
        with pytest.raises(release.TransferBlocked) as refusal:
            outgoing.load(transfer_id, *wrong)
        assert codes(refusal.value) == {"transfer.load-differs"}
    outgoing.load(transfer_id, SPLIT)

    (event,) = events_of(outgoing.license_id, "transfer.dispatched")
    assert event["body"] == {"labels": [SPLIT], "seal": "S-77"}
    assert local_state_of(outgoing.license_id, SPLIT) == LocalState.DISPATCHED


def test_an_order_follows_its_manifests_to_the_door(outgoing: Outgoing) -> None:
    order_id = outgoing.order()
    transfer_id = outgoing.plan(order_id=order_id)
    outgoing.release(transfer_id)
    for state in (TransferState.REGISTERED, TransferState.DEPARTED, TransferState.RECEIVED):
        see_transfer(outgoing.license_id, transfer_id, state)
        outgoing.follow()
    outgoing.follow()

    with short_transaction(outgoing.license_id):
        assert Order.objects.get(id=order_id).state == "DELIVERED"
    followed = [event["new_state"] for event in events_of(outgoing.license_id, "transfer.followed")]
    assert followed == ["REGISTERED", "DEPARTED", "RECEIVED"]
    states = [event["new_state"] for event in events_of(outgoing.license_id, "order.followed")]
    assert states == ["DISPATCHED", "DELIVERED"]


def test_what_a_retailer_rejects_is_ours_to_take_back(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan()
    see_transfer(
        outgoing.license_id, transfer_id, TransferState.PARTLY_REJECTED, {SPLIT: "Rejected"}
    )

    outgoing.follow()

    assert [kind for kind, _, _ in open_cases(outgoing.license_id)] == ["RETURN_PENDING"]


def test_a_plan_is_cancelled_before_its_manifest_and_not_after(outgoing: Outgoing) -> None:
    def cancel(transfer_id: int) -> None:
        plan.cancel_transfer(
            actor=person(outgoing.brand, "Dee"),
            license_id=outgoing.license_id,
            transfer_id=transfer_id,
            because="The buyer wants it tomorrow",
            now=outgoing.now,
        )

    first, second = outgoing.plan(), outgoing.plan()
    outgoing.release(first)
    with pytest.raises(release.TransferBlocked) as refusal:
        outgoing.release(second)
    assert codes(refusal.value) == {"transfer.package-elsewhere"}

    cancel(first)
    outgoing.release(second)

    see_transfer(outgoing.license_id, second, TransferState.REGISTERED)
    with pytest.raises(plan.TransferIsElsewhere):
        cancel(second)


def test_a_plan_names_what_is_not_here(outgoing: Outgoing) -> None:
    for changes in ({"driver_name": "Zed"}, {"vehicle_plate": "0"}, {"order_id": 999}):
        with pytest.raises(NotFound):
            outgoing.plan(**changes)
    with pytest.raises(NotFound):
        outgoing.plan(packages=[{"label": tag(99)}])
    with pytest.raises(InvalidInput, match="arrives_at"):
        outgoing.plan(arrives_at=outgoing.now)
    with pytest.raises(NotFound):
        outgoing.plan("Nell")


def test_the_facts_of_template_and_manifest_are_those_of_the_plan(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan()
    ask = {"license_id": outgoing.license_id, "transfer_id": transfer_id}
    hal = person(outgoing.brand, "Hal")

    template = template_facts(actor=hal, **ask)
    manifest = register_facts(actor=hal, **ask)

    (body,) = kind_named("template.create").build_payload(template)
    (destination,) = body["Destinations"]
    assert destination["RecipientLicenseNumber"] == R1
    assert destination["Packages"][0]["PackageLabel"] == SPLIT
    assert body["Name"] == manifest["template_name"]
    assert R1 in kind_named("manifest.register").effect_sentence(manifest)
