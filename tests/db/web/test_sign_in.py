"""Signing in: two factors, codes that work once, limits, sessions that end, and signatures."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from glassbox import clock
from glassbox.cli.demo_brand import Brand
from glassbox.config.console import main
from glassbox.models.actions import RegulatedAction
from glassbox.models.people import User
from glassbox.operations.actions.review import send_for_review
from glassbox.operations.company import OnlyFromTheMachine
from glassbox.operations.sign_in import make_sign_in_link
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import system_actor
from tests.cast import MFG, person
from tests.db.actions.story import draft, put_oil
from tests.db.conftest import Events
from tests.db.web.signing_in import PASSWORD, code_of, give, set_up_app, signed_in, with_password

pytestmark = pytest.mark.usefixtures("strict")


def test_nobody_comes_past_the_set_up_of_a_second_factor(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    user, client = with_password(cast, "Fay"), Client()
    secret, codes = set_up_app(client, user)

    assert client.get("/both/").status_code == 200
    rows = cast_superuser.execute("SELECT data::text FROM mfa_authenticator").fetchall()
    kept = repr(rows) + repr(cast_superuser.execute("TABLE django_session").fetchall())
    assert len(rows) == 2
    assert secret not in kept
    assert not any(code in kept for code in codes)
    shown_again = client.get("/account/codes/").content.decode()
    assert not any(code in shown_again for code in codes)


def test_both_factors_are_asked_and_a_code_works_once(cast: Brand, events: Events) -> None:
    _, user, secret = signed_in(cast, "Fay")
    code = code_of(secret)
    first, second = Client(), Client()
    for client in (first, second):
        assert give(client, user)["Location"] == "/sign-in/code/"
        assert client.get("/both/").status_code == 302
    wrong = first.post("/sign-in/code/", {"code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 200

    assert first.post("/sign-in/code/", {"code": code})["Location"] == "/"
    assert first.get("/both/").status_code == 200
    # Seen over somebody's shoulder, and typed at another process within its half minute.
    assert second.post("/sign-in/code/", {"code": code}).status_code == 200
    assert second.get("/both/").status_code == 302
    assert "Signed in with a password and the authenticator app" in events("session.signed_in")
    assert "The second factor did not match" in events("session.refused")


def test_a_recovery_code_works_once(cast: Brand) -> None:
    user, client = with_password(cast, "Fay"), Client()
    _, codes = set_up_app(client, user)
    for expected in (302, 200):
        other = Client()
        give(other, user)
        assert other.post("/sign-in/code/", {"code": codes[3]}).status_code == expected


def test_a_stranger_and_a_wrong_password_look_alike(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    user = with_password(cast, "Fay")
    answers = []
    for email in (user.email, "nobody@goldenpoppy.example"):
        answer = Client().post("/sign-in/", {"login": email, "password": "not this one at all"})
        text = re.sub(r'value="[^"]*"', "", answer.content.decode())
        answers.append((answer.status_code, text))
    mails = [
        Client().post("/sign-in/forgotten/", {"email": email})["Location"]
        for email in (user.email, "nobody@goldenpoppy.example")
    ]

    assert answers[0] == answers[1]
    assert mails[0] == mails[1]
    subjects = cast_superuser.execute(
        "SELECT subject FROM compliance_events WHERE type = 'session.refused'"
    ).fetchall()
    assert {subject for (subject,) in subjects} == {f"user:{user.pk}", "user:unknown"}


def test_guessing_stops_over_every_process(cast: Brand) -> None:
    user = with_password(cast, "Fay")
    for number in range(5):
        give(Client(), user, f"guess number {number} of many")

    # What counts lies in the database, not in this process.
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    refused = give(Client(), user)
    assert refused.status_code == 422
    assert "Too many failed login attempts" in refused.content.decode()
    cache.clear()
    assert give(Client(), user).status_code == 302


def test_the_last_factor_stays(cast: Brand) -> None:
    client, user, _ = signed_in(cast, "Fay")

    page = client.get("/account/app/remove/")
    client.post("/account/app/remove/")

    assert "cannot deactivate" in page.content.decode()
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_a_new_factor_ends_every_other_session(cast: Brand, events: Events) -> None:
    client, user, secret = signed_in(cast, "Fay")
    other = Client()
    give(other, user)
    other.post("/sign-in/code/", {"code": code_of(secret)})
    assert other.get("/both/").status_code == 200

    client.post("/account/codes/new/")

    assert other.get("/both/").status_code == 302
    assert client.get("/both/").status_code == 200
    assert "recovery codes was added" in events("factor.added")


def test_sessions_are_listed_and_ended(cast: Brand, events: Events) -> None:
    client, user, secret = signed_in(cast, "Fay")
    other = Client(HTTP_USER_AGENT="A tablet of the warehouse")
    give(other, user)
    other.post("/sign-in/code/", {"code": code_of(secret)})
    assert "A tablet of the warehouse" in client.get("/account/sessions/").content.decode()

    client.post("/account/sessions/")

    assert other.get("/both/").status_code == 302
    client.post("/sign-out/")
    assert client.get("/both/").status_code == 302
    assert events("session.ended") == ["Signed out"]


def test_a_copied_table_of_sessions_opens_none(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    client, _, _ = signed_in(cast, "Fay")
    token = client.cookies[settings.SESSION_COOKIE_NAME].value
    tables = ("django_session", "usersessions_usersession")
    rows = [cast_superuser.execute(f"SELECT session_key FROM {name}").fetchall() for name in tables]

    assert rows[1] and set(rows[1]) <= set(rows[0]) and token not in repr(rows)
    for (key,) in rows[0]:
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = key
        assert thief.get("/both/").status_code == 302
    assert client.get("/both/").status_code == 200


def test_a_session_without_a_sign_of_life_ends(cast: Brand) -> None:
    client, _, _ = signed_in(cast, "Fay")
    session = client.session
    session["seen_at"] = time.time() - settings.SESSION_IDLE_SECONDS - 1
    session.save()

    assert client.get("/both/").status_code == 302


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short one", "too short"),
        ("password1234", "too common"),
        ("fay@goldenpoppy.example", "too similar"),
        ("GoldenPoppy-Metrc-2026", "words of this place"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    cast: Brand, events: Events, password: str, word: str
) -> None:
    client, _, _ = signed_in(cast, "Fay")
    said = client.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )

    assert word in said.content.decode()
    assert events("password.changed") == []


def test_a_password_changes_by_its_owner(cast: Brand, events: Events) -> None:
    client, user, _ = signed_in(cast, "Fay")
    new = "another orchard, in spring"
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert events("password.changed") == ["The password was changed"]
    assert give(Client(), user, new)["Location"] == "/sign-in/code/"


def test_another_password_ends_every_other_session(cast: Brand) -> None:
    client, user, secret = signed_in(cast, "Fay")
    other = Client()
    give(other, user)
    other.post("/sign-in/code/", {"code": code_of(secret)})
    assert other.get("/both/").status_code == 200

    new = "another orchard, in spring"
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (client.get("/both/").status_code, other.get("/both/").status_code) == (200, 302)

    # The link that `forgotten password` mails ends the one that was left, too.
    link = make_sign_in_link(actor=system_actor("test"), email=user.email, now=datetime.now(UTC))
    asked = Client()
    form = asked.get(urlsplit(link).path)["Location"]
    newest = "a third orchard, in autumn"
    asked.post(form, {"password1": newest, "password2": newest})
    assert give(Client(), user, newest)["Location"] == "/sign-in/code/"
    assert client.get("/both/").status_code == 302


def in_review(brand: Brand, now: datetime) -> int:
    put_oil(brand, now)
    action_id = draft(brand, now)
    send_for_review(
        actor=person(brand, "Ana"), license_id=brand.licenses[MFG], action_id=action_id, now=now
    )
    return action_id


def state_of(brand: Brand, action_id: int) -> str:
    with short_transaction(brand.licenses[MFG]):
        return RegulatedAction.objects.get(id=action_id).state


def test_an_approval_is_signed_below_its_meaning(
    cast: Brand, events: Events, frozen_now: datetime
) -> None:
    action_id = in_review(cast, frozen_now)
    client, _, secret = signed_in(cast, "Fay")
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= timedelta(minutes=6).total_seconds()
    session.save()
    with short_transaction(cast.licenses[MFG]):
        sha256 = RegulatedAction.objects.get(id=action_id).payload_sha256
    address = f"/l/{MFG}/actions/{action_id}/approve/"
    pressed = {"payload_sha256": sha256, "comment": "Weighed twice"}

    asked = client.post(address, pressed)

    assert asked.status_code == 403
    text = asked.content.decode()
    assert f"I approve sending this to METRC for licence {MFG}: " in text
    assert 'name="comment" value="Weighed twice"' in text
    assert state_of(cast, action_id) == ActionState.IN_REVIEW
    wrong = client.post(address, {**pressed, "sign-code": "12"})
    assert (wrong.status_code, state_of(cast, action_id)) == (403, ActionState.IN_REVIEW)

    client.post(address, {**pressed, "sign-code": code_of(secret)})

    assert state_of(cast, action_id) == ActionState.APPROVED
    (meaning,) = events("session.confirmed")
    assert meaning.startswith(f"I approve sending this to METRC for licence {MFG}: ")


def test_a_key_is_asked_for_only_after_the_proof(cast: Brand) -> None:
    client, _, secret = signed_in(cast, "Owen")
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    address = f"/l/{MFG}/takeover/key/"

    asked = client.get(address)
    assert (asked.status_code, "user_key" in asked.content.decode()) == (403, False)
    late = client.post(
        address, {"owner": "reading", "owner_name": "S", "user_key": "typed-too-early"}
    )
    assert (late.status_code, "typed-too-early" in late.content.decode()) == (403, False)
    opened = client.post(address, {"sign-code": code_of(secret), "sign-opening": "yes"})

    assert opened["Location"] == address
    assert "user_key" in client.get(address).content.decode()


def link_printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return re.findall(r"/sign-in/password/\S+", capsys.readouterr().out)[0]


def set_password(client: Client, link: str, password: str = PASSWORD) -> HttpResponse:
    form = client.get(link, follow=True)
    return client.post(  # type: ignore[return-value]
        form.redirect_chain[-1][0] if form.redirect_chain else link,
        {"password1": password, "password2": password},
        follow=True,
    )


def test_the_first_owner_comes_by_a_link_and_needs_a_second_factor(
    cast: Brand, events: Events, capsys: pytest.CaptureFixture[str]
) -> None:
    licenses = [
        "--license",
        "CDPH-19990900=MANUFACTURING",
        "--license",
        "C11-9990900-LIC=DISTRIBUTION",
    ]
    owner = ["--owner", "Zoe", "--email", "zoe@sunset.example"]
    link = link_printed(capsys, "open-company", "--name", "Sunset", *licenses, *owner)
    user, client = User.objects.get(email="zoe@sunset.example"), Client()
    assert not user.has_usable_password()

    set_password(client, link)

    assert "no longer works" in Client().get(link).content.decode()
    set_up_app(client, user)
    assert client.get("/l/CDPH-19990900/company/").status_code == 200
    assert client.get(f"/l/{MFG}/").status_code == 404
    assert events("password.changed") == ["The password was set by a link"]


def test_lost_factors_are_forgotten_by_the_machine_alone(
    cast: Brand, events: Events, capsys: pytest.CaptureFixture[str]
) -> None:
    client, user, _ = signed_in(cast, "Fay")
    reason = "Owen met her in person"

    link = link_printed(capsys, "sign-in-link", "--email", user.email, "--forget-factors", reason)

    assert client.get("/both/").status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert events("factor.removed") == [reason]
    assert events("session.link_made") == ["A link that sets a password was made"]
    set_password(Client(), link)
    assert give(Client(), user)["Location"] == "/"
    with pytest.raises(OnlyFromTheMachine):
        make_sign_in_link(actor=person(cast, "Owen"), email=user.email, now=clock.now())
