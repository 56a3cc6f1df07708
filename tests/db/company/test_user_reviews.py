"""The review of users, signed for exactly what was seen; and what ends when somebody leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import MetrcEmployee
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.people import RoleGrant, User
from glassbox.models.user_reviews import UserReview
from glassbox.operations.credentials import add_credential
from glassbox.operations.exception_cases import settle_cases_in_transaction
from glassbox.operations.transaction import short_transaction
from glassbox.operations.user_reviews import (
    NotYourselfOut,
    deactivate_person,
    sign_user_review,
)
from glassbox.queries.people import LicensePeople, people_pages
from glassbox.rules.actor import system_actor
from glassbox.rules.user_review import ReviewLight
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of
from tests.cast import DIST, MFG, NEIGHBOR, person


def put_employees(brand: Brand, now: datetime, *names: str, number: str = MFG) -> None:
    with short_transaction(brand.licenses[number]) as license:
        for name in names:
            MetrcEmployee.objects.update_or_create(
                company_id=license.company_id,
                license=license,
                full_name=name,
                defaults={"seen_at": now, "raw": {}},
            )


def look(brand: Brand, now: datetime, number: str = MFG) -> LicensePeople:
    (found,) = people_pages(
        actor=person(brand, "Owen"), license_ids=(brand.licenses[number],), now=now
    )
    return found


def sign(brand: Brand, now: datetime, name: str = "Owen", **rest: str) -> int:
    found = {"lines_sha256": look(brand, now).sha256, "comment": "Each is being settled", **rest}
    return sign_user_review(
        actor=person(brand, name), license_id=brand.licenses[MFG], now=now, **found
    )


def test_a_review_is_signed_for_what_was_seen(cast: Brand, frozen_now: datetime) -> None:
    put_employees(cast, frozen_now, "Ana", "Mallory")
    seen = look(cast, frozen_now)
    assert {line.employee for line in seen.differences} >= {"Ana", "Mallory"}
    with pytest.raises(InvalidInput, match="differ"):
        sign(cast, frozen_now, comment=" ")

    review_id = sign(cast, frozen_now)

    (event,) = events_of(cast.licenses[MFG], "user_review.signed")
    assert event["body"]["lines_sha256"] == seen.sha256
    with short_transaction(cast.licenses[MFG]):
        kept = UserReview.objects.get(id=review_id)
        assert kept.difference_count == len(seen.differences)
        assert len(kept.lines) == len(seen.lines)
    assert look(cast, frozen_now).light is ReviewLight.GOOD
    assert look(cast, frozen_now + timedelta(days=31)).light is ReviewLight.OVERDUE


def test_a_list_that_changed_meanwhile_is_not_signed(cast: Brand, frozen_now: datetime) -> None:
    before = look(cast, frozen_now).sha256
    put_employees(cast, frozen_now, "Mallory")

    with pytest.raises(InvalidInput, match="changed"):
        sign(cast, frozen_now, lines_sha256=before)


@pytest.mark.parametrize("name", ["Ana", "Ivy", "Ben"])
def test_only_who_answers_for_users_signs_or_deactivates(
    cast: Brand, frozen_now: datetime, name: str
) -> None:
    with pytest.raises(NotPermitted):
        sign(cast, frozen_now, name)
    with pytest.raises(NotPermitted):
        leave(cast, frozen_now, "Dee", by=name)


def test_a_row_the_newest_list_did_not_bring_is_on_it_no_more(
    cast: Brand, frozen_now: datetime
) -> None:
    put_employees(cast, frozen_now - timedelta(days=1), "Mallory")
    put_employees(cast, frozen_now, "Ana")

    assert "Mallory" not in {line.employee for line in look(cast, frozen_now).lines}


def test_reviews_are_walled_against_the_neighbour(
    cast: Brand, frozen_now: datetime, cast_superuser: psycopg.Connection
) -> None:
    sign(cast, frozen_now)

    forced = cast_superuser.execute(
        "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'user_reviews'"
    ).fetchone()
    assert forced == (True,)
    with short_transaction(cast.licenses[NEIGHBOR]):
        assert UserReview.objects.count() == 0


def leave(brand: Brand, now: datetime, name: str, by: str = "Owen") -> None:
    deactivate_person(
        actor=person(brand, by),
        license_id=brand.licenses[MFG],
        user_id=brand.users[name],
        reason="Their last day was yesterday",
        now=now,
    )


def give_key(brand: Brand, name: str, number: str, now: datetime) -> None:
    add_credential(
        actor=system_actor("set-up"),
        license_id=brand.licenses[number],
        user_id=brand.users[name],
        owner_name=name,
        user_key="a-key-of-the-person-who-leaves",
        is_for_sync=False,
        now=now,
    )


def test_whoever_leaves_is_out_at_once_at_every_licence(cast: Brand, frozen_now: datetime) -> None:
    for number in (MFG, DIST):
        give_key(cast, "Dee", number, frozen_now)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Dee"]))
    assert client.get(f"/l/{DIST}/").status_code == 200

    leave(cast, frozen_now, "Dee")

    assert client.get(f"/l/{DIST}/").status_code == 302
    (left,) = events_of(cast.licenses[MFG], "user.deactivated")
    assert left["subject"] == f"user:{cast.users['Dee']}"
    assert not RoleGrant.objects.filter(
        user_id=cast.users["Dee"], valid_until__isnull=True
    ).exists()
    for number in (MFG, DIST):
        with short_transaction(cast.licenses[number]):
            key = MetrcCredential.objects.get(
                license_id=cast.licenses[number], user_id=cast.users["Dee"]
            )
            assert key.revoked_at == frozen_now
            assert bytes(key.sealed_key) == b""
            case = ExceptionCase.objects.get(fact_key=f"metrc-user:{cast.users['Dee']}")
            assert (case.state, case.rule_id) == (CaseState.OPEN, "CA-TT-12")
            assert case.license_id == cast.licenses[number]
        assert events_of(cast.licenses[number], "role.ended")
        assert events_of(cast.licenses[number], "credential.revoked")


def test_a_role_with_an_end_is_reviewed_and_ends_too(cast: Brand, frozen_now: datetime) -> None:
    RoleGrant.objects.filter(user_id=cast.users["Dee"]).update(
        valid_until=frozen_now + timedelta(days=9)
    )
    lines = {line.name: line for line in look(cast, frozen_now, DIST).lines}
    assert lines["Dee"].roles

    leave(cast, frozen_now, "Dee")

    ends = RoleGrant.objects.filter(user_id=cast.users["Dee"]).values_list("valid_until", flat=True)
    assert set(ends) == {frozen_now}


def test_whom_another_company_employs_too_loses_only_what_is_ours(
    cast: Brand, frozen_now: datetime
) -> None:
    theirs = RoleGrant.objects.filter(license_id=cast.licenses[NEIGHBOR]).first()
    assert theirs is not None
    kept = RoleGrant.objects.create(
        company_id=theirs.company_id,
        license_id=theirs.license_id,
        user_id=cast.users["Dee"],
        role=theirs.role,
        valid_from=frozen_now - timedelta(days=1),
    )
    give_key(cast, "Dee", NEIGHBOR, frozen_now)

    leave(cast, frozen_now, "Dee")

    assert User.objects.get(id=cast.users["Dee"]).is_active
    assert list(RoleGrant.objects.filter(user_id=cast.users["Dee"], valid_until__isnull=True)) == [
        kept
    ]
    with short_transaction(cast.licenses[NEIGHBOR]):
        key = MetrcCredential.objects.get(user_id=cast.users["Dee"])
        assert key.revoked_at is None
        assert not ExceptionCase.objects.filter(fact_key=f"metrc-user:{cast.users['Dee']}").exists()
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Dee"]))
    assert client.get(f"/l/{DIST}/").status_code == 404
    with pytest.raises(NotFound):
        leave(cast, frozen_now, "Dee")


def test_an_old_session_stays_dead_should_the_person_return(
    cast: Brand, frozen_now: datetime
) -> None:
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Dee"]))
    leave(cast, frozen_now, "Dee")
    User.objects.filter(id=cast.users["Dee"]).update(is_active=True)

    assert client.get("/both/").status_code == 302


def test_nobody_deactivates_themselves_a_neighbour_or_twice(
    cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(NotYourselfOut):
        leave(cast, frozen_now, "Owen")
    with pytest.raises(NotFound):
        leave(cast, frozen_now, "Nell")
    leave(cast, frozen_now, "Dee")
    with pytest.raises(NotFound):
        leave(cast, frozen_now, "Dee")


def test_the_case_closes_when_metrc_no_longer_lists_them(cast: Brand, frozen_now: datetime) -> None:
    put_employees(cast, frozen_now, "Ana", "Dee")
    leave(cast, frozen_now, "Dee")

    def case_state(read_at: datetime) -> str:
        with short_transaction(cast.licenses[MFG]):
            settle_cases_in_transaction(
                actor=system_actor("sync"),
                license=License.objects.get(id=cast.licenses[MFG]),
                now=read_at,
            )
            return ExceptionCase.objects.get(fact_key=f"metrc-user:{cast.users['Dee']}").state

    assert case_state(frozen_now) == CaseState.OPEN
    later = frozen_now + timedelta(hours=1)
    put_employees(cast, later, "Ana", "Dee")
    assert case_state(later) == CaseState.OPEN
    later += timedelta(hours=1)
    put_employees(cast, later, "Ana")
    assert case_state(later) == CaseState.CLOSED


def test_the_pages_show_lines_and_due_day(cast: Brand, frozen_now: datetime) -> None:
    put_employees(cast, frozen_now, "Ana", "Mallory")
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Owen"]))

    for address in ("company/people/", "company/people/review/", "company/installation/"):
        assert client.get(f"/l/{MFG}/{address}").status_code == 200, address
    text = client.get(f"/l/{MFG}/company/people/").content.decode()
    assert "Mallory" in text
    assert "nobody of ours" in text
    done = client.post(
        f"/l/{MFG}/company/people/review/",
        {"lines_sha256": look(cast, frozen_now).sha256, "comment": "Mallory is taken out today"},
    )
    assert done.status_code == 302
