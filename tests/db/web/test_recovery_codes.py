"""Recovery codes: shown once, kept as hashes, spent once; and those that were sealed before are hashed."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth
from django.contrib.auth.hashers import check_password
from django.db import connections
from django.test import Client, override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.config import settings as ours
from glassbox.models.people import User
from glassbox.operations.recovery_codes import Sealed, hashed
from glassbox.web.recovery_codes import HashedRecoveryCodes
from tests.db.web.signing_in import give, set_up_app, with_password

pytestmark = pytest.mark.usefixtures("strict")
CODES, NEW = "/account/codes/", "/account/codes/new/"


def kept(user: User) -> Authenticator:
    return Authenticator.objects.get(user=user, type="recovery_codes")


def shown(client: Client) -> list[str]:
    listed = re.findall(r"<pre[^>]*>(.*?)</pre>", client.get(CODES).content.decode(), re.DOTALL)
    return re.findall(r"\d{8}", "".join(listed))


def test_they_are_shown_once_and_lie_nowhere(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    user, client = with_password(cast, "Fay"), Client()
    _, codes = set_up_app(client, user)

    assert "10 of 10 are unused" in client.get(CODES).content.decode()
    assert "10 unused" in client.get("/account/").content.decode()
    assert shown(client) == []
    assert client.post(NEW)["Location"] == CODES
    newer = shown(client)
    assert len(newer) == 10 and not set(newer) & set(codes)
    assert shown(client) == []

    held = kept(user)
    assert held.data.keys() == {"hashes"} and len(held.data["hashes"]) == 10
    assert len({one.split("$")[-2] for one in held.data["hashes"]}) == 10, "a salt for each"
    assert not HashedRecoveryCodes(held).validate_code(codes[0]), "the older ones ended"
    ((row,),) = cast_superuser.execute(
        "SELECT data::text FROM mfa_authenticator WHERE type = 'recovery_codes'"
    ).fetchall()
    assert not any(one in row for one in (*codes, *newer))


def test_they_are_hashed_as_passwords_are_where_people_work() -> None:
    with override_settings(PASSWORD_HASHERS=ours.PASSWORD_HASHERS):
        (one,) = hashed(["12345678"])["hashes"]
        assert one.startswith("scrypt$") and check_password("12345678", one)


def test_of_two_who_type_one_code_at_once_one_comes_in(cast: Brand) -> None:
    user, client = with_password(cast, "Fay"), Client()
    _, codes = set_up_app(client, user)
    held = kept(user)

    def spend(_: int) -> bool:
        try:
            return HashedRecoveryCodes(held).validate_code(codes[4])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(spend, range(4))) == 1
    assert len(kept(user).data["hashes"]) == 9


@pytest.mark.parametrize("by", ["code", "sign-in"])
def test_what_was_sealed_before_is_hashed_when_its_owner_comes(cast: Brand, by: str) -> None:
    user, client = with_password(cast, "Fay"), Client()
    secret, _ = set_up_app(client, user)
    assert secret
    held = kept(user)
    held.data = {"seed": auth.encrypt(Sealed.generate_seed()), "used_mask": 0b101}
    held.save()
    codes = Sealed(held).generate_codes()
    assert "8 unused" in client.get("/account/").content.decode()

    other = Client()
    give(other, user)
    typed = codes[1] if by == "code" else codes[0]
    answer = other.post("/sign-in/code/", {"code": typed})

    assert answer.status_code == (302 if by == "code" else 200), "used ones stay used"
    assert "seed" not in (data := kept(user).data)
    assert len(data["hashes"]) == (7 if by == "code" else 8)
    assert not HashedRecoveryCodes(kept(user)).validate_code(codes[2])
