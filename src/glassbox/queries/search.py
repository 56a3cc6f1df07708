"""The search field at the top: a UID, its last digits, a manifest, a batch, a COA, an event."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from glassbox import access
from glassbox.models.lab import CertificateOfAnalysis
from glassbox.models.packages import Package
from glassbox.models.production import Batch
from glassbox.models.transfers import Order, Transfer
from glassbox.rules.actor import Actor

HITS_PER_KIND = 20
SHORTEST_TEXT = 3


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One thing found, and where its page is."""

    what: str
    title: str
    detail: str
    address: str


def search_hits(*, actor: Actor, license_ids: tuple[int, ...], text: str) -> tuple[SearchHit, ...]:
    """Return what a text may mean, at most 20 of each kind; nothing for less than 3 characters."""
    if len(text) < SHORTEST_TEXT:
        return ()
    here = Q(license_id__in=license_ids)
    with access.reading(actor):
        packages = Package.objects.filter(
            here & (Q(label__endswith=text.upper()) | Q(printed_label__endswith=text.upper()))
        ).select_related("license")
        transfers = Transfer.objects.filter(
            here & (Q(manifest_number__endswith=text) | Q(template_name__icontains=text))
        ).select_related("license")
        batches = Batch.objects.filter(here, number__icontains=text).select_related("license")
        orders = Order.objects.filter(here, number__icontains=text).select_related("license")
        certificates = CertificateOfAnalysis.objects.filter(
            here, certificate_number__icontains=text
        ).select_related("license", "sample")
        return (
            *(
                SearchHit(
                    what="Package",
                    title=package.label,
                    detail=package.item_name,
                    address=f"/l/{package.license.number}/packages/{package.label}/",
                )
                for package in packages[:HITS_PER_KIND]
            ),
            *(
                SearchHit(
                    what="Transfer",
                    title=transfer.manifest_number or transfer.template_name,
                    detail=f"{transfer.shipper_license_number} → "
                    f"{transfer.receiver_license_number}",
                    address=f"/l/{transfer.license.number}/transfers/{transfer.pk}/",
                )
                for transfer in transfers[:HITS_PER_KIND]
            ),
            *(
                SearchHit(
                    what="Batch",
                    title=batch.number,
                    detail=batch.product,
                    address=f"/l/{batch.license.number}/batches/{batch.pk}/",
                )
                for batch in batches[:HITS_PER_KIND]
            ),
            *(
                SearchHit(
                    what="Order",
                    title=order.number,
                    detail=order.state.title(),
                    address=f"/l/{order.license.number}/orders/{order.pk}/",
                )
                for order in orders[:HITS_PER_KIND]
            ),
            *(
                SearchHit(
                    what="COA",
                    title=certificate.certificate_number,
                    detail=certificate.sample_label,
                    address=f"/l/{certificate.license.number}/lab/{certificate.sample_id}/",
                )
                for certificate in certificates[:HITS_PER_KIND]
            ),
        )
