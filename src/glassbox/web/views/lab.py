"""Samples, certificates and the QA review."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from glassbox.operations.lab.review import review_package
from glassbox.queries.lab.pages import qa_page, qa_rows, sample_page, sample_rows
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import one_license_id, page
from glassbox.web.request import PageRequest

PERSONS_ITEMS = ("QA-05", "QA-06", "QA-07", "QA-08")


@require_GET
def lab(request: PageRequest) -> HttpResponse:
    """List samples, and the packages that wait for a QA review."""
    ids = request.scope.license_ids
    waiting = request.GET.get("show") == "without-result"
    return page(
        request,
        "lab/lab.html",
        {
            "samples": sample_rows(actor=request.actor, license_ids=ids, without_result=waiting),
            "queue": qa_rows(actor=request.actor, license_ids=ids),
            "waiting": waiting,
            "nav": "lab",
        },
    )


@require_GET
def sample(request: PageRequest, sample_id: int) -> HttpResponse:
    """Show one sample: custody, certificates, results."""
    found = sample_page(
        actor=request.actor, license_id=one_license_id(request), sample_id=sample_id
    )
    return page(request, "lab/sample.html", {"sample": found, "nav": "lab"})


def _claim(text: str) -> Decimal | None:
    """Return the milligrams of THC that the label claims; None where it was not asked."""
    try:
        return Decimal(text.strip().replace(",", "")) if text.strip() else None
    except InvalidOperation:
        raise InvalidInput(
            field="THC on the label", value=text, way_out="Give milligrams, such as 856."
        ) from None


@require_http_methods(["GET", "POST"])
def review(request: PageRequest, label: str) -> HttpResponse:
    """Show the checklist of a package, and take the reviewer's signed verdict."""
    license_id = one_license_id(request)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            review_package(
                actor=request.actor,
                license_id=license_id,
                label=label,
                verdict=request.POST.get("verdict", ""),
                ticks={item: request.POST.get(item) == "yes" for item in PERSONS_ITEMS},
                reason=request.POST.get("reason", ""),
                label_batch_number=request.POST.get("label_batch_number", ""),
                label_claim_mg=_claim(request.POST.get("label_claim_mg", "")),
                evidence_sha256=request.POST.get("evidence_sha256", ""),
                now=request.now,
            )
        except NotFound:
            raise
        except Refused as problem:
            refusal = problem
        else:
            messages.success(request, "The review is signed.")
            return HttpResponseRedirect(f"/{request.scope.slug}/packages/{label}/qa/")
    found = qa_page(actor=request.actor, license_id=license_id, label=label, now=request.now)
    return page(
        request,
        "lab/review.html",
        {
            "qa": found,
            "label": label,
            "said": request.POST,
            "ticked": {item for item in PERSONS_ITEMS if request.POST.get(item) == "yes"},
            "refusal": refusal,
            "nav": "lab",
        },
        status=refusal_status(refusal) if refusal else 200,
    )
