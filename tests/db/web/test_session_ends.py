"""How long a session lives, what asks for a fresh proof, and which cookies a browser is given."""

from __future__ import annotations

import time
from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils.timezone import now

from glassbox.cli.demo_brand import Brand
from glassbox.operations.sign_in import remember_sign_in
from tests.cast import person
from tests.db.web.signing_in import code_of, give, set_up_app, signed_in, with_password

pytestmark = pytest.mark.usefixtures("strict")
PIN = "280641"


class Watching(Client):
    """A browser that remembers every cookie it was ever given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Morsel[str]] = []

    def request(self, **asked: Any) -> Any:
        answer = super().request(**asked)
        self.given += answer.cookies.values()
        return answer


def aged(client: Client, seconds: float) -> None:
    """Let the sign-in of a session be so long ago, with a sign of life just now."""
    session = client.session
    session["begun_at"], session["seen_at"] = time.time() - seconds, time.time()
    session.save()


def without_fresh_proof(client: Client) -> None:
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


def test_a_session_that_is_used_all_the_time_ends_after_twelve_hours(cast: Brand) -> None:
    client, _, _ = signed_in(cast, "Fay")
    begun = client.session["begun_at"]
    aged(client, settings.SESSION_COOKIE_AGE - 60)
    assert client.get("/both/").status_code == 200
    aged(client, settings.SESSION_COOKIE_AGE + 1)

    assert client.get("/both/")["Location"].startswith("/sign-in/")
    assert time.time() - begun < 60


def test_whoever_finds_a_screen_open_ends_no_other_session(cast: Brand) -> None:
    client, user, secret = signed_in(cast, "Fay")
    other = Client()
    give(other, user)
    other.post("/sign-in/code/", {"code": code_of(secret)})
    without_fresh_proof(client)

    asked = client.post("/account/sessions/")

    assert asked["Location"].startswith("/confirm/")
    assert other.get("/both/").status_code == 200


def test_no_factor_is_changed_without_a_fresh_proof(cast: Brand) -> None:
    client, user, _ = signed_in(cast, "Fay")
    kept = list(Authenticator.objects.filter(user=user).values_list("pk", "data"))
    without_fresh_proof(client)

    for address in ("app/remove/", "codes/new/", "passkeys/add/"):
        for answer in (client.get(f"/account/{address}"), client.post(f"/account/{address}")):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/confirm/"), answer["Location"]
    assert list(Authenticator.objects.filter(user=user).values_list("pk", "data")) == kept
    assert client.get("/both/").status_code == 200


def test_every_cookie_of_production_is_bound_to_the_host(cast: Brand) -> None:
    names = ("__Host-session", "__Host-csrf")
    with override_settings(
        SESSION_COOKIE_NAME=names[0],
        CSRF_COOKIE_NAME=names[1],
        SESSION_COOKIE_SECURE=True,
        CSRF_COOKIE_SECURE=True,
    ):
        client = Watching()
        user = with_password(cast, "Fay")
        give(client, user, "not the password")
        set_up_app(client, user)
        # A page that says something once on the next one.
        said = client.post("/account/pin/", {"pin": PIN, "again": PIN}, follow=True)
        assert "The floor PIN is set" in said.content.decode()
        client.post("/sign-out/")

    assert {one.key for one in client.given} == set(names)
    for one in client.given:
        assert one["secure"] or not one.value, one
        assert one["samesite"] == "Lax" and one["path"] == "/" and not one["domain"], one
        assert one["httponly"] or not one.value or one.key == names[1], one


def test_what_was_noted_of_ended_sessions_goes_with_the_next_sign_in(cast: Brand) -> None:
    client, user, secret = signed_in(cast, "Fay")
    give(other := Client(), user)
    other.post("/sign-in/code/", {"code": code_of(secret)})
    ended = other.session.session_key
    Session.objects.filter(session_key=ended).update(expire_date=now() - timedelta(seconds=1))
    UserSession.objects.filter(session_key=ended).update(created_at=now() - timedelta(days=2))

    remember_sign_in(actor=person(cast, "Fay"), how="a password", now=now())

    assert not Session.objects.filter(session_key=ended).exists()
    assert not UserSession.objects.filter(session_key=ended).exists()
    assert client.get("/both/").status_code == 200
    assert UserSession.objects.filter(session_key=client.session.session_key).exists()
