"""METRC answers 503: fifteen labels are scanned and printed all the same, and METRC is not asked."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.people import User
from glassbox.operations.sync.run import SyncFailed
from tests.desk import Desk
from tests.journeys.story import receive_oil
from tests.journeys.sync_story import sync
from tests.unit.paperwork.test_sheets import text_of

LABELS = 15
SCAN_SECONDS = 1.0
SHEET_SECONDS = 10.0
# A scan may ask for more than the package page does, but not for a page of another order.
SCAN_RATIO = 3.0
# Printing is fifteen packages and one run of the typesetter.
SHEET_RATIO = 4.0


@pytest.fixture
def unreachable(brand: Brand, desk: Desk) -> Iterator[list[str]]:
    """Fifteen packages that were read, and a METRC that answers 503 since."""
    labels = receive_oil(brand, desk, *(100 + number for number in range(LABELS)))
    desk.do("api", up=False)
    try:
        with pytest.raises(SyncFailed):
            sync(brand)
        yield labels
    finally:
        desk.do("api", up=True)


def timed(get: Callable[[], HttpResponse]) -> tuple[HttpResponse, float]:
    began = time.perf_counter()
    answer = get()
    return answer, time.perf_counter() - began


def test_fifteen_labels_are_scanned_and_printed_while_metrc_answers_503(
    brand: Brand, desk: Desk, unreachable: list[str]
) -> None:
    fay = Client()
    fay.force_login(User.objects.get(id=brand.users["Fay"]))
    asked = desk.journal()[-1]["seq"]
    # The first page of a process loads templates and forms; it is nobody's answer.
    fay.get(f"/l/{MAKER}/packages/{unreachable[0]}/")
    fay.get(f"/l/{MAKER}/scan/")

    scans, pages = [], []
    for number, label in enumerate(unreachable):
        page, seconds = timed(partial(fay.get, f"/l/{MAKER}/packages/{label}/"))
        pages.append(seconds)
        scan, seconds = timed(partial(fay.get, f"/l/{MAKER}/scan/", {"text": label}))
        scans.append(seconds)
        shown = scan.content.decode()
        assert (page.status_code, scan.status_code) == (200, 200)
        for words in (label[-8:], f"{100 + number} g", "METRC is not being read", "as of"):
            assert words in shown, words
    form = {"text": "\n".join(unreachable), "reason": "DCC asks"}
    done, making = timed(partial(fay.post, f"/l/{MAKER}/inspection/new/", form))
    sheet, showing = timed(partial(fay.get, done["Location"]))
    (address,) = set(re.findall(rf"/l/{MAKER}/documents/\d+/", sheet.content.decode()))
    paper, printing = timed(partial(fay.get, address))

    assert (done.status_code, sheet.status_code, paper.status_code) == (302, 200, 200)
    text = text_of(paper.content)
    assert "METRC is not being read" in text
    assert all(label[-8:] in text for label in unreachable)
    assert desk.journal(after=asked) == [], "METRC was asked"
    whole = making + showing + printing
    scan_ratio = statistics.median(scans) / statistics.median(pages)
    sheet_ratio = whole / sum(pages)
    sys.stdout.write(
        f"\nslowest scan {max(scans):.3f} s, {scan_ratio:.2f} times the package page"
        f" ({statistics.median(pages):.3f} s); the printed sheet of {LABELS} {whole:.2f} s,"
        f" {sheet_ratio:.2f} times as many package pages\n"
    )
    assert max(scans) < SCAN_SECONDS
    assert whole < SHEET_SECONDS
    assert scan_ratio < SCAN_RATIO
    assert sheet_ratio < SHEET_RATIO


def test_the_journal_would_have_shown_a_question(
    brand: Brand, desk: Desk, unreachable: list[str]
) -> None:
    asked = desk.journal()[-1]["seq"]

    with pytest.raises(SyncFailed):
        sync(brand)

    assert desk.journal(after=asked) != []
