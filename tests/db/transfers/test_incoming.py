"""The door: what is found decides, package by package (scenario S02)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.transfers import TransferState
from glassbox.operations import incoming
from glassbox.operations.following import follow_license
from glassbox.queries.incoming import incoming_page, receive_facts
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, open_cases, put_incoming, see_transfer
from tests.cast import MFG, SUP, person, tag

FIRST, SECOND, THIRD = (tag(number, SUP) for number in (1, 2, 3))


class Door:
    """S02's delivery: 5,000, 4,000 and 3,000 g on the manifest."""

    def __init__(self, brand: Brand, now: datetime) -> None:
        self.brand, self.now, self.license_id = brand, now, brand.licenses[MFG]
        self.dee = person(brand, "Dee")
        shipped = {FIRST: 5000, SECOND: 4000, THIRD: 3000}
        self.transfer_id = put_incoming(self.license_id, shipped, now=now)

    def weigh(self, label: str, grams: int | str, name: str = "Dee", unit: str = "Grams") -> str:
        return incoming.record_receipt_count(
            actor=person(self.brand, name),
            license_id=self.license_id,
            transfer_id=self.transfer_id,
            label=label,
            found=Decimal(grams),
            unit=unit,
            device="Scale 2",
            now=self.now,
        )

    def check(self) -> None:
        incoming.check_delivery(
            actor=self.dee,
            license_id=self.license_id,
            transfer_id=self.transfer_id,
            now=self.now,
        )

    def facts(self) -> dict[str, object]:
        return receive_facts(
            actor=self.dee, license_id=self.license_id, transfer_id=self.transfer_id
        )


@pytest.fixture
def door(cast: Brand, frozen_now: datetime) -> Door:
    return Door(cast, frozen_now)


def test_two_are_accepted_with_what_was_found_and_one_is_rejected_whole(door: Door) -> None:
    verdicts = [door.weigh(FIRST, 5000), door.weigh(SECOND, 3996), door.weigh(THIRD, 2790)]
    door.check()

    assert verdicts == ["ACCEPT", "ACCEPT", "REJECT"]
    facts = door.facts()
    assert facts["packages"] == [
        {"label": FIRST, "received_quantity": "5000", "unit": "Grams"},
        {"label": SECOND, "received_quantity": "3996", "unit": "Grams"},
        {"label": THIRD, "reject_reason": "quantity differs from invoice"},
    ]
    sentence = kind_named("delivery.receive").effect_sentence(facts)
    assert "receive …00000001 with 5,000 g, …00000002 with 3,996 g" in sentence
    assert "reject …00000003 (quantity differs from invoice) whole" in sentence
    (event,) = events_of(door.license_id, "incoming.checked")
    assert event["body"]["verdicts"] == {FIRST: "ACCEPT", SECOND: "ACCEPT", THIRD: "REJECT"}


@pytest.mark.parametrize(("grams", "verdict"), [(3980, "ACCEPT"), ("3979.999", "REJECT")])
def test_the_tolerance_ends_at_half_a_percent(door: Door, grams: int | str, verdict: str) -> None:
    assert door.weigh(SECOND, grams) == verdict


def test_a_delivery_not_weighed_whole_cannot_be_settled(door: Door) -> None:
    door.weigh(FIRST, 5000)

    with pytest.raises(incoming.DeliveryBlocked) as refusal:
        door.check()

    assert {finding.code for finding in refusal.value.findings} == {"incoming.not-counted"}
    (event,) = events_of(door.license_id, "incoming.blocked")
    assert event["body"]["codes"] == ["incoming.not-counted"]


def test_a_tag_that_is_not_on_the_manifest_is_remembered(door: Door) -> None:
    with pytest.raises(incoming.NotOnManifest):
        door.weigh(tag(9, SUP), 1000)

    (event,) = events_of(door.license_id, "incoming.blocked")
    assert event["body"]["label"] == tag(9, SUP)


def test_a_damaged_package_is_rejected_whatever_it_weighs(door: Door) -> None:
    door.weigh(FIRST, 5000)

    incoming.reject_package(
        actor=door.dee,
        license_id=door.license_id,
        transfer_id=door.transfer_id,
        label=FIRST,
        reject_reason="damaged in transport",
        now=door.now,
    )

    assert door.facts()["packages"] == [{"label": FIRST, "reject_reason": "damaged in transport"}]
    with pytest.raises(InvalidInput, match="reject_reason"):
        incoming.reject_package(
            actor=door.dee,
            license_id=door.license_id,
            transfer_id=door.transfer_id,
            label=SECOND,
            reject_reason="do not like it",
            now=door.now,
        )


def test_a_weight_is_in_the_unit_of_the_manifest(door: Door) -> None:
    with pytest.raises(InvalidInput, match="unit"):
        door.weigh(FIRST, 5, unit="Kilograms")


def test_only_who_may_check_deliveries_weighs_them(door: Door) -> None:
    with pytest.raises(NotPermitted):
        door.weigh(FIRST, 5000, name="Ana")
    with pytest.raises(NotFound):
        door.weigh(FIRST, 5000, name="Nell")

    assert len(events_of(door.license_id, "access.denied")) == 1


def test_a_settled_delivery_takes_no_count(door: Door) -> None:
    see_transfer(door.license_id, door.transfer_id, TransferState.RECEIVED)

    with pytest.raises(incoming.DeliveryIsSettled):
        door.weigh(FIRST, 5000)


def test_a_rejected_package_is_pending_until_its_shipper_has_it_back(door: Door) -> None:
    def follow(now: datetime) -> None:
        follow_license(actor=system_actor("follower"), license_id=door.license_id, now=now)

    see_transfer(
        door.license_id,
        door.transfer_id,
        TransferState.PARTLY_REJECTED,
        {FIRST: "Accepted", SECOND: "Accepted", THIRD: "Rejected"},
    )
    follow(door.now)
    # A second look an hour on changes nothing, not even the due time.
    follow(door.now + timedelta(hours=1))

    key = f"return-pending:{door.transfer_id}:{THIRD}"
    assert open_cases(door.license_id) == [("RETURN_PENDING", key, door.now + timedelta(hours=24))]
    (event,) = events_of(door.license_id, "transfer.followed")
    assert event["new_state"] == "PARTLY_REJECTED"

    see_transfer(
        door.license_id, door.transfer_id, TransferState.PARTLY_REJECTED, {THIRD: "Returned"}
    )
    follow(door.now)
    assert open_cases(door.license_id) == []


def test_the_page_shows_what_to_weigh_and_what_stands_in_the_way(door: Door) -> None:
    door.weigh(SECOND, 3996)

    page = incoming_page(
        actor=door.dee, license_id=door.license_id, transfer_id=door.transfer_id, now=door.now
    )

    (line,) = [line for line in page.lines if line.label == SECOND]
    assert (line.found, line.verdict) == (Decimal(3996), "ACCEPT")
    assert line.sentence.startswith("3,996 g found of 4,000 g shipped (-0.1 %)")
    assert {finding.subject for finding in page.findings} == {FIRST, THIRD}
    with pytest.raises(NotFound):
        incoming_page(
            actor=person(door.brand, "Nell"),
            license_id=door.license_id,
            transfer_id=door.transfer_id,
            now=door.now,
        )
