from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.deliveries import RECEIVE_DELIVERY, REJECT_DELIVERY, TAKE_BACK
from glassbox.rules.action_kinds.kind import ProbeVerdict
from glassbox.rules.action_kinds.manifests import REGISTER_MANIFEST
from glassbox.rules.action_kinds.reading import DeliveryPackageSeen, Reading, TransferSeen
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
ONE, TWO, THREE = tag(1), tag(2), tag(3)
# Scenario S02: the second is light within tolerance, the third is not.
S02: dict[str, Any] = {
    "delivery_id": 11,
    "manifest_number": "0000000042",
    "shipper_license_number": "CDPH-19990077",
    "packages": [
        {"label": ONE, "received_quantity": "5000", "unit": "Grams"},
        {"label": TWO, "received_quantity": "3996", "unit": "Grams"},
        {"label": THREE, "reject_reason": "quantity differs from invoice"},
    ],
}


def delivered(*states: tuple[str, str, str | None], whole: bool = True) -> Reading:
    return Reading(
        read_at=AT,
        delivery_packages={
            label: DeliveryPackageSeen(
                label=label,
                shipment_state=state,
                received_quantity=quantity(grams, GRAMS) if grams else None,
            )
            for label, state, grams in states
        },
        delivery_whole=whole,
    )


DONE = (ONE, "Accepted", "5000"), (TWO, "Accepted", "3996"), (THREE, "Rejected", None)


def test_the_person_reads_the_page_and_every_value() -> None:
    assert RECEIVE_DELIVERY.instructions is not None
    card = RECEIVE_DELIVERY.instructions(S02)
    assert card.page == "Transfers › Licensed › Incoming"
    assert (f"Package {TWO}", "3,996 g") in card.values
    assert (f"Package {THREE}", "reject whole: quantity differs from invoice") in card.values
    assert [field.name for field in card.attestation_fields] == ["done_at", "note"]
    assert RECEIVE_DELIVERY.effect_sentence(S02) == (
        "In METRC, on manifest 0000000042: receive …00000001 with 5,000 g, …00000002 with "
        "3,996 g; reject …00000003 (quantity differs from invoice) whole."
    )
    assert RECEIVE_DELIVERY.build_payload(S02) == []
    booked = RECEIVE_DELIVERY.expect(S02, None).bookings
    assert sum(one.quantity.value for one in booked) == 8996


def test_each_package_shows_what_becomes_of_it() -> None:
    after = [line.after for line in RECEIVE_DELIVERY.before_after(S02, None)]
    assert after == ["received, 5,000 g", "received, 3,996 g", "rejected"]


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (DONE, ProbeVerdict.APPLIED),
        (tuple((label, "Shipped", None) for label in (ONE, TWO, THREE)), ProbeVerdict.ABSENT),
        ((*DONE[:2], (THREE, "Accepted", "3000")), ProbeVerdict.DIFFERENT),
        ((DONE[0], (TWO, "Accepted", "4000"), DONE[2]), ProbeVerdict.DIFFERENT),
        (DONE[:2], ProbeVerdict.DIFFERENT),
    ],
)
def test_a_read_confirms_or_contradicts_the_receipt(
    states: tuple[tuple[str, str, str | None], ...], verdict: ProbeVerdict
) -> None:
    assert RECEIVE_DELIVERY.judge_probe(S02, None, delivered(*states)).verdict is verdict


def test_half_a_list_neither_confirms_nor_contradicts() -> None:
    part = delivered(*DONE[:2], whole=False)
    assert RECEIVE_DELIVERY.judge_probe(S02, None, part).verdict is ProbeVerdict.CANNOT_TELL


@pytest.mark.parametrize(
    "line",
    [
        {"label": ONE},
        {"label": ONE, "received_quantity": "1", "unit": "Grams", "reject_reason": "damaged"},
    ],
)
def test_a_package_is_received_or_rejected_and_never_both(line: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="whole"):
        RECEIVE_DELIVERY.build_payload({**S02, "packages": [line]})


def test_rejecting_a_delivery_receives_nothing() -> None:
    with pytest.raises(InvalidInput, match="receiving"):
        REJECT_DELIVERY.build_payload(S02)
    facts = {**S02, "packages": [{"label": ONE, "reject_reason": "damaged in transport"}]}
    gone = delivered((ONE, "Rejected", None))
    assert REJECT_DELIVERY.judge_probe(facts, None, gone).verdict is ProbeVerdict.APPLIED
    assert REJECT_DELIVERY.expect(facts, None).bookings == ()


def test_what_was_rejected_is_ours_again_only_when_taken_back() -> None:
    facts = {
        "delivery_id": 11,
        "manifest_number": "0000000042",
        "recipient_license_number": "C10-9990001-LIC",
        "labels": [THREE],
    }
    verdicts = [
        TAKE_BACK.judge_probe(facts, None, delivered((THREE, state, None))).verdict
        for state in ("Returned", "Rejected", "Accepted")
    ]
    assert verdicts == [ProbeVerdict.APPLIED, ProbeVerdict.ABSENT, ProbeVerdict.DIFFERENT]


REGISTER: dict[str, Any] = {
    "template_name": "T-0001",
    "recipient_license_number": "C10-9990001-LIC",
    "transfer_type": "Wholesale Manifest",
    "labels": [ONE, TWO],
    "driver_name": "Gus",
    "plate": "8ABC123",
    "departs_at": "2026-11-06T17:00:00+00:00",
    "arrives_at": "2026-11-06T19:30:00+00:00",
}
MANIFEST = TransferSeen(
    transfer_id=9,
    manifest_number="0000000043",
    recipient_license_number="C10-9990001-LIC",
    labels=frozenset({ONE, TWO}),
)


def outgoing(*transfers: TransferSeen, whole: bool = True) -> Reading:
    return Reading(read_at=AT, transfers=transfers, transfers_whole=whole)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (outgoing(MANIFEST), ProbeVerdict.APPLIED),
        (outgoing(), ProbeVerdict.ABSENT),
        (outgoing(whole=False), ProbeVerdict.CANNOT_TELL),
        (outgoing(replace(MANIFEST, labels=frozenset({ONE}))), ProbeVerdict.DIFFERENT),
        (
            outgoing(replace(MANIFEST, recipient_license_number="C10-9990002-LIC")),
            ProbeVerdict.DIFFERENT,
        ),
        (outgoing(replace(MANIFEST, is_voided=True)), ProbeVerdict.ABSENT),
        (outgoing(replace(MANIFEST, labels=frozenset({THREE}))), ProbeVerdict.ABSENT),
    ],
)
def test_a_registered_manifest_is_found_by_its_packages(
    after: Reading, verdict: ProbeVerdict
) -> None:
    assert REGISTER_MANIFEST.judge_probe(REGISTER, outgoing(), after).verdict is verdict


def test_an_older_manifest_of_the_same_packages_is_not_this_one() -> None:
    before = outgoing(MANIFEST)
    assert REGISTER_MANIFEST.judge_probe(REGISTER, before, before).verdict is ProbeVerdict.ABSENT


def test_registering_asks_for_the_manifest_number() -> None:
    assert REGISTER_MANIFEST.instructions is not None
    card = REGISTER_MANIFEST.instructions(REGISTER)
    assert card.attestation_fields[0].name == "manifest_number"
    assert ("Package", TWO) in card.values
    assert REGISTER_MANIFEST.is_done_in_metrc
    assert REGISTER_MANIFEST.endpoint == ""
