"""One package: both truths, its lineage, its timeline, its snapshots, its METRC exchanges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from django.db.models import OuterRef, Q, Subquery

from glassbox import access
from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Count, Hold, Movement, Package, PackageSnapshot
from glassbox.models.sync import ApiRequest
from glassbox.queries.freshness import packages_as_of
from glassbox.queries.packages.rows import metrc_state_words, with_metrc
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

ENTRIES_AT_MOST = 200
# Every event is to be in METRC within 24 hours (CA-TT-03): a longer silence is worth a look.
GAP_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class SnapshotRow:
    """One moment at which METRC's word of the package had changed."""

    id: int
    seen_at: datetime
    last_modified_at: datetime | None
    quantity: Decimal
    unit: str
    metrc_state: str
    lab_state: str
    location_name: str
    content_sha256: str


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One thing that happened. METRC's facts stand left, our own acts right.

    `gap_hours` is how long nothing had happened before it, if more than 24 hours.
    """

    at: datetime
    is_from_metrc: bool
    title: str
    text: str
    who: str
    link: str = ""
    leaf_sha256: str = ""
    gap_hours: int = 0

    @property
    def gap_days(self) -> int:
        """Return the gap in whole days."""
        return self.gap_hours // 24


@dataclass(frozen=True, kw_only=True)
class ActionLine:
    """One regulated action that names this package."""

    id: int
    kind: str
    state: str
    effect_sentence: str
    drafted_at: datetime


@dataclass(frozen=True, kw_only=True)
class PackagePage:
    """All that the page of one package shows, but lineage and exchanges."""

    id: int
    license_id: int
    license_number: str
    label: str
    printed_label: str
    item_name: str
    our_quantity: Decimal
    metrc_quantity: Decimal | None
    counted_quantity: Decimal | None
    counted_at: datetime | None
    counted_by: str
    unit: str
    local_state: str
    metrc_state: str
    lab_state: str
    hold_reasons: tuple[str, ...]
    is_held_by_state: bool
    release: str
    location_name: str
    production_batch_number: str
    metrc_as_of: datetime | None
    snapshots: tuple[SnapshotRow, ...]
    timeline: tuple[TimelineEntry, ...]
    actions: tuple[ActionLine, ...]
    may_draft: bool

    @property
    def counts_differ(self) -> bool:
        return self.metrc_quantity is not None and self.our_quantity != self.metrc_quantity


def find_package(license_ids: tuple[int, ...], label: str) -> Package:
    """Return the package of that label with METRC's word, inside a read transaction.

    :raises NotFound: if none of these licences has held it
    """
    package = (
        with_metrc(Package.objects.filter(license_id__in=license_ids, label=label))
        .select_related("license")
        .order_by("-opened_at")
        .first()
    )
    if package is None:
        raise NotFound(f"There is no package {label} here.")
    return package


def package_page(*, actor: Actor, license_ids: tuple[int, ...], label: str) -> PackagePage:
    """Return the page of one package.

    :raises NotFound: if none of these licences has held it
    """
    with access.reading(actor):
        package = find_package(license_ids, label)
        row = package.__dict__
        snapshots = tuple(package.snapshots.order_by("-seen_at", "-id")[:ENTRIES_AT_MOST])
        actions = tuple(
            RegulatedAction.objects.filter(
                license_id=package.license_id, named__label=label
            ).order_by("-drafted_at")[:ENTRIES_AT_MOST]
        )
        holds = tuple(
            Hold.objects.filter(package=package, lifted_at__isnull=True).values_list(
                "reason", flat=True
            )
        )
        count = (
            Count.objects.filter(package=package)
            .select_related("counted_by")
            .order_by("-counted_at")
            .first()
        )
        as_of = packages_as_of((package.license_id,))
        return PackagePage(
            id=package.pk,
            license_id=package.license_id,
            license_number=package.license.number,
            label=package.label,
            printed_label=package.printed_label,
            item_name=package.item_name,
            our_quantity=row["our_quantity"],
            metrc_quantity=row["metrc_quantity"],
            counted_quantity=count.quantity if count else None,
            counted_at=count.counted_at if count else None,
            counted_by=count.counted_by.name if count else "",
            unit=package.unit,
            local_state=package.local_state,
            metrc_state=metrc_state_words(row["metrc_list"], row["is_held_by_state"]),
            lab_state=row["lab_state"] or "",
            hold_reasons=holds,
            is_held_by_state=bool(row["is_held_by_state"]),
            release=_release_sentence(package),
            location_name=package.location_name,
            production_batch_number=package.production_batch_number,
            metrc_as_of=as_of.of(package) if package.confirmed_at else None,
            snapshots=tuple(_snapshot_row(snapshot) for snapshot in snapshots),
            timeline=_timeline(package, snapshots),
            actions=tuple(_action_line(action) for action in actions),
            may_draft=Permission.ACTION_DRAFT in access.permissions_at(actor, package.license_id),
        )


def _release_sentence(package: Package) -> str:
    review = (
        QaReview.objects.filter(package=package, verdict=QaVerdict.RELEASED)
        .select_related("reviewed_by")
        .order_by("-reviewed_at")
        .first()
    )
    if review is None:
        return "Not released"
    if review.revoked_at:
        return f"Release revoked: {review.revoked_because}"
    return f"Released by {review.reviewed_by.name}"


def _snapshot_row(snapshot: PackageSnapshot) -> SnapshotRow:
    return SnapshotRow(
        id=snapshot.pk,
        seen_at=snapshot.seen_at,
        last_modified_at=snapshot.last_modified_at,
        quantity=snapshot.quantity,
        unit=snapshot.unit,
        metrc_state=metrc_state_words(snapshot.list_name, snapshot.is_on_hold),
        lab_state=snapshot.lab_state,
        location_name=snapshot.location_name,
        content_sha256=snapshot.content_sha256,
    )


def _action_line(action: RegulatedAction) -> ActionLine:
    return ActionLine(
        id=action.pk,
        kind=action.kind,
        state=action.state,
        effect_sentence=action.effect_sentence,
        drafted_at=action.drafted_at,
    )


def _timeline(
    package: Package, snapshots: tuple[PackageSnapshot, ...]
) -> tuple[TimelineEntry, ...]:
    entries = [
        TimelineEntry(
            at=snapshot.last_modified_at or snapshot.seen_at,
            is_from_metrc=True,
            title=metrc_state_words(snapshot.list_name, snapshot.is_on_hold),
            text=_snapshot_sentence(snapshot),
            who="",
        )
        for snapshot in snapshots
    ]
    movements = Movement.objects.filter(package=package).select_related("recorded_by")
    entries += [
        TimelineEntry(
            at=movement.occurred_at,
            is_from_metrc=False,
            title=f"{movement.quantity.normalize():+,f} {movement.unit}",
            text=movement.reason,
            who=movement.recorded_by.name if movement.recorded_by else "Glassbox",
        )
        for movement in movements.order_by("-occurred_at")[:ENTRIES_AT_MOST]
    ]
    name = AuditOpening.objects.filter(event=OuterRef("pk"), field="actor_name").values("value")
    events = ComplianceEvent.objects.filter(
        license_id=package.license_id, subject=f"package:{package.label}"
    ).annotate(actor_name=Subquery(name[:1]))
    entries += [
        TimelineEntry(
            at=event.occurred_at,
            is_from_metrc=False,
            title=event.type,
            text="",
            who=event.__dict__["actor_name"] or "",
            link=str(event.event_id),
            leaf_sha256=bytes(event.leaf).hex(),
        )
        for event in events.order_by("-occurred_at")[:ENTRIES_AT_MOST]
    ]
    return _with_gaps(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _with_gaps(entries: list[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """Say of each entry, the newest first, for how long nothing had happened before it."""
    hours = [
        int((entry.at - before.at).total_seconds() // 3600) for entry, before in pairwise(entries)
    ]
    return tuple(
        replace(entry, gap_hours=gap if gap >= GAP_HOURS else 0)
        for entry, gap in zip(entries, [*hours, 0], strict=True)
    )


def _snapshot_sentence(snapshot: PackageSnapshot) -> str:
    parts = [f"{snapshot.quantity.normalize():,f} {snapshot.unit}", snapshot.lab_state]
    if snapshot.location_name:
        parts.append(snapshot.location_name)
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class ExchangeRow:
    """One request to METRC that spoke of this package, with the hashes of its bytes."""

    id: int
    sent_at: datetime
    method: str
    path: str
    query: str
    purpose: str
    key_owner: str
    status: int | None
    error: str
    duration_seconds: float
    request_sha256: str
    response_sha256: str


def package_exchanges(
    *, actor: Actor, license_ids: tuple[int, ...], label: str
) -> tuple[ExchangeRow, ...]:
    """Return every METRC exchange behind a package: reads that changed our picture, and writes."""
    with access.reading(actor):
        package = find_package(license_ids, label)
        behind = Q(id__in=package.snapshots.values("api_request")) | Q(
            id__in=RegulatedAction.objects.filter(
                license_id=package.license_id, named__label=label
            ).values("attempts__api_request")
        )
        requests = (
            ApiRequest.objects.filter(behind | Q(path__endswith=f"/{label}"))
            .filter(license_id=package.license_id)
            .select_related("hashes")
            .order_by("-sent_at")[:ENTRIES_AT_MOST]
        )
        return tuple(exchange_row(request) for request in requests)


def exchange_row(request: ApiRequest) -> ExchangeRow:
    """Return one exchange for a list; its hashes must have been selected along."""
    return ExchangeRow(
        id=request.pk,
        sent_at=request.sent_at,
        method=request.method,
        path=request.path,
        query=request.query,
        purpose=request.purpose,
        key_owner=request.key_owner,
        status=request.status,
        error=request.error,
        duration_seconds=request.duration_seconds,
        request_sha256=request.hashes.request_sha256,
        response_sha256=request.hashes.response_sha256,
    )


@dataclass(frozen=True, kw_only=True)
class FieldDifference:
    """One field of METRC's row that two snapshots show differently."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class SnapshotDifference:
    """Two snapshots of a package side by side, only where they differ."""

    before: SnapshotRow
    after: SnapshotRow
    fields: tuple[FieldDifference, ...]


def snapshot_difference(
    *, actor: Actor, license_ids: tuple[int, ...], label: str, before_id: int, after_id: int
) -> SnapshotDifference:
    """Return the fields in which two snapshots of one package differ.

    :raises NotFound: if one of them is not a snapshot of this package
    """
    with access.reading(actor):
        package = find_package(license_ids, label)
        found = {s.pk: s for s in package.snapshots.filter(id__in=[before_id, after_id])}
    if before_id not in found or after_id not in found:
        raise NotFound(f"Package {label} has no such snapshot.")
    before, after = found[before_id], found[after_id]
    names = sorted(set(before.raw) | set(after.raw))
    return SnapshotDifference(
        before=_snapshot_row(before),
        after=_snapshot_row(after),
        fields=tuple(
            FieldDifference(
                name=name, before=str(before.raw.get(name)), after=str(after.raw.get(name))
            )
            for name in names
            if before.raw.get(name) != after.raw.get(name)
        ),
    )
