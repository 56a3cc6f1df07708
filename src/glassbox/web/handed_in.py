"""Files that come by the pages: of a kind and a size that are taken, holding what the name says, scanned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from glassbox.rules.verdicts import InvalidInput
from glassbox.web.scanning import scan

MEBIBYTE = 1024 * 1024
FILE_BYTES_AT_MOST = 5 * MEBIBYTE
# What a file must begin with to be what its name says; the others are text, and begin with none.
BEGINNINGS = {
    ".pdf": b"%PDF",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
    ".xlsx": b"PK\x03\x04",
}
KINDS = {".jpg": "JPEG", ".jpeg": "JPEG"}


def handed_in(
    sent: UploadedFile[Any],
    *,
    field: str,
    endings: Sequence[str],
    bytes_at_most: int = FILE_BYTES_AT_MOST,
) -> bytes:
    """Return the bytes of a file that somebody handed in.

    :raises InvalidInput: naming the field, if the file is too large, ends in nothing of `endings`,
        or holds something else than its name says
    :raises FileInfected, ScannerAway: as `scan` does
    """
    name = sent.name or "file"
    if (sent.size or 0) > bytes_at_most:
        raise InvalidInput(
            field=field,
            value=f"{sent.size:,} bytes",
            way_out=f"A file has at most {bytes_at_most // MEBIBYTE} MB.",
        )
    ending = next((one for one in endings if name.lower().endswith(one)), "")
    content: bytes = sent.read()
    if not ending or not _holds(content, ending):
        kinds = dict.fromkeys(KINDS.get(one, one[1:].upper()) for one in endings)
        raise InvalidInput(
            field=field, value=name, way_out=f"Give a {_or(list(kinds))} whose name says so."
        )
    scan(content)
    return content


def _holds(content: bytes, ending: str) -> bool:
    if ending in BEGINNINGS:
        return content.startswith(BEGINNINGS[ending])
    return not content.startswith(tuple(BEGINNINGS.values())) and b"\0" not in content


def _or(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
