"""Inspection packs: the list, one of them, and the file to take away."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from glassbox.queries.inspection_pack.packs import fetched_pack, pack_page, pack_rows
from glassbox.web.downloads import called
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@require_safe
def packs(request: PageRequest) -> HttpResponse:
    """List the packs that were prepared, newest first."""
    rows = pack_rows(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "packs/packs.html", {"rows": rows, "nav": "scan"})


@require_safe
def pack(request: PageRequest, pack_id: int) -> HttpResponse:
    """Show one pack; while no signed head stands above its event, ask again in a second."""
    row = pack_page(actor=request.actor, license_ids=request.scope.license_ids, pack_id=pack_id)
    return page(
        request, "packs/pack.html", {"row": row, "nav": "scan"}, fragment="packs/_pack.html"
    )


@require_safe
def file(request: PageRequest, pack_id: int) -> HttpResponse:
    """Hand out a pack as one archive."""
    content = fetched_pack(
        actor=request.actor, license_ids=request.scope.license_ids, pack_id=pack_id
    )
    answer = HttpResponse(content, content_type="application/zip")
    return called(answer, f"inspection-pack-{pack_id}.zip")
