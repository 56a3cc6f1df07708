"""Whoever guesses gets no further, and locks nobody out of what is open."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

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


def test_a_person_is_mailed_whenever_what_they_sign_in_with_changes(
    cast: Brand, tmp_path: Path
) -> None:
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
        EMAIL_FILE_PATH=str(tmp_path),
        GLASSBOX_MAIL_IS_SET_UP=True,
    ):
        client, user, _ = signed_in(cast, "Fay")
        client.post("/account/codes/new/")
        client.post(
            "/account/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        )
        for thread in threading.enumerate():
            if thread.name == "sign-in-mail":
                thread.join(30)
    mails = [path.read_text() for path in tmp_path.iterdir()]

    assert all(f"To: {user.email}" in mail for mail in mails)
    for word in ("uthenticator app", "ecovery codes", "assword"):
        assert any(re.search(rf"^Subject: .*{word}", mail, re.MULTILINE) for mail in mails), word
    assert not any(PASSWORD in mail or NEW in mail for mail in mails)
