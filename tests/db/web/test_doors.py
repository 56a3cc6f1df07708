"""What the doors refuse before anybody looks at what was asked: doubles, haste, no TLS, inventions."""

from __future__ import annotations

import io
import json
import logging
from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import BadHeaderError, EmailMessage
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.config.logs import json_formatter
from glassbox.models.people import User
from glassbox.web.handed_in import FILE_BYTES_AT_MOST
from glassbox.web.middleware import MANY_TIMES
from glassbox.web.pace import EXPORTS
from glassbox.web.urls import urlpatterns
from tests.cast import MFG
from tests.db.api.calling import call, token_of
from tests.db.web.test_permissions import LISTS

HERE = f"/l/{MAKER}"
MEGABYTE = 1024 * 1024


def client_of(brand: Brand, name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(id=brand.users[name]))
    return client


class Forms(HTMLParser):
    """The names that each form with method GET sends, as often as it sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[str]] = []
        self._is_get = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        if tag == "form":
            self._is_get = (said.get("method") or "get").lower() == "get"
            self.forms += [[]] if self._is_get else []
        is_field = tag in {"input", "select", "textarea"} and said.get("type") != "radio"
        if self._is_get and is_field and said.get("name"):
            self.forms[-1].append(str(said["name"]))

    def handle_endtag(self, tag: str) -> None:
        self._is_get = self._is_get and tag != "form"


def test_an_address_that_says_one_thing_twice_is_refused(cast: Brand) -> None:
    client = client_of(cast, "Fay")

    answer = client.get(f"{HERE}/packages/?view=active&view=all")
    called = call(token_of(cast, "Fay"), "packages?cursor=a&cursor=b")

    assert answer.status_code == 422
    assert "Say it once" in answer.content.decode()
    assert called.status_code == 400
    assert "twice" in called.json()["detail"]
    assert client.get(f"{HERE}/packages/?labels=1A4&labels=1A5").status_code == 200


def test_no_form_of_ours_says_one_thing_twice(cast: Brand) -> None:
    client, seen = client_of(cast, "Fay"), 0
    for address in LISTS:
        if ".csv" in address:
            continue
        forms = Forms()
        forms.feed(client.get(f"{HERE}/{address}").content.decode())
        for names in forms.forms:
            seen += 1
            doubled = {name for name in names if names.count(name) > 1}
            assert doubled <= MANY_TIMES, (address, doubled)
    assert seen > 5


def test_a_field_that_comes_twice_is_refused_and_a_secret_is_not_repeated(cast: Brand) -> None:
    answer = client_of(cast, "Ana").post(f"{HERE}/imports/new/tags/", {"text": ["Tag", "Item"]})

    assert answer.status_code == 422
    assert "Say it once" in answer.content.decode()


def test_a_person_who_asks_faster_than_people_do_waits(cast: Brand) -> None:
    with override_settings(PAGES_PER_MINUTE=3, EXPORTS_PER_MINUTE=1):
        client = client_of(cast, "Gus")
        first = [client.get(address).status_code for address in ("/both/", "/both/packages.csv")]
        export = client.get("/both/audit.csv")
        late = client.get("/both/")

    assert first == [200, 200]
    assert (export.status_code, late.status_code) == (429, 429)
    assert 1 <= int(late["Retry-After"]) <= 60
    assert "Wait" in late.content.decode()


def test_every_file_of_many_rows_is_counted_as_an_export() -> None:
    files = {
        str(one.name)
        for one in urlpatterns
        if isinstance(one, URLPattern) and str(one.pattern).endswith((".csv", "file/", "proofs/"))
    }

    # An empty sheet to fill in is no export.
    assert {name for name in files if "blank_sheet" not in name} <= EXPORTS


def test_without_tls_pages_are_led_to_it_and_systems_are_refused(cast: Brand) -> None:
    token = token_of(cast, "Fay")
    with override_settings(IS_PRODUCTION=True, SECURE_SSL_REDIRECT=True):
        plain = Client()
        page = plain.get("/sign-in/")
        called = call(token, "packages")
        hook = plain.post("/metrc/1/x/", data=b"", content_type="application/json")
        safe = plain.get(
            f"/api/v1/l/{MFG}/packages", secure=True, headers={"Authorization": f"Bearer {token}"}
        )

    assert page.status_code == 301 and page["Location"].startswith("https://")
    assert called.status_code == 400 and "https" in called.json()["detail"]
    assert hook.status_code == 403
    assert safe.status_code == 200


INVENTED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Original-URL": "/both/",
    "X-Rewrite-URL": "/both/",
    "X-HTTP-Method-Override": "DELETE",
    "X-Real-IP": "203.0.113.9",
    "Remote-User": "fay@goldenpoppy.example",
    "X-Remote-User": "fay@goldenpoppy.example",
}


def test_what_only_a_proxy_may_say_is_not_believed_of_a_visitor(cast: Brand) -> None:
    factory = RequestFactory()
    request = factory.get("/sign-in/", headers=INVENTED)
    answer = Client(headers=INVENTED).get(f"{HERE}/packages/")
    with override_settings(IS_PRODUCTION=True, SECURE_SSL_REDIRECT=True):
        called = Client(headers=INVENTED).get(f"/api/v1/l/{MFG}/packages")

    assert request.get_host() == "testserver"
    assert not request.is_secure()
    assert answer["Location"] == f"/sign-in/?next={HERE}/packages/"
    assert called.status_code == 400


@pytest.mark.parametrize(
    ("proxies", "said", "believed"),
    [
        (0, "203.0.113.9", "198.51.100.7"),
        (1, "203.0.113.9, 192.0.2.4", "192.0.2.4"),
        (2, "203.0.113.9, 192.0.2.4, 192.0.2.1", "192.0.2.4"),
    ],
)
def test_of_forwarded_addresses_only_our_own_proxies_count(
    proxies: int, said: str, believed: str
) -> None:
    request = RequestFactory().get(
        "/sign-in/", REMOTE_ADDR="198.51.100.7", headers={"X-Forwarded-For": said}
    )
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies):
        assert get_adapter().get_client_ip(request) == believed


def test_an_invented_address_opens_no_new_guesses(cast: Brand) -> None:
    statuses = [
        Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        .post("/sign-in/", {"login": f"nobody{number}@goldenpoppy.example", "password": "x"})
        .content.decode()
        for number in range(12)
    ]

    assert any("Too many" in one for one in statuses)


@pytest.mark.parametrize("megabytes", [5.1, 8])
def test_a_file_that_is_too_big_is_refused(cast: Brand, megabytes: float) -> None:
    content = b"%PDF-1.7\n" + b"0" * int(megabytes * MEGABYTE)
    assert len(content) > FILE_BYTES_AT_MOST
    sent = SimpleUploadedFile("big.pdf", content, content_type="application/pdf")
    answer = client_of(cast, "Ana").post(f"{HERE}/imports/new/tags/", {"file": sent, "text": ""})

    assert answer.status_code == 422
    assert "at most 5 MB" in answer.content.decode()


def test_a_body_that_is_too_big_is_refused_by_the_api(cast: Brand) -> None:
    body = json.dumps(
        {"kind": "package.create", "reason": "x" * 7 * MEGABYTE, "facts": {}}
    ).encode()

    answer = call(token_of(cast, "Fay"), "actions", body)

    assert answer.status_code == 413
    assert answer.json()["code"] == "request-entity-too-large"


@pytest.mark.parametrize("field", ["subject", "to", "from_email", "reply_to"])
def test_no_line_break_comes_into_a_mail(field: str) -> None:
    hostile = "fay@goldenpoppy.example\r\nBcc: evil@evil.example"
    value: Any = [hostile] if field in {"to", "reply_to"} else hostile
    named = {"subject": "Hello", "to": ["fay@goldenpoppy.example"], "body": "Hello", field: value}

    with pytest.raises(BadHeaderError):
        EmailMessage(**named).message()


def test_what_was_refused_is_logged_by_its_code_and_not_by_its_words(cast: Brand) -> None:
    told, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(told)
    handler.setFormatter(json_formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        client_of(cast, "Fay").get(f"{HERE}/packages/?view=nonsense-and-secrets")
        call(token_of(cast, "Fay"), "packages/nothing")
        call("glassbox_wrong", "packages")
        with override_settings(PAGES_PER_MINUTE=0):
            client_of(cast, "Fay").get(f"{HERE}/")
    finally:
        root.removeHandler(handler)
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    refused = {
        (one["event"], one["status"]): one for one in lines if one["event"].startswith("refused")
    }

    assert {
        ("refused: input.invalid", 422),
        ("refused: not-found", 404),
        ("refused: api.token-refused", 401),
        ("refused: web.too-fast", 429),
    } <= set(refused), set(refused)
    assert all(one["request"] and one["route"] for one in refused.values())
    assert "nonsense" not in told.getvalue()
