"""The pages of reconciliation and counting, opened and pressed as people do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.documents import Document
from glassbox.models.people import User
from glassbox.models.reconciliation import BookCorrection, ReconciliationReport
from glassbox.operations.transaction import short_transaction
from tests.builders import put_package, see_package
from tests.cast import MFG, tag
from tests.db.reconciliation.test_comparisons import compare, put_ours, walked

OIL, WAX = tag(455), tag(456)
HERE = f"/l/{MFG}"


def client_of(brand: Brand, name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=brand.users[name]))
    return client


@pytest.fixture
def compared(cast: Brand, frozen_now: datetime) -> Brand:
    # Long ago, so that a page that reads the true clock sees nothing of timing.
    then = frozen_now - timedelta(hours=2)
    put_ours(cast, then, OIL, "500", "498")
    put_package(cast.licenses[MFG], WAX, "80", now=then)
    see_package(cast.licenses[MFG], WAX, now=then, quantity="79")
    walked(cast, frozen_now)
    compare(cast, frozen_now)
    return cast


def report_id(brand: Brand) -> int:
    with short_transaction(brand.licenses[MFG]):
        return ReconciliationReport.objects.latest("id").pk


def test_a_comparison_shows_three_numbers_and_what_kind_it_is(compared: Brand) -> None:
    client = client_of(compared, "Ivy")
    number = report_id(compared)

    every = client.get(f"{HERE}/reconciliation/{number}/").content.decode()
    one_class = client.get(
        f"{HERE}/reconciliation/{number}/?class=CHANGED_OUTSIDE"
    ).content.decode()

    assert "Changed outside 1" in every and "Unexplained 1" in every
    assert f"/differences/{OIL}/" in every
    assert f"/differences/{WAX}/" in one_class and f"/differences/{OIL}/" not in one_class
    assert "due" in client.get(f"{HERE}/reconciliation/").content.decode()


def test_a_correction_is_proposed_on_one_page_and_booked_by_another_person(
    compared: Brand,
) -> None:
    dee, fay = client_of(compared, "Dee"), client_of(compared, "Fay")
    said = {"seen": "500 498", "reason": "Slip of Monday", "evidence": "Slip 12"}

    answer = dee.post(f"{HERE}/differences/{OIL}/correct/", said)
    assert answer.status_code == 302, answer.content.decode()[-500:]
    own = dee.get(f"{HERE}/differences/{OIL}/").content.decode()
    assert "Another person approves what you proposed." in own
    with short_transaction(compared.licenses[MFG]):
        correction = BookCorrection.objects.get()
    address = f"{HERE}/differences/{OIL}/corrections/{correction.pk}/"
    assert dee.post(address, {"decision": "approve"}).status_code == 422
    assert fay.post(address, {"decision": "approve"}).status_code == 302

    after = fay.get(f"{HERE}/differences/{OIL}/").content.decode()
    assert "The two books agree about this package now." in after


def test_a_count_is_opened_scanned_printed_and_handed_in(compared: Brand) -> None:
    dee = client_of(compared, "Dee")
    opened = dee.post(
        f"{HERE}/counts/new/", {"location_name": "", "purpose": "CYCLE", "is_blind": "yes"}
    )
    assert opened.status_code == 302, opened.content.decode()[-500:]
    here = opened["Location"]
    page = dee.get(here).content.decode()
    main = page[page.index("<main") :]
    assert "0 of 2 packages" in main and "500 g" not in main

    dee.post(f"{here}write/", {"label": OIL, "counted": "498"})
    dee.post(f"{here}sheet/", {"text": f"{WAX},79", "device": ""})
    assert dee.post(f"{here}print/").status_code == 302
    with short_transaction(compared.licenses[MFG]):
        assert bytes(Document.objects.get().content).startswith(b"%PDF")
    assert dee.post(f"{here}hand-in/").status_code == 302

    shown = dee.get(here).content.decode()
    assert "Handed in" in shown and "500 g" in shown
    assert client_of(compared, "Nell").get(here).status_code == 404


def test_the_view_of_both_licences_is_for_reading(compared: Brand) -> None:
    fay = client_of(compared, "Fay")
    assert fay.get("/both/reconciliation/").status_code == 200
    assert fay.get("/both/counts/").status_code == 200
    assert fay.post("/both/reconciliation/compare/").status_code == 404
    assert fay.get(f"/both/differences/{OIL}/").status_code == 404
