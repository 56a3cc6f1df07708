"""What belongs to the packages of a pack: their actions, deliveries, samples, papers and batches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from glassbox.models.actions import ActionReview, RegulatedAction
from glassbox.models.documents import Document
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.lab import CertificateOfAnalysis, LabSample
from glassbox.models.packages import Package
from glassbox.models.production import Batch
from glassbox.models.transfers import Transfer
from glassbox.queries.action_labels import naming
from glassbox.queries.labels.proofs import ancestors_by_label, batch_ids
from glassbox.queries.labels.sheet import LabelSheet


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """Everything of a licence that has to do with some labels, each once."""

    packages: tuple[Package, ...]
    actions: tuple[RegulatedAction, ...]
    transfers: tuple[Transfer, ...]
    samples: tuple[LabSample, ...]
    certificates: tuple[CertificateOfAnalysis, ...]
    documents: tuple[Document, ...]
    batches: tuple[Batch, ...]
    cases: tuple[ExceptionCase, ...]

    def subjects(self) -> tuple[str, ...]:
        """Return what the ledger calls each of them."""
        return (
            *(
                f"{kind}:{package.label}"
                for package in self.packages
                for kind in ("package", "tag")
            ),
            *(f"action:{one.pk}" for one in self.actions),
            *(f"transfer:{one.pk}" for one in self.transfers),
            *(f"sample:{one.pk}" for one in self.samples),
            *(f"certificate:{one.pk}" for one in self.certificates),
            *(f"document:{one.pk}" for one in self.documents),
            *(f"batch:{one.pk}" for one in self.batches),
            *(f"case:{one.pk}" for one in self.cases),
        )


def belonging_to(license_id: int, sheets: Collection[LabelSheet]) -> Belonging:
    """Return what belongs to the packages of these sheets, inside a read transaction."""
    labels = [sheet.label for sheet in sheets]
    here = {"license_id": license_id}
    packages = tuple(Package.objects.filter(**here, label__in=labels).order_by("label"))
    transfer_ids = {
        line.transfer_id for sheet in sheets for line in (*sheet.came_with, *sheet.goes_with)
    }
    transfers = tuple(Transfer.objects.filter(**here, id__in=transfer_ids).order_by("id"))
    family = {
        *labels,
        *(up for ups in ancestors_by_label([license_id], labels).values() for up in ups),
    }
    numbers = {sheet.production_batch_number for sheet in sheets} - {""}
    samples = tuple(
        LabSample.objects.filter(
            Q(sources__label__in=family) | Q(production_batch_number__in=numbers), **here
        )
        .distinct()
        .order_by("id")
    )
    certificates = tuple(
        CertificateOfAnalysis.objects.filter(**here, sample__in=samples).order_by("id")
    )
    actions = tuple(
        RegulatedAction.objects.filter(naming([license_id], labels), **here).order_by("id")
    )
    return Belonging(
        packages=packages,
        actions=actions,
        transfers=transfers,
        samples=samples,
        certificates=certificates,
        documents=_papers(license_id, labels, transfers, certificates, actions),
        batches=tuple(
            Batch.objects.filter(**here, id__in=batch_ids([license_id], numbers).values())
        ),
        cases=tuple(ExceptionCase.objects.filter(**here, package__in=packages).order_by("id")),
    )


def _papers(
    license_id: int,
    labels: Collection[str],
    transfers: Collection[Transfer],
    certificates: Collection[CertificateOfAnalysis],
    actions: Collection[RegulatedAction],
) -> tuple[Document, ...]:
    """Return the certificates, what was printed of a package or a manifest, by its name, and the
    evidence that went with comments on the actions."""
    wanted = Q(id__in=[one.document_id for one in certificates])
    evidence = ActionReview.objects.filter(action__in=actions, evidence__isnull=False)
    wanted |= Q(id__in=evidence.values("evidence_id"))
    for word in (*labels, *(one.manifest_number for one in transfers if one.manifest_number)):
        wanted |= Q(kind="PRINTED", name__contains=word)
    return tuple(Document.objects.filter(wanted, license_id=license_id).order_by("id"))
