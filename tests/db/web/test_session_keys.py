"""Keys of sessions, codes and seeds: made at random, long enough, and new after each proof."""

from __future__ import annotations

import inspect
import math
import re

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.test import Client
from django.utils import crypto

from glassbox.cli.demo_brand import Brand
from glassbox.web.sealed_sessions import TOKEN_CHARACTERS, SessionStore, key_of
from tests.cast import MFG
from tests.db.web.signing_in import code_of, give, set_up_app, signed_in, with_password

pytestmark = pytest.mark.usefixtures("strict")
SESSION_BITS_AT_LEAST, CODE_BITS_AT_LEAST = 128, 20
COOKIE = settings.SESSION_COOKIE_NAME


def token_of(client: Client) -> str:
    return client.cookies[COOKIE].value


def opens(token: str) -> bool:
    stranger = Client()
    stranger.cookies[COOKIE] = token
    return stranger.get("/both/").status_code == 200


def test_keys_of_sessions_are_random_and_long(cast: Brand) -> None:
    tokens = set()
    for _ in range(1000):
        store = SessionStore()
        store._get_new_session_key()
        tokens.add(store.token)

    assert len(tokens) == 1000
    assert all(len(one) == TOKEN_CHARACTERS and set(one) <= set(VALID_KEY_CHARS) for one in tokens)
    assert TOKEN_CHARACTERS * math.log2(len(VALID_KEY_CHARS)) >= SESSION_BITS_AT_LEAST
    # Every place uses every character: nothing in a key is fixed.
    assert all(len({one[at] for one in tokens}) == 36 for at in range(TOKEN_CHARACTERS))
    assert "secrets.choice" in inspect.getsource(crypto.get_random_string)


def test_signing_in_gives_a_new_key_and_ends_the_one_before(cast: Brand) -> None:
    client, user, secret = signed_in(cast, "Fay")
    client.post("/sign-out/")
    client = Client()
    # A key that somebody else knew before: it must not become the person's.
    client.cookies[COOKIE] = fixed = "a" * TOKEN_CHARACTERS
    give(client, user)
    half = token_of(client)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    whole = token_of(client)

    assert len({fixed, half, whole}) == 3
    assert opens(whole)
    assert not opens(half) and not opens(fixed)


def test_a_fresh_proof_gives_a_new_key_and_stays_the_same_sign_in(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    client, _, secret = signed_in(cast, "Owen")
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    before, listed = token_of(client), client.get("/account/sessions/").content.decode()
    address = f"/l/{MFG}/takeover/key/"

    opened = client.post(address, {"sign-code": code_of(secret), "sign-opening": "yes"})

    after = token_of(client)
    assert opened["Location"] == address
    assert after != before
    assert opens(after) and not opens(before)
    assert not SessionStore(key_of(before)).exists(key_of(before))
    assert client.get("/account/sessions/").content.decode().count("<tr") == listed.count("<tr")
    # What is done next bears the session of the proof, whatever its key is by now.
    client.post(f"/l/{MFG}/reconciliation/compare/")
    named = cast_superuser.execute(
        "SELECT DISTINCT record->'actor'->>'session' FROM compliance_events"
        " WHERE type = 'session.confirmed' OR actor_id = %s AND license_id IS NOT NULL"
        " AND record->'actor'->>'session' IS NOT NULL",
        [cast.users["Owen"]],
    ).fetchall()
    assert len(named) == 1


def test_codes_and_seeds_are_random_and_hold_twenty_bits(cast: Brand) -> None:
    user, client = with_password(cast, "Fay"), Client()
    secret, codes = set_up_app(client, user)
    seeds = {generate_totp_secret() for _ in range(100)} | {secret}
    others = {RecoveryCodes.generate_seed() for _ in range(100)}

    assert len(seeds) == 101 and len(others) == 100
    # Base 32: five bits a character. RFC 4226 wants 128 bits of a seed at least.
    assert all(len(one) * 5 >= 160 for one in seeds)
    assert len(set(codes)) == len(codes)
    assert all(len(one) * math.log2(10) >= CODE_BITS_AT_LEAST for one in codes)
    assert 6 * math.log2(10) >= CODE_BITS_AT_LEAST - 0.1
    for made in (generate_totp_secret, RecoveryCodes.generate_seed):
        assert re.search(r"secrets\.token_(bytes|hex)", inspect.getsource(made))
    assert Authenticator.objects.filter(user=user, type="recovery_codes").exists()
