"""Which packages a pack is of: those of a production batch, or those that changed in a period."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Q

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.packages import MetrcAdjustment, Movement, Package, PackageSnapshot
from glassbox.queries.labels.scan import LABELS_AT_MOST
from glassbox.queries.labels.sheet import Period
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput


def labels_of_batch(*, actor: Actor, license_id: int, number: str) -> tuple[str, ...]:
    """Return the labels of a production batch, by its number.

    :raises InvalidInput: if no package bears that number, or more than a pack takes
    """
    with access.reading(actor, license_id=license_id):
        rows = Package.objects.filter(license_id=license_id).filter(
            Q(production_batch_number=number)
            | Q(snapshots__is_newest=True, snapshots__raw__ProductionBatchNumber=number)
        )
        labels = _few(rows.values_list("label", flat=True).distinct() if number else (), number)
    if not labels:
        raise InvalidInput(
            field="Production batch",
            value=number,
            way_out="No package of this licence bears that number.",
        )
    return labels


def labels_of_period(*, actor: Actor, license_id: int, period: Period) -> tuple[str, ...]:
    """Return the labels whose quantity or state changed in a period, in METRC or in our book.

    :raises InvalidInput: if nothing changed, or more than a pack takes
    """
    with access.reading(actor, license_id=license_id):
        zone = ZoneInfo(License.objects.get(id=license_id).time_zone)
        span = (
            datetime.combine(period.first, time.min, zone),
            datetime.combine(period.last, time.max, zone),
        )
        here = {"license_id": license_id}
        moved = Movement.objects.filter(**here, occurred_at__range=span)
        seen = PackageSnapshot.objects.filter(**here, seen_at__range=span)
        adjusted = MetrcAdjustment.objects.filter(
            **here, adjusted_date__range=(period.first, period.last)
        )
        found = (
            moved.values_list("package__label", flat=True)
            .union(seen.values_list("package__label", flat=True))
            .union(adjusted.values_list("label", flat=True))
        )
        labels = _few(found, f"{period.first} to {period.last}")
    if not labels:
        raise InvalidInput(
            field="period",
            value=f"{period.first} to {period.last}",
            way_out="No package changed in it; choose other days.",
        )
    return labels


def _few(found: object, value: str) -> tuple[str, ...]:
    labels = tuple(sorted(found))  # type: ignore[call-overload]
    if len(labels) > LABELS_AT_MOST:
        raise InvalidInput(
            field="UIDs",
            value=f"{len(labels):,} packages of {value}",
            way_out=f"A pack takes {LABELS_AT_MOST}; draw some of them at random, or give the UIDs.",
        )
    return labels
