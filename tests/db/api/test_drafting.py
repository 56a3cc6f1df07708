"""Drafting over the API: the same rules as on the pages, each write once, and no approval."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import RegulatedAction
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_kinds.registry import ACTION_KINDS
from glassbox.rules.api_tokens import Scope
from tests.cast import DIST, MFG, NEIGHBOR, tag
from tests.db.actions.story import OIL, put_oil, split
from tests.db.api.calling import call, said, token_of
from tests.db.conftest import Events


@pytest.fixture
def token(cast: Brand) -> str:
    put_oil(cast, datetime.now(UTC).replace(microsecond=0))
    return token_of(cast, "Ana")


def a_split(number: int = 455, **more: Any) -> dict[str, Any]:
    return {
        "kind": "package.create",
        "facts": {"packages": [split(number)]},
        "reason": "A smaller package for the filler",
        **more,
    }


def actions(brand: Brand) -> int:
    with short_transaction(brand.licenses[MFG]):
        return RegulatedAction.objects.count()


def test_a_draft_goes_on_to_review_and_back(cast: Brand, token: str, events: Events) -> None:
    (found,) = said(call(token, "actions", a_split()), 201)
    here = f"actions/{found['action']['id']}"
    assert found["action"]["drafted_by"] == "Ana"
    assert found["action"]["state"] == "DRAFT"

    said(call(token, f"{here}/comments", {"comment": "From the warehouse"}), 200)
    assert said(call(token, f"{here}/review", {}), 200)["action"]["state"] == "IN_REVIEW"
    assert said(call(token, f"{here}/review", {}), 409)["code"] == "action.move-not-allowed"
    ended = said(call(token, f"{here}/withdraw", {"comment": "Not needed"}), 200)
    assert ended["action"]["state"] == "WITHDRAWN"
    assert ended["comments"][0]["comment"] == "From the warehouse"
    assert events("action.withdrawn") == ["Not needed"]


def test_many_rows_become_several_sends(cast: Brand, token: str) -> None:
    body = a_split()
    body["facts"] = {"packages": [split(455 + number, "10") for number in range(25)]}

    drafted = said(call(token, "actions", body), 201)

    assert [len(one["facts"]["packages"]) for one in drafted] == [10, 10, 5]


def test_a_key_is_used_once(cast: Brand, token: str) -> None:
    first = said(call(token, "actions", a_split(), key="order-77"), 201)
    again = call(token, "actions", a_split(), key="order-77")

    assert [one["action"]["id"] for one in said(again, 201)] == [first[0]["action"]["id"]]
    assert again["Idempotency-Replayed"] == "true"
    problem = said(call(token, "actions", a_split(456), key="order-77"), 422)
    assert problem["code"] == "api.key-of-other-request"
    assert "order-77" in problem["detail"]
    assert actions(cast) == 1
    for key in ("", "x" * 101, "käse"):
        assert said(call(token, "actions", a_split(457), key=key), 422)["errors"]


def test_a_refused_write_leaves_its_key_free(cast: Brand, token: str) -> None:
    wrong = a_split()
    wrong["facts"]["packages"][0]["quantity"] = "many"

    problem = said(call(token, "actions", wrong, key="k"), 422)

    assert problem["errors"][0]["field"] == "packages[0].quantity"
    said(call(token, "actions", a_split(), key="k"), 201)


def test_two_with_one_key_at_once_draft_once(cast: Brand, token: str) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.append(call(token, "actions", a_split(), key="twice").status_code)
        connection.close()

    both = [threading.Thread(target=ask) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert answers == [201] * 4
    assert actions(cast) == 1


def test_the_auditors_token_is_refused_at_every_write_and_that_is_remembered(
    cast: Brand, token: str, events: Events
) -> None:
    (found,) = said(call(token, "actions", a_split()), 201)
    here = f"actions/{found['action']['id']}"
    ivy = token_of(cast, "Ivy", Scope.READ)
    for address, body in (
        ("actions", a_split(456)),
        (f"{here}/comments", {"comment": "x"}),
        (f"{here}/review", {}),
        (f"{here}/withdraw", {"comment": "x"}),
    ):
        assert said(call(ivy, address, body), 403)["code"] == "access.not-permitted"

    assert len(events("access.denied")) == 4
    assert said(call(token, here), 200)["action"]["state"] == "DRAFT"


def test_nobody_drafts_at_or_about_what_is_not_theirs(cast: Brand, token: str) -> None:
    (found,) = said(call(token, "actions", a_split()), 201)
    nell = token_of(cast, "Nell", number=NEIGHBOR)
    for address in ("comments", "withdraw"):
        about = f"actions/{found['action']['id']}/{address}"
        said(call(nell, about, {"comment": "mine"}, number=NEIGHBOR), 404)
    said(call(nell, "actions", a_split(456)), 401)
    dee = token_of(cast, "Dee", number=DIST)
    said(call(dee, f"actions/{found['action']['id']}/review", {}, number=DIST), 404)


def test_an_action_belongs_to_nothing_that_is_not_there(cast: Brand, token: str) -> None:
    for link in ("transfer", "batch", "order"):
        problem = said(call(token, "actions", a_split(**{f"{link}_id": 999_999})), 404)
        assert problem["detail"] == f"There is no such {link} here."
    assert actions(cast) == 0


def test_what_is_no_request_is_refused_and_nothing_breaks(cast: Brand, token: str) -> None:
    for body, status in (
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"kind": "a", "kind": "b", "facts": {}, "reason": "x"}', 400),
        (b'{"kind": NaN, "facts": {}, "reason": "x"}', 400),
        (b'{"kind": "a\\u0000", "facts": {}, "reason": "x"}', 400),
        (b'{"kind": "a", "facts": {"\\ud800": 1}, "reason": "x"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"kind": "nothing", "facts": {}, "reason": "x"}', 422),
        (b'{"kind": "package.adjust", "facts": {}, "reason": "x", "spelt": 1}', 422),
        (b'{"kind": "package.adjust", "facts": {}, "reason": "x", "batch_id": 1.5}', 422),
    ):
        assert said(call(token, "actions", body), status)["detail"]
    assert actions(cast) == 0


def test_numbers_no_scale_shows_are_refused_by_name(cast: Brand, token: str) -> None:
    for number in ("1e99999", "1" * 400, "0.0000000000001", "-5", "NaN"):
        body = a_split()
        body["facts"]["packages"][0]["quantity"] = number
        assert "quantity" in said(call(token, "actions", body), 422)["errors"][0]["field"]


def test_facts_of_any_kind_that_are_no_facts_are_refused(cast: Brand, token: str) -> None:
    for kind in ACTION_KINDS:
        for facts in ({"label": OIL}, {"packages": [None], "labels": tag(9), "rows": 3}):
            body = {"kind": kind, "facts": facts, "reason": "Nonsense"}
            assert said(call(token, "actions", body), 422)["detail"]
