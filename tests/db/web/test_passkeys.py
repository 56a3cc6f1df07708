"""Passkeys: registered, signed in with, and signed with, by a device in software."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.utils import websafe_decode

from glassbox.cli.demo_brand import Brand
from tests.cast import MFG
from tests.db.conftest import Events
from tests.db.web.passkey import VERIFIED, Passkey
from tests.db.web.signing_in import set_up_app, with_password

pytestmark = pytest.mark.usefixtures("strict")


def js_data(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        re.findall(r'<script id="js_data" type="application/json">(.*?)</script>', page)[0]
    )
    return found


def test_a_passkey_signs_in_alone_and_signs(cast: Brand, events: Events) -> None:
    user, client = with_password(cast, "Owen"), Client(HTTP_HOST="localhost")
    set_up_app(client, user)
    passkey = Passkey("localhost", "http://localhost")
    options = js_data(client.get("/account/passkeys/add/").content.decode())["creation_options"]
    handle = websafe_decode(options["publicKey"]["user"]["id"])
    added = {"name": "Desk key", "passwordless": "on", "credential": passkey.register(options)}
    assert client.post("/account/passkeys/add/", added)["Location"] == "/account/"
    assert "passkey was added" in events("factor.added")

    for flags, expected in ((0, "/sign-in/"), (VERIFIED, "/")):
        other = Client(HTTP_HOST="localhost")
        asked = other.get("/sign-in/passkey/", HTTP_ACCEPT="application/json").json()
        posted = passkey.sign_in(asked["request_options"], handle, flags)
        answer = other.post("/sign-in/passkey/", {"credential": posted})
        assert answer["Location"] == expected, "without PIN or finger a found key opens nothing"
    assert events("session.signed_in")[-1] == "Signed in with the passkey"
    # An answer that was listened to is worth nothing: its challenge is used up.
    assert other.post("/sign-out/").status_code == 302
    again = Client(HTTP_HOST="localhost").post("/sign-in/passkey/", {"credential": posted})
    assert again["Location"] == "/sign-in/"

    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    address = f"/l/{MFG}/takeover/key/"
    options = js_data(client.get(address).content.decode())["request_options"]
    proof = {"sign-credential": passkey.sign_in(options, handle), "sign-opening": "yes"}
    assert client.post(address, proof)["Location"] == address
    assert client.get(address).status_code == 200


def test_the_last_factor_stays_also_if_it_is_a_passkey(cast: Brand, events: Events) -> None:
    user, client = with_password(cast, "Owen"), Client(HTTP_HOST="localhost")
    set_up_app(client, user)
    passkey = Passkey("localhost", "http://localhost")
    options = js_data(client.get("/account/passkeys/add/").content.decode())["creation_options"]
    assert options["publicKey"]["user"]["displayName"] == "Owen"
    assert options["publicKey"]["rp"]["name"] == "Glassbox dev"
    client.post("/account/passkeys/add/", {"name": "x", "credential": passkey.register(options)})
    Authenticator.objects.filter(user_id=user.pk, type="totp").delete()
    key = Authenticator.objects.get(user_id=user.pk, type="webauthn")
    remove = f"/account/passkeys/{key.pk}/remove/"

    for answer in (client.get(remove), client.post(remove)):
        assert "It is your last second factor" in answer.content.decode()
    assert answer.status_code == 422
    assert Authenticator.objects.filter(pk=key.pk).exists()
    assert not events("factor.removed")

    Authenticator.objects.create(user=user, type="webauthn", data={"name": "y", "credential": {}})
    assert client.post(remove)["Location"] == "/account/passkeys/"
    assert not Authenticator.objects.filter(pk=key.pk).exists()
