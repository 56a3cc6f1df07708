"""The certificate of analysis that a laboratory's analyst would hand over, as a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from metrc_simulator.documents import Sheet

LEFT, RIGHT, BOTTOM = 50, 545, 70
ROW_POINTS = 15
COLUMNS = ((LEFT, "Test"), (300, "Limit"), (375, "Result"), (450, "Status"))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One test of a certificate; `maximum` is None where there is no limit."""

    name: str
    maximum: Decimal | None
    quantity: Decimal
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What stands on a certificate of analysis."""

    laboratory: str
    laboratory_license: str
    sample: str
    sources: str
    product: str
    category: str
    tested_on: str
    tests: tuple[Measured, ...]

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return all(test.passed for test in self.tests)


def draw_certificate(certificate: Certificate) -> str:
    """Return the certificate as a PDF in base64, on as many pages as its tests need."""
    sheet = Sheet()
    y = _head(sheet, certificate)
    y = _table_head(sheet, y)
    for test in certificate.tests:
        if y < BOTTOM + 3 * ROW_POINTS:
            sheet.turn()
            y = _table_head(sheet, 780)
        y = _row(sheet, y, test)
    _foot(sheet, certificate, y)
    return sheet.base64()


def _head(sheet: Sheet, certificate: Certificate) -> int:
    sheet.box(0, 790, 595, 52, gray=0.15)
    sheet.write(LEFT, 812, "CERTIFICATE OF ANALYSIS", size=16, bold=True, gray=1)
    sheet.write(LEFT, 797, certificate.laboratory, size=9, gray=1)
    sheet.write(390, 797, f"Licence {certificate.laboratory_license}", size=9, gray=1)
    y = 765
    for words, value in (
        ("Sample", certificate.sample),
        ("Taken from", certificate.sources),
        ("Product", certificate.product),
        ("Category", certificate.category),
        ("Tested on", certificate.tested_on),
    ):
        sheet.write(LEFT, y, words, size=9, gray=0.4)
        for number, part in enumerate(_lines(value)):
            sheet.write(130, y - 12 * number, part, size=10, bold=words == "Sample")
        y -= 12 * len(_lines(value)) + 4
    verdict = "PASS" if certificate.passed else "FAIL"
    sheet.box(440, 705, 105, 50, gray=0.92)
    sheet.write(455, 738, "Overall result", size=8, gray=0.4)
    sheet.write(455, 716, verdict, size=20, bold=True)
    return y - 14


def _lines(value: str) -> list[str]:
    """Cut a list of tags into lines of two, so that none runs over the verdict."""
    parts = [part.strip() for part in value.split(",")] or [""]
    return [", ".join(parts[start : start + 2]) for start in range(0, len(parts), 2)]


def _table_head(sheet: Sheet, y: int) -> int:
    sheet.box(LEFT - 5, y - 5, RIGHT - LEFT + 10, ROW_POINTS, gray=0.88)
    for x, words in COLUMNS:
        sheet.write(x, y, words, size=9, bold=True)
    return y - ROW_POINTS - 2


def _row(sheet: Sheet, y: int, test: Measured) -> int:
    limit = "none" if test.maximum is None else f"{test.maximum:f}"
    for (x, _), text in zip(
        COLUMNS,
        (test.name, limit, f"{test.quantity:f}", "pass" if test.passed else "FAIL"),
        strict=True,
    ):
        sheet.write(x, y, text, size=9, bold=text == "FAIL")
    sheet.rule(LEFT - 5, y - 4, RIGHT + 5)
    return y - ROW_POINTS


def _foot(sheet: Sheet, certificate: Certificate, y: int) -> None:
    sheet.write(LEFT, y - 24, "Reviewed and released by the laboratory's director", size=9)
    sheet.rule(LEFT, y - 50, 250)
    sheet.write(LEFT, y - 60, f"For {certificate.laboratory}", size=8, gray=0.4)
    sheet.write(LEFT, 40, "Made by a simulator: no laboratory measured this.", size=8, gray=0.4)
