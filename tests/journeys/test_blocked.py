"""A blocked action: it waits for a person, who has METRC looked into again or ends it with evidence."""

from __future__ import annotations

from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.operations.actions.blocked import (
    NothingToLookUp,
    NotLookedUp,
    ask_for_look,
    reject_blocked,
)
from glassbox.operations.actions.review import OwnWork, withdraw_action
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.verdicts import InvalidInput
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of, open_cases
from tests.desk import Desk
from tests.journeys.story import (
    action_of,
    approve,
    draft,
    look,
    now,
    person,
    receive_oil,
    send,
    split,
)

TAG = "1A4060300000001000000455"


def refused_key_three_times(
    brand: Brand, desk: Desk, database: ClusterUrls, oil: str = ""
) -> tuple[int, str]:
    """An action that METRC never took, blocked because its key was refused."""
    oil = oil or receive_oil(brand, desk, 500)[0]
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do("faults", rules=[{"method": "POST", "path": "/packages/v2/", "kind": "401"}])
    for _ in range(3):
        send(brand, MAKER, action_id)
    desk.do("faults", rules=[])
    assert action_of(brand, MAKER, action_id).state == ActionState.BLOCKED
    return action_id, oil


def end(brand: Brand, action_id: int, name: str = "Fay", because: str = "Not in METRC") -> None:
    reject_blocked(
        actor=person(brand, name),
        license_id=brand.licenses[MAKER],
        action_id=action_id,
        because=because,
        now=now(),
    )


def cases(brand: Brand) -> list[str]:
    return [fact for _, fact, _ in open_cases(brand.licenses[MAKER])]


def test_only_a_look_that_shows_nothing_lets_a_person_end_it(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    action_id, _ = refused_key_three_times(brand, desk, database)
    assert f"action-blocked:{action_id}" in cases(brand)

    with pytest.raises(NotLookedUp):
        end(brand, action_id)
    look(brand, MAKER, action_id)
    with pytest.raises(NotPermitted):
        end(brand, action_id, name="Ben")
    with pytest.raises(InvalidInput):
        end(brand, action_id, because=" ")
    end(brand, action_id)

    action = action_of(brand, MAKER, action_id)
    assert action.state == ActionState.REJECTED
    assert action.outcome.startswith("Not in METRC METRC does not have package")
    assert f"action-blocked:{action_id}" not in cases(brand)
    (event,) = events_of(brand.licenses[MAKER], "action.rejected")
    assert event["body"]["verdict"] == "ABSENT"


def test_what_is_keyed_by_hand_as_approved_is_accepted_by_the_next_look(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    action_id, oil = refused_key_three_times(brand, desk, database)
    body: dict[str, Any] = dict(action_of(brand, MAKER, action_id).payload[0])
    desk.do("create-package", licenseNumber=MAKER, **body)

    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert f"action-blocked:{action_id}" not in cases(brand)
    assert oil in body["Ingredients"][0]["Package"]


def test_a_person_asks_for_a_look_only_where_there_is_doubt(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    action_id, oil = refused_key_three_times(brand, desk, database)
    facts = {"packages": [split("1A4060300000001000000456", oil, "5")]}
    calm = draft(brand, "Ana", MAKER, "package.create", facts)

    def ask(name: str, one: int) -> None:
        license_id = brand.licenses[MAKER]
        ask_for_look(actor=person(brand, name), license_id=license_id, action_id=one, now=now())

    ask("Ben", action_id)
    with pytest.raises(NothingToLookUp):
        ask("Ben", calm)
    with pytest.raises(NotPermitted):
        ask("Ana", action_id)


def test_withdrawing_a_blocked_action_closes_its_case_and_frees_its_goods(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    action_id, oil = refused_key_three_times(brand, desk, database)

    withdraw_action(
        actor=person(brand, "Ana"),
        license_id=brand.licenses[MAKER],
        action_id=action_id,
        because="We wait for new keys",
        now=now(),
    )

    assert f"action-blocked:{action_id}" not in cases(brand)
    again = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, again)
    send(brand, MAKER, again)
    look(brand, MAKER, again)
    assert action_of(brand, MAKER, again).state == ActionState.ACCEPTED


def test_who_drafted_cannot_end_it(brand: Brand, desk: Desk, database: ClusterUrls) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    action_id = draft(brand, "Fay", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Fay", "Ben", MAKER, action_id)
    desk.do("faults", rules=[{"method": "POST", "path": "/packages/v2/", "kind": "401"}])
    for _ in range(3):
        send(brand, MAKER, action_id)

    with pytest.raises(OwnWork):
        end(brand, action_id)
