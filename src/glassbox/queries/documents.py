"""A filed paper: its bytes as they were filed, and the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.documents import Document
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class DocumentRow:
    """One filed paper in a list."""

    id: int
    name: str
    kind: str
    media_type: str
    sha256: str
    size_bytes: int
    filed_by: str
    filed_at: datetime


@dataclass(frozen=True, kw_only=True)
class FiledDocument:
    """One filed paper with its bytes."""

    row: DocumentRow
    content: bytes


def document_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[DocumentRow, ...]:
    """Return the newest 200 papers, without their bytes."""
    with access.reading(actor):
        rows = Document.objects.filter(license_id__in=license_ids).select_related("filed_by")
        rows = rows.defer("content").order_by("-filed_at", "-id")
        return tuple(_row(document) for document in rows[:ROWS_AT_MOST])


def filed_document(*, actor: Actor, license_id: int, document_id: int) -> FiledDocument:
    """Return one paper with its bytes.

    :raises NotFound: if this licence has no such paper
    """
    with access.reading(actor, license_id=license_id):
        document = (
            Document.objects.filter(license_id=license_id, id=document_id)
            .select_related("filed_by")
            .first()
        )
        if document is None:
            raise NotFound("There is no such paper here.")
        return FiledDocument(row=_row(document), content=bytes(document.content))


def _row(document: Document) -> DocumentRow:
    return DocumentRow(
        id=document.pk,
        name=document.name,
        kind=document.kind,
        media_type=document.media_type,
        sha256=document.sha256,
        size_bytes=document.size_bytes,
        filed_by=document.filed_by.name if document.filed_by else "",
        filed_at=document.filed_at,
    )
