"""Small PDF documents: a sheet to write on, and a plain list of lines."""

from __future__ import annotations

import base64

LINES_OF_A_PAGE = 60


class Sheet:
    """Pages of A4 to write on; positions in points from the lower left corner."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = [[]]

    def turn(self) -> None:
        """Go on with a new page."""
        self.pages.append([])

    def write(
        self, x: int, y: int, text: str, *, size: int, bold: bool = False, gray: float = 0
    ) -> None:
        """Write one line; a grey of 0 is black, of 1 white."""
        font = "F2" if bold else "F1"
        self.pages[-1].append(
            f"{gray:g} g BT /{font} {size} Tf {x} {y} Td ({_escaped(text)}) Tj ET"
        )

    def box(self, x: int, y: int, width: int, height: int, *, gray: float) -> None:
        """Fill a rectangle."""
        self.pages[-1].append(f"{gray:g} g {x} {y} {width} {height} re f")

    def rule(self, x: int, y: int, until_x: int) -> None:
        """Draw a thin line."""
        self.pages[-1].append(f"0.7 G 0.5 w {x} {y} m {until_x} {y} l S")

    def base64(self) -> str:
        """Return the pages as a PDF, in base64."""
        return base64.b64encode(_pdf(self.pages)).decode("ascii")


def pdf_base64(title: str, lines: list[str]) -> str:
    """Return a PDF with a title and lines of text, as base64."""
    sheet = Sheet()
    sheet.write(50, 780, title, size=16, bold=True)
    for start in range(0, len(lines), LINES_OF_A_PAGE):
        if start:
            sheet.turn()
        for number, line in enumerate(lines[start : start + LINES_OF_A_PAGE]):
            sheet.write(50, 750 - number * 12, line, size=9)
    return sheet.base64()


def _pdf(pages: list[list[str]]) -> bytes:
    # Objects 1 to 4 are the catalogue, the page tree and the fonts; a page and its content follow.
    first = 5
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, drawn in enumerate(pages):
        stream = "\n".join(drawn).encode("cp1252", errors="replace")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % (first + 2 * number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for start in starts:
        out += b"%010d 00000 n \n" % start
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(out)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
