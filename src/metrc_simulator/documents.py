"""Small PDF documents made by hand: manifests and certificates."""

from __future__ import annotations

import base64


def pdf_base64(title: str, lines: list[str]) -> str:
    """Return a one-page PDF with a title and lines of text, as base64."""
    drawn = [f"BT /F1 16 Tf 50 780 Td ({_escaped(title)}) Tj ET"]
    for number, line in enumerate(lines[:60]):
        drawn.append(f"BT /F1 9 Tf 50 {750 - number * 12} Td ({_escaped(line)}) Tj ET")
    stream = "\n".join(drawn).encode("latin-1", errors="replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
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
    return base64.b64encode(bytes(out)).decode("ascii")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
