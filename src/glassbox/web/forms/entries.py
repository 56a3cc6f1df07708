"""Forms about cases: why an entry came late, that one is wrong, that a case waits a while."""

from __future__ import annotations

from typing import Any

from glassbox.operations.entries import give_late_reason, report_entry_error
from glassbox.operations.exception_cases import snooze_case
from glassbox.queries.drafting import draft_choices
from glassbox.queries.exception_cases import case_page
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, reason_field


def _late_sheet(opened: Opened) -> Sheet:
    case = case_page(
        actor=opened.actor,
        license_ids=(opened.license_id,),
        case_id=opened.number,
        now=opened.now,
    )
    return Sheet(
        title="Why it was entered late",
        sentence="Both times stay visible for good; with the reason on record the case closes.",
        facts=(("Case", case.row.title), ("What happened", case.what_happened)),
        fields=(reason_field(),),
        why_not="" if case.row.case_class == "LATE_ENTRY" else "This case is of another kind.",
    )


def _late(opened: Opened, said: dict[str, Any]) -> str:
    give_late_reason(**opened.who(), case_id=opened.number, **said)
    return f"cases/{opened.number}/"


def _error_sheet(opened: Opened) -> Sheet:
    package = draft_choices(**opened.seen(), label=opened.subject, now=opened.now)
    return Sheet(
        title=f"Report a wrong entry on \u2026{package.label[-8:]}",
        sentence="It is corrected in METRC within 3 calendar days of its discovery (CA-TT-09).",
        facts=(("Package", package.label), ("Item", package.item_name)),
        fields=(
            Field(
                name="what_is_wrong",
                label="What METRC shows, and what it should show",
                kind=FieldKind.LONG,
            ),
            Field(
                name="discovered_at",
                label="When it was discovered",
                kind=FieldKind.MOMENT,
                value=opened.now.astimezone(opened.zone).strftime("%Y-%m-%dT%H:%M"),
            ),
        ),
    )


def _error(opened: Opened, said: dict[str, Any]) -> str:
    case_id = report_entry_error(**opened.who(), label=opened.subject, **said)
    return f"cases/{case_id}/"


def _snooze_sheet(opened: Opened) -> Sheet:
    case = case_page(
        actor=opened.actor,
        license_ids=(opened.license_id,),
        case_id=opened.number,
        now=opened.now,
    )
    return Sheet(
        title="Let a case wait",
        sentence="It leaves the daily list until then, never beyond its own clock or seven days. "
        "If it becomes graver it wakes at once.",
        facts=(("Case", case.row.title),),
        fields=(
            Field(name="until", label="Until", kind=FieldKind.MOMENT),
            reason_field(label="What you are waiting for"),
        ),
    )


def _snooze(opened: Opened, said: dict[str, Any]) -> str:
    snooze_case(**opened.who(), case_id=opened.number, **said)
    return f"cases/{opened.number}/"


SNOOZE = WorkForm(
    button="Let it wait",
    done="The case waits; its clock runs on.",
    nav="cases",
    permission=Permission.CASE_WORK,
    sheet=_snooze_sheet,
    do=_snooze,
)
LATE_REASON = WorkForm(
    button="Put the reason on record",
    done="The reason is on record and the case is closed.",
    nav="cases",
    permission=Permission.CASE_WORK,
    sheet=_late_sheet,
    do=_late,
)
ENTRY_ERROR = WorkForm(
    button="Report it",
    done="The wrong entry is reported; its clock runs.",
    nav="packages",
    permission=Permission.PACKAGE_HOLD,
    sheet=_error_sheet,
    do=_error,
)
