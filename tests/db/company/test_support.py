"""The vendor's support: in by the owner alone, for some hours, reading, and every page remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import RoleGrant, User
from glassbox.operations.api_tokens import make_token
from glassbox.operations.company import OnlyFromTheMachine
from glassbox.operations.roles import grant_role
from glassbox.operations.support import add_support_person, admit_support, end_support
from glassbox.operations.transaction import short_transaction
from glassbox.queries.inspectors import support_rows
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.api_tokens import Scope
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of
from tests.cast import DIST, MFG, NEIGHBOR, person
from tests.db.web.test_every_address import ALL, OWN_ACTS, event_count

NOW = datetime.now(UTC).replace(microsecond=0)
EMAIL = "sam@glassbox-support.example"


@pytest.fixture
def sam(cast: Brand) -> int:
    return add_support_person(actor=system_actor("set-up"), email=EMAIL, name="Sam", now=NOW)


def admit(cast: Brand, name: str = "Owen", number: str = MFG, **said: Any) -> int:
    return admit_support(
        actor=person(cast, name),
        license_id=cast.licenses[number],
        now=NOW,
        **{"email": EMAIL, "hours": 4, "reason": "The sync of transfers stands still", **said},
    )


def client_of(user_id: int) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(id=user_id))
    return client


def test_support_finds_nothing_until_the_owner_says_so(cast: Brand, sam: int) -> None:
    support = client_of(sam)

    for number in (MFG, DIST, NEIGHBOR):
        assert support.get(f"/l/{number}/").status_code == 404
    assert support.get("/both/packages/").status_code == 200
    assert MFG not in support.get("/both/packages/").content.decode()


def test_support_reads_one_licence_and_each_page_is_an_event(cast: Brand, sam: int) -> None:
    admit(cast)
    support = client_of(sam)

    page = support.get(f"/l/{MFG}/packages/").content.decode()

    assert "watermark" in page and "read only until" in page
    assert support.get(f"/l/{DIST}/packages/").status_code == 404
    (admitted,) = events_of(cast.licenses[MFG], "support.admitted")
    assert admitted["actor"]["id"] == cast.users["Owen"]
    assert admitted["body"]["until"] == (NOW + timedelta(hours=4)).isoformat()
    (seen,) = events_of(cast.licenses[MFG], "page.seen")
    assert (seen["subject"], seen["actor"]["id"]) == (f"page:/l/{MFG}/packages/", sam)
    owner = client_of(cast.users["Owen"]).get(f"/l/{MFG}/company/installation/").content.decode()
    assert EMAIL in owner and "End access now" in owner
    assert f"Sam at {MFG}" in owner, "whoever holds a role from outside is named"
    assert "Nobody of the vendor" not in owner
    people = client_of(cast.users["Owen"]).get(f"/l/{MFG}/company/people/").content.decode()
    assert "Roles in force" in people and EMAIL not in people


def test_support_that_presses_buttons_changes_nothing(cast: Brand, sam: int) -> None:
    admit(cast)
    support = client_of(sam)
    before = event_count(cast)
    for name, address in ALL[::6]:
        if name in OWN_ACTS:
            continue
        status = support.post(address).status_code
        assert status in (200, 403, 404, 405, 422), f"{name}: {status}"

    pages = len(events_of(cast.licenses[MFG], "page.seen"))
    assert event_count(cast) == before + pages
    with pytest.raises(NotPermitted):
        make_token(
            actor=Actor(user_id=sam, name="Sam", via="web", session=None),
            license_id=cast.licenses[MFG],
            name="A copy",
            scopes=(Scope.READ,),
            last_day=NOW.date(),
            now=NOW,
        )


@pytest.mark.parametrize("name", ["Fay", "Ana", "Ivy"])
def test_only_the_owner_lets_support_in_and_the_vendor_never_does(
    cast: Brand, sam: int, name: str
) -> None:
    with pytest.raises(NotPermitted):
        admit(cast, name)
    with pytest.raises(NotFound):
        admit(cast, "Nell")
    with pytest.raises(OnlyFromTheMachine):
        add_support_person(
            actor=person(cast, name), email="other@vendor.example", name="Other", now=NOW
        )
    with pytest.raises(InvalidInput):
        grant_role(
            actor=system_actor("set-up"),
            license_id=cast.licenses[MFG],
            user_id=sam,
            role="SUPPORT",
            now=NOW,
        )
    assert RoleGrant.objects.filter(user_id=sam).count() == 0


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"hours": 0}, "Hours"),
        ({"hours": 73}, "Hours"),
        ({"email": "fay@goldenpoppy.example"}, "E-mail"),
        ({"email": "nobody@vendor.example"}, "E-mail"),
        ({"reason": "  "}, "Reason"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    cast: Brand, sam: int, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        admit(cast, **said)

    assert refusal.value.field == field


def test_access_ends_by_itself_and_by_a_press(cast: Brand, sam: int) -> None:
    first = admit(cast)
    second = admit(cast, hours=1)
    support, owner = client_of(sam), client_of(cast.users["Owen"])
    assert support.get(f"/l/{MFG}/").status_code == 200
    with short_transaction(cast.licenses[MFG]):
        assert RoleGrant.objects.get(id=first).valid_until == NOW

    pressed = owner.post(f"/l/{MFG}/company/support/{second}/end/")

    assert pressed.status_code == 302
    assert support.get(f"/l/{MFG}/").status_code == 404
    assert len(events_of(cast.licenses[MFG], "support.ended")) == 1
    with pytest.raises(NotFound):
        end_support(
            actor=person(cast, "Owen"),
            license_id=cast.licenses[MFG],
            grant_id=second,
            now=datetime.now(UTC),
        )
    third = admit(cast)
    with short_transaction(cast.licenses[MFG]):
        RoleGrant.objects.filter(id=third).update(valid_until=datetime.now(UTC))
    assert support.get(f"/l/{MFG}/").status_code == 404
    found = support_rows(
        actor=person(cast, "Owen"), license_ids=(cast.licenses[MFG],), now=datetime.now(UTC)
    )
    assert [row.is_in_force for row in found.rows] == [False, False, False]
