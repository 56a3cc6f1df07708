"""Files that are handed in: what each is called, holds and weighs, and that a scanner sees every one."""

from __future__ import annotations

import ast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from glassbox.rules.verdicts import InvalidInput
from glassbox.web.handed_in import FILE_BYTES_AT_MOST, handed_in
from glassbox.web.scanning import ScannerAway
from tests.meta.source import modules

SHEETS = (".csv", ".txt", ".tsv", ".xlsx")
PHOTOS = (".pdf", ".png", ".jpg", ".jpeg")


@pytest.mark.parametrize(
    ("name", "content", "endings"),
    [
        ("coa.pdf", b"%PDF-1.7", (".pdf",)),
        ("COA.PDF", b"%PDF-1.7", (".pdf",)),
        ("tags.csv", b"Tag\n", SHEETS),
        ("tags.xlsx", b"PK\x03\x04", SHEETS),
        ("a.jpeg", b"\xff\xd8\xff\xe0", PHOTOS),
    ],
)
def test_what_is_what_its_name_says_is_taken(
    name: str, content: bytes, endings: tuple[str, ...]
) -> None:
    assert handed_in(SimpleUploadedFile(name, content), field="f", endings=endings) == content


@pytest.mark.parametrize(
    ("name", "content", "endings", "said"),
    [
        ("coa.exe", b"%PDF-1.7", (".pdf",), "Give a PDF whose"),
        ("coa.pdf.html", b"%PDF-1.7", (".pdf",), "Give a PDF whose"),
        ("coa", b"%PDF-1.7", (".pdf",), "Give a PDF whose"),
        ("coa.pdf", b"<html>", (".pdf",), "Give a PDF whose"),
        ("coa.pdf", b"", (".pdf",), "Give a PDF whose"),
        ("tags.csv", b"PK\x03\x04", SHEETS, "Give a CSV, TXT, TSV or XLSX whose"),
        ("tags.csv", b"a\0b", SHEETS, "Give a CSV, TXT, TSV or XLSX whose"),
        ("tags.xlsx", b"Tag\n", SHEETS, "Give a CSV, TXT, TSV or XLSX whose"),
        ("look.png", b"<svg onload=x>", PHOTOS, "Give a PDF, PNG or JPEG whose"),
        ("look.jpg", b"\x89PNG\r\n\x1a\n", PHOTOS, "Give a PDF, PNG or JPEG whose"),
        ("coa.pdf", b"%PDF" + bytes(FILE_BYTES_AT_MOST), (".pdf",), "at most 5 MB"),
    ],
)
def test_what_is_something_else_is_refused_in_words(
    name: str, content: bytes, endings: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        handed_in(SimpleUploadedFile(name, content), field="paper", endings=endings)


def test_every_file_that_is_handed_in_comes_this_way_and_is_scanned() -> None:
    reads = {
        module.path
        for module in modules("src/glassbox/web", "src/glassbox/api")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "FILES"
    }
    views = {"src/glassbox/web/views/actions.py", "src/glassbox/web/views/counts.py"}
    # A form hands its files to its fields.
    assert reads == {"src/glassbox/web/forms/work_form.py", *views}
    for module in modules("src/glassbox/web"):
        if module.path in views | {"src/glassbox/web/forms/field.py"}:
            text = ast.unparse(module.tree)
            assert "handed_in(" in text and ".read(" not in text, module.path

    with override_settings(GLASSBOX_CLAMD="/nowhere/clamd.ctl"), pytest.raises(ScannerAway):
        handed_in(SimpleUploadedFile("a.pdf", b"%PDF-1"), field="paper", endings=(".pdf",))
