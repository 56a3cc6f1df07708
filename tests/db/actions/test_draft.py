"""Drafting: everything that follows from the facts is built, checked and kept; nothing is sent."""

from __future__ import annotations

from datetime import datetime

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.operations.actions.draft import (
    SomebodyHasIt,
    draft_action,
    draft_many,
    edit_draft,
)
from glassbox.operations.actions.review import withdraw_action
from glassbox.queries.actions.page import action_page
from glassbox.rules.action_kinds.payloads import payload_sha256
from glassbox.rules.action_lifecycle import ActionState, MoveNotAllowed
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_package
from tests.cast import MFG, person, tag
from tests.db.actions.story import OIL, draft, put_oil, review, split, stored


def test_a_draft_holds_metrcs_exact_body_its_hash_and_a_sentence(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)

    action = stored(cast, draft(cast, frozen_now))

    assert action.state == ActionState.DRAFT
    (body,) = action.payload
    assert (body["Tag"], body["Item"], body["Quantity"]) == (tag(455), "Crude Oil", 500)
    assert body["Ingredients"] == [
        {"Package": OIL, "Quantity": 500, "UnitOfMeasure": "Grams"},
    ]
    assert action.payload_sha256 == payload_sha256(action.payload)
    assert action.metrc_endpoint == "POST /packages/v2/"
    assert "…00000455" in action.effect_sentence and "500 g" in action.effect_sentence
    assert set(action.labels) == {OIL, tag(455)}
    (event,) = events_of(cast.licenses[MFG], "action.drafted")
    assert event["req_sha256"] == action.payload_sha256


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"packages": []}, "packages"),
        ({"packages": [split(grams="-1")]}, "packages[0].quantity"),
        ({"packages": [split() | {"tag": "ABC"}]}, "packages[0].tag"),
        ({"packages": [split()], "colour": "blue"}, "colour"),
    ],
)
def test_facts_that_cannot_be_used_are_refused_by_name(
    cast: Brand, frozen_now: datetime, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        draft(cast, frozen_now, facts)

    assert refusal.value.field == field


def test_a_draft_needs_a_reason_and_a_person(cast: Brand, frozen_now: datetime) -> None:
    for actor, reason in ((person(cast, "Ana"), "  "), (system_actor("sender"), "Because")):
        with pytest.raises((InvalidInput, NotPermitted)):
            draft_action(
                actor=actor,
                license_id=cast.licenses[MFG],
                kind="package.create",
                facts={"packages": [split()]},
                reason=reason,
                now=frozen_now,
            )


def test_a_kind_that_does_not_exist_is_refused_with_the_list(
    cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(InvalidInput, match=r"package\.create"):
        draft(cast, frozen_now, kind="package.vanish")


def test_two_open_actions_cannot_mean_the_same_tag(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    first = draft(cast, frozen_now)

    with pytest.raises(SomebodyHasIt, match=str(first)):
        draft(cast, frozen_now)

    withdraw_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=first,
        because="Wrong tag",
        now=frozen_now,
    )
    assert draft(cast, frozen_now) != first


def test_a_drafter_without_a_key_is_told_at_once_and_loses_nothing(
    cast: Brand, frozen_now: datetime
) -> None:
    put_package(cast.licenses[MFG], OIL, "4669", now=frozen_now)

    action_id = draft(cast, frozen_now, name="Cy")

    page = action_page(
        actor=person(cast, "Cy"),
        license_ids=(cast.licenses[MFG],),
        action_id=action_id,
        now=frozen_now,
    )
    codes = {finding.code for finding in page.findings}
    assert {"action.no-key", "action.tag-not-usable"} <= codes
    assert page.facts["packages"] == [split()]


def test_twenty_five_packages_become_sends_of_ten_ten_and_five(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)

    ids = draft_many(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        kind="package.create",
        facts={"packages": [split(455 + n, "100") for n in range(25)]},
        reason="A day's work",
        now=frozen_now,
    )

    assert [len(stored(cast, one).payload) for one in ids] == [10, 10, 5]


def test_a_template_without_its_planned_transfer_is_refused(
    cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="Name the transfer"):
        draft(cast, frozen_now, {"name": "Stop 1"}, kind="template.create")


def test_an_edit_rebuilds_payload_hash_and_sentence_and_is_remembered(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    before = stored(cast, action_id).payload_sha256

    edit_draft(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        facts={"packages": [split(grams="250")]},
        now=frozen_now,
    )

    after = stored(cast, action_id)
    assert after.payload_sha256 != before
    assert after.payload[0]["Quantity"] == 250
    assert "250 g" in after.effect_sentence
    (event,) = events_of(cast.licenses[MFG], "action.edited")
    assert event["req_sha256"] == after.payload_sha256


def test_what_is_in_review_cannot_be_edited(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)

    with pytest.raises(MoveNotAllowed):
        edit_draft(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            action_id=action_id,
            facts={"packages": [split(grams="250")]},
            now=frozen_now,
        )


def test_who_may_only_read_cannot_draft_and_the_attempt_is_remembered(
    cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        draft(cast, frozen_now, name="Ivy")

    (event,) = events_of(cast.licenses[MFG], "access.denied")
    assert event["subject"] == "permission:action.draft"


def test_the_neighbor_cannot_even_learn_that_the_licence_exists(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    with pytest.raises(NotFound):
        draft(cast, frozen_now, name="Nell")
    with pytest.raises(NotFound):
        review(cast, frozen_now, action_id, name="Nell")
