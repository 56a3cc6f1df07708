"""Every address in a page begins with our own, and what comes into its query is encoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string

from glassbox.web.pages import broken
from tests.meta.source import ROOT

TEMPLATES = ROOT / "src/glassbox/web/templates"
WORDS = "href|src|action|formaction|hx-get|hx-post|hx-delete|data-href|data-pane"
ADDRESS = re.compile(rf'\b({WORDS})="((?:\{{[{{%].*?[}}%]\}}|[^"{{])*)"')
OURS = re.compile(r"/(?![/\\])|\?|#|\{% url |\{% static |$")
# Addresses that begin with a value: each is made by code that puts a path of ours in front.
MADE_BY_US = {
    "500.html href {{ path }}": "pages.broken() leaves one slash in front",
    "account/_confirm.html href {{ way.url }}": "reverse() of our own addresses",
    "account/password_reset_from_key.html action {{ action_url }}": "the address that was asked",
    "actions/_list.html action bulk/": "below the list",
    "actions/_pane.html hx-get {{ request.path }}": "an address that was found among ours",
    "actions/action.html hx-get {{ request.path }}": "an address that was found among ours",
    "flow_map/_flow.html href {{ light.address }}": "paths in queries/flow_map",
    "flow_map/flow.html hx-get {{ request.get_full_path }}": "Django keeps one slash in front",
    "labels/_unknown.html href {% if address|slice:':1' != '/' %}": "slashes are looked at",
    "packages/_others.html href {% if address|slice:':1' != '/' %}": "slashes are looked at",
    "mfa/totp/activate_form.html src {{ totp_svg_data_uri }}": "a picture made by us, base64",
    "search/_hits.html href {{ hit.address }}": "Question.place() puts the licence in front",
}
# In a query without |urlencode: numbers, words of the code, and what urlencode() made in Python.
ENCODED = {"query", "address", "view.query", "row.id", "row.user_id", "order.row.id", "older"}
ENCODED |= {"view", "state", "actions.filter.view", "actions.page|add:-1", "actions.page|add:1"}
HOSTILE = '"><script>alert(1)</script>&view=all#x'


def addresses(text: str) -> Iterator[tuple[str, str]]:
    for found in ADDRESS.finditer(text):
        yield found[1], found[2]


def foreign_beginnings(name: str, text: str) -> Iterator[str]:
    """Yield each address that begins with a value, and for which no reason is given."""
    for attribute, address in addresses(text):
        said = f"{name} {attribute} {address}"
        if not OURS.match(address) and not any(said.startswith(one) for one in MADE_BY_US):
            yield said


def unencoded_queries(name: str, text: str) -> Iterator[str]:
    """Yield each value that comes into a query as it is."""
    for _, address in addresses(text):
        for value in re.findall(r"\{\{\s*([^}]+?)\s*\}\}", address.partition("?")[2]):
            if "|urlencode" not in value and value not in ENCODED:
                yield f"{name}: {address}: {value}"


def test_every_address_of_every_page_begins_with_ours_and_its_query_is_encoded() -> None:
    found, seen = [], 0
    for template in sorted(TEMPLATES.rglob("*.html")):
        name, text = template.relative_to(TEMPLATES).as_posix(), template.read_text()
        seen += len(list(addresses(text)))
        found += [*foreign_beginnings(name, text), *unencoded_queries(name, text)]

    assert seen > 200
    assert found == []


@pytest.mark.parametrize("address", ["{{ typed }}", "javascript:x()", "//evil.example/", "data:x"])
def test_the_check_sees_a_foreign_address(address: str) -> None:
    assert list(foreign_beginnings("x.html", f'<a href="{address}">x</a>'))


def test_the_check_sees_an_unencoded_value() -> None:
    assert list(unencoded_queries("x.html", '<a href="/l/?text={{ typed }}">x</a>'))


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attributes if name in {"href", "src"}]


@pytest.mark.parametrize("key", ["sources", "production_batch_number", "label"])
def test_hostile_goods_become_no_markup_and_no_other_address(key: str) -> None:
    row = SimpleNamespace(
        label=HOSTILE,
        license_number="CDPH-19990001",
        sources=(HOSTILE,),
        source_count=1,
        production_batch_number=HOSTILE,
    )
    links = Links()
    links.feed(render_to_string("packages/_cell.html", {"key": key, "row": row, "slug": "both"}))

    assert links.tags <= {"a", "button", "span"}
    (link,) = links.links
    assert link.startswith(("/both/scan/?text=", "?view=all&batch=", "/l/CDPH-19990001/packages/"))
    if key != "label":
        # One value of one name: neither a second name nor a fragment comes of it.
        assert link.count("=") == len(re.findall(r"[?&]\w+=", link)) <= 2
        assert "#" not in link and "<" not in link


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example"])
def test_the_page_of_an_error_leads_to_no_other_machine(path: str) -> None:
    request = HttpRequest()
    request.path = path
    links = Links()
    links.feed(broken(request).content.decode())  # type: ignore[arg-type]

    assert all(re.match(r"/(?![/\\])", one) for one in links.links), links.links
