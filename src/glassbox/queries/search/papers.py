"""Deliveries, batches, certificates and orders: by the number on a paper."""

from __future__ import annotations

from collections.abc import Iterator

from glassbox.models.lab import CertificateOfAnalysis, LabSample
from glassbox.models.production import Batch
from glassbox.models.transfers import Order, Transfer
from glassbox.queries.search.hits import (
    HITS_PER_KIND,
    Question,
    SearchHit,
    begins_or_ends,
    begins_with,
)


def transfers_by_manifest(question: Question) -> Iterator[SearchHit]:
    """Yield deliveries whose manifest number ends like this."""
    ending = begins_with("manifest_reversed", question.upper[::-1])
    for transfer in Transfer.objects.filter(question.here, ending).order_by("-opened_at", "id")[
        :HITS_PER_KIND
    ]:
        number = transfer.manifest_number
        # METRC writes leading zeros; people leave them out.
        yield _delivery(
            question,
            transfer,
            "Manifest",
            number,
            is_exact=question.is_whole(number, number.lstrip("0")),
        )


def transfers_by_name(question: Question) -> Iterator[SearchHit]:
    """Yield deliveries whose invoice begins or ends like this, or whose template begins so."""
    invoice = begins_or_ends("invoice", question.text)
    template = begins_with("template_capitals", question.upper)
    named = invoice | template
    for transfer in Transfer.objects.filter(question.here, named).order_by("-opened_at", "id")[
        :HITS_PER_KIND
    ]:
        if question.upper in transfer.invoice_number.upper():
            what, title = "Invoice", transfer.invoice_number
        else:
            what, title = "Transfer template", transfer.template_name
        yield _delivery(question, transfer, what, title, is_exact=question.is_whole(title))


def batches(question: Question) -> Iterator[SearchHit]:
    """Yield production batches whose number begins or ends like this."""
    found = Batch.objects.filter(question.here, begins_or_ends("number", question.text))
    for batch in found.order_by("-opened_at", "id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="Batch",
            title=batch.number,
            detail=batch.product,
            license_number=question.numbers[batch.license_id],
            address=question.place(batch.license_id, f"batches/{batch.pk}/"),
            is_exact=question.is_whole(batch.number),
        )


def certificates(question: Question) -> Iterator[SearchHit]:
    """Yield certificates of analysis whose number begins or ends like this."""
    found = CertificateOfAnalysis.objects.filter(
        question.here, begins_or_ends("number", question.text)
    )
    for certificate in found.order_by("-issued_date", "-version", "id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="COA",
            title=certificate.certificate_number,
            detail=f"batch {certificate.production_batch_number}, version {certificate.version}",
            license_number=question.numbers[certificate.license_id],
            address=question.place(certificate.license_id, f"lab/{certificate.sample_id}/"),
            is_exact=question.is_whole(certificate.certificate_number),
        )


def samples(question: Question) -> Iterator[SearchHit]:
    """Yield samples by their own UID or its last digits."""
    ending = begins_with("label_reversed", question.upper[::-1])
    found = LabSample.objects.filter(question.here, ending)
    for sample in found.order_by("label_reversed", "license_id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="Sample",
            title=sample.label,
            detail=f"batch {sample.production_batch_number}, {sample.state.lower()}",
            license_number=question.numbers[sample.license_id],
            address=question.place(sample.license_id, f"lab/{sample.pk}/"),
            is_label=True,
        )


def orders(question: Question) -> Iterator[SearchHit]:
    """Yield orders whose number begins or ends like this."""
    found = Order.objects.filter(question.here, begins_or_ends("number", question.text))
    for order in found.select_related("buyer").order_by("-drafted_at", "id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="Order",
            title=order.number,
            detail=f"{order.buyer.name}, {order.state.lower()}",
            license_number=question.numbers[order.license_id],
            address=question.place(order.license_id, f"orders/{order.pk}/"),
            is_exact=question.is_whole(order.number),
        )


def _delivery(
    question: Question, transfer: Transfer, what: str, title: str, *, is_exact: bool
) -> SearchHit:
    return SearchHit(
        what=what,
        title=title,
        detail=f"{transfer.shipper_license_number} → {transfer.receiver_license_number},"
        f" {transfer.state.lower().replace('_', ' ')}",
        license_number=question.numbers[transfer.license_id],
        address=question.place(transfer.license_id, f"transfers/{transfer.pk}/"),
        is_exact=is_exact,
    )
