"""What METRC lets only people do: a person says so, and a read confirms or contradicts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.actions import ActionAttempt
from glassbox.models.packages import Package
from glassbox.models.transfers import Transfer
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.operations.incoming import record_receipt_count
from glassbox.operations.submission.attestation import NotByHand, attest
from glassbox.operations.transaction import short_transaction
from glassbox.queries.actions.page import action_page
from glassbox.rules.action_lifecycle import ActionState, MoveNotAllowed
from glassbox.rules.verdicts import InvalidInput
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of, open_cases
from tests.desk import Desk
from tests.journeys.story import SUPPLIER, action_of, approve, draft, look, now, person, read, send
from tests.journeys.wholesale import RETAILER, draft_template, plan, receive_carts, template_facts

DONE = {"done_at": "10:42"}


@dataclass(frozen=True)
class Delivery:
    """Oil on the road to the maker, as both METRC and we know it."""

    transfer_id: int
    delivery_id: int
    labels: tuple[str, ...]
    facts: dict[str, Any]


def ship_oil(brand: Brand, desk: Desk, *grams: int) -> Delivery:
    shipped = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": g, "unitOfMeasure": "Grams"} for g in grams],
    )
    read(brand, MAKER)
    with short_transaction(brand.licenses[MAKER]) as license:
        transfer = Transfer.objects.get(license=license, direction="INCOMING")
    return Delivery(
        transfer_id=transfer.pk,
        delivery_id=shipped["deliveryId"],
        labels=tuple(shipped["labels"]),
        facts={
            "delivery_id": shipped["deliveryId"],
            "manifest_number": shipped["manifestNumber"],
            "shipper_license_number": SUPPLIER,
            "packages": [],
        },
    )


def weigh(brand: Brand, delivery: Delivery, *found: str) -> None:
    for label, grams in zip(delivery.labels, found, strict=True):
        record_receipt_count(
            actor=person(brand, "Dee"),
            license_id=brand.licenses[MAKER],
            transfer_id=delivery.transfer_id,
            label=label,
            found=Decimal(grams),
            unit="Grams",
            device="Scale 2",
            now=now(),
        )


def received(label: str, grams: str) -> dict[str, str]:
    return {"label": label, "received_quantity": grams, "unit": "Grams"}


def draft_receive(brand: Brand, delivery: Delivery, *rows: dict[str, str]) -> int:
    return draft_action(
        actor=person(brand, "Dee"),
        license_id=brand.licenses[MAKER],
        kind="delivery.receive",
        facts=delivery.facts | {"packages": list(rows)},
        reason="The oil is here",
        transfer_id=delivery.transfer_id,
        now=now(),
    )


def approved_receive(
    brand: Brand, database: ClusterUrls, delivery: Delivery, *rows: dict[str, str]
) -> int:
    action_id = draft_receive(brand, delivery, *rows)
    approve(brand, database, "Dee", "Ben", MAKER, action_id)
    return action_id


def say_done(
    brand: Brand,
    action_id: int,
    *,
    name: str = "Dee",
    number: str = MAKER,
    values: dict[str, str] | None = None,
) -> None:
    attest(
        actor=person(brand, name),
        license_id=brand.licenses[number],
        action_id=action_id,
        values=DONE if values is None else values,
        now=now(),
    )


def our_grams(brand: Brand, label: str) -> Decimal:
    with short_transaction(brand.licenses[MAKER]):
        package = Package.objects.filter(label=label).first()
        movements = package.movements.all() if package else ()
        return sum((movement.quantity for movement in movements), Decimal(0))


def test_a_delivery_received_as_approved_is_confirmed_and_booked(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    delivery = ship_oil(brand, desk, 5000, 4000)
    first, second = delivery.labels
    weigh(brand, delivery, "5000", "3996")
    action_id = approved_receive(
        brand, database, delivery, received(first, "5000"), received(second, "3996")
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=delivery.delivery_id,
        packages=[
            {"label": first, "receivedQuantity": 5000},
            {"label": second, "receivedQuantity": 3996},
        ],
    )

    say_done(brand, action_id)
    assert our_grams(brand, first) == 0
    look(brand, MAKER, action_id)

    action = action_of(brand, MAKER, action_id)
    assert (action.state, action.attested_by_id) == (ActionState.ACCEPTED, brand.users["Dee"])
    read(brand, MAKER)
    assert (our_grams(brand, first), our_grams(brand, second)) == (5000, 3996)


def test_a_delivery_received_otherwise_contradicts_the_word_and_opens_a_case(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    delivery = ship_oil(brand, desk, 5000)
    (label,) = delivery.labels
    weigh(brand, delivery, "5000")
    action_id = approved_receive(brand, database, delivery, received(label, "5000"))
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=delivery.delivery_id,
        packages=[{"label": label, "receivedQuantity": 4950}],
    )

    say_done(brand, action_id)
    look(brand, MAKER, action_id)

    action = action_of(brand, MAKER, action_id)
    assert action.state == ActionState.BLOCKED
    assert "4,950 g, not 5,000 g" in action.blocked_because
    assert "ATTESTATION_CONTRADICTED" in {case for case, _, _ in open_cases(brand.licenses[MAKER])}
    assert len(events_of(brand.licenses[MAKER], "action.attestation_contradicted")) == 1


def test_a_word_without_a_deed_waits_for_metrc_and_then_is_contradicted(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    delivery = ship_oil(brand, desk, 5000)
    (label,) = delivery.labels
    weigh(brand, delivery, "5000")
    action_id = approved_receive(brand, database, delivery, received(label, "5000"))

    say_done(brand, action_id)
    look(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.SUBMITTING
    late = now() + timedelta(seconds=settings.SETTLE_WINDOW_SECONDS + 1)
    look(brand, MAKER, action_id, at=late)

    assert action_of(brand, MAKER, action_id).state == ActionState.BLOCKED
    assert our_grams(brand, label) == 0


def test_a_whole_delivery_is_rejected(brand: Brand, desk: Desk, database: ClusterUrls) -> None:
    delivery = ship_oil(brand, desk, 3000)
    (label,) = delivery.labels
    weigh(brand, delivery, "2790")
    reason = "Quantity differs from the manifest"
    action_id = draft_action(
        actor=person(brand, "Dee"),
        license_id=brand.licenses[MAKER],
        kind="delivery.reject",
        facts=delivery.facts | {"packages": [{"label": label, "reject_reason": reason}]},
        reason="Seven percent are missing",
        transfer_id=delivery.transfer_id,
        now=now(),
    )
    approve(brand, database, "Dee", "Ben", MAKER, action_id)
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=delivery.delivery_id,
        packages=[{"label": label, "reject": {"reason": reason}}],
    )

    say_done(brand, action_id)
    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert our_grams(brand, label) == 0


def test_a_quantity_other_than_weighed_cannot_be_approved(brand: Brand, desk: Desk) -> None:
    delivery = ship_oil(brand, desk, 5000)
    (label,) = delivery.labels
    weigh(brand, delivery, "4990")
    action_id = draft_receive(brand, delivery, received(label, "5000"))
    license_id = brand.licenses[MAKER]
    send_for_review(
        actor=person(brand, "Dee"), license_id=license_id, action_id=action_id, now=now()
    )

    with pytest.raises(GatesBlocked) as refusal:
        approve_action(
            actor=person(brand, "Ben"), license_id=license_id, action_id=action_id, now=now()
        )

    messages = [finding.message for finding in refusal.value.findings if finding.blocks]
    assert messages == [f"{label}: 4,990 g were found, 5,000 g would be entered."]


def test_a_registered_manifest_is_confirmed_even_if_a_sync_saw_it_before_the_person_said_so(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    label = receive_carts(brand, desk)
    transfer_id = plan(brand, label)
    template = draft_template(brand, label, transfer_id)
    approve(brand, database, "Hal", "Fay", MOVER, template)
    template_id = send_template(brand, template)
    action_id = draft_register(brand, label, transfer_id)
    approve(brand, database, "Hal", "Fay", MOVER, action_id)
    registered = desk.do("register-transfer", licenseNumber=MOVER, templateId=template_id)
    read(brand, MOVER)

    number = registered["manifestNumber"]
    say_done(brand, action_id, name="Hal", number=MOVER, values={"manifest_number": number, **DONE})
    look(brand, MOVER, action_id)

    action = action_of(brand, MOVER, action_id)
    assert action.state == ActionState.ACCEPTED
    assert number in action.outcome
    (event,) = events_of(brand.licenses[MOVER], "action.attested")
    assert "package.not-active" in event["body"]["blocking_codes"]


def send_template(brand: Brand, action_id: int) -> int:
    """Send a template and return METRC's id of it."""
    send(brand, MOVER, action_id)
    look(brand, MOVER, action_id)
    with short_transaction(brand.licenses[MOVER]):
        (metrc_id,) = ActionAttempt.objects.get(action_id=action_id).answer["ids"]
    return int(metrc_id)


def draft_register(brand: Brand, label: str, transfer_id: int) -> int:
    planned = template_facts(label)
    return draft_action(
        actor=person(brand, "Hal"),
        license_id=brand.licenses[MOVER],
        kind="manifest.register",
        facts={
            "template_name": planned["name"],
            "recipient_license_number": RETAILER,
            "transfer_type": planned["transfer_type"],
            "labels": [label],
            "driver_name": "Gus",
            "plate": "8ABC123",
            "departs_at": planned["departs_at"],
            "arrives_at": planned["arrives_at"],
            "invoice_number": planned["invoice_number"],
        },
        reason="The truck is loaded",
        transfer_id=transfer_id,
        now=now(),
    )


def test_work_by_hand_is_not_to_be_begun_while_a_gate_says_no(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    label = receive_carts(brand, desk)
    action_id = draft_register(brand, label, plan(brand, label))
    approve(brand, database, "Hal", "Fay", MOVER, action_id)
    desk.do("hold", label=label, kind="hold", on=True)
    read(brand, MOVER)

    page = action_page(
        actor=person(brand, "Hal"),
        license_ids=(brand.licenses[MOVER],),
        action_id=action_id,
        now=now(),
    )

    assert page.instructions is not None
    assert {finding.code for finding in page.findings if finding.blocks} == {
        "package.on-state-hold"
    }
    assert page.may["do_by_hand"].why_not.startswith("1 gate blocks it")
    assert page.may["attest"].is_allowed


def test_who_may_attest_what_and_when(brand: Brand, desk: Desk, database: ClusterUrls) -> None:
    delivery = ship_oil(brand, desk, 5000)
    (label,) = delivery.labels
    weigh(brand, delivery, "5000")
    action_id = draft_receive(brand, delivery, received(label, "5000"))

    with pytest.raises(MoveNotAllowed):
        say_done(brand, action_id)
    approve(brand, database, "Dee", "Ben", MAKER, action_id)
    with pytest.raises(NotPermitted):
        say_done(brand, action_id, name="Ben")
    with pytest.raises(InvalidInput, match="When you finished it"):
        say_done(brand, action_id, values={})
    row = {"labels": [label], "location": "Vault", "date": "2026-11-20"}
    move = draft(brand, "Dee", MAKER, "package.move", row)
    with pytest.raises(NotByHand):
        say_done(brand, move)
