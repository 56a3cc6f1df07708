"""Inspector sheets that were prepared: the list, and one of them with what is known today."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, QuerySet, Subquery

from glassbox import access
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.models.companies import License
from glassbox.models.packages import Package
from glassbox.queries.labels.scan import scan
from glassbox.queries.labels.sheet import Period, Scanned
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import PackageList
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 100
ON_THE_PREMISES = (PackageList.ACTIVE, PackageList.ON_HOLD)


@dataclass(frozen=True, kw_only=True)
class InspectionRow:
    """One prepared sheet: who, when, for whom, how many labels, by which seed, and its paper."""

    event_id: uuid.UUID
    license_id: int
    license_number: str
    prepared_at: datetime
    prepared_by: str
    reason: str
    labels: tuple[str, ...]
    duplicates: tuple[str, ...]
    not_tag_count: int
    seed: str
    drawn_from: int
    list_sha256: str
    period: Period
    document_id: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class InspectionPage:
    """One prepared sheet, with what our database says of its labels now."""

    row: InspectionRow
    scanned: Scanned


def labels_on_the_premises(*, actor: Actor, license_id: int) -> tuple[str, ...]:
    """Return the labels that METRC shows here, on hold ones included, in order."""
    with access.reading(actor, license_id=license_id):
        labels = Package.objects.filter(
            license_id=license_id,
            snapshots__is_newest=True,
            snapshots__list_name__in=ON_THE_PREMISES,
            snapshots__is_finished=False,
        ).values_list("label", flat=True)
        return tuple(sorted(labels))


def inspection_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[InspectionRow, ...]:
    """Return the newest 100 prepared sheets."""
    with access.reading(actor):
        numbers = dict(License.objects.filter(id__in=license_ids).values_list("id", "number"))
        events = _events(license_ids).order_by("-occurred_at", "-event_id")[:ROWS_AT_MOST]
        return tuple(_row(event, numbers) for event in events)


def inspection_page(
    *, actor: Actor, license_ids: tuple[int, ...], event_id: uuid.UUID, now: datetime
) -> InspectionPage:
    """Return one prepared sheet with what is known now; the filed paper has what was known then.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        numbers = dict(License.objects.filter(id__in=license_ids).values_list("id", "number"))
        event = _events(license_ids).filter(event_id=event_id).first()
        if event is None:
            raise NotFound("There is no such inspector's sheet here.")
        row = _row(event, numbers)
    return InspectionPage(
        row=row,
        scanned=scan(
            actor=actor,
            license_ids=(row.license_id,),
            text=" ".join((*row.labels, *row.duplicates)),
            period=row.period,
            now=now,
        ),
    )


def _events(license_ids: tuple[int, ...]) -> QuerySet[ComplianceEvent]:
    opening = AuditOpening.objects.filter(event=OuterRef("pk"))
    return ComplianceEvent.objects.filter(
        license_id__in=license_ids, type=EventType.INSPECTION_PREPARED
    ).annotate(
        actor_name=Subquery(opening.filter(field="actor_name").values("value")[:1]),
        reason=Subquery(opening.filter(field="reason").values("value")[:1]),
    )


def _row(event: ComplianceEvent, numbers: dict[int, str]) -> InspectionRow:
    body, extra = event.record["body"], event.__dict__
    license_id = event.license_id or 0
    return InspectionRow(
        event_id=event.event_id,
        license_id=license_id,
        license_number=numbers[license_id],
        prepared_at=event.occurred_at,
        prepared_by=extra["actor_name"] or "(erased)",
        reason=extra["reason"] or "",
        labels=tuple(body["labels"]),
        duplicates=tuple(body["duplicates"]),
        not_tag_count=body["not_tags"],
        seed=body["seed"],
        drawn_from=body["drawn_from"],
        list_sha256=body["list_sha256"],
        period=Period(
            first=date.fromisoformat(body["first"]), last=date.fromisoformat(body["last"])
        ),
        document_id=body["document_id"],
        sha256=body["sha256"],
    )
