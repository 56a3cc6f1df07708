"""What docs/security.md says of costly work is what the code holds to."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.conf import settings

from glassbox.cli.serve import THREADS
from glassbox.operations.actions.draft import SENDS_AT_MOST
from glassbox.operations.alerts.webhooks import WEBHOOKS_AT_MOST
from glassbox.operations.api_tokens import TOKENS_AT_MOST
from glassbox.operations.company import TAGS_AT_MOST
from glassbox.operations.inspectors import DAYS_AT_MOST as INSPECTOR_DAYS_AT_MOST
from glassbox.operations.sign_in import REASON_AT_MOST
from glassbox.queries.actions.rows import COUNTED_AT_MOST as ACTIONS_COUNTED
from glassbox.queries.audit_trail.events import EVENTS_PER_FILE
from glassbox.queries.package_grid.grid import COUNTED_AT_MOST, CSV_ROWS_AT_MOST
from glassbox.rules.api_tokens import DAYS_AT_MOST as TOKEN_DAYS_AT_MOST
from glassbox.web.handed_in import FILE_BYTES_AT_MOST
from tests.meta.source import ROOT

SAID = (ROOT / "docs/security.md").read_text()
COSTLY = SAID.partition("## What costs much")[2].partition("\n## ")[0].replace("\n", " ")
INPUT = SAID.partition("## Input")[2].partition("\n## ")[0].replace("\n", " ")
MEBIBYTE = 1024 * 1024
LIMITS = {
    r"at most ([\d,]+) seconds for fresh goods": settings.REFRESH_WAIT_SECONDS,
    r"counts stop at ([\d,]+)": COUNTED_AT_MOST,
    r"files at ([\d,]+) rows": CSV_ROWS_AT_MOST,
    r"One token has ([\d,]+) calls": settings.API_CALLS_PER_MINUTE,
    r"one person ([\d,]+) pages": 600,
    r"([\d,]+) files of many rows": 30,
    r"bodies of ([\d,]+) MiB": settings.DATA_UPLOAD_MAX_MEMORY_SIZE / MEBIBYTE,
    r"([\d,]+) requests at once": THREADS,
}


OF_BUSINESS = {
    r"([\d,]+) sends of one draft": SENDS_AT_MOST,
    r"([\d,]+) characters of a reason": REASON_AT_MOST,
    r"([\d,]+) tags of a roll": TAGS_AT_MOST,
    r"([\d,]+) tokens of a person": TOKENS_AT_MOST,
    r"([\d,]+) webhooks of a": WEBHOOKS_AT_MOST,
    r"([\d,]+) days of an inspector": INSPECTOR_DAYS_AT_MOST,
    r"([\d,]+) days of a token": TOKEN_DAYS_AT_MOST,
}


@pytest.mark.parametrize("words", OF_BUSINESS)
def test_a_limit_of_business_is_that_of_the_code(words: str) -> None:
    found = re.search(words, INPUT)

    assert found, words
    assert float(found[1].replace(",", "")) == OF_BUSINESS[words]


@pytest.mark.parametrize("words", LIMITS)
def test_a_documented_limit_is_that_of_the_code(words: str) -> None:
    found = re.search(words, COSTLY)

    assert found, words
    assert float(found[1].replace(",", "")) == LIMITS[words]


def test_limits_of_the_same_kind_are_the_same() -> None:
    assert ACTIONS_COUNTED == COUNTED_AT_MOST
    assert EVENTS_PER_FILE == CSV_ROWS_AT_MOST
    assert FILE_BYTES_AT_MOST < settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    # Tests ask more than people do; what is shipped is the documented default.
    text = (ROOT / "src/glassbox/config/settings.py").read_text()
    shipped = SimpleNamespace(
        pages=re.search(r'PAGES_PER_MINUTE", (\d+)', text),
        exports=re.search(r'EXPORTS_PER_MINUTE", (\d+)', text),
    )
    assert shipped.pages and shipped.pages[1] == "600"
    assert shipped.exports and shipped.exports[1] == "30"
