"""Writing is off until two people switch it on, with every open point taken on by name."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import MetrcEmployee
from glassbox.models.companies import License
from glassbox.models.production import Batch
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.operations.company import mark_tag_damaged
from glassbox.operations.takeover.begin import TakeoverUnderWay, begin_takeover
from glassbox.operations.takeover.people import match_person
from glassbox.operations.takeover.switch import (
    NothingProposed,
    NotReady,
    NotYourOwn,
    propose_live,
    switch_writing_on,
    take_proposal_back,
)
from glassbox.operations.transaction import short_transaction
from glassbox.rules.package_state import LocalState
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_package
from tests.cast import MFG, person, receive_tags, tag
from tests.db.actions.story import draft, put_oil
from tests.db.takeover.story import begin, book, forget_book, key_works, points, read_whole


def ready(brand: Brand, now: datetime) -> None:
    """Everything that nobody may accept is done."""
    begin(brand, now)
    key_works(brand, now)
    read_whole(brand, now)
    put_oil(brand, now)
    forget_book(brand)
    book(brand, now)


def writes_are_on(brand: Brand) -> bool:
    with short_transaction(brand.licenses[MFG]):
        return License.objects.get(id=brand.licenses[MFG]).writes_are_on


def propose(brand: Brand, now: datetime, name: str = "Fay", *, accept_all: bool = True) -> None:
    propose_live(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        reason="Two weeks beside the old system without a difference",
        accepted=tuple(points(brand, now)) if accept_all else (),
        now=now,
    )


def switch(brand: Brand, now: datetime, name: str = "Owen") -> None:
    switch_writing_on(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        reason="I looked at every open point",
        now=now,
    )


def test_two_people_switch_writing_on_and_the_ledger_names_what_was_open(
    cast: Brand, frozen_now: datetime
) -> None:
    ready(cast, frozen_now)
    assert not writes_are_on(cast)

    propose(cast, frozen_now)
    switch(cast, frozen_now)

    assert writes_are_on(cast)
    (event,) = events_of(cast.licenses[MFG], "writing.switched_on")
    assert event["body"]["proposed_by"] == cast.users["Fay"]
    accepted = {one["key"]: one["by"] for one in event["body"]["accepted"]}
    assert accepted["count:left"] == "Fay"
    assert len(events_of(cast.licenses[MFG], "takeover.began")) == 1
    assert len(events_of(cast.licenses[MFG], "takeover.proposed")) == 1


def test_one_person_alone_does_not(cast: Brand, frozen_now: datetime) -> None:
    ready(cast, frozen_now)
    with pytest.raises(NothingProposed):
        switch(cast, frozen_now)
    propose(cast, frozen_now)

    with pytest.raises(NotYourOwn):
        switch(cast, frozen_now, "Fay")
    with pytest.raises(NotPermitted):
        switch(cast, frozen_now, "Ana")
    assert not writes_are_on(cast)


def test_every_open_point_is_accepted_or_nothing_is_proposed(
    cast: Brand, frozen_now: datetime
) -> None:
    ready(cast, frozen_now)

    with pytest.raises(InvalidInput, match="not accepted"):
        propose(cast, frozen_now, accept_all=False)


def test_nobody_can_accept_a_missing_key_or_a_half_read_metrc(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    with pytest.raises(NotReady, match="No METRC key"):
        propose(cast, frozen_now)
    key_works(cast, frozen_now)
    with pytest.raises(NotReady, match="not read to the end"):
        propose(cast, frozen_now)
    read_whole(cast, frozen_now)
    put_package(cast.licenses[MFG], tag(101), 5, now=frozen_now)
    forget_book(cast)
    with pytest.raises(NotReady, match="no opening"):
        propose(cast, frozen_now)


def test_what_opens_after_the_proposal_voids_it(cast: Brand, frozen_now: datetime) -> None:
    ready(cast, frozen_now)
    propose(cast, frozen_now)
    receive_tags(cast, MFG, 777, 777, frozen_now)
    put_package(cast.licenses[MFG], tag(777), 90, now=frozen_now)
    mark_tag_damaged(
        actor=person(cast, "Dee"),
        license_id=cast.licenses[MFG],
        label=tag(777),
        reason="Torn",
        now=frozen_now,
    )

    with pytest.raises(NotReady, match="marked as spoiled"):
        switch(cast, frozen_now)
    assert not writes_are_on(cast)


def test_a_proposal_can_be_taken_back_with_a_reason(cast: Brand, frozen_now: datetime) -> None:
    ready(cast, frozen_now)
    propose(cast, frozen_now)
    take_proposal_back(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        reason="The count is missing",
        now=frozen_now,
    )

    with pytest.raises(NothingProposed):
        switch(cast, frozen_now)
    assert len(events_of(cast.licenses[MFG], "takeover.taken_back")) == 1


def test_one_person_switches_writing_off_again(cast: Brand, frozen_now: datetime) -> None:
    ready(cast, frozen_now)
    propose(cast, frozen_now)
    switch(cast, frozen_now)

    begin(cast, frozen_now)

    assert not writes_are_on(cast)
    assert len(events_of(cast.licenses[MFG], "writing.switched_off")) == 1
    with pytest.raises(TakeoverUnderWay):
        begin(cast, frozen_now)
    with pytest.raises(InvalidInput):
        begin_takeover(
            actor=person(cast, "Fay"), license_id=cast.licenses[MFG], reason=" ", now=frozen_now
        )


def test_no_action_is_approved_while_writing_is_off(cast: Brand, frozen_now: datetime) -> None:
    ready(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    who = {"license_id": cast.licenses[MFG], "action_id": action_id, "now": frozen_now}
    send_for_review(actor=person(cast, "Ana"), **who)

    with pytest.raises(GatesBlocked) as refusal:
        approve_action(actor=person(cast, "Ben"), **who)

    assert "action.writing-is-off" in {one.code for one in refusal.value.findings}
    propose(cast, frozen_now)
    switch(cast, frozen_now)
    approve_action(actor=person(cast, "Ben"), **who)


def test_half_done_batches_come_over_once_with_what_metrc_knows(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    for number, grams in ((301, "120.5"), (302, "80")):
        put_package(
            cast.licenses[MFG],
            tag(number),
            grams,
            now=frozen_now,
            batch_number="B-30",
            local_state=LocalState.IN_PROCESS,
        )

    book(cast, frozen_now)
    book(cast, frozen_now)

    with short_transaction(cast.licenses[MFG]):
        batch = Batch.objects.get(number="B-30")
    assert (batch.planned_quantity, batch.unit, batch.state) == (Decimal("200.5"), "Grams", "OPEN")
    assert batch.opened_by_id is None, "nobody of ours opened it"
    (event,) = events_of(cast.licenses[MFG], "batch.taken_over")
    assert [row[0] for row in event["body"]["packages"]] == [tag(301), tag(302)]


def test_a_person_is_matched_by_a_person_and_to_one_name(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    with short_transaction(cast.licenses[MFG]) as license:
        ana = MetrcEmployee.objects.create(
            company_id=license.company_id, license=license, full_name="Ana Ruiz", seen_at=frozen_now
        )
    key = f"names:person:{cast.users['Ana']}"
    assert key in points(cast, frozen_now), "a suggestion alone decides nothing"
    who = {"actor": person(cast, "Owen"), "license_id": cast.licenses[MFG], "now": frozen_now}

    match_person(**who, user_id=cast.users["Ana"], employee_id=ana.pk)

    assert key not in points(cast, frozen_now)
    assert len(events_of(cast.licenses[MFG], "person.matched")) == 1
    with pytest.raises(InvalidInput, match="matched to Ana"):
        match_person(**who, user_id=cast.users["Ben"], employee_id=ana.pk)
    match_person(**who, user_id=cast.users["Ben"], employee_id=None)
    assert f"names:person:{cast.users['Ben']}" not in points(cast, frozen_now)
    with pytest.raises(NotFound):
        match_person(**who, user_id=cast.users["Nell"], employee_id=None)
