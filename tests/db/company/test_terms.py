"""The terms of use: accepted by an owner, for exactly the text in force, or nothing is written."""

from __future__ import annotations

from datetime import datetime

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import Company, License
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.operations.takeover.switch import propose_live, switch_writing_on
from glassbox.operations.terms import TermsAccepted, TermsNotAccepted, accept_terms
from glassbox.rules.terms import RESPONSIBILITY, TERMS_VERSION, terms_sha256
from glassbox.rules.verdicts import InvalidInput
from tests.builders import events_of
from tests.cast import DIST, MFG, person
from tests.db.actions.story import draft, put_oil
from tests.signed_in_client import client_of


def forget(brand: Brand, sha256: str = "") -> None:
    company_id = License.objects.get(id=brand.licenses[MFG]).company_id
    Company.objects.filter(id=company_id).update(terms_version="2020-01", terms_sha256=sha256)


def accept(brand: Brand, now: datetime, name: str = "Owen", sha256: str = "") -> None:
    accept_terms(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        sha256=sha256 or terms_sha256(),
        now=now,
    )


def test_an_owner_accepts_and_the_ledger_says_which_text(cast: Brand, frozen_now: datetime) -> None:
    forget(cast)
    accept(cast, frozen_now)

    newest = events_of(cast.licenses[MFG], "terms.accepted")[-1]
    assert newest["body"] == {"version": TERMS_VERSION, "sha256": terms_sha256()}
    assert (newest["prev_state"], newest["new_state"]) == ("2020-01", TERMS_VERSION)
    with pytest.raises(TermsAccepted):
        accept(cast, frozen_now)


def test_nobody_else_accepts_and_no_other_text(cast: Brand, frozen_now: datetime) -> None:
    forget(cast)
    for name in ("Fay", "Ivy", "Ana"):
        with pytest.raises(NotPermitted):
            accept(cast, frozen_now, name)
    with pytest.raises(InvalidInput, match="changed"):
        accept(cast, frozen_now, sha256="0" * 64)


def test_without_acceptance_nothing_is_approved_and_writing_is_not_switched_on(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    license_id = cast.licenses[MFG]
    send_for_review(
        actor=person(cast, "Ana"), license_id=license_id, action_id=action_id, now=frozen_now
    )
    forget(cast, terms_sha256())

    with pytest.raises(GatesBlocked) as refused:
        approve_action(
            actor=person(cast, "Ben"),
            license_id=license_id,
            action_id=action_id,
            payload_sha256=_sha256_of(cast, action_id),
            now=frozen_now,
        )
    assert "action.terms-not-accepted" in {one.code for one in refused.value.findings}
    with pytest.raises(TermsNotAccepted):
        propose_live(
            actor=person(cast, "Fay"),
            license_id=license_id,
            reason="ready",
            accepted=(),
            now=frozen_now,
        )
    with pytest.raises(TermsNotAccepted):
        switch_writing_on(
            actor=person(cast, "Fay"), license_id=license_id, reason="ready", now=frozen_now
        )


def _sha256_of(brand: Brand, action_id: int) -> str:
    from_page = client_of(brand, "Ben").get(f"/l/{MFG}/actions/{action_id}/")
    return str(from_page.content.decode().split('name="payload_sha256" value="')[1][:64])


def test_every_page_says_so_until_an_owner_accepts_on_the_page(cast: Brand) -> None:
    forget(cast)
    owner = client_of(cast, "Owen")
    assert "The terms of use are not accepted" in owner.get(f"/l/{DIST}/").content.decode()
    form = f"/l/{MFG}/company/terms/accept/"
    unread = owner.post(form, {"sha256": terms_sha256()})
    assert unread.status_code == 422

    done = owner.post(form, {"sha256": terms_sha256(), "may_bind": "yes"}, follow=True)

    assert "accepted</span> for Golden Poppy by Owen" in done.content.decode()
    assert "terms of use are not accepted" not in owner.get(f"/l/{DIST}/").content.decode()


def test_the_statement_stands_where_it_matters(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    send_for_review(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        now=frozen_now,
    )
    fay = client_of(cast, "Ben")

    for address in (f"actions/{action_id}/", "company/installation/"):
        assert RESPONSIBILITY in fay.get(f"/l/{MFG}/{address}").content.decode(), address
    for address in ("packages.csv", "audit.csv"):
        rows, _, foot = fay.get(f"/l/{MFG}/{address}").content.decode().partition("\r\n\r\n")
        assert rows and "#" not in rows
        assert f"# {RESPONSIBILITY}" in foot, address
