"""Who holds which role: granted and ended by an owner, never by oneself; invited by mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client, override_settings

from glassbox.access import NotPermitted, roles_at
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import RoleGrant, User
from glassbox.operations import roles
from glassbox.operations.invitations import MailNotSent, invite_person
from glassbox.queries.roles import role_rows
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from tests.builders import events_of
from tests.cast import DIST, MFG, person
from tests.signed_in_client import client_of

PASSWORD = "nine-vials-of-terpenes"


def test_a_role_is_granted_once_and_ended(cast: Brand, frozen_now: datetime) -> None:
    owen, license_id = person(cast, "Owen"), cast.licenses[MFG]
    began = frozen_now - timedelta(minutes=1)
    grant = {"license_id": license_id, "user_id": cast.users["Hal"], "role": Role.VERIFIER}
    grant_id = roles.grant_role(actor=owen, **grant, now=began)  # type: ignore[arg-type]
    assert roles_at(person(cast, "Hal"), license_id) == {Role.VERIFIER}
    with pytest.raises(InvalidInput, match="holds it already"):
        roles.grant_role(actor=owen, **grant, now=began)  # type: ignore[arg-type]

    roles.end_role(actor=owen, license_id=license_id, grant_id=grant_id, now=began)

    assert roles_at(person(cast, "Hal"), license_id) == set()
    assert RoleGrant.objects.get(id=grant_id).valid_until == began
    (event,) = events_of(license_id, "role.ended")
    assert event["body"] == {"role": "VERIFIER"}


def test_only_the_owner_grants_and_nobody_of_another_company(
    cast: Brand, frozen_now: datetime
) -> None:
    grant = {"license_id": cast.licenses[MFG], "role": Role.VERIFIER, "now": frozen_now}

    with pytest.raises(NotPermitted):
        roles.grant_role(actor=person(cast, "Fay"), user_id=cast.users["Fay"], **grant)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        roles.grant_role(actor=person(cast, "Nell"), user_id=cast.users["Nell"], **grant)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        roles.grant_role(actor=person(cast, "Owen"), user_id=cast.users["Nell"], **grant)  # type: ignore[arg-type]


def test_nobody_grants_to_themselves_or_ends_their_own(cast: Brand, frozen_now: datetime) -> None:
    owen, here = person(cast, "Owen"), {"license_id": cast.licenses[MFG], "now": frozen_now}
    with pytest.raises(roles.OwnRole):
        roles.grant_role(actor=owen, user_id=cast.users["Owen"], role=Role.VERIFIER, **here)  # type: ignore[arg-type]
    own = RoleGrant.objects.get(license_id=cast.licenses[MFG], user_id=cast.users["Owen"])
    with pytest.raises(roles.OwnRole):
        roles.end_role(actor=owen, grant_id=own.pk, **here)  # type: ignore[arg-type]


def test_a_role_with_a_last_day_ends_with_it_by_the_clock_of_the_licence(
    cast: Brand, frozen_now: datetime
) -> None:
    today = frozen_now.astimezone(ZoneInfo("America/Los_Angeles")).date()
    grant = {
        **{"actor": person(cast, "Owen"), "license_id": cast.licenses[MFG], "now": frozen_now},
        **{"user_id": cast.users["Hal"], "role": Role.VERIFIER},
    }
    with pytest.raises(InvalidInput, match="today or later"):
        roles.grant_role(**grant, last_day=today - timedelta(days=1))  # type: ignore[arg-type]

    grant_id = roles.grant_role(**grant, last_day=today)  # type: ignore[arg-type]

    until = RoleGrant.objects.get(id=grant_id).valid_until
    assert until is not None
    assert until.astimezone(ZoneInfo("America/Los_Angeles")).isoformat().endswith("00:00:00-08:00")
    asked = {"actor": person(cast, "Owen"), "license_ids": (cast.licenses[MFG],)}
    rows = role_rows(**asked, now=until - timedelta(seconds=1))  # type: ignore[arg-type]
    assert [row.until for row in rows if row.grant_id == grant_id] == [until]
    assert grant_id not in {row.grant_id for row in role_rows(**asked, now=until)}  # type: ignore[arg-type]
    assert roles.grant_role(**grant | {"now": until}) != grant_id  # type: ignore[arg-type]


@pytest.fixture
def sends_mail() -> Iterator[None]:
    mail.outbox = []
    backend = "django.core.mail.backends.locmem.EmailBackend"
    with override_settings(
        GLASSBOX_MAIL_IS_SET_UP=True,
        GLASSBOX_PUBLIC_URL="https://books.goldenpoppy.example",
        EMAIL_BACKEND=backend,
    ):
        yield


def invite(cast: Brand, now: datetime, who: str = "Owen", **other: object) -> None:
    typed = {"name": "Jo", "email": "jo@goldenpoppy.example", "role": Role.PACKAGER}
    invite_person(
        actor=person(cast, who),
        license_id=cast.licenses[MFG],
        now=now,
        **typed | other,  # type: ignore[arg-type]
    )


@pytest.mark.usefixtures("sends_mail")
def test_the_invited_set_a_password_by_the_link_of_the_mail_once(
    cast: Brand, frozen_now: datetime
) -> None:
    invite(cast, frozen_now - timedelta(minutes=1))

    jo = User.objects.get(email="jo@goldenpoppy.example")
    assert (jo.has_usable_password(), jo.company_id) == (False, 1)
    held = RoleGrant.objects.filter(user=jo).values_list("license__number", "role")
    assert list(held) == [(MFG, "PACKAGER")]
    (letter,) = mail.outbox
    assert letter.to == ["jo@goldenpoppy.example"]
    (event,) = events_of(cast.licenses[MFG], "user.invited")
    assert "jo@" not in str(event)
    path = re.findall(r"https?://[^/]+(/\S+)", str(letter.body))[0]
    browser = Client()
    form = browser.get(path, follow=True)
    place = form.redirect_chain[-1][0]
    browser.post(place, {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(id=jo.pk).check_password(PASSWORD)
    again = Client().get(path, follow=True).content.decode()
    assert 'name="password1"' not in again


@pytest.mark.usefixtures("sends_mail")
def test_only_an_owner_invites_and_nobody_who_is_known(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(NotPermitted):
        invite(cast, frozen_now, "Fay")
    with pytest.raises(NotFound):
        invite(cast, frozen_now, "Nell")
    for wrong in (
        {"email": "Ana@GoldenPoppy.example"},
        {"email": "no address"},
        {"email": "jo@brand.example\nBcc: all@brand.example"},
        {"name": " "},
        {"role": Role.INSPECTOR},
        {"role": "KING"},
    ):
        with pytest.raises(InvalidInput):
            invite(cast, frozen_now, **wrong)
    assert (mail.outbox, User.objects.filter(name="Jo").count()) == ([], 0)


@pytest.mark.usefixtures("sends_mail")
def test_what_the_mail_server_does_not_take_is_said_and_the_person_stands(
    cast: Brand, frozen_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SMTPException("no such host")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    with pytest.raises(MailNotSent, match="Forgotten password"):
        invite(cast, frozen_now)
    assert User.objects.filter(email="jo@goldenpoppy.example").exists()


def test_without_mail_nobody_is_invited(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(Refused, match="sends no mail"):
        invite(cast, frozen_now)
    assert not User.objects.filter(name="Jo").exists()


def test_an_owner_grants_and_ends_on_the_page_of_people(cast: Brand) -> None:
    owen, page = client_of(cast, "Owen"), f"/l/{MFG}/company/people/"
    granted = owen.post(f"{page}grant/", {"user_id": cast.users["Hal"], "role": "VERIFIER"})
    assert granted.status_code == 302
    ends = re.findall(rf"{page}roles/\d+/end/", owen.get(page).content.decode())
    hal = RoleGrant.objects.get(license__number=MFG, user_id=cast.users["Hal"])
    assert f"{page}roles/{hal.pk}/end/" in ends
    own = RoleGrant.objects.get(license__number=MFG, user_id=cast.users["Owen"])
    assert f"{page}roles/{own.pk}/end/" not in ends
    assert client_of(cast, "Ana").get(page).content.count(b"/end/") == 0

    assert owen.post(f"{page}roles/{hal.pk}/end/").status_code == 302

    assert owen.get(f"{page}roles/{hal.pk}/end/").status_code == 404
    foreign = RoleGrant.objects.filter(license__number=DIST).first()
    assert foreign is not None
    assert owen.get(f"{page}roles/{foreign.pk}/end/").status_code == 404
