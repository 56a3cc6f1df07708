"""The database refuses a move, a change of content and a lie of its own accord."""

from __future__ import annotations

from datetime import datetime

import psycopg
import pytest
from django.db import IntegrityError

from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.transfers import Transfer, TransferDirection, TransferState
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import MOVES, ActionState
from tests.cast import DIST, MFG, R1, tag
from tests.db.actions.story import NEW_TAG, draft, put_oil

ALLOWED = {(one, target) for sources, target in MOVES.values() for one in sources}


@pytest.fixture
def action_id(cast: Brand, frozen_now: datetime) -> int:
    put_oil(cast, frozen_now)
    return draft(cast, frozen_now)


@pytest.fixture
def at_will(cast_superuser: psycopg.Connection) -> psycopg.Connection:
    """A superuser who puts rows into any state, with triggers off."""
    cast_superuser.execute("SET session_replication_role = replica")
    return cast_superuser


def change(brand: Brand, action_id: int, **fields: object) -> int:
    """Update the row as the application's role, past every operation."""
    with short_transaction(brand.licenses[MFG]):
        return RegulatedAction.objects.filter(id=action_id).update(**fields)


def test_only_the_moves_of_the_table_change_a_row(
    cast: Brand, action_id: int, at_will: psycopg.Connection
) -> None:
    refused = set()
    for before in ActionState:
        for after in ActionState:
            at_will.execute(
                "UPDATE regulated_actions SET state = %s, approved_by_id = drafted_by_id",
                [before.value],
            )
            try:
                changed = change(cast, action_id, state=after)
                assert changed == 1
            except IntegrityError as error:
                assert "cannot go from" in str(error)
                refused.add((before, after))
            row = at_will.execute("SELECT state FROM regulated_actions").fetchone()
            assert row == ((before if (before, after) in refused else after).value,)

    every = {(one, other) for one in ActionState for other in ActionState if one is not other}
    assert refused == every - ALLOWED


def test_content_is_fixed_once_it_is_no_draft(cast: Brand, action_id: int) -> None:
    change(cast, action_id, payload=[], state=ActionState.IN_REVIEW)

    for name, value in (("payload", [{"a": 1}]), ("facts", {}), ("payload_sha256", "0" * 64)):
        with pytest.raises(IntegrityError, match="is fixed"):
            change(cast, action_id, **{name: value})


def test_an_action_keeps_its_licence_kind_and_token(cast: Brand, action_id: int) -> None:
    for name, value in (("kind", "package.move"), ("token", "ABCDEFGH")):
        with pytest.raises(IntegrityError, match="keeps its"):
            change(cast, action_id, **{name: value})


def test_nothing_is_approved_by_nobody(cast: Brand, action_id: int) -> None:
    change(cast, action_id, state=ActionState.IN_REVIEW)

    with pytest.raises(IntegrityError, match="has no approver"):
        change(cast, action_id, state=ActionState.APPROVED)


def test_an_action_belongs_to_no_transfer_of_another_licence(
    cast: Brand, action_id: int, frozen_now: datetime
) -> None:
    with short_transaction(cast.licenses[DIST]) as license:
        transfer_id = Transfer.objects.create(
            company_id=license.company_id,
            license=license,
            direction=TransferDirection.OUTGOING,
            state=TransferState.PLANNED,
            shipper_license_number=DIST,
            receiver_license_number=R1,
            opened_at=frozen_now,
        ).pk

    with pytest.raises(IntegrityError, match="another licence"):
        change(cast, action_id, transfer_id=transfer_id)


def test_no_claim_touches_what_is_neither_package_nor_tag_here(cast: Brand, action_id: int) -> None:
    change(cast, action_id, labels=[NEW_TAG, tag(101, DIST)])
    change(cast, action_id, state=ActionState.IN_REVIEW)
    change(cast, action_id, state=ActionState.APPROVED, approved_by_id=cast.users["Ben"])

    with pytest.raises(IntegrityError, match=tag(101, DIST)):
        change(cast, action_id, state=ActionState.SUBMITTING)


def test_no_package_is_ever_set_below_zero(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    facts = {
        "label": tag(101),
        "quantity_before": "4669",
        "quantity": "10",
        "unit": "Grams",
        "reason": "Waste",
        "note": "Spilled",
        "date": "2026-11-20",
    }
    action_id = draft(cast, frozen_now, facts, kind="package.adjust")

    with pytest.raises(IntegrityError, match="below zero"):
        change(cast, action_id, payload=[{"Label": tag(101), "Quantity": -1}])


def test_a_used_tag_is_never_free_again(cast: Brand, action_id: int) -> None:
    with short_transaction(cast.licenses[MFG]):
        Tag.objects.filter(label=NEW_TAG).update(status=TagStatus.USED)
    for attack in (
        lambda: Tag.objects.filter(label=NEW_TAG).update(status=TagStatus.RECEIVED),
        lambda: Tag.objects.filter(label=NEW_TAG).delete(),
    ):
        with (
            pytest.raises(IntegrityError, match="never free"),
            short_transaction(cast.licenses[MFG]),
        ):
            attack()
