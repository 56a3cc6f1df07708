"""The sheets of any number of labels, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from glassbox.models.packages import Package
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.labels import history, proofs
from glassbox.queries.labels.sheet import (
    AdjustmentLine,
    CaseLine,
    CertificateLine,
    CountLine,
    EventLine,
    LabelSheet,
    ManifestLine,
    Period,
)
from glassbox.queries.packages.rows import batch_number, metrc_state_words, with_metrc
from glassbox.rules.package_state import PackageList

CARRIERS_AT_MOST = 5
ADJUSTMENT_DAYS = 90
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)

Key = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class _Proofs:
    """Everything beside the packages themselves, by package id, or by licence and label."""

    numbers: dict[int, str]
    as_of: PackagesAsOf
    certificates: dict[int, CertificateLine]
    manifests: dict[Key, tuple[ManifestLine, ...]]
    ancestors: dict[Key, frozenset[str]]
    results: dict[Key, str]
    batch_ids: dict[Key, int]
    counts: dict[int, CountLine]
    holds: dict[int, tuple[str, ...]]
    cases: dict[int, tuple[CaseLine, ...]]
    releases: dict[int, tuple[str, datetime, datetime | None]]
    events: dict[int, tuple[EventLine, ...]]
    adjustments: dict[Key, tuple[AdjustmentLine, ...]]
    carriers: dict[Key, tuple[str, ...]]


def usual_period(now: datetime) -> Period:
    """Return the last 90 days, which an inspector asks for first."""
    return Period(first=now.date() - timedelta(days=ADJUSTMENT_DAYS), last=now.date())


def label_sheets(
    license_ids: Collection[int], labels: Collection[str], *, period: Period | None, now: datetime
) -> tuple[LabelSheet, ...]:
    """Return a sheet for each label at each licence that holds it, in the order of `labels`.

    Inside the caller's read transaction; 21 statements at most. Events are of the period, or the
    newest of all times; adjustments are of the period, or of the last 90 days.
    """
    rows = with_metrc(Package.objects.filter(license_id__in=license_ids, label__in=labels))
    packages = list(
        rows.select_related("license").annotate(
            metrc_unit=F("newest__unit"),
            metrc_location=F("newest__location_name"),
            sources_batches=F("newest__raw__SourceProductionBatchNumbers"),
        )
    )
    if not packages:
        return ()
    beside = _proofs(packages, license_ids, period, now)
    order = {label: place for place, label in enumerate(labels)}
    # Of a label that two licences have held, where it lies now stands first.
    gone = (PackageList.TRANSFERRED, PackageList.INACTIVE)
    packages.sort(
        key=lambda one: (
            order[one.label],
            one.__dict__["metrc_list"] in gone,
            one.license.number,
        )
    )
    return tuple(_sheet(package, beside) for package in packages)


def _proofs(
    packages: Sequence[Package], license_ids: Collection[int], period: Period | None, now: datetime
) -> _Proofs:
    ids = [package.pk for package in packages]
    labels = {package.label for package in packages}
    numbers = {package.pk: batch_number(package) for package in packages}
    today = {
        one.license_id: now.astimezone(ZoneInfo(one.license.time_zone)).date() for one in packages
    }
    adjusted = period or usual_period(now)
    zone = ZoneInfo(packages[0].license.time_zone)
    ancestors = proofs.ancestors_by_label(license_ids, labels)
    first = datetime.combine(adjusted.first, time.min, zone)
    last = datetime.combine(adjusted.last, time.max, zone)
    return _Proofs(
        numbers=numbers,
        as_of=packages_as_of(tuple(license_ids)),
        certificates=proofs.certificates_by_package(packages, numbers, ancestors, today),
        manifests=proofs.manifests_by_label(license_ids, labels.union(*ancestors.values())),
        ancestors=ancestors,
        results=proofs.results_by_label(license_ids, labels),
        batch_ids=proofs.batch_ids(license_ids, numbers.values()),
        counts=proofs.counts_by_package(ids),
        holds=proofs.holds_by_package(ids),
        cases=proofs.cases_by_package(ids),
        releases=proofs.releases_by_package(ids),
        events=history.events_by_package(
            packages,
            first if period else BEFORE_ALL,
            last if period else now + timedelta(days=1),
        ),
        adjustments=history.adjustments_by_label(license_ids, labels, adjusted, first),
        carriers=_carriers(license_ids, labels),
    )


def _carriers(license_ids: Collection[int], labels: Collection[str]) -> dict[Key, tuple[str, ...]]:
    rows = Package.objects.filter(
        ~Q(label=F("printed_label")),
        license_id__in=license_ids,
        printed_label__gt="",
        printed_label_reversed__in={label[::-1] for label in labels},
    )
    found: dict[Key, list[str]] = defaultdict(list)
    for license_id, printed, label in rows.order_by("label").values_list(
        "license_id", "printed_label", "label"
    ):
        found[license_id, printed].append(label)
    return {key: tuple(carriers[:CARRIERS_AT_MOST]) for key, carriers in found.items()}


def _sheet(package: Package, beside: _Proofs) -> LabelSheet:
    row, license = package.__dict__, package.license
    key = (package.license_id, package.label)
    number = beside.numbers[package.pk]
    manifests = beside.manifests.get(key, ())
    return LabelSheet(
        label=package.label,
        license_id=license.pk,
        license_number=license.number,
        license_name=license.legal_name,
        time_zone=license.time_zone,
        item_name=package.item_name,
        place=_place(package, manifests),
        metrc_location=row["metrc_location"] or "",
        our_quantity=row["our_quantity"],
        unit=package.unit,
        metrc_quantity=row["metrc_quantity"],
        metrc_unit=row["metrc_unit"] or package.unit,
        metrc_as_of=beside.as_of.of(package) if package.confirmed_at else None,
        metrc_changed_at=row["last_modified_at"],
        counted=beside.counts.get(package.pk),
        local_state=package.local_state,
        metrc_state=metrc_state_words(row["metrc_list"], row["is_held_by_state"]),
        lab_state=row["lab_state"] or "",
        release=_release(beside.releases.get(package.pk)),
        is_held_by_state=bool(row["is_held_by_state"]),
        hold_reasons=beside.holds.get(package.pk, ()),
        production_batch_number=number,
        batch_id=beside.batch_ids.get((license.pk, number)),
        printed_label=package.printed_label or package.label,
        carried_by=beside.carriers.get(key, ()),
        certificate=beside.certificates.get(package.pk),
        results=beside.results.get(key, ""),
        came_with=_came_with(key, beside),
        goes_with=tuple(one for one in manifests if one.direction == "OUTGOING"),
        cases=beside.cases.get(package.pk, ()),
        events=beside.events.get(package.pk, ()),
        adjustments=beside.adjustments.get(key, ()),
    )


def _came_with(key: Key, beside: _Proofs) -> tuple[ManifestLine, ...]:
    """Return the deliveries a package came with; of one made here, those of its sources."""
    license_id, label = key
    for labels in ({label}, beside.ancestors.get(key, frozenset())):
        lines = tuple(
            line
            for one in sorted(labels)
            for line in beside.manifests.get((license_id, one), ())
            if line.direction == "INCOMING"
        )
        if lines:
            return lines
    return ()


def _place(package: Package, manifests: tuple[ManifestLine, ...]) -> str:
    """Return where a package should be, in words a person with a scanner can walk by."""
    seen_in = package.__dict__["metrc_list"]
    left = next((one for one in manifests if one.direction == "OUTGOING"), None)
    with_manifest = f" with manifest {left.number}" if left else ""
    if seen_in == PackageList.IN_TRANSIT:
        return f"On the road{with_manifest}"
    if seen_in == PackageList.TRANSFERRED:
        return f"Gone{with_manifest}" + (f" to {left.other_license_number}" if left else "")
    if seen_in == PackageList.INACTIVE:
        return "Nowhere: METRC shows it finished"
    room = package.location_name or package.__dict__["metrc_location"]
    return room or "No room is noted"


def _release(found: tuple[str, datetime, datetime | None] | None) -> str:
    if found is None:
        return "not released"
    name, at, revoked_at = found
    return f"release by {name} revoked" if revoked_at else f"released by {name}, {at:%Y-%m-%d}"
