"""File papers: the bytes as they came or as we made them, named by their hash, never overwritten."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.documents import Document
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput

BYTES_AT_MOST = 5 * 1024 * 1024  # ME-22: METRC takes no larger PDF
PDF_TYPE = "application/pdf"
KINDS = ("COA", "LABEL_PROOF", "PHOTO", "INVOICE", "MANIFEST", "OTHER")


@operation
def file_document(
    *,
    actor: Actor,
    license_id: int,
    name: str,
    kind: str,
    media_type: str,
    content: bytes,
    now: datetime,
) -> int:
    """File a paper a person brings, and return its id; the same bytes are filed once.

    :raises InvalidInput: if it is empty, too large, of no known kind, or no PDF though it says so
    """
    access.require(actor, Permission.PACKAGE_READ, license_id=license_id)
    access.require(actor, Permission.PACKAGE_HOLD, license_id=license_id)
    if kind not in KINDS:
        raise InvalidInput(field="kind", value=kind, way_out=f"Use {', '.join(KINDS)}.")
    license = License.objects.get(id=license_id)
    return file_document_in_transaction(
        actor=actor,
        license=license,
        name=name,
        kind=kind,
        media_type=media_type,
        content=content,
        now=now,
    ).pk


def file_document_in_transaction(
    *,
    actor: Actor,
    license: License,
    name: str,
    kind: str,
    media_type: str,
    content: bytes,
    now: datetime,
) -> Document:
    """File the bytes of a paper with its event, once per content and kind.

    :raises InvalidInput: if it is empty, too large, or no PDF though it says so
    """
    assert connection.in_atomic_block, "a paper is filed with what it proves"
    if not content or len(content) > BYTES_AT_MOST:
        raise InvalidInput(
            field="content", value=f"{len(content)} bytes", way_out="Give 1 byte to 5 MB."
        )
    if media_type == PDF_TYPE and not content.startswith(b"%PDF"):
        raise InvalidInput(field="content", value=name, way_out="This is no PDF; file the PDF.")
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
