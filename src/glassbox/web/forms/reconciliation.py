"""Forms about differences and counts: correct, explain, assess, open a count, hand in a sheet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from glassbox.operations.counts import PURPOSES, open_count
from glassbox.operations.differences import (
    SeenNumbers,
    assess_difference,
    correct_our_book,
    explain_difference,
)
from glassbox.operations.papers import print_count_sheet
from glassbox.queries.choices import Option
from glassbox.queries.counts import count_page, locations_with_goods
from glassbox.queries.differences.page import DifferencePage, difference_page
from glassbox.queries.exception_cases import case_page
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    check_field,
    choice_field,
    reason_field,
)

NO_NUMBER = "none"


def _page(opened: Opened) -> DifferencePage:
    return difference_page(**opened.seen(), label=opened.subject, now=opened.now)


def _facts(page: DifferencePage) -> tuple[tuple[str, str], ...]:
    return (
        ("Package", page.label),
        ("Item", page.item_name),
        ("METRC says", _shown(page.metrc_quantity, page.unit)),
        ("Our book says", _shown(page.our_quantity, page.unit)),
    )


def _shown(value: Decimal | None, unit: str) -> str:
    return "nothing" if value is None else quantity(value, unit).text()


def _said_number(text: str) -> Decimal | None:
    if text == NO_NUMBER:
        return None
    try:
        return Decimal(text)
    except ArithmeticError as problem:
        raise InvalidInput(
            field="numbers", value=text, way_out="Open the form anew from the difference."
        ) from problem


def _correct_sheet(opened: Opened) -> Sheet:
    page = _page(opened)
    seen = f"{_number(page.our_quantity)} {_number(page.metrc_quantity)}"
    return Sheet(
        title=f"Correct our book of \u2026{page.label[-8:]}",
        sentence="Our book will say what METRC says. METRC is not written to. Unless METRC's own "
        "record explains the difference, another person must approve.",
        facts=_facts(page),
        fields=(
            choice_field(
                "seen",
                "Both numbers as you saw them",
                (Option(value=seen, words=f"ours and METRC's: {seen}"),),
                value=seen,
            ),
            reason_field(),
            Field(name="evidence", label="Evidence: slip, photo, person, METRC page"),
        ),
        why_not=page.why_not.correct,
    )


def _number(value: Decimal | None) -> str:
    return NO_NUMBER if value is None else f"{value.normalize():f}"


def _correct(opened: Opened, said: dict[str, Any]) -> str:
    ours, _, metrc = said.pop("seen").partition(" ")
    seen = SeenNumbers(ours=_said_number(ours), metrc=_said_number(metrc))
    correct_our_book(**opened.who(), label=opened.subject, seen=seen, **said)
    return f"differences/{opened.subject}/"


def _explain_sheet(opened: Opened) -> Sheet:
    page = _page(opened)
    return Sheet(
        title=f"Explain the difference of \u2026{page.label[-8:]}",
        sentence="The explanation holds while both numbers stand. The package stays blocked and "
        "its case stays open until the books agree.",
        facts=_facts(page),
        fields=(
            choice_field(
                "aspect",
                "About",
                tuple(
                    Option(value=one.aspect, words=one.aspect.lower()) for one in page.differences
                ),
                value=next((one.aspect.value for one in page.differences), ""),
            ),
            Field(name="explanation", label="Why both may stand for now", kind=FieldKind.LONG),
            Field(name="evidence", label="Evidence", is_optional=True),
        ),
        why_not=page.why_not.explain,
    )


def _explain(opened: Opened, said: dict[str, Any]) -> str:
    explain_difference(**opened.who(), label=opened.subject, **said)
    return f"differences/{opened.subject}/"


def _assess_sheet(opened: Opened) -> Sheet:
    case = case_page(
        actor=opened.actor,
        license_ids=(opened.license_id,),
        case_id=opened.number,
        now=opened.now,
    )
    return Sheet(
        title="Assess a difference of five percent or more",
        sentence="Your name stands under this decision. If it is significant, the clock of the "
        "notice to DCC and law enforcement runs from now: 24 hours. Glassbox notifies nobody.",
        facts=(("Case", case.row.title), ("What happened", case.what_happened)),
        fields=(
            check_field("is_significant", "It is significant"),
            Field(name="statement", label="What was found, by whom", kind=FieldKind.LONG),
        ),
    )


def _assess(opened: Opened, said: dict[str, Any]) -> str:
    assess_difference(**opened.who(), case_id=opened.number, **said)
    return f"cases/{opened.number}/"


def _count_sheet(opened: Opened) -> Sheet:
    places = locations_with_goods(**opened.seen())
    total = sum(number for _, number in places)
    return Sheet(
        title="Open a count",
        sentence="A blind count shows nobody what METRC or our book says before it is handed in.",
        fields=(
            choice_field(
                "location_name",
                "Location",
                (
                    Option(value="", words=f"every location: {total:,} packages"),
                    *(
                        Option(value=name, words=f"{name}: {number:,} packages")
                        for name, number in places
                        if name
                    ),
                ),
                is_optional=True,
            ),
            choice_field(
                "purpose",
                "For",
                tuple(Option(value=one, words=one.lower()) for one in PURPOSES),
                value="CYCLE",
            ),
            check_field("is_blind", "Blind count", value="yes"),
        ),
        why_not="" if total else "METRC shows no open package here.",
    )


def _open_count(opened: Opened, said: dict[str, Any]) -> str:
    session_id = open_count(**opened.who(), **said)
    return f"counts/{session_id}/"


def _print_sheet(opened: Opened) -> Sheet:
    page = count_page(
        actor=opened.actor, license_ids=(opened.license_id,), session_id=opened.number
    )
    return Sheet(
        title=f"Print the sheet of count {page.row.id}",
        sentence="A code to scan and an empty box for each package; no number of either book.",
        facts=(("Packages", str(page.row.line_count)),),
        fields=(),
    )


def _print(opened: Opened, said: dict[str, Any]) -> str:
    paper = print_count_sheet(**opened.who(), session_id=opened.number)
    return f"documents/{paper}/"


CORRECTION = WorkForm(
    button="Correct our book",
    done="Written down. If another person must approve, it waits here.",
    nav="reconcile",
    permission=Permission.RECONCILIATION_RUN,
    sheet=_correct_sheet,
    do=_correct,
)
EXPLANATION = WorkForm(
    button="Explain it",
    done="The explanation stands beside the difference.",
    nav="reconcile",
    permission=Permission.RECONCILIATION_RUN,
    sheet=_explain_sheet,
    do=_explain,
)
ASSESSMENT = WorkForm(
    button="Decide",
    done="Your decision is recorded.",
    nav="cases",
    permission=Permission.ACTION_APPROVE_HIGH,
    sheet=_assess_sheet,
    do=_assess,
)
NEW_COUNT = WorkForm(
    button="Open the count",
    done="The count is open. Scan the first package.",
    nav="counts",
    permission=Permission.COUNT_RECORD,
    sheet=_count_sheet,
    do=_open_count,
)
COUNT_PRINT = WorkForm(
    button="Print it",
    done="The sheet is filed and can be printed.",
    nav="counts",
    permission=Permission.COUNT_RECORD,
    sheet=_print_sheet,
    do=_print,
)
