"""What happened to packages lately: METRC's changes, our movements and the ledger in one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, Model, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import MetrcAdjustment, Movement, Package, PackageSnapshot
from glassbox.queries.action_labels import naming
from glassbox.queries.labels.sheet import AdjustmentLine, EventLine, Period
from glassbox.queries.packages.rows import metrc_state_words
from glassbox.rules.quantities import quantity

EVENTS_PER_PACKAGE = 10
ADJUSTMENT_KINDS = ("package.adjust", "package.adjust_by")
# An action can be drafted some days before METRC shows what it did.
DRAFTED_BEFORE = timedelta(days=30)

Key = tuple[int, str]
Row = TypeVar("Row", bound=Model)


def events_by_package(
    packages: Collection[Package], first: datetime, last: datetime
) -> dict[int, tuple[EventLine, ...]]:
    """Return the last ten events of each package between two moments; three statements."""
    ids = [package.pk for package in packages]
    found: dict[int, list[EventLine]] = defaultdict(list)
    snapshots = PackageSnapshot.objects.filter(package_id__in=ids, seen_at__range=(first, last))
    for snapshot in _newest(snapshots.defer("raw"), "package_id", "seen_at", "id"):
        found[snapshot.package_id].append(_snapshot_line(snapshot))
    movements = Movement.objects.filter(package_id__in=ids, occurred_at__range=(first, last))
    for movement in _newest(
        movements.select_related("recorded_by"), "package_id", "occurred_at", "id"
    ):
        found[movement.package_id].append(_movement_line(movement))
    by_subject = {(one.license_id, f"package:{one.label}"): one.pk for one in packages}
    name = AuditOpening.objects.filter(event=OuterRef("pk"), field="actor_name").values("value")
    events = ComplianceEvent.objects.filter(
        license_id__in={license_id for license_id, _ in by_subject},
        subject__in={subject for _, subject in by_subject},
        occurred_at__range=(first, last),
    ).annotate(actor_name=Subquery(name[:1]))
    for event in _newest(events, "subject", "occurred_at", "event_id"):
        package_id = by_subject.get((event.license_id or 0, event.subject))
        if package_id is not None:
            found[package_id].append(_event_line(event))
    return {
        package_id: tuple(sorted(lines, key=lambda line: line.at, reverse=True))[
            :EVENTS_PER_PACKAGE
        ]
        for package_id, lines in found.items()
    }


def _newest(rows: QuerySet[Row], of: str, at: str, then: str) -> Iterable[Row]:
    rank = Window(
        RowNumber(),
        partition_by=[F("license_id"), F(of)],
        order_by=[F(at).desc(), F(then).desc()],
    )
    return rows.annotate(rank=rank).filter(rank__lte=EVENTS_PER_PACKAGE)


def _snapshot_line(snapshot: PackageSnapshot) -> EventLine:
    parts = (
        quantity(snapshot.quantity, snapshot.unit).text(),
        snapshot.lab_state,
        snapshot.location_name,
    )
    return EventLine(
        at=snapshot.last_modified_at or snapshot.seen_at,
        source="METRC",
        title=metrc_state_words(snapshot.list_name, snapshot.is_on_hold),
        text=" · ".join(part for part in parts if part),
        who="",
    )


def _movement_line(movement: Movement) -> EventLine:
    sign = "+" if movement.quantity > 0 else ""
    return EventLine(
        at=movement.occurred_at,
        source="our book",
        title=sign + quantity(movement.quantity, movement.unit).text(),
        text=movement.reason,
        who=movement.recorded_by.name if movement.recorded_by else "Glassbox",
    )


def _event_line(event: ComplianceEvent) -> EventLine:
    return EventLine(
        at=event.occurred_at,
        source="ledger",
        title=event.type,
        text="",
        who=event.__dict__["actor_name"] or "(erased)",
        event_id=str(event.event_id),
    )


def adjustments_by_label(
    license_ids: Collection[int], labels: Collection[str], period: Period, first: datetime
) -> dict[Key, tuple[AdjustmentLine, ...]]:
    """Return what METRC lists as adjusted in a period, each with our action; two statements."""
    tokens = {
        token: action_id
        for action_id, token in RegulatedAction.objects.filter(
            naming(license_ids, labels),
            license_id__in=license_ids,
            kind__in=ADJUSTMENT_KINDS,
            drafted_at__gte=first - DRAFTED_BEFORE,
        ).values_list("id", "token")
    }
    rows = MetrcAdjustment.objects.filter(
        license_id__in=license_ids,
        label__in=labels,
        adjusted_date__range=(period.first, period.last),
    ).defer("raw")
    found: dict[Key, list[AdjustmentLine]] = defaultdict(list)
    for row in rows.order_by("-adjusted_date", "-id"):
        found[row.license_id, row.label].append(
            AdjustmentLine(
                on=row.adjusted_date,
                quantity=row.quantity,
                unit=row.unit,
                reason=row.reason,
                note=row.note,
                by=row.adjusted_by,
                action_id=next((tokens[token] for token in tokens if token in row.note), None),
            )
        )
    return {key: tuple(lines) for key, lines in found.items()}
