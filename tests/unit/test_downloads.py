"""How a browser is told to call a file: one header, one name, no path."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from glassbox.web.downloads import NAME_CHARACTERS, called

HOSTILE = [
    'a"; filename="evil.exe',
    "a\r\nSet-Cookie: session=mine",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "Prüfbericht für Grünöl.pdf",
    "\u202egpj.exe",
    "",
    ".htaccess",
    "a" * 5000 + ".pdf",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_hostile_name_stays_one_value_and_is_no_path(name: str, is_kept: bool) -> None:
    said = called(HttpResponse(), name, is_kept=is_kept)["Content-Disposition"]

    quoted = r'"(?:[^"\\]|\\.)*"'
    assert re.fullmatch(
        rf"(attachment|inline); filename(={quoted}|\*=utf-8''[A-Za-z0-9%.!~*'()_-]+)", said
    ), said
    assert "/" not in said
    assert said.startswith("attachment" if is_kept else "inline")


@given(st.text())
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    said = called(HttpResponse(), name)["Content-Disposition"]

    assert said.isascii()
    assert "\n" not in said and "\r" not in said
    assert len(said) < NAME_CHARACTERS * 13 + 60
