"""One package on which the books differ: both histories, what may be done, what was proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.models.exception_cases import Assessment, CaseState, ExceptionCase
from glassbox.models.packages import Count, MetrcAdjustment, Movement, Package, PackageSnapshot
from glassbox.models.reconciliation import (
    BookCorrection,
    CorrectionState,
    DifferenceExplanation,
)
from glassbox.queries.differences.compare import action_in_flight, differences_at
from glassbox.queries.freshness import packages_as_of
from glassbox.rules.actor import Actor
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.exception_policy import CaseClass
from glassbox.rules.permissions import Permission
from glassbox.rules.procedures import WAITING
from glassbox.rules.reconcile import Aspect, Difference
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 30
ABOUT_QUANTITY = (Aspect.QUANTITY, Aspect.PRESENCE, Aspect.COUNTED)


@dataclass(frozen=True, kw_only=True)
class MovementRow:
    """One movement of our book, signed, with what caused it and who recorded it."""

    at: datetime
    quantity: Decimal
    unit: str
    cause: str
    reason: str
    evidence: str
    recorded_by: str


@dataclass(frozen=True, kw_only=True)
class MetrcRow:
    """One word of METRC: a quantity it showed from then on, or an adjustment in its own list.

    `exchange_id` is the exchange that it was read in; None for what was read before they were kept.
    """

    exchange_id: int | None
    at: datetime
    quantity: Decimal
    unit: str
    what: str
    who: str


@dataclass(frozen=True, kw_only=True)
class ProposedCorrection:
    """A correction that waits for a second person; `why_not` is empty if the reader may decide."""

    id: int
    quantity: Decimal
    unit: str
    reason: str
    evidence: str
    proposed_by: str
    proposed_at: datetime
    why_not: str


@dataclass(frozen=True, kw_only=True)
class ExplanationRow:
    """What somebody said of a difference; it holds while both numbers stand."""

    explanation: str
    evidence: str
    explained_by: str
    explained_at: datetime
    holds: bool


@dataclass(frozen=True, kw_only=True)
class CaseLink:
    """A case that is open for the difference; `must_be_assessed` by a named person (CA-IN-03)."""

    id: int
    title: str
    owner: str
    due_at: datetime | None
    steps: tuple[str, ...]
    must_be_assessed: bool


@dataclass(frozen=True, kw_only=True)
class CountedRow:
    """What a person counted last, whether or not it agrees."""

    quantity: Decimal
    unit: str
    by: str
    at: datetime
    device: str


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Why each way out is closed; an empty text means it is open."""

    correct: str
    propose: str
    explain: str


@dataclass(frozen=True, kw_only=True)
class DifferencePage:
    """Both books of one package side by side, as of now."""

    label: str
    license_number: str
    item_name: str
    unit: str
    our_quantity: Decimal | None
    metrc_quantity: Decimal | None
    differences: tuple[Difference, ...]
    movements: tuple[MovementRow, ...]
    metrc: tuple[MetrcRow, ...]
    proposed: ProposedCorrection | None
    explanations: tuple[ExplanationRow, ...]
    cases: tuple[CaseLink, ...]
    counted: CountedRow | None
    metrc_as_of: datetime | None
    our_moved_at: datetime | None
    waiting: tuple[str, ...]
    why_not: Choices

    @property
    def change(self) -> Decimal | None:
        """Return METRC's number less ours, or None where one is missing."""
        if self.our_quantity is None or self.metrc_quantity is None:
            return None
        return self.metrc_quantity - self.our_quantity


def difference_page(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    now: datetime,
) -> DifferencePage:
    """Return how the two books stand about one package now.

    :raises NotFound: if this licence has no such package
    """
    with access.reading(actor, license_id=license_id):
        package = (
            Package.objects.filter(license_id=license_id, label=label)
            .select_related("license")
            .first()
        )
        if package is None:
            raise NotFound("There is no such package here.")
        found = differences_at(license_id, now=now, only=(label,))
        movements = list(
            Movement.objects.filter(package=package)
            .select_related("recorded_by")
            .order_by("-recorded_at", "-id")
        )
        newest = PackageSnapshot.objects.filter(package=package, is_newest=True).first()
        ours = sum((one.quantity for one in movements), Decimal(0)) if movements else None
        metrc = newest.quantity if newest else None
        rights = access.permissions_at(actor, license_id)
        proposed = _proposed(actor, package, rights)
        return DifferencePage(
            label=label,
            license_number=package.license.number,
            item_name=package.item_name,
            unit=package.unit,
            our_quantity=ours,
            metrc_quantity=metrc,
            differences=found,
            movements=tuple(_movement(one) for one in movements[:ROWS_AT_MOST]),
            metrc=_metrc_rows(package),
            proposed=proposed,
            explanations=_explanations(package, ours, metrc),
            cases=_cases(package),
            counted=_counted(package),
            metrc_as_of=packages_as_of((license_id,)).of(package) if newest else None,
            our_moved_at=movements[0].recorded_at if movements else None,
            waiting=next((WAITING[kind] for kind in _kinds(found) if kind in WAITING), ()),
            why_not=_why_not(package, found, proposed, rights),
        )


def _kinds(found: tuple[Difference, ...]) -> tuple[DifferenceClass, ...]:
    return tuple(one.difference_class for one in found)


def _why_not(
    package: Package,
    found: tuple[Difference, ...],
    proposed: ProposedCorrection | None,
    rights: frozenset[Permission],
) -> Choices:
    """Say why a way out is closed: rights first, then what must end before anything is put right."""
    agree = "" if found else "The two books agree about it now."
    about = [one for one in found if one.aspect in ABOUT_QUANTITY]
    both = agree or _must_end_first(package, about, proposed)
    no_right = "Your roles at this licence do not allow it."
    may_reconcile = Permission.RECONCILIATION_RUN in rights
    counted_only = "" if about else "It is not about the quantity."
    unseen = "METRC does not show the package, so there is nothing to adjust there."
    return Choices(
        correct=(both or counted_only) if may_reconcile else no_right,
        propose=(
            both or counted_only or (unseen if about[0].metrc_quantity is None else "")
            if Permission.ACTION_DRAFT in rights
            else no_right
        ),
        explain=agree if may_reconcile else no_right,
    )


def _must_end_first(
    package: Package, about: list[Difference], proposed: ProposedCorrection | None
) -> str:
    action = action_in_flight(package.license_id, package.label)
    if action is not None:
        state = action.state.replace("_", " ").lower()
        return f"Action {action.pk} on this package is {state}: wait until it is settled."
    if proposed is not None:
        return "A correction of our book waits for a second person: decide that first."
    for one in about:
        if one.difference_class in (DifferenceClass.TIMING, DifferenceClass.AUTHORITY):
            return "The two words are not of the same moment: read METRC again first."
    return ""


def _counted(package: Package) -> CountedRow | None:
    row = (
        Count.objects.filter(package=package)
        .select_related("counted_by")
        .order_by("-counted_at", "-id")
        .first()
    )
    if row is None:
        return None
    return CountedRow(
        quantity=row.quantity,
        unit=row.unit,
        by=row.counted_by.name if row.counted_by else "Glassbox",
        at=row.counted_at,
        device=row.device,
    )


def _movement(row: Movement) -> MovementRow:
    return MovementRow(
        at=row.recorded_at,
        quantity=row.quantity,
        unit=row.unit,
        cause=row.cause,
        reason=row.reason,
        evidence=row.evidence,
        recorded_by=row.recorded_by.name if row.recorded_by else "Glassbox",
    )


def _metrc_rows(package: Package) -> tuple[MetrcRow, ...]:
    snapshots = PackageSnapshot.objects.filter(package=package).order_by("-seen_at", "-id")
    adjustments = MetrcAdjustment.objects.filter(
        license_id=package.license_id, label=package.label
    ).order_by("-seen_at")
    rows = [
        MetrcRow(
            exchange_id=one.api_request_id,
            at=one.last_modified_at or one.seen_at,
            quantity=one.quantity,
            unit=one.unit,
            what=f"shown as {one.list_name.replace('_', ' ').lower()}",
            who="",
        )
        for one in snapshots[:ROWS_AT_MOST]
    ] + [
        MetrcRow(
            exchange_id=one.api_request_id,
            at=one.seen_at,
            quantity=one.quantity,
            unit=one.unit,
            what=f"adjustment: {one.reason}{f' ({one.note})' if one.note else ''}",
            who=one.adjusted_by,
        )
        for one in adjustments[:ROWS_AT_MOST]
    ]
    return tuple(sorted(rows, key=lambda row: row.at, reverse=True))[:ROWS_AT_MOST]


def _proposed(
    actor: Actor, package: Package, rights: frozenset[Permission]
) -> ProposedCorrection | None:
    row = (
        BookCorrection.objects.filter(package=package, state=CorrectionState.PROPOSED)
        .select_related("proposed_by")
        .first()
    )
    if row is None:
        return None
    why_not = ""
    if Permission.RECONCILIATION_RUN not in rights:
        why_not = "Your roles at this licence do not allow it."
    elif row.proposed_by_id == actor.user_id:
        why_not = "Another person approves what you proposed."
    return ProposedCorrection(
        id=row.pk,
        quantity=row.quantity,
        unit=row.unit,
        reason=row.reason,
        evidence=row.evidence,
        proposed_by=row.proposed_by.name,
        proposed_at=row.proposed_at,
        why_not=why_not,
    )


def _explanations(
    package: Package, ours: Decimal | None, metrc: Decimal | None
) -> tuple[ExplanationRow, ...]:
    rows = (
        DifferenceExplanation.objects.filter(license_id=package.license_id, label=package.label)
        .select_related("explained_by")
        .order_by("-explained_at")
    )
    return tuple(
        ExplanationRow(
            explanation=row.explanation,
            evidence=row.evidence,
            explained_by=row.explained_by.name,
            explained_at=row.explained_at,
            holds=(row.our_quantity, row.metrc_quantity) == (ours, metrc),
        )
        for row in rows[:ROWS_AT_MOST]
    )


def _cases(package: Package) -> tuple[CaseLink, ...]:
    rows = ExceptionCase.objects.filter(
        license_id=package.license_id,
        state=CaseState.OPEN,
        fact_key__startswith=f"difference:{package.label}:",
    ).select_related("owner")
    return tuple(
        CaseLink(
            id=row.pk,
            title=row.title,
            owner=row.owner.name if row.owner else "",
            due_at=row.due_at,
            steps=tuple(line for line in row.what_to_do.splitlines() if line),
            must_be_assessed=row.case_class == CaseClass.SIGNIFICANT_DIFFERENCE
            and not Assessment.objects.filter(case=row).exists(),
        )
        for row in rows.order_by("id")
    )
