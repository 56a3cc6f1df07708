"""Review and approval: another person, the exact content, the gates; every no is remembered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import ActionReview
from glassbox.models.sync import ApiRequest
from glassbox.operations.actions.draft import edit_draft
from glassbox.operations.actions.review import (
    ContentChanged,
    GatesBlocked,
    OwnWork,
    return_to_draft,
    withdraw_action,
)
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState, MoveNotAllowed
from glassbox.rules.verdicts import InvalidInput
from tests.builders import events_of, see_package
from tests.cast import MFG, person
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


def reviews(brand: Brand, action_id: int) -> list[tuple[str, str]]:
    with short_transaction(brand.licenses[MFG]):
        found = ActionReview.objects.filter(action_id=action_id).order_by("id")
        return list(found.values_list("verdict", "reviewer__name"))


def adjustment(after: str = "4600") -> dict[str, Any]:
    return {
        "label": OIL,
        "quantity_before": "4669",
        "quantity": after,
        "unit": "Grams",
        "reason": "Waste",
        "note": "Spilled",
        "date": "2026-11-20",
    }


def test_an_approval_binds_to_the_content_and_queues_the_send(
    cast: Brand, frozen_now: datetime, cast_superuser: psycopg.Connection[Any]
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)

    approve(cast, frozen_now, action_id, payload_sha256=stored(cast, action_id).payload_sha256)

    action = stored(cast, action_id)
    assert action.state == ActionState.APPROVED
    assert action.approved_by_id == cast.users["Ben"]
    assert reviews(cast, action_id) == [("APPROVED", "Ben")]
    (event,) = events_of(cast.licenses[MFG], "action.approved")
    assert (event["prev_state"], event["new_state"]) == ("IN_REVIEW", "APPROVED")
    assert event["req_sha256"] == action.payload_sha256
    queued = cast_superuser.execute("select task_name, args from procrastinate_jobs").fetchall()
    assert ("submit_action", {"license_id": cast.licenses[MFG], "action_id": action_id}) in queued


def test_who_drafted_cannot_approve_whatever_their_role(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    give_key(cast, "Fay", frozen_now)
    action_id = draft(cast, frozen_now, name="Fay")
    review(cast, frozen_now, action_id, name="Fay")

    with pytest.raises(OwnWork):
        approve(cast, frozen_now, action_id, name="Fay")

    assert stored(cast, action_id).state == ActionState.IN_REVIEW


def test_a_risky_kind_needs_the_right_to_approve_what_is_risky(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now, adjustment(), kind="package.adjust")
    review(cast, frozen_now, action_id)

    with pytest.raises(NotPermitted):
        approve(cast, frozen_now, action_id, name="Ben")
    approve(cast, frozen_now, action_id, name="Fay")

    assert stored(cast, action_id).state == ActionState.APPROVED
    (event,) = events_of(cast.licenses[MFG], "access.denied")
    assert event["subject"] == "permission:action.approve_high"


def test_an_approver_who_saw_other_content_is_refused(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    seen = stored(cast, action_id).payload_sha256
    edit_draft(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        facts={"packages": [split(grams="501")]},
        now=frozen_now,
    )
    review(cast, frozen_now, action_id)

    with pytest.raises(ContentChanged):
        approve(cast, frozen_now, action_id, payload_sha256=seen)


def test_a_gate_that_says_no_stops_the_approval_and_the_attempt_stays(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    see_package(cast.licenses[MFG], OIL, now=frozen_now, quantity=400)

    with pytest.raises(GatesBlocked) as refusal:
        approve(cast, frozen_now, action_id)

    codes = {finding.code for finding in refusal.value.findings if finding.blocks}
    assert codes == {"package.quantity-differs", "action.not-enough"}
    assert stored(cast, action_id).state == ActionState.IN_REVIEW
    assert reviews(cast, action_id) == [("BLOCKED", "Ben")]
    (event,) = events_of(cast.licenses[MFG], "action.blocked_by_gates")
    assert event["body"] == {
        "moment": "approval",
        "codes": sorted(codes),
        "policy": "FULL_TEAM",
    }


def test_what_metrc_said_too_long_ago_does_not_count(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)

    see_package(cast.licenses[MFG], OIL, now=later(frozen_now, -86_400))
    with pytest.raises(GatesBlocked) as refusal:
        approve(cast, frozen_now, action_id)

    assert {f.code for f in refusal.value.findings if f.blocks} == {"package.stale"}


def hear_metrc(brand: Brand, ours: datetime, theirs: datetime) -> None:
    with short_transaction(brand.licenses[MFG]) as license:
        ApiRequest.objects.create(
            company_id=license.company_id,
            license=license,
            purpose="sync",
            method="GET",
            path="/packages/v2/active",
            sent_at=ours,
            duration_seconds=0.1,
            status=200,
            metrc_clock_at=theirs,
        )


def test_a_clock_that_leapt_ahead_stops_approvals_and_none_once_it_is_back(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    hear_metrc(cast, frozen_now + timedelta(hours=1), frozen_now)
    with pytest.raises(GatesBlocked) as refused:
        approve(cast, frozen_now, action_id)
    assert [one.code for one in refused.value.findings if one.blocks] == ["action.clock-differs"]

    # Our clock is set right: what is heard now is newer, though it is stamped earlier.
    hear_metrc(cast, frozen_now, frozen_now)
    approve(cast, frozen_now, action_id)
    assert stored(cast, action_id).state == ActionState.APPROVED


def test_returning_to_draft_voids_the_approval_and_says_why(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    approve(cast, frozen_now, action_id)

    with pytest.raises(InvalidInput):
        return_to_draft(
            actor=person(cast, "Ben"),
            license_id=cast.licenses[MFG],
            action_id=action_id,
            comment=" ",
            now=frozen_now,
        )
    return_to_draft(
        actor=person(cast, "Ben"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        comment="The scale was not tared",
        now=frozen_now,
    )

    action = stored(cast, action_id)
    assert action.state == ActionState.DRAFT
    assert (action.approved_by_id, action.approved_at, action.approval_event_id) == (
        None,
        None,
        None,
    )
    assert reviews(cast, action_id) == [("APPROVED", "Ben"), ("RETURNED", "Ben")]
    (event,) = events_of(cast.licenses[MFG], "action.returned")
    assert event["new_state"] == "DRAFT"


def test_withdrawing_needs_a_reason_and_ends_the_action(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    def withdraw(because: str) -> None:
        withdraw_action(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            action_id=action_id,
            because=because,
            now=frozen_now,
        )

    with pytest.raises(InvalidInput):
        withdraw("")
    withdraw("Not needed")

    action = stored(cast, action_id)
    assert (action.state, action.outcome) == (ActionState.WITHDRAWN, "Not needed")
    with pytest.raises(MoveNotAllowed):
        withdraw("Twice")
    (event,) = events_of(cast.licenses[MFG], "action.withdrawn")
    assert event["new_state"] == "WITHDRAWN"


def test_only_what_is_in_review_can_be_approved(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    with pytest.raises(MoveNotAllowed):
        approve(cast, frozen_now, action_id)

    review(cast, frozen_now, action_id)
    assert len(events_of(cast.licenses[MFG], "action.sent_for_review")) == 1
