"""What stands in the cells of the packages grid, in a number of statements that does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import F, FilteredRelation, Q, Sum

from glassbox.models.companies import License
from glassbox.models.packages import Movement, Package, PackageStanding
from glassbox.models.transfers import Allocation
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.labels import proofs
from glassbox.queries.labels.sheet import CaseLine, CertificateLine, CountLine
from glassbox.queries.packages.rows import batch_number, metrc_state_words

SOURCES_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class PackageRow:
    """One package: our count and state, METRC's, what was counted, and what stands behind it."""

    id: int
    license_id: int
    license_number: str
    time_zone: str
    label: str
    item_name: str
    category: str
    our_quantity: Decimal
    metrc_quantity: Decimal | None
    counted: CountLine | None
    unit: str
    local_state: str
    metrc_state: str
    lab_state: str
    is_held_by_us: bool
    is_held_by_state: bool
    is_released: bool
    location_name: str
    production_batch_number: str
    sources: tuple[str, ...]
    source_count: int
    packaged_date: date | None
    age_days: int | None
    certificate: CertificateLine | None
    metrc_as_of: datetime | None
    last_modified_at: datetime | None
    allocated_to: tuple[str, ...]
    hold_reasons: tuple[str, ...]
    cases: tuple[CaseLine, ...]

    @property
    def due_at(self) -> datetime | None:
        """Return when the first of its open cases is due."""
        return min((case.due_at for case in self.cases if case.due_at), default=None)

    @property
    def counts_differ(self) -> bool:
        return self.metrc_quantity is not None and self.our_quantity != self.metrc_quantity


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What is looked up beside the standings, by package id."""

    packages: Mapping[int, Package]
    licenses: dict[int, License]
    today: dict[int, date]
    as_of: PackagesAsOf
    ours: dict[int, Decimal]
    counts: dict[int, CountLine]
    holds: dict[int, tuple[str, ...]]
    cases: dict[int, tuple[CaseLine, ...]]
    promised: dict[int, tuple[str, ...]]
    sources: dict[int, tuple[str, ...]]
    certificates: dict[int, CertificateLine]


def package_rows(
    standings: Sequence[PackageStanding], *, columns: frozenset[str], now: datetime
) -> tuple[PackageRow, ...]:
    """Return the rows of some packages, inside the caller's read transaction.

    Only what the named columns show is looked up; no columns means all.
    """
    beside = _look_up(standings, columns, now)
    return tuple(_row(one, beside) for one in standings)


def _look_up(
    standings: Sequence[PackageStanding], columns: frozenset[str], now: datetime
) -> _Beside:
    ids = [one.package_id for one in standings]
    licenses = {
        one.pk: one for one in License.objects.filter(id__in={one.license_id for one in standings})
    }
    today = {one.pk: now.astimezone(ZoneInfo(one.time_zone)).date() for one in licenses.values()}
    rows = Package.objects.filter(id__in=ids).annotate(
        newest=FilteredRelation("snapshots", condition=Q(snapshots__is_newest=True)),
        made_of=F("newest__raw__SourcePackageLabels"),
        sources_batches=F("newest__raw__SourceProductionBatchNumbers"),
    )
    packages = {one.pk: one for one in rows.select_related("license")}

    def if_shown(*names: str) -> list[int]:
        return ids if not columns or not columns.isdisjoint(names) else []

    return _Beside(
        packages=packages,
        licenses=licenses,
        today=today,
        as_of=packages_as_of(tuple(licenses)),
        ours=_our_quantities(ids),
        counts=proofs.counts_by_package(if_shown("counted")),
        holds=proofs.holds_by_package(if_shown("flags")),
        cases=proofs.cases_by_package(if_shown("flags", "due")),
        promised=_promised(if_shown("allocated_to")),
        sources={one.pk: _labels_of(one.__dict__["made_of"]) for one in packages.values()},
        certificates=_certificates([packages[one] for one in if_shown("coa")], today),
    )


def _our_quantities(package_ids: Collection[int]) -> dict[int, Decimal]:
    rows = Movement.objects.filter(package_id__in=package_ids).values("package_id")
    return dict(rows.annotate(total=Sum("quantity")).values_list("package_id", "total"))


def _promised(package_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = Allocation.objects.filter(package_id__in=package_ids, withdrawn_at__isnull=True)
    found: dict[int, list[str]] = defaultdict(list)
    for package_id, number, buyer in rows.order_by("id").values_list(
        "package_id", "order_line__order__number", "order_line__order__buyer__name"
    ):
        found[package_id].append(f"{number} {buyer}")
    return {package_id: tuple(dict.fromkeys(orders)) for package_id, orders in found.items()}


def _labels_of(text: object) -> tuple[str, ...]:
    return tuple(one.strip() for one in str(text or "").split(",") if one.strip())


def _certificates(
    packages: Collection[Package], today: dict[int, date]
) -> dict[int, CertificateLine]:
    if not packages:
        return {}
    return proofs.certificates_by_package(
        packages,
        {one.pk: batch_number(one) for one in packages},
        proofs.ancestors_by_label(
            {one.license_id for one in packages}, {one.label for one in packages}
        ),
        today,
    )


def _row(one: PackageStanding, beside: _Beside) -> PackageRow:
    number = one.package_id
    license, package = beside.licenses[one.license_id], beside.packages[number]
    sources = beside.sources.get(number, ())
    age = beside.today[one.license_id] - one.packaged_date if one.packaged_date else None
    return PackageRow(
        id=number,
        license_id=one.license_id,
        license_number=license.number,
        time_zone=license.time_zone,
        label=one.label,
        item_name=one.item_name,
        category=one.category,
        our_quantity=beside.ours.get(number, Decimal(0)),
        metrc_quantity=one.metrc_quantity,
        counted=beside.counts.get(number),
        unit=one.unit,
        local_state=one.local_state,
        metrc_state=metrc_state_words(one.list_name or None, one.is_held_by_state),
        lab_state=one.lab_state,
        is_held_by_us=one.is_held_by_us,
        is_held_by_state=one.is_held_by_state,
        is_released=one.is_released,
        location_name=one.location_name,
        production_batch_number=one.production_batch_number,
        sources=sources[:SOURCES_SHOWN],
        source_count=len(sources),
        packaged_date=one.packaged_date,
        age_days=age.days if age is not None else None,
        certificate=beside.certificates.get(number),
        metrc_as_of=beside.as_of.of(package) if package.confirmed_at else None,
        last_modified_at=one.changed_at if one.list_name else None,
        allocated_to=beside.promised.get(number, ()),
        hold_reasons=beside.holds.get(number, ()),
        cases=beside.cases.get(number, ()),
    )
