"""Whoever guesses gets no further, and locks nobody out of what is open."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from glassbox.cli.demo_brand import Brand
from tests.db.web.signing_in import PASSWORD, code_of, give, signed_in

pytestmark = pytest.mark.usefixtures("strict")
NEW = "another orchard, in spring"


def test_after_five_wrong_codes_the_right_one_opens_nothing(cast: Brand) -> None:
    open_one, user, secret = signed_in(cast, "Fay")
    other, right = Client(), code_of(secret)
    give(other, user)
    for number in range(5):
        wrong = f"{(int(right) + number + 1) % 1_000_000:06}"
        assert other.post("/sign-in/code/", {"code": wrong}).status_code == 200

    refused = other.post("/sign-in/code/", {"code": right})

    assert refused.status_code == 200
    assert "Too many failed login attempts" in refused.content.decode()
    assert other.get("/both/").status_code == 302
    # Guesses lock nobody out of a session that is open.
    assert open_one.get("/both/").status_code == 200
    cache.clear()
    assert other.post("/sign-in/code/", {"code": right})["Location"] == "/"


def test_a_password_is_not_changed_by_who_does_not_know_it(cast: Brand) -> None:
    client, user, _ = signed_in(cast, "Fay")

    answer = client.post(
        "/account/password/",
        {"oldpassword": f"{PASSWORD}!", "password1": NEW, "password2": NEW},
    )

    assert answer.status_code == 200
    assert give(Client(), user, NEW).status_code == 422
    assert give(Client(), user)["Location"] == "/sign-in/code/"
