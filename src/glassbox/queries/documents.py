"""A filed paper: its bytes as they were filed, and the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.documents import Document
from glassbox.models.lab import CertificateOfAnalysis, LabResult
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class DocumentRow:
    """One filed paper in a list. `results_label` is the label whose results METRC shows for it."""

    id: int
    name: str
    kind: str
    media_type: str
    sha256: str
    size_bytes: int
    filed_by: str
    filed_at: datetime
    results_label: str = ""


@dataclass(frozen=True, kw_only=True)
class FiledDocument:
    """One filed paper with its bytes."""

    row: DocumentRow
    content: bytes


def document_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[DocumentRow, ...]:
    """Return the newest 200 papers, without their bytes."""
    with access.reading(actor):
        rows = Document.objects.filter(license_id__in=license_ids).select_related("filed_by")
        found = list(rows.defer("content").order_by("-filed_at", "-id")[:ROWS_AT_MOST])
        shown = _labels_with_results(found)
        return tuple(_row(document, shown.get(document.pk, "")) for document in found)


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


def _labels_with_results(documents: list[Document]) -> dict[int, str]:
    """Return, by the paper of a certificate, a label of its sample that METRC shows results of."""
    certificates = CertificateOfAnalysis.objects.filter(document__in=documents)
    labels = {
        one.document_id: [one.sample.label, *one.sample.source_labels]
        for one in certificates.select_related("sample")
    }
    asked = [label for each in labels.values() for label in each]
    shown = set(LabResult.objects.filter(label__in=asked).values_list("label", flat=True))
    return {
        document_id: next((label for label in each if label in shown), "")
        for document_id, each in labels.items()
    }


def _row(document: Document, results_label: str = "") -> DocumentRow:
    return DocumentRow(
        id=document.pk,
        name=document.name,
        kind=document.kind,
        media_type=document.media_type,
        sha256=document.sha256,
        size_bytes=document.size_bytes,
        filed_by=document.filed_by.name if document.filed_by else "",
        filed_at=document.filed_at,
        results_label=results_label,
    )
