"""An inspector as a guest: one licence, some days, read only, and every page they see remembered."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.inspectors import end_inspector, invite_inspector
from glassbox.queries.inspectors import inspector_rows
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_package
from tests.cast import DIST, MFG, NEIGHBOR, person, tag
from tests.db.web.test_every_address import ALL, OWN_ACTS, event_count
from tests.signed_in_client import client_of

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = (NOW - timedelta(hours=8)).date()
EMAIL, PASSWORD = "moreno@dcc.example", "a long walk in the rain"


# The link of each guest who was let in and has not come yet, by e-mail.
LINKS: dict[str, str] = {}


def invite(cast: Brand, name: str = "Fay", number: str = MFG, **said: Any) -> None:
    LINKS[EMAIL] = invite_inspector(
        actor=person(cast, name),
        license_id=cast.licenses[number],
        now=NOW,
        **{
            "name": "Inspector Moreno",
            "email": EMAIL,
            "last_day": TODAY + timedelta(days=3),
            "reason": "A routine visit of DCC",
            **said,
        },
    )


def set_password(link: str, password: str) -> HttpResponse:
    client = Client()
    form = client.get(link, follow=True)
    place = form.redirect_chain[-1][0] if form.redirect_chain else link
    return client.post(place, {"password1": password, "password2": password})  # type: ignore[return-value]


def signed_in(email: str = EMAIL, password: str = PASSWORD) -> Client:
    if email in LINKS:
        assert set_password(LINKS.pop(email), password).status_code == 302
    client = Client()
    assert client.post("/sign-in/", {"login": email, "password": password}).status_code == 302
    return client


def seen(cast: Brand, number: str = MFG) -> list[str]:
    return [event["subject"] for event in events_of(cast.licenses[number], "page.seen")]


def test_a_guest_reads_one_licence_under_a_watermark_and_each_page_is_remembered_once(
    cast: Brand,
) -> None:
    put_package(cast.licenses[MFG], tag(455), 4000, now=NOW)
    invite(cast)
    guest = signed_in()

    for _ in range(3):
        page = guest.get(f"/l/{MFG}/packages/{tag(455)}/").content.decode()
    assert "4,000 g" in page
    assert "watermark" in page and "Inspector Moreno" in page and "read only until" in page
    assert guest.get(f"/l/{MFG}/audit/?type=page.seen").status_code == 200
    assert seen(cast) == [f"page:/l/{MFG}/packages/{tag(455)}/", f"page:/l/{MFG}/audit/"]
    again = signed_in()
    again.get(f"/l/{MFG}/audit/")
    assert len(seen(cast)) == 3, "another sign-in is another look"
    assert "watermark" not in client_of(cast, "Ivy").get(f"/l/{MFG}/").content.decode()
    assert len(seen(cast)) == 3


def test_a_page_that_could_not_be_remembered_is_not_shown(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    invite(cast)
    guest = signed_in()
    guest.raise_request_exception = False
    cast_superuser.execute("REVOKE EXECUTE ON FUNCTION audit.append FROM glassbox_app")

    answer = guest.get(f"/l/{MFG}/packages/")

    assert answer.status_code == 500
    assert b"Packages" not in answer.content


def test_other_licences_do_not_exist_for_a_guest(cast: Brand) -> None:
    invite(cast)
    guest = signed_in()

    assert guest.get(f"/l/{DIST}/packages/").status_code == 404
    assert guest.get(f"/l/{NEIGHBOR}/packages/").status_code == 404
    both = guest.get("/both/audit/").content.decode()
    assert DIST not in both and MFG in both
    assert seen(cast, DIST) == []


def test_a_guest_who_presses_every_button_changes_nothing(cast: Brand) -> None:
    invite(cast)
    guest = signed_in()
    before = event_count(cast)
    for name, address in ALL:
        if name in OWN_ACTS:
            continue
        status = guest.post(address).status_code
        assert status in (200, 403, 404, 405, 422), f"{name}: {status}"

    assert event_count(cast) == before + len(seen(cast))
    denied = events_of(cast.licenses[MFG], "access.denied")
    assert len(denied) > 50
    assert {event["actor"]["id"] for event in denied} == {User.objects.get(email=EMAIL).pk}


def test_no_address_breaks_for_a_guest(cast: Brand) -> None:
    invite(cast)
    guest = signed_in()
    for name, address in ALL:
        if name in OWN_ACTS:
            continue
        status = guest.get(address).status_code
        assert status in (200, 302, 404, 405), f"{name}: {status}"


def test_the_access_ends_by_itself_and_by_the_compliance_manager(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    invite(cast)
    guest, fay = signed_in(), client_of(cast, "Fay")
    listed = fay.get(f"/l/{MFG}/inspectors/").content.decode()
    assert "End access now: Inspector Moreno" in listed
    (row,) = inspector_rows(
        actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],), now=NOW
    ).rows
    assert fay.post(f"/l/{MFG}/inspectors/{row.grant_id}/end/").status_code == 302

    assert guest.get(f"/l/{MFG}/packages/").status_code == 404
    assert events_of(cast.licenses[MFG], "inspector.ended")
    with pytest.raises(NotFound):
        end_inspector(
            actor=person(cast, "Fay"),
            license_id=cast.licenses[MFG],
            grant_id=row.grant_id,
            now=datetime.now(UTC),
        )
    invite(cast)
    assert guest.get(f"/l/{MFG}/packages/").status_code in (200, 302)
    cast_superuser.execute(
        "UPDATE roles SET valid_from = now() - interval '2 days',"
        " valid_until = now() - interval '1 second' WHERE role = 'INSPECTOR'"
    )
    assert signed_in().get(f"/l/{MFG}/packages/").status_code == 404


def test_the_link_works_once_and_whoever_lets_them_in_knows_no_password(cast: Brand) -> None:
    invite(cast)
    link = LINKS.pop(EMAIL)
    assert not User.objects.get(email=EMAIL).has_usable_password()

    weak = set_password(link, "password1234")
    taken = set_password(link, PASSWORD)
    again = set_password(link, "another walk in the rain")

    assert "common" in weak.content.decode()
    assert taken.status_code == 302
    assert again.status_code != 302
    assert Client().post("/sign-in/", {"login": EMAIL, "password": PASSWORD}).status_code == 302
    # Let in anew: the old password opens nothing.
    invite(cast)
    assert Client().post("/sign-in/", {"login": EMAIL, "password": PASSWORD}).status_code == 422
    assert LINKS.pop(EMAIL) != link


def test_an_invitation_is_an_event_and_its_password_is_nowhere(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    invite(cast)
    link = LINKS[EMAIL]
    signed_in()

    (event,) = events_of(cast.licenses[MFG], "inspector.invited")
    assert event["actor"]["id"] == cast.users["Fay"]
    assert link not in str(event) and EMAIL not in str(event) and "Moreno" not in str(event)
    for table in ("audit_openings", "users"):
        (count,) = cast_superuser.execute(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{PASSWORD}%"]
        ).fetchone() or (0,)
        assert count == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"last_day": TODAY - timedelta(days=1)}, "from today on"),
        ({"last_day": TODAY + timedelta(days=40)}, "30 days ahead"),
        ({"email": "fay@goldenpoppy.example"}, "somebody else"),
        ({"email": "nell@neighboredibles.example"}, "somebody else"),
        ({"email": "no address"}, "address such as"),
        ({"reason": " "}, "a name and a reason"),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_is_let_in(
    cast: Brand, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        invite(cast, **said)
    assert events_of(cast.licenses[MFG], "inspector.invited") == []
    rows = inspector_rows(actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],), now=NOW)
    assert rows.rows == ()


def test_only_who_answers_for_the_licence_lets_inspectors_in(cast: Brand) -> None:
    for name in ("Ana", "Ivy"):
        with pytest.raises(NotPermitted):
            invite(cast, name)
    with pytest.raises(NotFound):
        invite(cast, "Nell")
    form = client_of(cast, "Ana").get(f"/l/{MFG}/inspectors/new/").content.decode()
    assert "may not do this" in form


def test_the_form_lets_an_inspector_in_and_shows_the_link_once(cast: Brand) -> None:
    fay = client_of(cast, "Fay")
    typed = {
        "name": "Inspector Moreno",
        "email": EMAIL,
        "last_day": date.isoformat(TODAY + timedelta(days=2)),
        "reason": "",
    }
    refused = fay.post(f"/l/{MFG}/inspectors/new/", typed)
    done = fay.post(f"/l/{MFG}/inspectors/new/", {**typed, "reason": "A routine visit"})

    assert refused.status_code == 422
    assert EMAIL in refused.content.decode()
    assert done.status_code == 200
    (link,) = re.findall(r'value="\S*(/sign-in/password/[^"]+)"', done.content.decode())
    listed = fay.get(f"/l/{MFG}/inspectors/").content.decode()
    assert "Inspector Moreno" in listed and link not in listed
    LINKS[EMAIL] = link
    signed_in()
