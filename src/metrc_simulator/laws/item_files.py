"""Photos and documents of items: stored once, read back in METRC's JSON form of a file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from metrc_simulator.act import Act, Refused, text_of
from metrc_simulator.records import Record

# METRC's documentation: photos BMP, GIF, JPG or PNG, documents PDF, at most 5 MB each.
_BYTES_AT_MOST = 5 * 1024 * 1024
_PHOTOS = {
    b"BM": "image/bmp",
    b"GIF8": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
}
_DOCUMENTS = {b"%PDF": "application/pdf"}


def uploading(kind: str) -> Callable[[Act, dict[str, Any]], int]:
    """Return the law that stores a `photo` or a `file` and answers its id."""
    beginnings = _PHOTOS if kind == "photo" else _DOCUMENTS
    wanted = "a BMP, GIF, JPG or PNG image" if kind == "photo" else "a PDF document"

    def upload(act: Act, body: dict[str, Any]) -> int:
        name = text_of(body, "FileName")
        encoded = text_of(body, "EncodedImageBase64")
        content_type = _content_type(encoded, beginnings, wanted)
        row = {"FileContents": encoded, "ContentType": content_type, "FileDownloadName": name}
        stored = act.add(
            Record("item_files", row, license_number=act.license_number, label=name, list_name=kind)
        )
        act.effect(f"item {kind} stored", id=stored.id, name=name)
        return stored.id

    return upload


def _content_type(encoded: str, beginnings: dict[bytes, str], wanted: str) -> str:
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Refused("EncodedImageBase64 is not base64.") from None
    if len(content) > _BYTES_AT_MOST:
        raise Refused("EncodedImageBase64 is larger than 5 MB.")
    for beginning, content_type in beginnings.items():
        if content.startswith(beginning):
            return content_type
    raise Refused(f"EncodedImageBase64 is not {wanted}.")
