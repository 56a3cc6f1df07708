"""Filed papers: the list, and one of them as it was filed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from glassbox.queries.documents import document_rows, filed_document
from glassbox.web.downloads import called
from glassbox.web.pages import one_license_id, page
from glassbox.web.request import PageRequest


@require_GET
def documents(request: PageRequest) -> HttpResponse:
    """List the filed papers, newest first."""
    rows = document_rows(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "documents.html", {"rows": rows, "nav": "documents"})


@require_GET
def document(request: PageRequest, document_id: int) -> HttpResponse:
    """Give out a paper byte for byte as it was filed, to be looked at or printed."""
    filed = filed_document(
        actor=request.actor, license_id=one_license_id(request), document_id=document_id
    )
    answer = HttpResponse(filed.content, content_type=filed.row.media_type)
    # Whatever somebody filed must never run as a page of ours.
    answer["X-Content-Type-Options"] = "nosniff"
    return called(answer, filed.row.name, is_kept=False)
