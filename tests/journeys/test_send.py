"""Actions go to METRC once, over real HTTP, and count once a read shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.operations.actions.review import (
    GatesBlocked,
    OwnWork,
    approve_action,
    send_for_review,
)
from glassbox.operations.submission.claim import NotYet
from glassbox.queries.package_grid.grid import PackageFilter, package_list
from glassbox.queries.package_grid.views import PackageView
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import ClusterUrls
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
    writes,
)

TAG = "1A4060300000001000000455"
CREATE, ADJUST_BY = "package.create", "package.adjust_by"


def counts(brand: Brand) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Return our count and METRC's of every package of the maker."""
    grid = package_list(
        actor=person(brand, "Ana"),
        license_ids=(brand.licenses[MAKER],),
        filter=PackageFilter(view=PackageView.ALL),
        now=datetime.now(UTC),
    )
    return {row.label: (row.our_quantity, row.metrc_quantity) for row in grid.rows}


def test_a_split_is_accepted_once_metrc_shows_it_and_our_book_follows(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4669)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "500")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)

    send(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.SUBMITTING
    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert counts(brand) == {
        oil: (Decimal(4169), Decimal(4169)),
        TAG: (Decimal(500), Decimal(500)),
    }
    assert len(writes(desk, "/packages/v2/")) == 1


def test_who_drafted_cannot_approve(brand: Brand, desk: Desk, database: ClusterUrls) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    action_id = draft(brand, "Fay", MAKER, CREATE, {"packages": [split(TAG, oil, "5")]})
    send_for_review(
        actor=person(brand, "Fay"),
        license_id=brand.licenses[MAKER],
        action_id=action_id,
        now=now(),
    )

    with pytest.raises(OwnWork):
        approve_action(
            actor=person(brand, "Fay"),
            license_id=brand.licenses[MAKER],
            action_id=action_id,
            now=now(),
        )


def test_a_lost_answer_is_looked_up_and_never_sent_again(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4669)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "500")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do(
        "faults",
        rules=[{"method": "POST", "path": "/packages/v2/", "kind": "drop-after", "times": 1}],
    )

    send(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.UNCONFIRMED
    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert counts(brand)[oil] == (Decimal(4169), Decimal(4169))
    assert len(writes(desk, "/packages/v2/")) == 1


def test_a_write_that_never_arrived_is_sent_again_after_a_look(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4669)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "500")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do(
        "faults",
        rules=[{"method": "POST", "path": "/packages/v2/", "kind": "drop-before", "times": 1}],
    )

    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.APPROVED
    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert counts(brand)[oil] == (Decimal(4169), Decimal(4169))
    assert len(writes(desk, "/packages/v2/")) == 1


def test_a_difference_whose_answer_was_lost_is_found_by_its_token(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4669)
    facts = {
        "label": oil,
        "difference": "-12",
        "unit": "Grams",
        "reason": "Waste",
        "note": "Spilled at the filler",
        "date": now().date().isoformat(),
    }
    action_id = draft(brand, "Ana", MAKER, ADJUST_BY, facts)
    approve(brand, database, "Ana", "Fay", MAKER, action_id)
    desk.do(
        "faults",
        rules=[{"method": "POST", "path": "/packages/v2/adjust", "kind": "drop-after", "times": 1}],
    )

    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
    assert counts(brand)[oil] == (Decimal(4657), Decimal(4657))
    assert len(writes(desk, "/packages/v2/adjust")) == 1


def test_a_difference_that_never_arrived_is_sent_again_only_after_the_settle_window(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4669)
    facts = {
        "label": oil,
        "difference": "-12",
        "unit": "Grams",
        "reason": "Waste",
        "note": "Spilled at the filler",
        "date": now().date().isoformat(),
    }
    action_id = draft(brand, "Ana", MAKER, ADJUST_BY, facts)
    approve(brand, database, "Ana", "Fay", MAKER, action_id)
    desk.do(
        "faults",
        rules=[
            {"method": "POST", "path": "/packages/v2/adjust", "kind": "drop-before", "times": 1}
        ],
    )
    window = timedelta(seconds=settings.SETTLE_WINDOW_SECONDS)

    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)
    assert action_of(brand, MAKER, action_id).state == ActionState.UNCONFIRMED
    look(brand, MAKER, action_id, at=now() + window)

    assert action_of(brand, MAKER, action_id).state == ActionState.APPROVED
    assert writes(desk, "/packages/v2/adjust") == []


def test_what_metrc_refuses_is_rejected_with_its_own_words(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    row = split(TAG, oil, "5") | {"item": "No Such Item"}
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [row]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)

    send(brand, MAKER, action_id)
    look(brand, MAKER, action_id)

    action = action_of(brand, MAKER, action_id)
    assert action.state == ActionState.REJECTED
    assert counts(brand) == {oil: (Decimal(100), Decimal(100))}


def test_an_approval_without_a_number_in_the_ledger_sends_nothing(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "5")]})
    license_id = brand.licenses[MAKER]
    send_for_review(
        actor=person(brand, "Ana"), license_id=license_id, action_id=action_id, now=now()
    )
    approve_action(
        actor=person(brand, "Ben"), license_id=license_id, action_id=action_id, now=now()
    )

    with pytest.raises(NotYet):
        send(brand, MAKER, action_id)

    assert writes(desk, "/packages/v2/") == []


def test_a_hold_of_the_state_since_the_approval_stops_the_claim(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do("hold", label=oil, kind="hold", on=True)

    with pytest.raises(GatesBlocked) as refusal:
        send(brand, MAKER, action_id)

    assert "package.on-state-hold" in {finding.code for finding in refusal.value.findings}
    assert writes(desk, "/packages/v2/") == []


def test_an_outcome_is_looked_up_even_if_the_drafters_key_is_dead_by_then(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    send(brand, MAKER, action_id)
    key = next(user["userKey"] for user in desk.keys()["users"] if user["name"] == "Ana")
    desk.do("keys", userKey=key, action="revoke")

    look(brand, MAKER, action_id)

    assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED


def test_a_dead_key_sends_nothing_and_leaves_the_action_approved(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    action_id = draft(brand, "Ana", MAKER, CREATE, {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    desk.do("faults", rules=[{"method": "POST", "path": "/packages/v2/", "kind": "401"}])

    for _ in range(2):
        send(brand, MAKER, action_id)
        assert action_of(brand, MAKER, action_id).state == ActionState.APPROVED
    send(brand, MAKER, action_id)

    blocked = action_of(brand, MAKER, action_id)
    assert blocked.state == ActionState.BLOCKED
    assert "refused the key 3 times" in blocked.blocked_because
    assert writes(desk, "/packages/v2/") == []
