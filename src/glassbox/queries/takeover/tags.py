"""Tags at a go-live: ranges by status, and where our ledger of tags and METRC disagree."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import Package
from glassbox.models.sync import SyncCursor
from glassbox.rules.takeover import TagRange, ranges_of

RANGES_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class TagsByStatus:
    """All tags of one status, in unbroken ranges; `more` ranges are not shown."""

    status: str
    count: int
    ranges: tuple[TagRange, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class TagDoubts:
    """Tags on which our ledger and METRC disagree."""

    not_listed: tuple[str, ...]
    damaged_on_package: tuple[str, ...]


def tags_by_status(license_id: int) -> tuple[TagsByStatus, ...]:
    """Return every range inside the caller's transaction; one statement."""
    found: dict[str, list[str]] = {status.value: [] for status in TagStatus}
    for status, label in Tag.objects.filter(license_id=license_id).values_list("status", "label"):
        found[status].append(label)
    grouped = []
    for status, labels in found.items():
        ranges = ranges_of(labels)
        grouped.append(
            TagsByStatus(
                status=status,
                count=len(labels),
                ranges=ranges[:RANGES_AT_MOST],
                more=max(len(ranges) - RANGES_AT_MOST, 0),
            )
        )
    return tuple(grouped)


def tag_doubts(license_id: int) -> TagDoubts:
    """Return them inside the caller's transaction.

    That METRC does not list a tag means something only if its whole list of available tags was
    read since we had the tag.
    """
    cursor = SyncCursor.objects.filter(
        license_id=license_id, feed="tags", last_whole_at__isnull=False, last_error=""
    ).first()
    not_listed: tuple[str, ...] = ()
    if cursor is not None:
        not_listed = tuple(
            Tag.objects.filter(
                Q(seen_available_at__isnull=True) | Q(seen_available_at__lt=cursor.last_whole_at),
                license_id=license_id,
                status=TagStatus.RECEIVED,
                received_at__lte=cursor.last_whole_at,
            )
            .order_by("label")
            .values_list("label", flat=True)
        )
    damaged = Tag.objects.filter(license_id=license_id, status=TagStatus.DAMAGED)
    on_package = Package.objects.filter(
        license_id=license_id, label__in=damaged.values("label")
    ).order_by("label")
    return TagDoubts(
        not_listed=not_listed,
        damaged_on_package=tuple(on_package.values_list("label", flat=True)),
    )
