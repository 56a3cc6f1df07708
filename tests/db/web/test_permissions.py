"""Who may open which page: every list, as every kind of reader."""

from __future__ import annotations

import pytest
from django.test import Client

from glassbox.cli.demo_brand import MAKER, Brand
from tests.signed_in_client import client_of

LISTS = (
    "",
    "search/?text=1A4",
    "scan/?text=1A4060300000001000000455",
    "inspection/",
    "packs/",
    "inspectors/",
    "packages/",
    "packages/?view=all&text=oil",
    "packages.csv",
    "transfers/incoming/",
    "transfers/outgoing/",
    "actions/",
    "batches/",
    "lab/",
    "orders/",
    "alerts/",
    "alerts/channels/",
    "outage/",
    "cases/",
    "reconciliation/",
    "catalog/",
    "sync/",
    "takeover/",
    "imports/",
    "company/",
    "rules/",
    "actions/waves/",
    "audit/",
    "audit/chains/",
    "audit.csv",
)


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("name", ["Fay", "Ivy"])
def test_whoever_holds_a_role_may_look(cast: Brand, name: str, address: str) -> None:
    client = client_of(cast, name)

    for where in (f"/l/{MAKER}", "/both"):
        answer = client.get(f"{where}/{address}")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", LISTS)
def test_the_neighbour_finds_nothing_of_ours(cast: Brand, address: str) -> None:
    assert client_of(cast, "Nell").get(f"/l/{MAKER}/{address}").status_code == 404


@pytest.mark.parametrize("address", LISTS)
def test_a_stranger_is_sent_to_the_sign_in(cast: Brand, address: str) -> None:
    answer = Client().get(f"/l/{MAKER}/{address}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


def test_every_page_carries_the_policy_and_is_not_cached(cast: Brand) -> None:
    answer = client_of(cast, "Fay").get("/both/")

    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_view_is_refused_with_those_there_are(cast: Brand) -> None:
    answer = client_of(cast, "Fay").get(f"/l/{MAKER}/packages/?view=nonsense")

    assert answer.status_code == 422
    assert "Choose one of active" in answer.content.decode()


def test_a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words(
    cast: Brand,
) -> None:
    said = [
        Client().post("/sign-in/", {"login": email, "password": "nothing"})
        for email in ("fay@goldenpoppy.example", "nobody@goldenpoppy.example")
    ]

    assert [answer.status_code for answer in said] == [422, 422]
    assert all("are not correct" in answer.content.decode() for answer in said)
