"""File papers: the bytes as they came or as we made them, named by their hash, never overwritten."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.documents import Document
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput

BYTES_AT_MOST = 5 * 1024 * 1024  # ME-22: METRC takes no larger PDF
PDF = "a PDF"
PICTURE_OR_PDF = "a PDF, PNG or JPEG"
# Told by the bytes: what a browser says of a file is not believed, and no page is ever filed.
BEGINNINGS = {
    PDF: {b"%PDF": "application/pdf"},
    PICTURE_OR_PDF: {
        **{b"%PDF": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png"},
        b"\xff\xd8\xff": "image/jpeg",
    },
}


def file_document_in_transaction(
    *,
    actor: Actor,
    license: License,
    name: str,
    kind: str,
    content: bytes,
    now: datetime,
    accepts: str = PDF,
) -> Document:
    """File the bytes of a paper with its event, once per content and kind.

    :raises InvalidInput: if it is empty, too large, without a name, or not what is accepted
    """
    assert connection.in_atomic_block, "a paper is filed with what it proves"
    if not content or len(content) > BYTES_AT_MOST:
        raise InvalidInput(
            field="content", value=f"{len(content)} bytes", way_out="Give 1 byte to 5 MB."
        )
    media_type = next(
        (kind for begin, kind in BEGINNINGS[accepts].items() if content.startswith(begin)), ""
    )
    if not media_type:
        raise InvalidInput(field="content", value=name, way_out=f"Give {accepts}.")
    if not name.strip():
        raise InvalidInput(field="name", value=name, way_out="Give the paper a name.")
    sha256 = hashlib.sha256(content).hexdigest()
    document, is_new = Document.objects.get_or_create(
        license=license,
        sha256=sha256,
        kind=kind,
        defaults={
            "company_id": license.company_id,
            "name": name.strip()[:200],
            "media_type": media_type,
            "content": content,
            "size_bytes": len(content),
            "filed_by_id": actor.user_id,
            "filed_at": now,
        },
    )
    if is_new:
        ledger.append(
            type=EventType.DOCUMENT_FILED,
            subject=f"document:{document.pk}",
            actor=actor,
            reason=f"{name.strip()} was filed",
            body={"kind": kind, "sha256": sha256, "size_bytes": len(content)},
            now=now,
        )
    return document
