"""Exception cases: what needs a person, and everything said about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ninja import Query, Router, Schema

from glassbox.api.auth import READ
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor
from glassbox.queries.exception_cases import case_chapter, case_page

router = Router(tags=["cases"])


class CaseStates(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class CaseIn(Schema):
    """What a list of cases is narrowed to."""

    state: CaseStates | None = None
    cursor: Cursor = ""


class CaseOut(Schema):
    """One case."""

    id: int
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
    snoozed_until: datetime | None


class CasesOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    cases: list[CaseOut]
    next: str


class NoteOut(Schema):
    """What somebody wrote on a case."""

    author: str
    text: str
    noted_at: datetime


class CaseDetailOut(Schema):
    """One case: what, why, what to do, and what was said."""

    case: CaseOut
    what_happened: str
    why_it_matters: str
    steps: list[str]
    rule_id: str
    citation: str
    transfer_id: int | None
    action_id: int | None
    closed_at: datetime | None
    closed_by: str
    closed_because: str
    notes: list[NoteOut]


@router.get(HERE + "cases", auth=READ, response=CasesOut)
def list_cases(request: ApiRequest, license_number: str, asked: Query[CaseIn]) -> object:
    """List cases, 100 at a time."""
    part = case_chapter(
        actor=request.use.actor,
        license_id=request.use.license_id,
        state=asked.state or "",
        cursor=asked.cursor,
        now=request.now,
    )
    return {"cases": part.rows, "next": part.next}


@router.get(HERE + "cases/{int:case_id}", auth=READ, response=CaseDetailOut)
def read_case(request: ApiRequest, license_number: str, case_id: int) -> object:
    """Read one case."""
    found = case_page(**request.who, case_id=case_id, now=request.now)
    return {**vars(found), "case": found.row}
