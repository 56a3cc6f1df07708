"""Companies, people, partners and tags, as their operations open and close them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations import company
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of
from tests.cast import DIST, MFG, NEIGHBOR, R1, person, receive_tags, tag


def test_a_company_is_opened_from_the_machine_alone(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(company.OnlyFromTheMachine):
        company.open_company(actor=person(cast, "Owen"), name="Mine", now=frozen_now)
    with pytest.raises(company.OnlyFromTheMachine):
        company.open_license(
            actor=person(cast, "Owen"),
            company_id=1,
            number="C12-1",
            kind="RETAIL",
            legal_name="Mine",
            sync_from=frozen_now,
            now=frozen_now,
        )


def test_a_password_is_kept_as_a_hash(cast: Brand) -> None:
    user = User.objects.get(id=cast.users["Ana"])

    assert cast.passwords["Ana"] not in user.password
    assert user.check_password(cast.passwords["Ana"])


def test_an_e_mail_is_used_once(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(InvalidInput, match="e-mail"):
        company.add_user(
            actor=system_actor("set-up"),
            company_id=1,
            email="ANA@goldenpoppy.example",
            name="Ana",
            password="a-long-one",
            now=frozen_now,
        )


@pytest.mark.parametrize("password", ["", "None", "a-long-one"])
def test_nobody_signs_in_as_a_person_without_a_password(
    cast: Brand, frozen_now: datetime, password: str
) -> None:
    company.add_user(
        actor=system_actor("set-up"),
        company_id=1,
        email="gus.again@goldenpoppy.example",
        name="Gus",
        password=None,
        now=frozen_now,
    )

    answer = Client().post(
        "/sign-in/", {"login": "gus.again@goldenpoppy.example", "password": password or ""}
    )
    assert (answer.status_code, "_auth_user_id" in answer.client.session) == (422, False)


def test_a_partner_is_checked_by_who_plans_transfers(cast: Brand, frozen_now: datetime) -> None:
    check = {"license_number": R1, "is_active": False, "now": frozen_now}
    with pytest.raises(NotPermitted):
        company.check_counterparty(
            actor=person(cast, "Eve"),
            license_id=cast.licenses[DIST],
            **check,  # type: ignore[arg-type]
        )
    with pytest.raises(NotFound):
        company.check_counterparty(
            actor=person(cast, "Hal"),
            license_id=cast.licenses[DIST],
            license_number="C10-0000000-LIC",
            is_active=True,
            now=frozen_now,
        )

    company.check_counterparty(
        actor=person(cast, "Hal"),
        license_id=cast.licenses[DIST],
        **check,  # type: ignore[arg-type]
    )

    assert events_of(cast.licenses[DIST], "counterparty.checked")[-1]["body"] == {
        "is_active": False
    }


def test_a_roll_of_tags_is_received_once(cast: Brand, frozen_now: datetime) -> None:
    roll = {"license_id": cast.licenses[MFG], "first": tag(998), "now": frozen_now}
    dee = person(cast, "Dee")

    assert company.receive_tag_roll(actor=dee, count=3, **roll) == 3  # type: ignore[arg-type]
    assert company.receive_tag_roll(actor=dee, count=4, **roll) == 1  # type: ignore[arg-type]

    body = events_of(cast.licenses[MFG], "tag.received")[0]["body"]
    assert body == {"count": 3, "first": tag(998), "last": tag(1000)}
    with pytest.raises(InvalidInput, match="count"):
        company.receive_tag_roll(actor=dee, count=0, **roll)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="first"):
        company.receive_tag_roll(
            actor=dee, license_id=cast.licenses[MFG], first="455", count=1, now=frozen_now
        )
    with pytest.raises(NotPermitted):
        company.receive_tag_roll(actor=person(cast, "Ivy"), count=1, **roll)  # type: ignore[arg-type]


def test_a_damaged_tag_is_out_of_use(cast: Brand, frozen_now: datetime) -> None:
    (label,) = receive_tags(cast, MFG, 1, 1, frozen_now)
    damaged = {"license_id": cast.licenses[MFG], "reason": "Torn", "now": frozen_now}
    with pytest.raises(NotFound):
        company.mark_tag_damaged(actor=person(cast, "Dee"), label=tag(2), **damaged)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        company.mark_tag_damaged(actor=person(cast, "Nell"), label=label, **damaged)  # type: ignore[arg-type]

    company.mark_tag_damaged(actor=person(cast, "Dee"), label=label, **damaged)  # type: ignore[arg-type]

    (event,) = events_of(cast.licenses[MFG], "tag.damaged")
    assert event["new_state"] == "DAMAGED"
    with pytest.raises(InvalidInput, match="damaged already"):
        company.mark_tag_damaged(actor=person(cast, "Dee"), label=label, **damaged)  # type: ignore[arg-type]


def test_the_neighbour_sees_none_of_our_rows(cast: Brand, frozen_now: datetime) -> None:
    receive_tags(cast, MFG, 1, 3, frozen_now)

    with short_transaction(cast.licenses[NEIGHBOR]):
        assert not events_of_here("tag.received")


def events_of_here(type: str) -> list[object]:
    """Events in sight of the open transaction, whatever licence they belong to."""
    return list(ComplianceEvent.objects.filter(type=type))
