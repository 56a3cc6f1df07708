"""The packages grid: one row per package, METRC's word beside ours, filtered and pasted into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import (
    DecimalField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from glassbox import access
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Hold, Movement, Package
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.rules.actor import Actor
from glassbox.rules.lab_status import (
    FAILED_STATES,
    PASSED_STATES,
    PENDING_STATES,
    UNTESTED_STATES,
)
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.verdicts import InvalidInput

ROWS_PER_PAGE = 100
CSV_ROWS_AT_MOST = 50_000
PASTED_LABELS_AT_MOST = 1_000

NUMBER = DecimalField(max_digits=20, decimal_places=6)


class PackageView(StrEnum):
    """The named views of the grid; each is a filter that the address carries."""

    ACTIVE = "active"
    ALL = "all"
    NOT_IN_METRC = "not-in-metrc"
    ON_HOLD = "on-hold"
    IN_TRANSIT = "in-transit"
    AWAITING_LAB = "awaiting-lab"
    QA_QUEUE = "qa-queue"
    RELEASED = "released"
    DIFFERING = "differing"
    FAILED = "failed"
    RETURNING = "returning"
    DESTRUCTION = "destruction"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class PackageFilter:
    """What the grid is asked for. Everything is in the address, so that a view is a link."""

    view: PackageView = PackageView.ACTIVE
    text: str = ""
    labels: tuple[str, ...] = ()
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class PackageRow:
    """One package: our count and state, METRC's count and state, and as of when."""

    id: int
    license_id: int
    license_number: str
    label: str
    item_name: str
    our_quantity: Decimal | None
    metrc_quantity: Decimal | None
    unit: str
    local_state: str
    metrc_state: str
    lab_state: str
    is_held_by_us: bool
    is_held_by_state: bool
    is_released: bool
    location_name: str
    production_batch_number: str
    packaged_date: date | None
    metrc_as_of: datetime | None
    last_modified_at: datetime | None

    @property
    def counts_differ(self) -> bool:
        return self.metrc_quantity is not None and self.our_quantity != self.metrc_quantity


@dataclass(frozen=True, kw_only=True)
class PackageGrid:
    """One page of the grid, and how many there are in all."""

    rows: tuple[PackageRow, ...]
    total: int
    page: int
    page_count: int
    filter: PackageFilter


@dataclass(frozen=True, kw_only=True)
class PastedLabels:
    """What became of a pasted column of UIDs: nothing is dropped without a word."""

    found: tuple[str, ...]
    elsewhere: tuple[str, ...]
    not_a_label: tuple[str, ...]
    duplicate: tuple[str, ...]


def read_pasted_labels(text: str) -> tuple[str, ...]:
    """Split pasted text at anything that cannot be part of a UID.

    :raises InvalidInput: if there are more than 1,000
    """
    words = tuple(word.upper() for word in re.split(r"[^0-9A-Za-z]+", text) if word)
    if len(words) > PASTED_LABELS_AT_MOST:
        raise InvalidInput(
            field="UIDs",
            value=f"{len(words)} UIDs",
            way_out=f"Paste at most {PASTED_LABELS_AT_MOST:,} at a time.",
        )
    return words


def pasted_labels(
    *, actor: Actor, license_ids: tuple[int, ...], words: tuple[str, ...]
) -> PastedLabels:
    """Sort pasted words into found here, not ours, not a UID at all, and repeated."""
    with access.reading(actor):
        known = set(
            Package.objects.filter(license_id__in=license_ids, label__in=words).values_list(
                "label", flat=True
            )
        )
    unique = tuple(dict.fromkeys(words))
    looks_right = tuple(word for word in unique if re.fullmatch(r"[0-9A-Z]{24}", word))
    return PastedLabels(
        found=tuple(word for word in unique if word in known),
        elsewhere=tuple(word for word in looks_right if word not in known),
        not_a_label=tuple(w for w in unique if w not in known and w not in looks_right),
        duplicate=tuple(dict.fromkeys(word for word in words if words.count(word) > 1)),
    )


def package_list(
    *, actor: Actor, license_ids: tuple[int, ...], filter: PackageFilter
) -> PackageGrid:
    """Return one page of packages, newest change first."""
    with access.reading(actor):
        rows = _filtered(license_ids, filter)
        total = rows.count()
        page_count = max(1, -(-total // ROWS_PER_PAGE))
        page = min(max(1, filter.page), page_count)
        start = (page - 1) * ROWS_PER_PAGE
        as_of = packages_as_of(license_ids)
        shown = tuple(_row(package, as_of) for package in rows[start : start + ROWS_PER_PAGE])
    return PackageGrid(rows=shown, total=total, page=page, page_count=page_count, filter=filter)


def package_rows_for_export(
    *, actor: Actor, license_ids: tuple[int, ...], filter: PackageFilter
) -> tuple[PackageRow, ...]:
    """Return every row of a view, for the CSV of exactly what is seen; 50,000 rows at most."""
    with access.reading(actor):
        as_of = packages_as_of(license_ids)
        return tuple(_row(p, as_of) for p in _filtered(license_ids, filter)[:CSV_ROWS_AT_MOST])


def our_quantity() -> Coalesce:
    """Return our own count of a package: the sum of its movements."""
    sums = (
        Movement.objects.filter(package=OuterRef("pk"))
        .values("package")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    return Coalesce(Subquery(sums), Value(Decimal(0)), output_field=NUMBER)


def with_metrc(packages: QuerySet[Package]) -> QuerySet[Package]:
    """Put METRC's newest word and our count beside each package."""
    return packages.annotate(
        newest=FilteredRelation("snapshots", condition=Q(snapshots__is_newest=True)),
        our_quantity=our_quantity(),
        metrc_quantity=F("newest__quantity"),
        metrc_list=F("newest__list_name"),
        lab_state=F("newest__lab_state"),
        is_held_by_state=F("newest__is_on_hold"),
        last_modified_at=F("newest__last_modified_at"),
        packaged_date=F("newest__raw__PackagedDate"),
    )


def _filtered(license_ids: tuple[int, ...], filter: PackageFilter) -> QuerySet[Package]:
    rows = with_metrc(
        Package.objects.filter(license_id__in=license_ids).select_related("license")
    ).annotate(
        our_hold=Subquery(
            Hold.objects.filter(package=OuterRef("pk"), lifted_at__isnull=True).values("id")[:1]
        ),
        release=Subquery(
            QaReview.objects.filter(
                package=OuterRef("pk"), verdict=QaVerdict.RELEASED, revoked_at__isnull=True
            ).values("id")[:1]
        ),
    )
    rows = rows.filter(_view_condition(filter.view))
    if filter.labels:
        rows = rows.filter(label__in=filter.labels)
    if filter.text:
        rows = rows.filter(
            Q(label__icontains=filter.text)
            | Q(item_name__icontains=filter.text)
            | Q(production_batch_number__icontains=filter.text)
            | Q(location_name__icontains=filter.text)
        )
    return rows.order_by(F("last_modified_at").desc(nulls_last=True), "label")


def _view_condition(view: PackageView) -> Q:
    conditions = {
        PackageView.ALL: Q(),
        PackageView.ACTIVE: Q(metrc_list__in=[PackageList.ACTIVE, PackageList.ON_HOLD])
        | Q(metrc_list__isnull=True),
        PackageView.NOT_IN_METRC: Q(metrc_list__isnull=True),
        PackageView.ON_HOLD: Q(is_held_by_state=True) | Q(our_hold__isnull=False),
        PackageView.IN_TRANSIT: Q(metrc_list=PackageList.IN_TRANSIT),
        PackageView.AWAITING_LAB: Q(metrc_list=PackageList.ACTIVE)
        & Q(lab_state__in=UNTESTED_STATES | PENDING_STATES),
        PackageView.QA_QUEUE: Q(metrc_list=PackageList.ACTIVE)
        & Q(lab_state__in=PASSED_STATES)
        & Q(release__isnull=True),
        PackageView.RELEASED: Q(release__isnull=False),
        PackageView.DIFFERING: ~Q(our_quantity=F("metrc_quantity"))
        & Q(metrc_list__in=[PackageList.ACTIVE, PackageList.ON_HOLD]),
        PackageView.FAILED: Q(lab_state__in=FAILED_STATES)
        & Q(metrc_list__in=[PackageList.ACTIVE, PackageList.ON_HOLD]),
        PackageView.RETURNING: Q(
            local_state__in=[LocalState.REJECTED_RETURNING, LocalState.RETURNED]
        ),
        PackageView.DESTRUCTION: Q(local_state=LocalState.PENDING_DESTRUCTION),
        PackageView.CLOSED: Q(metrc_list__in=[PackageList.INACTIVE, PackageList.TRANSFERRED]),
    }
    return conditions[view]


METRC_STATES = {
    PackageList.ACTIVE: "Active",
    PackageList.ON_HOLD: "On hold",
    PackageList.IN_TRANSIT: "In transit",
    PackageList.INACTIVE: "Inactive",
    PackageList.TRANSFERRED: "Transferred",
    PackageList.LAB_SAMPLES: "Lab sample",
}


def metrc_state_words(list_name: str | None, is_on_hold: bool | None) -> str:
    """Return METRC's state of a package in METRC's words."""
    if list_name is None:
        return "Not seen"
    return "On hold" if is_on_hold else METRC_STATES[PackageList(list_name)]


def _row(package: Package, as_of: PackagesAsOf) -> PackageRow:
    row = package.__dict__
    return PackageRow(
        id=package.pk,
        license_id=package.license_id,
        license_number=package.license.number,
        label=package.label,
        item_name=package.item_name,
        our_quantity=row["our_quantity"],
        metrc_quantity=row["metrc_quantity"],
        unit=package.unit,
        local_state=package.local_state,
        metrc_state=metrc_state_words(row["metrc_list"], row["is_held_by_state"]),
        lab_state=row["lab_state"] or "",
        is_held_by_us=row["our_hold"] is not None,
        is_held_by_state=bool(row["is_held_by_state"]),
        is_released=row["release"] is not None,
        location_name=package.location_name,
        production_batch_number=package.production_batch_number,
        packaged_date=parse_metrc_date(row["packaged_date"]),
        metrc_as_of=as_of.of(package) if package.confirmed_at else None,
        last_modified_at=row["last_modified_at"],
    )


def parse_metrc_date(text: object) -> date | None:
    """Return a date METRC wrote, or None for null, empty and its year 0001."""
    if not isinstance(text, str) or not re.match(r"\d{4}-\d{2}-\d{2}", text) or text < "1900":
        return None
    return date.fromisoformat(text[:10])
