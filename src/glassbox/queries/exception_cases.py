"""The list of exception cases, one case with its notes, and who may take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from glassbox import access
from glassbox.models.counts import CountLine
from glassbox.models.exception_cases import Assessment, CaseState, ExceptionCase
from glassbox.models.people import RoleGrant
from glassbox.queries.case_truth import Truth, truth_of
from glassbox.queries.cursors import Chapter, chapter_ids, in_order
from glassbox.queries.metrc_messages import plain_words
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.metrc_messages import Translation
from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 2_000
# From so many on, cases of the same words become one line.
SAME_AT_LEAST = 4
# What makes two titles of the same words: UIDs and other numbers.
PARTICULAR = re.compile(r"[0-9A-Z]{24}|\d[\d.,]*")


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
    owner_role: str
    opened_at: datetime
    due_at: datetime | None
    is_overdue: bool
    note_count: int
    snoozed_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class CaseGroup:
    """Cases that say the same of different things: one line of the list, first due first."""

    title: str
    rows: tuple[CaseRow, ...]

    @property
    def first(self) -> CaseRow:
        """Return the case that stands for all of them: the soonest due."""
        return self.rows[0]

    @property
    def owners(self) -> tuple[str, ...]:
        """Return everybody who has one of them."""
        return tuple(sorted({row.owner for row in self.rows if row.owner}))

    @property
    def overdue_count(self) -> int:
        """Return how many of them are past their due time."""
        return sum(row.is_overdue for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class CaseList:
    """Cases, the gravest and soonest due first, and how many there are of each class."""

    rows: tuple[CaseRow, ...]
    groups: tuple[CaseGroup, ...]
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
class AssessmentRow:
    """A named person's decision whether a difference is significant (CA-IN-03)."""

    is_significant: bool
    statement: str
    decided_by: str
    decided_at: datetime
    notice_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """One case: what, why, what to do, by when, who, and everything said about it.

    `truth` is what a look at our own data says now; `metrc_said` METRC's words beside plain ones.
    """

    row: CaseRow
    what_happened: str
    why_it_matters: str
    steps: tuple[str, ...]
    metrc_said: tuple[Translation, ...]
    truth: Truth | None
    assessment: AssessmentRow | None
    audit_count_id: int | None
    is_difference: bool
    rule_id: str
    citation: str
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
    """Return the cases of the licences in sight, the gravest first, the same ones as one line."""
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
        rows = tuple(_row(case, now) for case in ordered[:ROWS_AT_MOST])
        return CaseList(
            rows=rows,
            groups=_groups(rows),
            total=found.count(),
            snoozed_count=here.filter(asleep).count(),
            classes=tuple((name, number) for name, number in counts),
        )


def case_chapter(
    *, actor: Actor, license_id: int, state: str, cursor: str, now: datetime
) -> Chapter[CaseRow]:
    """Return the next 100 cases of a licence, the newest first.

    :raises InvalidInput: if `cursor` is no place in a list
    """
    with access.reading(actor, license_id=license_id):
        found = ExceptionCase.objects.filter(license_id=license_id)
        part = chapter_ids(found.filter(state=state) if state else found, cursor)
        shown = ExceptionCase.objects.filter(id__in=part.rows).annotate(note_count=Count("notes"))
        rows = [_row(case, now) for case in shown.select_related("license", "package", "owner")]
        return Chapter(rows=in_order(part.rows, rows), next=part.next)


def _groups(rows: tuple[CaseRow, ...]) -> tuple[CaseGroup, ...]:
    same: dict[tuple[str, ...], list[CaseRow]] = {}
    for row in rows:
        words = PARTICULAR.sub("…", row.title)
        same.setdefault((row.license_number, row.case_class, row.severity, words), []).append(row)
    groups: list[CaseGroup] = []
    for (*_, words), some in same.items():
        if len(some) >= SAME_AT_LEAST:
            groups.append(CaseGroup(title=words.removeprefix("…: "), rows=tuple(some)))
        else:
            groups += [CaseGroup(title=row.title, rows=(row,)) for row in some]
    place = {row.id: number for number, row in enumerate(rows)}
    return tuple(sorted(groups, key=lambda group: place[group.first.id]))


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
            steps=tuple(line for line in case.what_to_do.splitlines() if line),
            metrc_said=plain_words(case.what_happened),
            truth=truth_of(case, now) if case.state == CaseState.OPEN else None,
            assessment=_assessment(case),
            audit_count_id=_audit_count(case),
            is_difference=case.fact_key.startswith("difference:"),
            rule_id=case.rule_id,
            citation=_citation(case),
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
        owner_role=case.owner_role,
        opened_at=case.opened_at,
        due_at=case.due_at,
        is_overdue=is_open and case.due_at is not None and case.due_at < now,
        note_count=case.__dict__["note_count"],
        snoozed_until=case.snoozed_until,
    )


def _assessment(case: ExceptionCase) -> AssessmentRow | None:
    row = Assessment.objects.filter(case=case).select_related("decided_by").first()
    if row is None:
        return None
    return AssessmentRow(
        is_significant=row.is_significant,
        statement=row.statement,
        decided_by=row.decided_by.name,
        decided_at=row.decided_at,
        notice_due_at=row.notice_due_at,
    )


def _audit_count(case: ExceptionCase) -> int | None:
    """Return the newest audit count in which the package of this case is counted."""
    if case.package_id is None:
        return None
    lines = CountLine.objects.filter(
        license_id=case.license_id, package_id=case.package_id, session__purpose="AUDIT"
    )
    return lines.order_by("-session_id").values_list("session_id", flat=True).first()


def _citation(case: ExceptionCase) -> str:
    line = rules_of(case.license.state).get(case.rule_id)
    return line.citation if line else ""


def _people(license_id: int) -> tuple[tuple[int, str], ...]:
    """Return id and name of everybody who may be given a case at a licence."""
    roles = [role.value for role in Role if Permission.CASE_WORK in ROLE_PERMISSIONS[role]]
    grants = RoleGrant.objects.filter(
        license_id=license_id, role__in=roles, valid_until__isnull=True, user__is_active=True
    )
    return tuple(sorted(set(grants.values_list("user_id", "user__name")), key=lambda one: one[1]))
