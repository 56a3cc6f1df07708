"""Every kind of action that we send reaches METRC over real HTTP and is recognised there again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.actions import ActionAttempt, ActionLane
from glassbox.models.packages import Package
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import GatesBlocked
from glassbox.operations.submission.confirm import release_settled_lanes
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.package_state import LocalState
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import (
    SENDER,
    action_of,
    approve,
    draft,
    look,
    now,
    person,
    receive_oil,
    send,
    split,
    writes,
)
from tests.journeys.wholesale import draft_template, plan, receive_carts, shown, template_facts

TAG = "1A4060300000001000000455"
DAY = "2026-11-20"

FAMILIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "location": (
        {"name": "Cold Room", "type_name": "Default Location Type"},
        {"name": "Colder Room", "type_name": "Default Location Type"},
    ),
    "item": (
        {"name": "Gold Distillate", "category": "Extract (weight)", "unit": "Grams"},
        {"name": "Golden Distillate", "category": "Extract (weight)", "unit": "Grams"},
    ),
    "driver": (
        {"name": "Gus", "drivers_license_number": "D1234567", "employee_id": "EMP-7"},
        {"name": "Gus Grau", "drivers_license_number": "D1234567", "employee_id": "EMP-7"},
    ),
    "vehicle": (
        {"make": "Ford", "model": "Transit", "plate": "8ABC123"},
        {"make": "Ford", "model": "Transit", "plate": "8ABC124"},
    ),
}


class Story:
    """Drafts, approves, sends and looks up, one action after the other."""

    def __init__(self, brand: Brand, database: ClusterUrls, number: str, drafter: str) -> None:
        self.brand, self.database = brand, database
        self.number, self.drafter = number, drafter
        self.approver = "Fay"

    def carry(self, kind: str, facts: dict[str, Any], transfer_id: int | None = None) -> int:
        """Bring one action to its end, and return METRC's id of what it made or 0."""
        action_id = draft_action(
            actor=person(self.brand, self.drafter),
            license_id=self.brand.licenses[self.number],
            kind=kind,
            facts=facts,
            reason="A test of the kinds",
            transfer_id=transfer_id,
            now=now(),
        )
        approve(self.brand, self.database, self.drafter, self.approver, self.number, action_id)
        send(self.brand, self.number, action_id)
        look(self.brand, self.number, action_id)
        action = action_of(self.brand, self.number, action_id)
        with short_transaction(self.brand.licenses[self.number]):
            attempt = ActionAttempt.objects.get(action_id=action_id)
        assert action.state == ActionState.ACCEPTED, (kind, action.outcome, attempt.error)
        answer = attempt.answer
        ids: list[int] = answer["ids"]
        return ids[0] if ids else 0


@pytest.mark.parametrize("family", list(FAMILIES))
def test_what_metrc_keeps_by_name_is_created_and_changed(
    brand: Brand, desk: Desk, database: ClusterUrls, family: str
) -> None:
    story = Story(brand, database, MOVER, "Hal")
    made, changed = FAMILIES[family]

    metrc_id = story.carry(f"{family}.create", made)
    story.carry(f"{family}.update", {"id": metrc_id, **changed})

    if family in ("driver", "vehicle"):
        name = changed.get("name") or changed["plate"]
        story.carry(f"{family}.delete", {"id": metrc_id, "name": name})


def test_a_template_is_created_changed_and_deleted(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    label = receive_carts(brand, desk)
    transfer_id = plan(brand, label)
    story = Story(brand, database, MOVER, "Hal")
    facts = template_facts(label)

    metrc_id = story.carry("template.create", facts, transfer_id)
    story.carry(
        "template.update",
        {"id": metrc_id, **facts, "planned_route": "Over the hills."},
        transfer_id,
    )
    story.carry("template.delete", {"id": metrc_id, "name": "Stop 1"})


def test_a_delete_that_never_arrived_is_not_taken_for_done(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    story = Story(brand, database, MOVER, "Hal")
    metrc_id = story.carry("driver.create", FAMILIES["driver"][0])
    action_id = draft(brand, "Hal", MOVER, "driver.delete", {"id": metrc_id, "name": "Gus"})
    approve(brand, database, "Hal", "Fay", MOVER, action_id)
    desk.do("faults", rules=[{"method": "DELETE", "kind": "drop-before", "times": 1}])

    send(brand, MOVER, action_id)
    look(brand, MOVER, action_id)

    assert action_of(brand, MOVER, action_id).state == ActionState.APPROVED


def test_a_production_batch_a_move_a_set_a_difference_and_a_finish(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    story = Story(brand, database, MAKER, "Ana")
    batch = split(TAG, oil, "500") | {"item": "Distillate", "production_batch_number": "PB-1"}

    story.carry("package.create_production_batch", {"packages": [batch]})
    story.carry("package.move", {"labels": [TAG], "location": "Vault", "date": DAY})
    story.carry("package.adjust", set_to(TAG, "500", "488"))
    story.carry(
        "package.adjust_by",
        {
            "label": TAG,
            "difference": "-8",
            "unit": "Grams",
            "reason": "Waste",
            "note": "Left in the hose",
            "date": now().date().isoformat(),
        },
    )
    story.carry("package.finish", {"labels": [oil], "date": DAY})

    with short_transaction(brand.licenses[MAKER]):
        made = Package.objects.get(label=TAG)
        assert (made.production_batch_number, made.location_name) == ("PB-1", "Vault")
        assert sum(m.quantity for m in made.movements.all()) == Decimal(480)
        assert Package.objects.get(label=oil).local_state == LocalState.CLOSED


def set_to(label: str, before: str, after: str) -> dict[str, Any]:
    return {
        "label": label,
        "quantity_before": before,
        "quantity": after,
        "unit": "Grams",
        "reason": "Waste",
        "note": "Spilled at the filler",
        "date": now().date().isoformat(),
    }


def test_a_set_whose_answer_was_lost_keeps_its_lane_until_nothing_can_land_late(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    first = draft(brand, "Ana", MAKER, "package.adjust", set_to(oil, "500", "490"))
    approve(brand, database, "Ana", "Fay", MAKER, first)
    rule = {"method": "PUT", "path": "/packages/v2/adjust", "kind": "500-after", "times": 1}
    desk.do("faults", rules=[rule])

    send(brand, MAKER, first)
    assert action_of(brand, MAKER, first).state == ActionState.UNCONFIRMED
    look(brand, MAKER, first)

    assert action_of(brand, MAKER, first).state == ActionState.ACCEPTED
    assert lanes_taken(brand) == 1
    release_settled_lanes(actor=SENDER, license_id=brand.licenses[MAKER], now=now())
    assert lanes_taken(brand) == 1
    late = now() + timedelta(seconds=settings.SETTLE_WINDOW_SECONDS + 60)
    release_settled_lanes(actor=SENDER, license_id=brand.licenses[MAKER], now=late)
    assert lanes_taken(brand) == 0


def lanes_taken(brand: Brand) -> int:
    with short_transaction(brand.licenses[MAKER]):
        return ActionLane.objects.filter(released_at__isnull=True).count()


def test_a_busy_metrc_is_obeyed_and_the_action_stays_approved(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do(
        "faults", rules=[{"method": "POST", "path": "/packages/v2/", "kind": "429", "times": 1}]
    )

    send(brand, MAKER, action_id)

    action = action_of(brand, MAKER, action_id)
    assert action.state == ActionState.APPROVED
    assert action.not_before_at is not None and action.not_before_at > now() - timedelta(minutes=1)
    assert writes(desk, "/packages/v2/") == []
    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED


def test_one_action_in_doubt_makes_only_its_own_goods_wait(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    held, free = receive_oil(brand, desk, 500, 400)
    tags = iter((TAG, "1A4060300000001000000456", "1A4060300000001000000457"))
    ids = []
    for source in (held, held, free):
        facts = {"packages": [split(next(tags), source, "5")]}
        ids.append(draft(brand, "Ana", MAKER, "package.create", facts))
        approve(brand, database, "Ana", "Ben", MAKER, ids[-1])
    desk.do(
        "faults",
        rules=[{"method": "POST", "path": "/packages/v2/", "kind": "drop-after", "times": 1}],
    )

    send(brand, MAKER, ids[0])
    with pytest.raises(GatesBlocked) as waits:
        send(brand, MAKER, ids[1])
    send(brand, MAKER, ids[2])

    codes = {finding.code for finding in waits.value.findings if finding.blocks}
    assert {"package.outcome-unknown", "action.lane-taken"} <= codes
    states = [action_of(brand, MAKER, one).state for one in ids]
    assert states == [ActionState.UNCONFIRMED, ActionState.APPROVED, ActionState.SUBMITTING]


def test_a_template_with_goods_that_are_not_on_its_plan_is_stopped(
    brand: Brand, desk: Desk
) -> None:
    label = receive_carts(brand, desk)
    transfer_id = plan(brand, label)
    other = receive_carts(brand, desk)

    action_id = draft_template(brand, other, transfer_id)

    assert "transfer.empty" in shown(brand, action_id)
