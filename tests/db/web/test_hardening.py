"""Headers, methods, passwords and redirects as a browser and an attacker meet them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from tests.cast import MFG
from tests.signed_in_client import client_of

PAGES = (
    f"/l/{MFG}/",
    "/both/",
    f"/l/{MFG}/packages/",
    f"/l/{MFG}/audit/",
    "/sign-in/",
    "/nowhere/",
)
LONG = "seventy plain small letters and blanks are as good a password as any other"


def test_every_answer_says_what_it_is_and_what_may_be_done_with_it(cast: Brand) -> None:
    client = client_of(cast, "Fay")
    others = (f"/l/{MFG}/packages.csv", f"/api/v1/l/{MFG}/packages", "/static/built/app.css")
    for address in (*PAGES, *others):
        answer: Any = client.get(address)
        if answer.streaming:
            list(answer.streaming_content)
        kind = answer["Content-Type"]
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind.lower().replace('"', ""), address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        assert answer["Referrer-Policy"] == "same-origin", address
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], address
        assert "Access-Control-Allow-Origin" not in answer, address
        answer.close()


def test_what_is_not_there_and_what_was_not_done_is_said_in_our_own_words(cast: Brand) -> None:
    visitor = Client(enforce_csrf_checks=True)

    nowhere = visitor.get("/nowhere/")
    late = visitor.post("/sign-in/", {"login": "fay", "password": "x"})

    assert (nowhere.status_code, late.status_code) == (404, 403)
    assert "Nothing is at this address" in nowhere.content.decode()
    assert "Nothing was done" in late.content.decode()


def test_a_press_from_another_site_is_refused(cast: Brand) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(id=cast.users["Fay"]))
    for address in ("audit/verify/", "reconciliation/compare/", "actions/1/approve/"):
        assert client.post(f"/l/{MFG}/{address}").status_code == 403


def test_signing_in_leads_to_no_strangers_page(cast: Brand) -> None:
    for stranger in ("//evil.example/", "https://evil.example/", "\\\\evil.example"):
        user = User.objects.get(id=cast.users["Fay"])
        user.set_password(LONG)
        user.save(update_fields=["password"])
        client = Client()
        answer = client.post(
            f"/sign-in/?next={stranger}", {"login": user.email, "password": LONG, "next": stranger}
        )
        assert answer.status_code == 302
        assert answer["Location"] == "/"


def test_a_long_plain_password_is_taken_as_it_is_and_nothing_shorter_opens(cast: Brand) -> None:
    user = User.objects.get(id=cast.users["Fay"])
    validate_password(LONG, user)
    user.set_password(LONG)
    user.save(update_fields=["password"])
    for wrong in (LONG[:64], LONG.upper(), f" {LONG}", f"{LONG} "):
        answer = Client().post("/sign-in/", {"login": user.email, "password": wrong})
        assert answer.status_code != 302, wrong
    assert Client().post("/sign-in/", {"login": user.email, "password": LONG}).status_code == 302


def test_the_password_field_is_masked_and_takes_what_is_pasted(cast: Brand) -> None:
    shown = Client().get("/sign-in/").content.decode()

    assert 'type="password"' in shown
    assert "current-password" in shown
    assert "onpaste" not in shown and 'autocomplete="off"' not in shown


def test_signing_out_is_on_every_page(cast: Brand) -> None:
    client = client_of(cast, "Fay")
    for address in PAGES[:4]:
        assert 'action="/sign-out/"' in client.get(address).content.decode(), address


def test_signing_out_clears_the_browser(cast: Brand) -> None:
    answer = client_of(cast, "Fay").post("/sign-out/")

    assert '"storage"' in answer["Clear-Site-Data"]


def test_no_folder_is_listed_and_no_trace_is_answered(cast: Brand) -> None:
    client = client_of(cast, "Fay")
    for folder in ("/static/", "/static/built/", "/.git/config", "/static/../settings.py"):
        assert client.get(folder).status_code == 404, folder
    for address in (*PAGES[:4], f"/api/v1/l/{MFG}/packages"):
        assert client.trace(address).status_code == 405, address


def test_the_document_of_the_api_opens_by_a_token_alone(cast: Brand) -> None:
    client = client_of(cast, "Fay")

    assert client.get(f"/api/v1/l/{MFG}/openapi.json").status_code == 401
    for address in ("/api/v1/docs", "/api/v1/openapi.json", "/api/v1/", "/api/docs"):
        assert client.get(address).status_code == 404, address
