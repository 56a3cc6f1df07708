"""METRC's newest word and our own count beside packages, for every room that lists them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

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

from glassbox.models.packages import Movement, Package
from glassbox.rules.package_state import PackageList

NUMBER = DecimalField(max_digits=20, decimal_places=6)


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


def parse_metrc_date(text: object) -> date | None:
    """Return a date METRC wrote, or None for null, empty and its year 0001."""
    if not isinstance(text, str) or not re.match(r"\d{4}-\d{2}-\d{2}", text) or text < "1900":
        return None
    return date.fromisoformat(text[:10])


def batch_number(package: Package) -> str:
    """Return a package's production batch: its own, or the one that all its sources share.

    METRC's word of the sources must have been put beside it as `sources_batches`.
    """
    if package.production_batch_number:
        return package.production_batch_number
    sources = str(package.__dict__["sources_batches"] or "")
    numbers = {number.strip() for number in sources.split(",") if number.strip()}
    return numbers.pop() if len(numbers) == 1 else ""
