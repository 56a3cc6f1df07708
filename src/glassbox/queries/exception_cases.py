"""The list of exception cases, one case with its notes, and who may take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from glassbox import access
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.people import RoleGrant
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 500


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """Which cases a list shows; an empty text means any."""

    state: str = CaseState.OPEN
    case_class: str = ""
    severity: str = ""
    owner_id: int | None = None
    snoozed: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One case as a list shows it."""

    id: int
    license_number: str
    case_class: str
    severity: str
    state: str
    title: str
    package_label: str
    owner: str
    opened_at: datetime
    due_at: datetime | None
    is_overdue: bool
    note_count: int
    snoozed_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class CaseList:
    """Cases, the gravest and soonest due first, and how many there are of each class."""

    rows: tuple[CaseRow, ...]
    total: int
    snoozed_count: int
    classes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class NoteRow:
    """What somebody wrote on a case."""

    author: str
    text: str
    noted_at: datetime


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """One case: what, why, what to do, by when, who, and everything said about it."""

    row: CaseRow
    what_happened: str
    why_it_matters: str
    what_to_do: str
    rule_id: str
    transfer_id: int | None
    action_id: int | None
    closed_at: datetime | None
    closed_by: str
    closed_because: str
    notes: tuple[NoteRow, ...]
    people: tuple[tuple[int, str], ...]
    may_work: bool


def case_list(
    *, actor: Actor, license_ids: tuple[int, ...], filter: CaseFilter, now: datetime
) -> CaseList:
    """Return the cases of the licences in sight, the gravest first; 500 at most."""
    with access.reading(actor):
        here = ExceptionCase.objects.filter(license_id__in=license_ids)
        asleep = Q(state=CaseState.OPEN, snoozed_until__gt=now)
        chosen = here.filter(asleep) if filter.snoozed else here.exclude(asleep)
        found = _filtered(chosen, filter)
        ordered = (
            found.select_related("license", "package", "owner")
            .annotate(rank=_rank(), note_count=Count("notes"))
            .order_by("-rank", "due_at", "-opened_at", "id")
        )
        classes = here.filter(state=CaseState.OPEN).values_list("case_class")
        counts = classes.annotate(number=Count("id")).order_by("case_class")
        return CaseList(
            rows=tuple(_row(case, now) for case in ordered[:ROWS_AT_MOST]),
            total=found.count(),
            snoozed_count=here.filter(asleep).count(),
            classes=tuple((name, number) for name, number in counts),
        )


def case_page(
    *, actor: Actor, license_ids: tuple[int, ...], case_id: int, now: datetime
) -> CasePage:
    """Return one case.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        case = (
            ExceptionCase.objects.filter(license_id__in=license_ids, id=case_id)
            .select_related("license", "package", "owner", "closed_by")
            .annotate(note_count=Count("notes"))
            .first()
        )
        if case is None:
            raise NotFound("There is no such case here.")
        notes = case.notes.select_related("author").order_by("noted_at", "id")
        return CasePage(
            row=_row(case, now),
            what_happened=case.what_happened,
            why_it_matters=case.why_it_matters,
            what_to_do=case.what_to_do,
            rule_id=case.rule_id,
            transfer_id=case.transfer_id,
            action_id=case.action_id,
            closed_at=case.closed_at,
            closed_by=case.closed_by.name if case.closed_by else "",
            closed_because=case.closed_because,
            notes=tuple(
                NoteRow(
                    author=note.author.name if note.author else "Glassbox",
                    text=note.text,
                    noted_at=note.noted_at,
                )
                for note in notes
            ),
            people=_people(case.license_id),
            may_work=Permission.CASE_WORK in access.permissions_at(actor, case.license_id),
        )


def _filtered(cases: QuerySet[ExceptionCase], filter: CaseFilter) -> QuerySet[ExceptionCase]:
    wanted = {
        "state": filter.state,
        "case_class": filter.case_class,
        "severity": filter.severity,
        "owner_id": filter.owner_id,
    }
    return cases.filter(**{name: value for name, value in wanted.items() if value})


def _rank() -> Case:
    ranks = [
        When(severity=severity, then=Value(rank)) for rank, severity in enumerate(CaseSeverity)
    ]
    return Case(*ranks, default=Value(0), output_field=IntegerField())


def _row(case: ExceptionCase, now: datetime) -> CaseRow:
    is_open = case.state == CaseState.OPEN
    return CaseRow(
        id=case.pk,
        license_number=case.license.number,
        case_class=case.case_class,
        severity=case.severity,
        state=case.state,
        title=case.title,
        package_label=case.package.label if case.package else "",
        owner=case.owner.name if case.owner else "",
        opened_at=case.opened_at,
        due_at=case.due_at,
        is_overdue=is_open and case.due_at is not None and case.due_at < now,
        note_count=case.__dict__["note_count"],
        snoozed_until=case.snoozed_until,
    )


def _people(license_id: int) -> tuple[tuple[int, str], ...]:
    """Return id and name of everybody who may be given a case at a licence."""
    roles = [role.value for role in Role if Permission.CASE_WORK in ROLE_PERMISSIONS[role]]
    grants = RoleGrant.objects.filter(
        license_id=license_id, role__in=roles, valid_until__isnull=True, user__is_active=True
    )
    return tuple(sorted(set(grants.values_list("user_id", "user__name")), key=lambda one: one[1]))
