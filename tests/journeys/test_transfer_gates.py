"""A transfer stops when status, testing, hold or quantity is wrong: shown, refused, refused again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glassbox.cli.demo_brand import MOVER, Brand
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of
from tests.desk import Desk
from tests.journeys.story import action_of, approve, look, now, person, read, send, writes
from tests.journeys.wholesale import (
    CARTS,
    blocking,
    draft_template,
    plan,
    receive_carts,
    shown,
)

TEMPLATES = "/transfers/v2/templates"


def finish_by_hand(desk: Desk, label: str) -> None:
    desk.do("adjust", licenseNumber=MOVER, label=label, quantity=-CARTS, reason="Waste")
    day = now().date().isoformat()
    desk.do("finish", licenseNumber=MOVER, Label=label, ActualDate=day)


def sample_again(desk: Desk, label: str) -> None:
    """Somebody takes a new sample through another system, so the goods are in testing again."""
    keys = desk.keys()
    key = next(user["userKey"] for user in keys["users"] if user["name"] == "Eve")
    body = {
        "Tag": "1A4060300000002000000900",
        "Item": "Blue Dream Vape Cart 1 g",
        "Quantity": 20,
        "UnitOfMeasure": "Each",
        "ActualDate": now().date().isoformat(),
        "RequiredLabTestBatches": ["Vape Cartridge Compliance"],
        "Ingredients": [{"Package": label, "Quantity": 20, "UnitOfMeasure": "Each"}],
    }
    answer = desk.client.post(
        "/packages/v2/testing",
        params={"licenseNumber": MOVER},
        json=[body],
        auth=(keys["vendorKey"], key),
    )
    assert answer.status_code == 200, answer.text


def hold(desk: Desk, label: str) -> None:
    desk.do("hold", label=label, kind="hold", on=True)


def take_one_out(desk: Desk, label: str) -> None:
    desk.do("adjust", licenseNumber=MOVER, label=label, quantity=-1, reason="Waste")


CAUSES: dict[str, tuple[Callable[[Desk, str], None], str]] = {
    "package status": (finish_by_hand, "package.not-active"),
    "testing status": (sample_again, "transfer.testing-not-passed"),
    "hold": (hold, "package.on-state-hold"),
    "quantity": (take_one_out, "package.quantity-differs"),
}
each_cause = pytest.mark.parametrize("cause", list(CAUSES))


def codes_of_blocked(brand: Brand, moment: str) -> set[str]:
    events = events_of(brand.licenses[MOVER], "action.blocked_by_gates")
    return {
        code
        for event in events
        if event["body"]["moment"] == moment
        for code in event["body"]["codes"]
    }


def test_with_everything_in_order_the_template_reaches_metrc(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    label = receive_carts(brand, desk)
    action_id = draft_template(brand, label, plan(brand, label))
    assert shown(brand, action_id) == set()
    approve(brand, database, "Hal", "Fay", MOVER, action_id)

    send(brand, MOVER, action_id)
    look(brand, MOVER, action_id)

    assert action_of(brand, MOVER, action_id).state == ActionState.ACCEPTED
    assert len(writes(desk, TEMPLATES)) == 1


@each_cause
def test_the_draft_shows_why_the_transfer_cannot_go(brand: Brand, desk: Desk, cause: str) -> None:
    happen, code = CAUSES[cause]
    label = receive_carts(brand, desk)
    transfer_id = plan(brand, label)
    happen(desk, label)
    read(brand, MOVER)

    action_id = draft_template(brand, label, transfer_id)

    assert code in shown(brand, action_id)
    assert action_of(brand, MOVER, action_id).state == ActionState.DRAFT


@each_cause
def test_the_approval_is_refused_and_remembered(brand: Brand, desk: Desk, cause: str) -> None:
    happen, code = CAUSES[cause]
    label = receive_carts(brand, desk)
    action_id = draft_template(brand, label, plan(brand, label))
    license_id = brand.licenses[MOVER]
    send_for_review(
        actor=person(brand, "Hal"), license_id=license_id, action_id=action_id, now=now()
    )
    happen(desk, label)
    read(brand, MOVER)

    with pytest.raises(GatesBlocked) as refusal:
        approve_action(
            actor=person(brand, "Fay"), license_id=license_id, action_id=action_id, now=now()
        )

    assert code in blocking(refusal.value.findings)
    assert action_of(brand, MOVER, action_id).state == ActionState.IN_REVIEW
    assert code in codes_of_blocked(brand, "approval")


@each_cause
def test_the_claim_is_refused_although_no_sync_has_seen_it_yet(
    brand: Brand, desk: Desk, database: ClusterUrls, cause: str
) -> None:
    happen, code = CAUSES[cause]
    label = receive_carts(brand, desk)
    action_id = draft_template(brand, label, plan(brand, label))
    approve(brand, database, "Hal", "Fay", MOVER, action_id)
    happen(desk, label)

    with pytest.raises(GatesBlocked) as refusal:
        send(brand, MOVER, action_id)

    assert code in blocking(refusal.value.findings)
    assert action_of(brand, MOVER, action_id).state == ActionState.APPROVED
    assert code in codes_of_blocked(brand, "claim")
    assert writes(desk, TEMPLATES) == []
