"""An inspector's sheet: of given labels or of some drawn, on paper with its hash, and remembered."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.inspection import prepare_inspection
from glassbox.queries.documents import filed_document
from glassbox.queries.labels.inspection import (
    inspection_page,
    inspection_rows,
    labels_on_the_premises,
)
from glassbox.rules.labels import draw_labels
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_adjustment, put_package
from tests.cast import DIST, MFG, person, tag
from tests.db.lab.story import CARTS
from tests.db.labels.test_scan import outgoing
from tests.db.transfers.test_outgoing import SPLIT, Outgoing
from tests.signed_in_client import client_of
from tests.unit.paperwork.test_sheets import text_of

__all__ = ["outgoing"]


def prepare(outgoing: Outgoing, name: str = "Hal", **said: Any) -> Any:
    return prepare_inspection(
        actor=person(outgoing.brand, name),
        license_id=outgoing.license_id,
        now=outgoing.now,
        **{"reason": "Inspector Moreno of DCC, routine visit", **said},
    )


def paper_of(outgoing: Outgoing) -> str:
    (row, *_) = inspection_rows(
        actor=person(outgoing.brand, "Hal"), license_ids=(outgoing.license_id,)
    )
    filed = filed_document(
        actor=person(outgoing.brand, "Hal"),
        license_id=outgoing.license_id,
        document_id=row.document_id,
    )
    assert hashlib.sha256(filed.content).hexdigest() == row.sha256
    return text_of(filed.content)


def test_the_paper_sorts_what_was_given_and_has_the_facts_of_each(outgoing: Outgoing) -> None:
    put_adjustment(outgoing.license_id, CARTS, -2, "Scale Variance", now=outgoing.now)

    event_id = prepare(outgoing, "Fay", text=f"{CARTS} {SPLIT}\n{CARTS}, {tag(10)} {tag(80)} Box")

    text = paper_of(outgoing)
    assert "2 found, 1 not ours, 1 unknown or without goods, 1 given twice, 1 no tags" in text
    for words in (CARTS[-8:], "3,980 units", "CC-2026-849", "PB-V-201", "Scale Variance"):
        assert words in text, words
    for words in (
        "Inspector Moreno",
        "Prepared by Fay",
        "made outside Glassbox",
        "METRC is not being read",
    ):
        assert words in text, words
    page = inspection_page(
        actor=person(outgoing.brand, "Hal"),
        license_ids=(outgoing.license_id,),
        event_id=event_id,
        now=outgoing.now,
    )
    assert [sheet.label for sheet in page.scanned.sheets] == [CARTS, SPLIT]
    assert page.scanned.read.duplicates == (CARTS,)
    assert page.row.not_tag_count == 1


def test_the_ledger_remembers_who_asked_for_which_labels(outgoing: Outgoing) -> None:
    prepare(outgoing, text=f"{CARTS} Maria")

    (event,) = events_of(outgoing.license_id, "inspection.prepared")
    assert event["body"]["labels"] == [CARTS]
    assert event["actor"]["id"] == outgoing.brand.users["Hal"]
    # A word that is no tag may be a name: it is counted, not written.
    assert event["body"]["not_tags"] == 1
    assert "maria" not in str(event).lower()
    filed = events_of(outgoing.license_id, "document.filed")[-1]
    assert filed["body"]["sha256"] == event["body"]["sha256"]


def test_a_draw_is_repeated_by_its_seed_from_the_list_it_names(outgoing: Outgoing) -> None:
    for number in range(500, 530):
        put_package(outgoing.license_id, tag(number, DIST), 1, now=outgoing.now)
    put_package(outgoing.license_id, tag(600, DIST), 1, now=outgoing.now, list_name="TRANSFERRED")
    here = labels_on_the_premises(
        actor=person(outgoing.brand, "Hal"), license_id=outgoing.license_id
    )

    prepare(outgoing, count=5)
    prepare(outgoing, count=5, seed="spring 2026")
    prepare(outgoing, count=5, seed="spring 2026")

    first, second, third = (
        event["body"] for event in events_of(outgoing.license_id, "inspection.prepared")
    )
    assert tag(600, DIST) not in here
    assert len(first["seed"]) == 16
    assert first["labels"] == list(draw_labels(here, count=5, seed=first["seed"]))
    assert second["labels"] == third["labels"] != first["labels"]
    assert first["drawn_from"] == len(here)
    assert first["list_sha256"] == hashlib.sha256("\n".join(here).encode()).hexdigest()
    assert "spring 2026" in paper_of(outgoing)


def test_a_period_bounds_adjustments_and_events(outgoing: Outgoing) -> None:
    put_adjustment(
        outgoing.license_id, CARTS, -1, "Entry Error", now=outgoing.now - timedelta(days=120)
    )
    put_adjustment(outgoing.license_id, CARTS, -2, "Scale Variance", now=outgoing.now)
    day = outgoing.now.date()

    prepare(outgoing, text=CARTS)
    usual = paper_of(outgoing)
    prepare(outgoing, text=CARTS, first=day - timedelta(days=121), last=day - timedelta(days=100))
    earlier = paper_of(outgoing)

    assert ("Entry Error" in usual, "Scale Variance" in usual) == (False, True)
    assert ("Entry Error" in earlier, "Scale Variance" in earlier) == (True, False)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "one of the two"),
        ({"text": CARTS, "count": 3}, "one of the two"),
        ({"count": 0}, "draw 1 to"),
        ({"count": 999}, "draw 1 to"),
        ({"count": 1, "seed": "x" * 65}, "at most 64"),
        ({"text": CARTS, "first": date(2026, 2, 1), "last": date(2026, 1, 1)}, "first day"),
        ({"text": CARTS, "reason": " "}, "Say who asks"),
        ({"text": "A " * 201}, "at most 200"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(
    outgoing: Outgoing, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        prepare(outgoing, **said)
    assert events_of(outgoing.license_id, "inspection.prepared") == []


def test_an_auditor_reads_sheets_and_prepares_none(outgoing: Outgoing) -> None:
    prepare(outgoing, text=CARTS)

    with pytest.raises(NotPermitted):
        prepare(outgoing, name="Ivy", text=CARTS)
    assert len(events_of(outgoing.license_id, "inspection.prepared")) == 1
    ivy = client_of(outgoing.brand, "Ivy")
    (row,) = inspection_rows(
        actor=person(outgoing.brand, "Ivy"), license_ids=(outgoing.license_id,)
    )
    assert ivy.get(f"/l/{DIST}/inspection/{row.event_id}/").status_code == 200
    assert "may not do this" in ivy.get(f"/l/{DIST}/inspection/new/").content.decode()


def test_nobody_else_sees_a_sheet_of_ours(outgoing: Outgoing) -> None:
    event_id = prepare(outgoing, text=CARTS)
    nell = person(outgoing.brand, "Nell")

    with pytest.raises(NotFound):
        prepare(outgoing, name="Nell", text=CARTS)
    assert inspection_rows(actor=nell, license_ids=(outgoing.license_id,)) == ()
    for place in (f"l/{DIST}/inspection", f"l/{MFG}/inspection", "both/inspection"):
        answer = client_of(outgoing.brand, "Nell").get(f"/{place}/{event_id}/")
        assert answer.status_code == 404, place
    # Nor does our other licence: a sheet belongs to one.
    fay = client_of(outgoing.brand, "Fay")
    assert fay.get(f"/l/{MFG}/inspection/{event_id}/").status_code == 404
    assert fay.get(f"/both/inspection/{event_id}/").status_code == 200


def test_the_form_prepares_a_sheet_and_keeps_what_was_typed_when_refused(
    outgoing: Outgoing,
) -> None:
    hal = client_of(outgoing.brand, "Hal")
    prefilled = hal.get(f"/l/{DIST}/inspection/new/", {"text": CARTS}).content.decode()

    refused = hal.post(f"/l/{DIST}/inspection/new/", {"text": CARTS, "reason": ""})
    done = hal.post(f"/l/{DIST}/inspection/new/", {"text": CARTS, "reason": "DCC visit"})

    assert CARTS in prefilled
    assert refused.status_code == 422
    assert CARTS in refused.content.decode()
    assert done.status_code == 302
    sheet = hal.get(done["Location"]).content.decode()
    for words in ("DCC visit", "The paper (PDF)", "3,980 units", "<strong>1</strong> found"):
        assert words in sheet, words
    assert "DCC visit" in hal.get("/both/inspection/").content.decode()


def test_where_both_licences_are_looked_at_no_sheet_can_be_prepared(cast: Brand) -> None:
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Fay"]))

    page = client.get("/both/inspection/").content.decode()

    assert "Choose one licence first" in page
    assert "No inspector's sheet was prepared here yet" in page
