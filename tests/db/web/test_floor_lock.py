"""The floor PIN: it unlocks a session that was signed in with both factors, and is good for nothing more."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import FloorPin
from glassbox.web.middleware import SEEN
from glassbox.web.sealed_sessions import SessionStore, key_of
from tests.cast import MFG
from tests.db.actions.story import draft, put_oil, review
from tests.db.conftest import Events
from tests.db.web.signing_in import signed_in

pytestmark = pytest.mark.usefixtures("strict")
PIN = "407316"


def with_pin(brand: Brand, name: str = "Fay") -> Client:
    client, _, _ = signed_in(brand, name)
    assert client.post("/account/pin/", {"pin": PIN})["Location"] == "/account/"
    return client


def test_a_locked_session_opens_no_page_until_the_pin_is_given(
    cast: Brand, events: Events, cast_superuser: psycopg.Connection
) -> None:
    client = with_pin(cast)
    assert "/lock/" in client.get("/both/").content.decode()

    assert client.post("/lock/")["Location"] == "/unlock/"

    for address in ("/both/", f"/l/{MFG}/packages/", "/account/", "/account/pin/", "/confirm/"):
        assert client.get(address)["Location"].startswith("/unlock/?next="), address
    assert client.post(f"/l/{MFG}/sync/read/")["Location"] == "/unlock/"
    part = client.get("/both/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == "/unlock/" and part.content == b""
    assert client.post("/unlock/", {"pin": "407317"}).status_code == 422
    assert client.get("/both/").status_code == 302
    back = client.post("/unlock/", {"pin": PIN, "next": f"/l/{MFG}/packages/"})
    assert back["Location"] == f"/l/{MFG}/packages/"
    assert client.get("/both/").status_code == 200
    assert client.get("/account/pin/")["Location"].startswith("/confirm/")
    assert len(events("session.unlocked")) == 1
    kept = repr(cast_superuser.execute("TABLE floor_pins").fetchall())
    assert PIN not in kept and "$" in kept


def test_a_pin_is_never_the_proof_that_a_signature_asks_for(cast: Brand) -> None:
    client = with_pin(cast)
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    action_id = draft(cast, now)
    review(cast, now, action_id)
    approve = f"/l/{MFG}/actions/{action_id}/approve/"
    client.post("/lock/")
    client.post("/unlock/", {"pin": PIN})

    asked = client.post(approve)

    assert asked.status_code == 403
    assert "I approve sending this to METRC" in asked.content.decode()
    assert client.post(approve, {"sign-code": PIN}).status_code == 403


def test_five_wrong_pins_end_the_session_and_the_pin(cast: Brand, events: Events) -> None:
    client = with_pin(cast)
    client.post("/lock/")

    said = [client.post("/unlock/", {"pin": "000111"}) for _ in range(5)]

    assert [one.status_code for one in said] == [422, 422, 422, 422, 302]
    assert said[-1]["Location"] == "/sign-in/"
    assert "1 try left" in said[3].content.decode()
    assert not FloorPin.objects.exists()
    assert client.get("/both/")["Location"].startswith("/sign-in/")
    assert len(events("session.ended")) == 1


def test_a_session_left_alone_locks_by_itself(cast: Brand) -> None:
    client = with_pin(cast)
    left_for(client, settings.FLOOR_LOCK_SECONDS + 1)

    assert client.get("/both/")["Location"] == "/unlock/?next=/both/"

    left_for(client, settings.SESSION_IDLE_SECONDS + 1)
    assert client.get("/both/")["Location"].startswith("/sign-in/"), "a lock keeps nothing alive"


def left_for(client: Client, seconds: float) -> None:
    token = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert Session.objects.filter(session_key=key_of(token)).exists()
    session = SessionStore(key_of(token))
    session[SEEN] = time.time() - seconds
    session.save()


@pytest.mark.parametrize("pin", ["12345", "1234567890123", "four07", "111111", "121212", "345678"])
def test_a_pin_that_is_easily_guessed_is_refused(cast: Brand, pin: str) -> None:
    client = with_pin(cast)

    refused = client.post("/account/pin/", {"pin": pin})

    assert refused.status_code == 422
    assert pin not in refused.content.decode()


def test_unlocking_leads_nowhere_but_to_our_own_pages(cast: Brand) -> None:
    client = with_pin(cast)
    for place in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        client.post("/lock/")
        assert client.post("/unlock/", {"pin": PIN, "next": place})["Location"] == "/"


def test_without_a_pin_nothing_is_locked_and_a_stranger_unlocks_nothing(cast: Brand) -> None:
    client, _, _ = signed_in(cast, "Fay")

    assert client.post("/lock/")["Location"] == "/account/pin/"
    assert client.get("/both/").status_code == 200
    assert Client().get("/unlock/")["Location"].startswith("/sign-in/")
