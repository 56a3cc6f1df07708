"""One package on which the books differ: both histories, what may be done, what was proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import MetrcAdjustment, Movement, Package, PackageSnapshot
from glassbox.models.reconciliation import (
    BookCorrection,
    CorrectionState,
    DifferenceExplanation,
)
from glassbox.queries.differences.compare import differences_at
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.reconcile import Difference
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 30


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
    """One word of METRC: a quantity it showed from then on, or an adjustment in its own list."""

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
    """A case that is open for the difference."""

    id: int
    title: str
    owner: str
    due_at: datetime | None


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
    may_reconcile: bool


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
            proposed=_proposed(actor, package, rights),
            explanations=_explanations(package, ours, metrc),
            cases=_cases(package),
            may_reconcile=Permission.RECONCILIATION_RUN in rights,
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
            at=one.last_modified_at or one.seen_at,
            quantity=one.quantity,
            unit=one.unit,
            what=f"shown as {one.list_name.replace('_', ' ').lower()}",
            who="",
        )
        for one in snapshots[:ROWS_AT_MOST]
    ] + [
        MetrcRow(
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
        )
        for row in rows.order_by("id")
    )
