"""Whoever answers for users ends the sessions of somebody else, and nobody beyond their company."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.operations.sign_in import end_sessions
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.cast import MFG, person
from tests.db.conftest import Events
from tests.db.web.signing_in import signed_in

NOW = datetime.now(UTC).replace(microsecond=0)


def end(brand: Brand, who: str, whom: str, reason: str = "The tablet was lost") -> int:
    return end_sessions(
        actor=person(brand, who),
        license_id=brand.licenses[MFG],
        user_id=brand.users[whom],
        reason=reason,
        now=NOW,
    )


@pytest.mark.usefixtures("strict")
def test_an_owner_signs_somebody_out_everywhere_on_their_page(cast: Brand, events: Events) -> None:
    ana, _, _ = signed_in(cast, "Ana")
    owner, _, _ = signed_in(cast, "Owen")
    assert ana.get("/both/").status_code == 200
    address = f"/l/{MFG}/company/people/{cast.users['Ana']}/sign-out/"
    assert address in owner.get(f"/l/{MFG}/company/people/").content.decode()
    shown = owner.get(address).content.decode()

    pressed = owner.post(address, {"reason": "The tablet was lost"})

    assert "Sign Ana out everywhere" in shown and "Since" in shown
    assert pressed.status_code == 302
    assert ana.get("/both/")["Location"].startswith("/sign-in/")
    assert owner.get("/both/").status_code == 200
    assert "The tablet was lost" in events("session.ended")
    assert "signed in nowhere" in owner.get(address).content.decode()


def test_only_who_answers_for_users_may_and_only_here(cast: Brand) -> None:
    with pytest.raises(NotPermitted):
        end(cast, "Ana", "Fay")
    with pytest.raises(NotFound):
        end(cast, "Nell", "Ana")
    with pytest.raises(NotFound):
        end(cast, "Owen", "Nell")
    with pytest.raises(InvalidInput, match="reason"):
        end(cast, "Owen", "Ana", " ")


def test_nobody_is_signed_in_without_having_signed_in(cast: Brand) -> None:
    assert Client().get("/both/").status_code == 302
    assert end(cast, "Owen", "Ana") == 0
