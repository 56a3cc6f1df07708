"""API tokens: whose they are, what they open, how they end, and that none ever approves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.test import Client, override_settings

from glassbox import access
from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.actions.review import approve_action
from glassbox.operations.api_tokens import TokenRefused, make_token, revoke_token, use_token
from glassbox.operations.user_reviews import deactivate_person
from glassbox.queries.api_tokens import token_list
from glassbox.rules.api_tokens import SCOPE_PERMISSIONS, Scope
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.cast import DIST, MFG, NEIGHBOR, person
from tests.db.actions.story import draft, put_oil, review
from tests.db.api.calling import call, said, token_of
from tests.db.conftest import Events
from tests.db.web.signing_in import code_of, signed_in

NOW = datetime.now(UTC)


def test_a_token_is_kept_as_a_hash_and_each_step_is_an_event(
    cast: Brand, cast_superuser: psycopg.Connection, events: Events
) -> None:
    text = token_of(cast, "Ana")
    (row,) = token_list(
        actor=person(cast, "Ana"), license_ids=(cast.licenses[MFG],), now=datetime.now(UTC)
    ).rows

    everything = cast_superuser.execute("SELECT t::text FROM api_tokens t").fetchall()
    assert text not in repr(everything)
    assert text.endswith(row.last_four)
    revoke_token(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        token_id=row.id,
        now=datetime.now(UTC),
    )
    assert said(call(text, "token"), 401)["code"] == "api.token-refused"
    assert events("token.made") == ["API token for Warehouse system"]
    assert events("token.revoked") == ["The API token for Warehouse system was revoked"]


def test_a_token_opens_one_licence_and_no_other(cast: Brand) -> None:
    text = token_of(cast, "Dee")

    assert said(call(text, "token"), 200)["license_number"] == MFG
    for number in (DIST, NEIGHBOR, "NOWHERE-1"):
        assert said(call(text, "token", number=number), 401)["code"] == "api.token-refused"


def test_without_a_token_in_force_nothing_opens(cast: Brand) -> None:
    for token in ("", "glassbox_x", "x" * 5000):
        answer = call(token, "packages")
        assert said(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_session_of_a_browser_opens_nothing(cast: Brand) -> None:
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Fay"]))

    assert client.get(f"/api/v1/l/{MFG}/packages").status_code == 401


def test_a_token_ends_with_its_last_day_and_with_its_holder(cast: Brand) -> None:
    text = token_of(cast, "Ana")
    for later, works in ((timedelta(days=29), True), (timedelta(days=33), False)):
        if works:
            assert use_token(license_number=MFG, text=text, now=NOW + later)
        else:
            with pytest.raises(TokenRefused):
                use_token(license_number=MFG, text=text, now=NOW + later)
    deactivate_person(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        user_id=cast.users["Ana"],
        reason="Left the company",
        now=datetime.now(UTC),
    )
    said(call(text, "token"), 401)


def test_a_token_carries_no_more_than_its_maker_may(cast: Brand) -> None:
    with pytest.raises(InvalidInput, match="does not let you read the events"):
        token_of(cast, "Ana", Scope.EVENTS)
    with pytest.raises(InvalidInput, match="Choose among"):
        token_of(cast, "Ana", "approve")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        token_of(cast, "Nell")
    with pytest.raises(InvalidInput, match="366 days ahead"):
        make_token(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            name="Forever",
            scopes=["read"],
            last_day=(NOW + timedelta(days=400)).date(),
            now=NOW,
        )


def test_no_scope_approves_reviews_signs_or_manages() -> None:
    carried = frozenset().union(*SCOPE_PERMISSIONS.values())

    assert carried == {
        Permission.PACKAGE_READ,
        Permission.AUDIT_READ,
        Permission.ACTION_DRAFT,
        Permission.ACTION_WITHDRAW,
    }


def test_even_the_operation_itself_refuses_an_approval_by_a_token(cast: Brand) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    action_id = draft(cast, now)
    review(cast, now, action_id)
    use = use_token(license_number=MFG, text=token_of(cast, "Fay", *Scope), now=datetime.now(UTC))

    with pytest.raises(NotPermitted):
        approve_action(
            actor=use.actor,
            license_id=cast.licenses[MFG],
            action_id=action_id,
            now=now,
        )
    # Fay herself holds roles at both; her token knows nothing of the other one.
    assert access.license_ids_of(use.actor) == (cast.licenses[MFG],)


def test_nobody_but_its_holder_or_the_owner_revokes_a_token(cast: Brand) -> None:
    token_of(cast, "Ana")
    here = {"license_id": cast.licenses[MFG], "now": datetime.now(UTC)}
    rows = token_list(
        actor=person(cast, "Ben"), license_ids=(cast.licenses[MFG],), now=datetime.now(UTC)
    ).rows
    assert [row.may_revoke for row in rows] == [False]

    with pytest.raises(NotPermitted):
        revoke_token(actor=person(cast, "Ben"), token_id=rows[0].id, **here)  # type: ignore[arg-type]
    revoke_token(actor=person(cast, "Owen"), token_id=rows[0].id, **here)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        revoke_token(actor=person(cast, "Owen"), token_id=rows[0].id, **here)  # type: ignore[arg-type]


def test_the_calls_of_a_minute_are_counted_over_every_process(cast: Brand) -> None:
    text, other = token_of(cast, "Ana"), token_of(cast, "Ana")
    with override_settings(API_CALLS_PER_MINUTE=3):
        left = [call(text, "token")["RateLimit-Remaining"] for _ in range(3)]
        refused = call(text, "token")

        assert left == ["2", "1", "0"]
        assert said(refused, 429)["code"] == "api.calls-used-up"
        assert 1 <= int(refused["Retry-After"]) <= 60
        said(call(other, "token"), 200)
    used = use_token(license_number=MFG, text=text, now=datetime.now(UTC) + timedelta(seconds=61))
    assert used.wait_seconds == 0


@pytest.mark.usefixtures("strict")
def test_the_page_asks_for_a_fresh_proof_and_shows_the_token_once(cast: Brand) -> None:
    client, _, secret = signed_in(cast, "Ana")
    address = f"/l/{MFG}/company/tokens/new/"
    typed = {
        "name": "Warehouse system",
        "scopes": ["read", "draft"],
        "last_day": (NOW + timedelta(days=9)).date().isoformat(),
    }
    asked = client.post(address, typed)
    if asked.status_code == 403:
        assert "I let another system act in my name" in asked.content.decode()
        asked = client.post(address, {**typed, "sign-code": code_of(secret, steps=1)})

    shown = asked.content.decode()
    text = shown.partition('value="glassbox_')[2].partition('"')[0]
    assert text
    said(call(f"glassbox_{text}", "token"), 200)
    listed = client.get(f"/l/{MFG}/company/tokens/").content.decode()
    assert "Warehouse system" in listed
    assert text not in listed
