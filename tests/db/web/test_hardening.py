"""Headers, methods, passwords and redirects as a browser and an attacker meet them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.password_validation import validate_password
from django.test import Client, override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.sign_in import make_sign_in_link
from glassbox.rules.actor import system_actor
from glassbox.web.sign_in_addresses import OPEN_NAMES
from glassbox.web.views.policy_reports import LINES_PER_MINUTE
from tests.cast import MFG
from tests.db.api.calling import call, token_of
from tests.db.web.test_every_address import ALL, addresses
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


def answers(brand: Brand) -> Iterator[tuple[str, Any]]:
    """Yield every kind of answer there is, with what it answers."""
    client = client_of(brand, "Fay")
    api = f"/api/v1/l/{MFG}/packages"
    files = (
        f"/l/{MFG}/packages.csv",
        "/static/built/app.css",
        "/static/icon.svg",
        "/static/built/app.js",
    )
    for address in (*PAGES, *files, "/health/", "/static/nowhere.js", api, "/api/v1/nowhere"):
        yield address, client.get(address)
    token = token_of(brand, "Fay")
    yield "found by the api", call(token, "packages")
    yield "said twice to the api", call(token, "packages?cursor=a&cursor=b")
    yield "said twice", client.get(f"/l/{MFG}/packages/?view=active&view=all")
    yield "a method that is none", client.trace("/both/")
    yield "a method of another", client.delete(f"/l/{MFG}/packages/")
    yield "a stranger", Client().get("/both/")
    yield "another site", Client(enforce_csrf_checks=True).post("/sign-in/")
    yield "METRC's hook", Client().post("/metrc/1/x/")
    with override_settings(IS_PRODUCTION=True, SECURE_SSL_REDIRECT=True):
        for address in ("/sign-in/", api, "/metrc/1/x/"):
            yield f"without TLS: {address}", Client().post(address)
    with override_settings(PAGES_PER_MINUTE=0):
        yield "too fast", client.get("/both/")


def test_every_answer_says_what_it_is_and_what_may_be_done_with_it(cast: Brand) -> None:
    statuses = set()
    for name, answer in answers(cast):
        if answer.streaming:
            list(answer.streaming_content)
        statuses.add(answer.status_code)
        kind = answer.get("Content-Type", "")
        if kind.startswith("text/") or "xml" in kind:
            assert "charset=utf-8" in kind.lower().replace('"', ""), name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert answer["Referrer-Policy"] == "same-origin", name
        assert "Access-Control-Allow-Origin" not in answer, name
        if kind.startswith("text/html") and answer.content:
            assert {
                *("default-src 'self'", "script-src 'self'", "object-src 'none'"),
                *("base-uri 'none'", "frame-ancestors 'none'", "report-uri /policy-report/"),
            } <= set(answer["Content-Security-Policy"].split("; ")), name
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin", name
        elif answer.status_code not in (301, 302):
            assert "default-src" in answer["Content-Security-Policy"], name
        answer.close()
    assert statuses >= {200, 301, 302, 400, 401, 403, 404, 405, 422, 429}, statuses


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
    for name, address in ALL:
        if name not in OPEN_NAMES:
            assert client.post(address).status_code == 403, name
    for name, address in addresses():
        if name in OPEN_NAMES:
            # A page that takes nothing refuses for that; the others for whence it comes.
            assert client.post(address).status_code in (403, 404, 405), name


def test_signing_in_leads_to_no_strangers_page(cast: Brand) -> None:
    user = User.objects.get(id=cast.users["Fay"])
    user.set_password(LONG)
    user.save(update_fields=["password"])
    for stranger in ("//evil.example/", "https://evil.example/", "\\\\evil.example"):
        client = Client()
        answer = client.post(
            f"/sign-in/?next={stranger}", {"login": user.email, "password": LONG, "next": stranger}
        )
        assert answer.status_code == 302
        assert answer["Location"] == "/"
        for again in ("/sign-in/", "/confirm/", "/unlock/"):
            led = client.post(f"{again}?next={stranger}", {"password": LONG, "next": stranger})
            assert led.get("Location", "/").startswith(("/", "?")), again
            assert not re.match(r"/[/\\]", led.get("Location", "/")), again


def test_a_link_that_sets_a_password_ends_after_its_time_and_is_random(cast: Brand) -> None:
    who = {"actor": system_actor("test"), "email": User.objects.get(id=cast.users["Ana"]).email}
    first, second = (make_sign_in_link(**who, now=datetime.now(UTC)) for _ in range(2))
    path = urlsplit(second).path

    assert len(path.rstrip("/").rpartition("-")[2]) * 4 >= 128, "of an HMAC-SHA-256"
    assert "password1" not in Client().get(urlsplit(first).path[:-3] + "00/").content.decode()
    assert Client().get(path).status_code == 302
    with override_settings(PASSWORD_RESET_TIMEOUT=-1):
        assert "no longer works" in Client().get(path).content.decode()


def test_numbers_that_no_column_holds_are_not_found(cast: Brand) -> None:
    client, token = client_of(cast, "Fay"), token_of(cast, "Fay")
    for number in (2**31, 2**63, 10**40, 0):
        for kind in ("actions", "orders", "transfers", "reconciliation", "packs"):
            assert client.get(f"/l/{MFG}/{kind}/{number}/").status_code == 404, (kind, number)
        assert call(token, f"actions/{number}").status_code in (404, 422), number


def test_a_long_plain_password_is_taken_as_it_is_and_nothing_shorter_opens(cast: Brand) -> None:
    user = User.objects.get(id=cast.users["Fay"])
    validate_password(LONG, user)
    user.set_password(LONG)
    user.save(update_fields=["password"])
    for wrong in (LONG[:64], LONG.upper(), f" {LONG}", f"{LONG} "):
        answer = Client().post("/sign-in/", {"login": user.email, "password": wrong})
        assert answer.status_code != 302, wrong
    assert Client().post("/sign-in/", {"login": user.email, "password": LONG}).status_code == 302


def test_every_password_field_is_masked_and_takes_what_is_pasted(cast: Brand) -> None:
    link = make_sign_in_link(
        actor=system_actor("test"),
        email=User.objects.get(id=cast.users["Ana"]).email,
        now=datetime.now(UTC),
    )
    setter = Client()
    setting = setter.get(setter.get(urlsplit(link).path)["Location"])
    client = client_of(cast, "Fay")
    pages = [Client().get("/sign-in/"), setting, client.get("/account/password/")]
    seen = 0
    for page in pages:
        shown = page.content.decode()
        secret = re.findall(r'<input[^>]*name="\w*password\d?"[^>]*>', shown)
        seen += len(secret)
        for field in secret:
            assert 'type="password"' in field, field
            assert "onpaste" not in field and 'autocomplete="off"' not in field, field
    assert seen == 6


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


def test_a_breach_of_the_policy_is_logged_by_its_rule_alone(
    cast: Brand, caplog: pytest.LogCaptureFixture
) -> None:
    told = {"csp-report": {"effective-directive": "script-src-elem", "document-uri": "/secret/"}}
    for body in (json.dumps(told), "{", '{"csp-report": []}', "[" * 9000, "x" * 20_000):
        answer = Client(enforce_csrf_checks=True).post(
            "/policy-report/", body, content_type="application/csp-report"
        )
        assert answer.status_code == 204
    for _ in range(LINES_PER_MINUTE):
        Client().post("/policy-report/", "{", content_type="application/csp-report")

    lines = [one.getMessage() for one in caplog.records if "its policy" in one.getMessage()]
    assert lines[0].endswith("script-src-elem") and lines[1].endswith("unknown")
    # A minute may have ended in between.
    assert len(lines) <= 2 * LINES_PER_MINUTE
    assert "secret" not in caplog.text
