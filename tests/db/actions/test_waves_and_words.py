"""Waves, three people, deputies, comments, overrides, promotions: how people sign, and how loudly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import ActionWave, GateCheck
from glassbox.operations import policies, roles
from glassbox.operations.actions import waves, words
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import (
    ContentChanged,
    GatesBlocked,
    OwnWork,
    approve_action,
    return_to_draft,
    send_for_review,
    withdraw_action,
)
from glassbox.operations.production.open import open_batch
from glassbox.operations.transaction import short_transaction
from glassbox.queries.actions.page import action_page
from glassbox.rules.action_lifecycle import ActionState, MoveNotAllowed, Priority, WaveState
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import InvalidInput
from tests.builders import events_of, put_crew, see_package
from tests.cast import DIST, MFG, person
from tests.db.actions.story import (
    OIL,
    approve,
    draft,
    give_key,
    later,
    put_oil,
    review,
    split,
    stored,
)
from tests.db.actions.test_gate_cost import put_goods, put_plan, template

ADJUSTMENT = {
    "label": OIL,
    "quantity_before": "4669",
    "quantity": "4600",
    "unit": "Grams",
    "reason": "Waste",
    "note": "Spilled at the filler",
    "date": "2026-11-20",
}
MOVE = {"labels": [OIL], "location": "Vault", "date": "2026-11-20"}


def batch_of(cast: Brand, now: datetime, number: str = "PB-D-1") -> int:
    return open_batch(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        number=number,
        product="Distillate",
        process="EXTRACTION",
        protocol_version="P-1",
        planned_quantity=Decimal(90),
        unit="Grams",
        planned_inputs=[{"label": OIL, "quantity": "100", "unit": "Grams"}],
        now=now,
    )


def member(cast: Brand, now: datetime, batch_id: int | None, number: int = 455) -> int:
    return draft_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        kind="package.create",
        facts={"packages": [split(number)]},
        reason="Split for the batch",
        batch_id=batch_id,
        now=now,
    )


def open_wave(cast: Brand, now: datetime, batch_id: int, *members: int) -> int:
    return waves.open_wave(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        title="Batch PB-D-1",
        action_ids=list(members),
        batch_id=batch_id,
        now=now,
    )


def approve_wave(
    cast: Brand, now: datetime, wave_id: int, name: str = "Ben", seen: str = ""
) -> None:
    waves.approve_wave(
        actor=person(cast, name),
        license_id=cast.licenses[MFG],
        wave_id=wave_id,
        members_sha256=seen,
        now=now,
    )


def wave_of(cast: Brand, wave_id: int) -> ActionWave:
    with short_transaction(cast.licenses[MFG]):
        return ActionWave.objects.get(id=wave_id)


@pytest.fixture
def batch_id(cast: Brand, frozen_now: datetime) -> int:
    put_oil(cast, frozen_now)
    return batch_of(cast, frozen_now)


def test_a_wave_is_one_signature_and_every_member_keeps_its_own_event(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    members = [member(cast, frozen_now, batch_id, number) for number in (455, 456, 457)]
    wave_id = open_wave(cast, frozen_now, batch_id, *members)

    approve_wave(cast, frozen_now, wave_id)

    assert {stored(cast, one).state for one in members} == {ActionState.APPROVED}
    assert wave_of(cast, wave_id).state == WaveState.APPROVED
    approvals = events_of(cast.licenses[MFG], "action.approved")
    assert [event["intent_id"] for event in approvals] == members
    assert {event["body"]["wave"] for event in approvals} == {wave_id}
    assert len(events_of(cast.licenses[MFG], "wave.approved")) == 1
    (opened,) = events_of(cast.licenses[MFG], "wave.opened")
    assert opened["body"]["members"] == members


def test_a_wave_is_void_when_any_member_changes(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    members = [member(cast, frozen_now, batch_id, number) for number in (455, 456)]
    wave_id = open_wave(cast, frozen_now, batch_id, *members)
    approve_wave(cast, frozen_now, wave_id)

    return_to_draft(
        actor=person(cast, "Ben"),
        license_id=cast.licenses[MFG],
        action_id=members[0],
        comment="The wrong item",
        now=later(frozen_now, 5),
    )

    assert [stored(cast, one).state for one in members] == [ActionState.DRAFT] * 2
    assert stored(cast, members[1]).approved_by_id is None
    void = wave_of(cast, wave_id)
    assert void.state == WaveState.VOID and "wrong item" in void.void_because
    with pytest.raises(waves.WaveClosed):
        approve_wave(cast, frozen_now, wave_id)
    assert len(events_of(cast.licenses[MFG], "wave.voided")) == 1


def test_withdrawing_a_member_of_an_open_wave_voids_it(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    members = [member(cast, frozen_now, batch_id, number) for number in (455, 456)]
    wave_id = open_wave(cast, frozen_now, batch_id, *members)

    withdraw_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=members[0],
        because="Not needed",
        now=frozen_now,
    )

    assert wave_of(cast, wave_id).state == WaveState.VOID
    assert stored(cast, members[1]).state == ActionState.DRAFT


def test_nobody_signs_a_wave_of_their_own_or_one_they_did_not_see(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    one = draft_action(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[MFG],
        kind="package.create",
        facts={"packages": [split()]},
        reason="Split for the batch",
        batch_id=batch_id,
        now=frozen_now,
    )
    wave_id = open_wave(cast, frozen_now, batch_id, one)

    with pytest.raises(OwnWork):
        approve_wave(cast, frozen_now, wave_id, "Fay")
    with pytest.raises(ContentChanged):
        approve_wave(cast, frozen_now, wave_id, seen="0" * 64)
    with pytest.raises(NotPermitted):
        approve_wave(cast, frozen_now, wave_id, "Cy")


def test_a_blocked_member_stops_the_whole_wave_and_is_remembered(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    good, bad = (member(cast, frozen_now, batch_id, number) for number in (455, 900))
    wave_id = open_wave(cast, frozen_now, batch_id, good, bad)

    with pytest.raises(GatesBlocked) as stopped:
        approve_wave(cast, frozen_now, wave_id)

    assert {one.code for one in stopped.value.findings} == {"action.tag-not-usable"}
    assert {stored(cast, one).state for one in (good, bad)} == {ActionState.IN_REVIEW}
    (event,) = events_of(cast.licenses[MFG], "wave.blocked")
    assert event["body"]["members"] == [bad]


def test_what_is_risky_or_of_another_batch_stands_in_no_wave(
    cast: Brand, frozen_now: datetime, batch_id: int
) -> None:
    risky = draft(cast, frozen_now, ADJUSTMENT, kind="package.adjust")
    with pytest.raises(InvalidInput, match="signature of its own"):
        open_wave(cast, frozen_now, batch_id, risky)
    foreign = member(cast, frozen_now, None)
    with pytest.raises(InvalidInput, match="another order or batch"):
        open_wave(cast, frozen_now, batch_id, foreign)


def set_policy(cast: Brand, now: datetime, profile: str, **more: object) -> None:
    policies.set_policy(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        profile=profile,
        because="Who is here this month",
        now=now,
        **more,  # type: ignore[arg-type]
    )


def test_a_full_team_may_ask_for_three_people_on_what_is_risky(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    set_policy(cast, frozen_now, "FULL_TEAM", people_at_high=3)
    action_id = draft(cast, frozen_now, ADJUSTMENT, kind="package.adjust")
    review(cast, frozen_now, action_id)

    with pytest.raises(GatesBlocked) as stopped:
        approve(cast, frozen_now, action_id, "Fay")
    assert "action.not-reviewed" in {one.code for one in stopped.value.findings if one.blocks}
    words.review_action(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        comment="",
        now=frozen_now,
    )
    with pytest.raises(GatesBlocked):
        approve(cast, frozen_now, action_id, "Fay")
    words.review_action(
        actor=person(cast, "Ben"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        comment="Weighed it myself",
        now=frozen_now,
    )
    approve(cast, frozen_now, action_id, "Fay")

    assert stored(cast, action_id).state == ActionState.APPROVED
    assert events_of(cast.licenses[MFG], "action.reviewed")[-1]["intent_id"] == action_id


def test_a_small_team_signs_nothing_of_its_own_not_even_a_move(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    give_key(cast, "Fay", frozen_now)
    move = draft(cast, frozen_now, MOVE, kind="package.move", name="Fay")
    review(cast, frozen_now, move, "Fay")
    set_policy(cast, frozen_now, "SMALL_TEAM")

    with pytest.raises(OwnWork):
        approve(cast, frozen_now, move, "Fay")
    approve(cast, frozen_now, move, "Ben")

    (event,) = events_of(cast.licenses[MFG], "action.approved")
    assert event["body"]["policy"] == "SMALL_TEAM"
    page = action_page(
        actor=person(cast, "Ana"),
        license_ids=(cast.licenses[MFG],),
        action_id=move,
        now=frozen_now,
    )
    assert page.policy.startswith("Small team")


def test_a_deputy_signs_for_who_is_absent_and_the_event_says_so(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now, ADJUSTMENT, kind="package.adjust")
    review(cast, frozen_now, action_id)
    with pytest.raises(NotPermitted):
        approve(cast, frozen_now, action_id, "Ben")
    deputies = {str(cast.users["Fay"]): cast.users["Ben"]}
    set_policy(cast, frozen_now, "SMALL_TEAM", deputies=deputies)

    approve(cast, frozen_now, action_id, "Ben")

    (event,) = events_of(cast.licenses[MFG], "action.approved")
    assert event["body"]["deputy_for"] == cast.users["Fay"]
    assert stored(cast, action_id).approved_by_id == cast.users["Ben"]


def test_nobody_is_stood_in_for_at_their_own_draft(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    give_key(cast, "Fay", frozen_now)
    action_id = draft(cast, frozen_now, ADJUSTMENT, kind="package.adjust", name="Fay")
    review(cast, frozen_now, action_id, "Fay")
    deputies = {str(cast.users["Fay"]): cast.users["Ben"]}
    set_policy(cast, frozen_now, "SMALL_TEAM", deputies=deputies)

    with pytest.raises(NotPermitted):
        approve(cast, frozen_now, action_id, "Ben")


def test_a_policy_names_people_who_work_here_and_is_the_owners_word(
    cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="hold a role here"):
        set_policy(cast, frozen_now, "SMALL_TEAM", deputies={str(cast.users["Hal"]): 1})
    with pytest.raises(NotPermitted):
        policies.set_policy(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            profile="SMALL_TEAM",
            because="I like it",
            now=frozen_now,
        )
    set_policy(cast, frozen_now, "SMALL_TEAM")
    assert events_of(cast.licenses[MFG], "policy.changed")[0]["new_state"] == "SMALL_TEAM"


def test_a_comment_and_an_urgency_are_remembered_and_shown(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    at = {"license_id": cast.licenses[MFG], "action_id": action_id, "now": frozen_now}
    assert stored(cast, action_id).due_at == frozen_now + timedelta(hours=24)

    words.comment_on_action(actor=person(cast, "Cy"), comment="Which filler?", **at)
    words.set_urgency(actor=person(cast, "Ana"), priority=0, due_at=later(frozen_now, 600), **at)

    assert stored(cast, action_id).priority == Priority.URGENT
    page = action_page(
        actor=person(cast, "Ana"),
        license_ids=(cast.licenses[MFG],),
        action_id=action_id,
        now=frozen_now,
    )
    assert [(one.reviewer, one.comment) for one in page.comments] == [("Cy", "Which filler?")]
    assert page.row.due_at == later(frozen_now, 600)
    assert events_of(cast.licenses[MFG], "action.commented")
    assert events_of(cast.licenses[MFG], "action.prioritized")[0]["body"]["priority"] == 0
    withdraw_action(actor=person(cast, "Ana"), because="No", **at)
    with pytest.raises(MoveNotAllowed):
        words.set_urgency(actor=person(cast, "Ana"), priority=1, due_at=None, **at)


def test_metrc_moved_but_the_effect_holds_so_it_goes_on_and_says_so(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now, MOVE, kind="package.move")
    see_package(cast.licenses[MFG], OIL, now=later(frozen_now, 60), quantity="4000")
    review(cast, frozen_now, action_id)

    approve(cast, later(frozen_now, 61), action_id)

    with short_transaction(cast.licenses[MFG]):
        (check,) = GateCheck.objects.filter(action_id=action_id, moment=Moment.APPROVAL)
    moved = [one for one in check.findings if one["code"] == "action.metrc-moved"]
    assert "4,000 g now, 4,669 g when it was drafted" in moved[0]["message"]
    assert len(check.facts_sha256) == 64 and not check.is_blocked


def test_metrc_moved_so_that_the_effect_would_differ_asks_for_a_new_approval(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now, ADJUSTMENT, kind="package.adjust")
    see_package(cast.licenses[MFG], OIL, now=later(frozen_now, 60), quantity="4000")
    review(cast, frozen_now, action_id)

    with pytest.raises(GatesBlocked) as stopped:
        approve(cast, later(frozen_now, 61), action_id, "Fay")

    (found,) = [one for one in stopped.value.findings if one.code == "action.effect-changed"]
    assert "would change it by +600 g" in found.message


def test_no_rule_is_overridden_that_the_pack_does_not_allow(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now, {"packages": [split(900)]})
    at = {"license_id": cast.licenses[MFG], "action_id": action_id, "now": frozen_now}
    finding = {"code": "action.tag-not-usable", "subject": split(900)["tag"]}

    with pytest.raises(words.NotOverridable, match="CA-TT-15"):
        words.override_finding(actor=person(cast, "Fay"), because="I say so", **finding, **at)
    with pytest.raises(NotPermitted):
        words.override_finding(actor=person(cast, "Ana"), because="I say so", **finding, **at)


def test_what_the_pack_allows_is_overridden_by_a_second_person_for_this_content_alone(
    cast: Brand, frozen_now: datetime
) -> None:
    put_crew(cast.licenses[DIST], now=frozen_now)
    give_key(cast, "Hal", frozen_now, DIST)
    labels = put_goods(cast, 1, frozen_now)
    late = later(frozen_now, -3 * 86_400)
    at = {"license_id": cast.licenses[DIST], "now": frozen_now}
    action_id = draft_action(
        actor=person(cast, "Hal"),
        kind="template.create",
        facts=template(labels, late),
        reason="Order 1",
        transfer_id=put_plan(cast, labels, late),
        **at,
    )
    send_for_review(actor=person(cast, "Hal"), action_id=action_id, **at)
    signing = {"actor": person(cast, "Fay"), "action_id": action_id, **at}
    with pytest.raises(GatesBlocked) as stopped:
        approve_action(**signing)
    assert [one.code for one in stopped.value.findings if one.blocks] == ["transfer.times"]
    finding = {"code": "transfer.times", "subject": "times"}
    because = "The truck left by the books of the carrier"

    with pytest.raises(OwnWork):
        words.override_finding(
            **finding, **signing | {"actor": second_manager(cast)}, because=because
        )
    words.override_finding(**finding, **signing, because=because)
    approve_action(**signing)

    (event,) = events_of(cast.licenses[DIST], "action.overridden")
    assert event["body"]["rule"] == "TR-TIMES"
    assert len(event["req_sha256"]) == 64


def second_manager(cast: Brand) -> Actor:
    """Hal, who drafted it, given the right to override: still it is not his to do."""
    roles.grant_role(
        actor=system_actor("set-up"),
        license_id=cast.licenses[DIST],
        user_id=cast.users["Hal"],
        role=Role.COMPLIANCE_MANAGER,
        now=datetime.now(UTC) - timedelta(minutes=1),
    )
    return person(cast, "Hal")
