"""Records that only one book has, by the package they concern: adjustments, children, twins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count as CountOf
from django.db.models import Max

from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import (
    MetrcAdjustment,
    Movement,
    Package,
    PackageLineage,
    PackageSnapshot,
)
from glassbox.models.transfers import TransferPackage
from glassbox.queries.differences.candidates import Candidate
from glassbox.rules.difference_causes import Cause, DifferenceClass
from glassbox.rules.quantities import quantity

# A movement of one of these set our book to what METRC showed then; what came before is in it.
REBASING_CAUSES = ("OPENING", "TAKEN_OVER", "CORRECTED")
TOKEN = re.compile(r"\[#([A-Z2-9]+)\]")
LATER_BY_A_LOOK = timedelta(seconds=1)

Causes = dict[str, list[Cause]]


def causes_of(license_id: int, found: tuple[Candidate, ...]) -> Causes:
    """Return every recorded cause by label; a fixed number of statements."""
    both = [one for one in found if one.snapshot_id is not None and one.our_quantity is not None]
    labels = [one.label for one in both]
    since = _rebased_at(license_id, labels)
    causes: Causes = defaultdict(list)
    _adjusted_outside(license_id, labels, since, causes)
    _children(license_id, labels, since, causes)
    _entered_twice(license_id, both, causes)
    _counted_at_receipt(license_id, labels, causes)
    _changed_without_record(both, since, causes)
    return causes


def _rebased_at(license_id: int, labels: Iterable[str]) -> dict[str, datetime]:
    rows = Movement.objects.filter(
        license_id=license_id, package__label__in=labels, cause__in=REBASING_CAUSES
    ).values_list("package__label")
    return dict(rows.annotate(at=Max("recorded_at")))


def _adjusted_outside(
    license_id: int, labels: list[str], since: dict[str, datetime], causes: Causes
) -> None:
    """METRC's own list of adjustments, less what we sent; one of ours seen twice is a double."""
    rows = list(
        MetrcAdjustment.objects.filter(license_id=license_id, label__in=labels).order_by(
            "seen_at", "id"
        )
    )
    tokens = {match.group(1) for row in rows if (match := TOKEN.search(row.note))}
    ours = set(
        RegulatedAction.objects.filter(license_id=license_id, token__in=tokens).values_list(
            "token", flat=True
        )
    )
    met: set[tuple[str, str]] = set()
    for row in rows:
        if row.label in since and row.seen_at <= since[row.label]:
            continue
        token = TOKEN.search(row.note)
        amount = quantity(row.quantity, row.unit).text()
        who = f" by {row.adjusted_by}" if row.adjusted_by else ""
        when = f" on {row.adjusted_date}" if row.adjusted_date else ""
        if token is None or token.group(1) not in ours:
            difference_class = DifferenceClass.CHANGED_OUTSIDE
            words = f"in METRC it was adjusted by {amount}{who}{when} ({row.reason})"
        elif (row.label, token.group(1)) in met:
            difference_class = DifferenceClass.DUPLICATE
            words = f"METRC has our adjustment of {amount} twice"
        else:
            met.add((row.label, token.group(1)))
            continue
        causes[row.label].append(
            Cause(
                difference_class=difference_class,
                effect=row.quantity,
                words=words,
                evidence=f"adjustment:{row.pk}",
            )
        )


def _children(
    license_id: int, labels: list[str], since: dict[str, datetime], causes: Causes
) -> None:
    """Packages that METRC shows as made from these and our book does not, and the other way."""
    arrows = list(PackageLineage.objects.filter(license_id=license_id, parent_label__in=labels))
    of_one_book = [
        arrow
        for arrow in arrows
        if arrow.claimed_by_us_at is None or arrow.seen_in_metrc_at is None
    ]
    children = [arrow.child_label for arrow in of_one_book]
    first = _first_seen(license_id, children)
    claimed = set(
        PackageLineage.objects.filter(
            license_id=license_id, child_label__in=children, claimed_by_us_at__isnull=False
        ).values_list("child_label", flat=True)
    )
    # What our own actions took of each parent: the same again, not by us, may be a second entry.
    taken = {
        (arrow.parent_label, arrow.quantity, arrow.unit)
        for arrow in arrows
        if arrow.claimed_by_us_at is not None and arrow.seen_in_metrc_at is not None
    }
    for arrow in of_one_book:
        child = first.get(arrow.child_label)
        if child is None:
            continue
        if arrow.claimed_by_us_at is not None:
            _claimed_but_unseen(arrow, causes)
        elif arrow.parent_label not in since or child.opened_at > since[arrow.parent_label]:
            amount = (arrow.parent_label, child.quantity.value, child.quantity.unit.name)
            _made_outside(arrow, child, _kind_of_child(arrow, claimed, amount in taken), causes)


def _kind_of_child(
    arrow: PackageLineage, claimed: set[str], is_taken_already: bool
) -> DifferenceClass:
    if arrow.child_label in claimed:
        return DifferenceClass.LINEAGE
    return DifferenceClass.DUPLICATE if is_taken_already else DifferenceClass.CHANGED_OUTSIDE


class FirstSeen:
    """How METRC first showed a package: how much of it, and from how many sources."""

    def __init__(self, snapshot: PackageSnapshot) -> None:
        self.quantity = quantity(snapshot.quantity, snapshot.unit)
        sources = snapshot.raw.get("SourcePackageLabels") or ""
        self.has_one_source = len([one for one in str(sources).split(",") if one.strip()]) == 1
        self.opened_at: datetime = snapshot.package.opened_at


def _first_seen(license_id: int, labels: Iterable[str]) -> dict[str, FirstSeen]:
    rows = (
        PackageSnapshot.objects.filter(license_id=license_id, package__label__in=labels)
        .order_by("package_id", "id")
        .distinct("package_id")
        .select_related("package")
    )
    return {row.package.label: FirstSeen(row) for row in rows}


def _claimed_but_unseen(arrow: PackageLineage, causes: Causes) -> None:
    causes[arrow.parent_label].append(
        Cause(
            difference_class=DifferenceClass.LINEAGE,
            effect=arrow.quantity,
            words=f"we took it for {arrow.child_label}, METRC shows another source there",
            evidence=f"package:{arrow.child_label}",
        )
    )


CHILD_WORDS = {
    DifferenceClass.LINEAGE: "METRC took it for {child}, which we made from another package",
    DifferenceClass.DUPLICATE: "in METRC {amount} were taken twice, the second time as {child}",
    DifferenceClass.CHANGED_OUTSIDE: "in METRC {amount} were made of it as {child}, not by us",
}


def _made_outside(
    arrow: PackageLineage, child: FirstSeen, difference_class: DifferenceClass, causes: Causes
) -> None:
    amount = child.quantity
    causes[arrow.parent_label].append(
        Cause(
            difference_class=difference_class,
            effect=-amount.value if child.has_one_source else None,
            unit=amount.unit.name,
            words=CHILD_WORDS[difference_class].format(
                child=arrow.child_label, amount=amount.text()
            ),
            evidence=f"package:{arrow.child_label}",
            keeps_the_goods=difference_class is DifferenceClass.CHANGED_OUTSIDE,
        )
    )


def _entered_twice(license_id: int, both: list[Candidate], causes: Causes) -> None:
    twins = (
        Movement.objects.filter(
            license_id=license_id, package_id__in=[one.package_id for one in both]
        )
        .values_list("package__label", "cause", "quantity", "reason")
        .annotate(number=CountOf("id"))
        .filter(number__gt=1)
        .order_by("package__label")
    )
    for label, cause, amount, _, number in twins:
        causes[label].append(
            Cause(
                difference_class=DifferenceClass.DUPLICATE,
                effect=-amount * (number - 1),
                words=f"our book has the same {cause.replace('_', ' ').lower()} {number} times",
                evidence=f"movements:{label}",
            )
        )


def _counted_at_receipt(license_id: int, labels: list[str], causes: Causes) -> None:
    """METRC took in what the manifest said, our scale found something else."""
    rows = TransferPackage.objects.filter(
        license_id=license_id,
        label__in=labels,
        found_quantity__isnull=False,
        received_quantity__isnull=False,
    ).select_related("found_by", "transfer")
    for row in rows:
        received, found = row.received_quantity, row.found_quantity
        if received is None or found is None or received == found:
            continue
        who = row.found_by.name if row.found_by else "we"
        causes[row.label].append(
            Cause(
                difference_class=DifferenceClass.COUNT,
                effect=received - found,
                words=f"at the receipt {who} found {quantity(found, row.unit).text()}, METRC "
                f"took in {quantity(received, row.unit).text()}",
                evidence=f"transfer:{row.transfer_id}",
            )
        )


def _changed_without_record(
    both: list[Candidate], since: dict[str, datetime], causes: Causes
) -> None:
    """METRC once said what our book says, and says something else now: somebody changed it."""
    ours = {one.package_id: one for one in both}
    earlier = (
        PackageSnapshot.objects.filter(package_id__in=ours, is_newest=False)
        .order_by("package_id", "-id")
        .distinct("package_id")
        .values_list("package_id", "quantity", "unit")
    )
    newest = dict(
        PackageSnapshot.objects.filter(package_id__in=ours, is_newest=True).values_list(
            "package_id", "last_modified_at"
        )
    )
    for package_id, amount, unit in earlier:
        one = ours[package_id]
        changed_at = newest.get(package_id)
        agreed = amount == one.our_quantity and unit == one.our_unit == one.metrc_unit
        is_after = (
            one.moved_at is not None
            and changed_at is not None
            and (changed_at > one.moved_at - LATER_BY_A_LOOK)
        )
        if not agreed or not is_after or one.metrc_quantity is None:
            continue
        effect: Decimal = one.metrc_quantity - amount
        causes[one.label].append(
            Cause(
                difference_class=DifferenceClass.CHANGED_OUTSIDE,
                effect=effect,
                words=f"METRC agreed with us until {changed_at:%Y-%m-%d %H:%M} UTC; it was "
                "changed there, and METRC does not say by whom",
                evidence=f"snapshots:{one.label}",
            )
        )


def labels_made_by_us(license_id: int, labels: Iterable[str]) -> frozenset[str]:
    """Return the packages among these that our own actions made."""
    return frozenset(
        PackageLineage.objects.filter(
            license_id=license_id, child_label__in=labels, claimed_by_us_at__isnull=False
        ).values_list("child_label", flat=True)
    )


def parents_of(license_id: int, labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the sources that METRC shows of each package, among our own packages."""
    found: dict[str, list[str]] = defaultdict(list)
    known = Package.objects.filter(license_id=license_id).values("label")
    for parent, child in PackageLineage.objects.filter(
        license_id=license_id,
        child_label__in=labels,
        seen_in_metrc_at__isnull=False,
        parent_label__in=known,
    ).values_list("parent_label", "child_label"):
        found[child].append(parent)
    return {child: tuple(sorted(parents)) for child, parents in found.items()}
