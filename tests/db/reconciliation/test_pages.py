"""The pages of reconciliation and counting, opened and pressed as people do."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from glassbox.cli.demo_brand import Brand
from glassbox.models.documents import Document
from glassbox.models.reconciliation import BookCorrection, ReconciliationReport
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import send_for_review
from glassbox.operations.transaction import short_transaction
from tests.builders import put_package, see_package
from tests.cast import MFG, person, tag
from tests.db.reconciliation.test_comparisons import compare, put_ours, walked
from tests.signed_in_client import client_of

OIL, WAX = tag(455), tag(456)
HERE = f"/l/{MFG}"


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
    assert "0 of 2 counted" in main and "500 g" not in main

    dee.post(f"{here}write/", {"label": OIL, "counted": "498"})
    dee.post(f"{here}sheet/", {"text": f"{WAX},79", "device": "", "confirmed": "yes"})
    assert dee.post(f"{here}print/").status_code == 302
    with short_transaction(compared.licenses[MFG]):
        assert bytes(Document.objects.get().content).startswith(b"%PDF")
    assert dee.post(f"{here}hand-in/").status_code == 302

    shown = dee.get(here).content.decode()
    assert "Handed in" in shown and "500 g" in shown
    assert client_of(compared, "Nell").get(here).status_code == 404


@pytest.fixture
def count_here(compared: Brand) -> str:
    opened = client_of(compared, "Dee").post(
        f"{HERE}/counts/new/", {"location_name": "", "purpose": "CYCLE", "is_blind": "yes"}
    )
    place: str = opened["Location"]
    return place


def test_a_sheet_is_looked_at_before_anything_is_written(compared: Brand, count_here: str) -> None:
    dee = client_of(compared, "Dee")
    blank = dee.get(f"{count_here}sheet.csv").content.decode()
    assert blank.splitlines()[0] == "UID,Item,Location,Unit,Counted"
    assert OIL in blank and "500" not in blank and "498" not in blank
    filled = SimpleUploadedFile("count.csv", f"UID,Counted\n{OIL},498\n{WAX},\n".encode())

    seen = dee.post(f"{count_here}sheet/", {"file": filled, "device": "Scale 2"})

    text = seen.content.decode()
    assert "1 row would be written down" in text and "not counted yet" in text
    assert "0 of 2" in dee.get(count_here).content.decode(), "it was only looked at"
    confirmed = {
        "text": re.search(r'name="text" value="([^"]*)"', text)[1],  # type: ignore[index]
        "device": "Scale 2",
        "confirmed": "yes",
    }
    assert dee.post(f"{count_here}sheet/", confirmed).status_code == 302
    after = dee.get(count_here).content.decode()
    assert "1 of 2" in after and "498 g" in after and 'value="Scale 2"' in after


def test_every_wrong_row_of_a_sheet_is_named_and_what_was_pasted_stays(
    compared: Brand, count_here: str
) -> None:
    dee = client_of(compared, "Dee")
    sheet = f"{OIL},many\n{OIL[:-1]},5\n{WAX},79\n{WAX},80\n{tag(999)},not there"

    for confirmed in ({}, {"confirmed": "yes"}):
        answer = dee.post(f"{count_here}sheet/", {"text": sheet, "device": "", **confirmed})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert f"{OIL},many" in text, "what was typed is lost"
        if not confirmed:
            assert "4 of 5 rows cannot be used" in text
            for words in (
                "Type a number",
                "This is no UID",
                "Row 3 has this UID",
                "cannot be missing",
            ):
                assert words in text
        else:
            assert "3 more rows are wrong" in text
    assert "0 of 2" in dee.get(count_here).content.decode()
    workbook = SimpleUploadedFile("count.xlsx", b"PK\x03\x04")
    refused = dee.post(f"{count_here}sheet/", {"file": workbook})
    assert (
        refused.status_code,
        "Give a CSV or TXT whose name says so" in refused.content.decode(),
    ) == (422, True)


def test_a_comparison_goes_out_as_csv_with_all_three_numbers(compared: Brand) -> None:
    answer = client_of(compared, "Ivy").get(
        f"{HERE}/reconciliation/{report_id(compared)}/report.csv"
    )

    table, _, foot = answer.content.decode().partition("\r\n\r\n")
    assert "remains responsible" in foot
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["UID"]: (row["METRC"], row["Ours"], row["Unit"]) for row in rows} == {
        OIL: ("498", "500", "Grams"),
        WAX: ("79", "80", "Grams"),
    }
    assert (
        client_of(compared, "Nell")
        .get(f"{HERE}/reconciliation/{report_id(compared)}/report.csv")
        .status_code
        == 404
    )


def test_nothing_is_put_right_while_an_action_on_the_package_is_under_way(
    compared: Brand, frozen_now: datetime
) -> None:
    fay = client_of(compared, "Fay")
    here = f"{HERE}/differences/{OIL}/"
    assert f"{here}correct/" in fay.get(here).content.decode()
    who: dict[str, Any] = {"actor": person(compared, "Dee"), "license_id": compared.licenses[MFG]}
    action = draft_action(
        **who,
        kind="package.move",
        facts={"labels": [OIL], "location": "Vault", "date": frozen_now.date().isoformat()},
        reason="It stands in the Vault",
        now=frozen_now,
    )
    send_for_review(**who, action_id=action, now=frozen_now)

    page = fay.get(here).content.decode()

    assert f"Action {action} on this package is in review: wait until it is settled." in page
    assert f"{here}correct/" not in page and "draft/adjust/" not in page
    refused = fay.post(
        f"{here}correct/", {"seen": "500 498", "reason": "Slip", "evidence": "Slip 12"}
    )
    assert refused.status_code == 422


def test_the_trend_counts_what_stood_unexplained_at_the_end_of_each_day(compared: Brand) -> None:
    page = client_of(compared, "Ivy").get(f"{HERE}/reconciliation/").content.decode()

    assert page.count("<rect") == 1
    assert ": 1 unexplained</title>" in page


def test_the_view_of_both_licences_is_for_reading(compared: Brand) -> None:
    fay = client_of(compared, "Fay")
    assert fay.get("/both/reconciliation/").status_code == 200
    assert fay.get("/both/counts/").status_code == 200
    assert fay.post("/both/reconciliation/compare/").status_code == 404
    assert fay.get(f"/both/differences/{OIL}/").status_code == 404
