"""The list and the page of actions: what people see, may do, and why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.operations.actions.review import withdraw_action
from glassbox.queries.actions.page import ActionPage, action_page
from glassbox.queries.actions.rows import ActionFilter, ActionView, action_rows
from glassbox.rules.verdicts import NotFound
from tests.builders import see_package
from tests.cast import MFG, person, tag
from tests.db.actions.story import OIL, approve, draft, put_oil, review, split, stored


def page(brand: Brand, name: str, action_id: int, now: datetime) -> ActionPage:
    return action_page(
        actor=person(brand, name),
        license_ids=(brand.licenses[MFG],),
        action_id=action_id,
        now=now,
    )


def listed(brand: Brand, name: str, view: ActionView) -> list[int]:
    found = action_rows(
        actor=person(brand, name),
        license_ids=(brand.licenses[MFG],),
        filter=ActionFilter(view=view),
        now=datetime.now(UTC),
    )
    return [row.id for row in found.rows]


def test_the_page_shows_before_and_after_and_the_exact_payload(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    seen = page(cast, "Ana", action_id, frozen_now)

    changes = {(change.subject, change.before, change.after) for change in seen.changes}
    assert (OIL, "4,669 g", "4,169 g") in changes
    assert f'"Tag": "{tag(455)}"' in seen.payload_text
    assert seen.payload_sha256 == stored(cast, action_id).payload_sha256
    assert seen.findings == ()
    assert [(step.name, step.standing) for step in seen.steps] == [
        ("draft", "NOW"),
        ("review", "AHEAD"),
        ("approved", "AHEAD"),
        ("submitted", "AHEAD"),
        ("accepted", "AHEAD"),
    ]


def test_every_step_taken_says_who_and_when(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    approve(cast, frozen_now, action_id)

    seen = page(cast, "Ivy", action_id, frozen_now)

    taken = [(step.name, step.who) for step in seen.steps if step.standing != "AHEAD"]
    assert taken == [("draft", "Ana"), ("review", "Ana"), ("approved", "Ben")]
    assert [row.type for row in seen.history] == [
        "action.approved",
        "action.sent_for_review",
        "action.drafted",
    ]
    assert [(row.reviewer, row.is_for_this_content) for row in seen.reviews] == [("Ben", True)]


def test_each_dead_button_says_why(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)

    assert page(cast, "Ben", action_id, frozen_now).may["approve"].is_allowed
    assert "somebody else" not in page(cast, "Ben", action_id, frozen_now).may["approve"].why_not
    assert "role" in page(cast, "Ana", action_id, frozen_now).may["approve"].why_not
    assert "role" in page(cast, "Ivy", action_id, frozen_now).may["withdraw"].why_not
    assert "in review" in page(cast, "Ana", action_id, frozen_now).may["edit"].why_not
    assert (
        "sends this action itself" in page(cast, "Ana", action_id, frozen_now).may["attest"].why_not
    )


def test_a_gate_that_blocks_counts_on_the_approve_button(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    see_package(cast.licenses[MFG], OIL, now=frozen_now, is_on_hold=True, list_name="ON_HOLD")

    seen = page(cast, "Ben", action_id, frozen_now)

    blocking = {finding.code for finding in seen.findings if finding.blocks}
    assert blocking == {"package.on-state-hold"}
    assert seen.may["approve"].why_not.startswith("1 gate blocks")


def test_the_views_of_the_list_hold_what_their_names_say(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    in_draft = draft(cast, frozen_now)
    in_review = draft(cast, frozen_now, {"packages": [split(456)]})
    review(cast, frozen_now, in_review)
    ended = draft(cast, frozen_now, {"packages": [split(457)]})
    withdraw_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=ended,
        because="Not needed",
        now=frozen_now,
    )

    assert set(listed(cast, "Ana", ActionView.OPEN)) == {in_draft, in_review}
    assert listed(cast, "Ben", ActionView.REVIEW) == [in_review]
    assert set(listed(cast, "Ana", ActionView.MINE)) == {in_draft, in_review}
    assert listed(cast, "Ben", ActionView.MINE) == []
    assert listed(cast, "Ivy", ActionView.ENDED) == [ended]
    assert len(listed(cast, "Ivy", ActionView.ALL)) == 3


def test_the_neighbor_sees_neither_list_nor_page(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    assert listed(cast, "Nell", ActionView.ALL) == []
    with pytest.raises(NotFound):
        page(cast, "Nell", action_id, frozen_now)
