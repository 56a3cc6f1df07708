"""Forms about one package that METRC does not hear of: a count, a hold of ours and its end."""

from __future__ import annotations

from typing import Any

from glassbox.operations.lab.holds import lift_hold, place_hold
from glassbox.operations.packages import COUNT_PURPOSES, record_count
from glassbox.queries.choices import Option
from glassbox.queries.drafting import DraftChoices, draft_choices
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    done_about,
    number_field,
    reason_field,
)


def _package(opened: Opened) -> DraftChoices:
    return draft_choices(**opened.seen(), label=opened.subject, now=opened.now)


def _facts(package: DraftChoices) -> tuple[tuple[str, str], ...]:
    return (("Package", package.label), ("Item", package.item_name))


def _count_sheet(opened: Opened) -> Sheet:
    package = _package(opened)
    return Sheet(
        title=f"Count …{package.label[-8:]}",
        sentence="What METRC and our book say is not shown here on purpose: count first.",
        facts=_facts(package),
        fields=(
            number_field("counted", "Counted", package.unit),
            choice_field(
                "purpose",
                "For",
                tuple(Option(value=one, words=one.lower()) for one in COUNT_PURPOSES),
                value="CYCLE",
            ),
            Field(name="device", label="Scale or method", is_optional=True),
        ),
    )


def _count(opened: Opened, said: dict[str, Any]) -> str:
    package = _package(opened)
    record_count(**opened.who(), label=opened.subject, unit=package.unit, **said)
    return f"packages/{opened.subject}/"


def _hold_sheet(opened: Opened) -> Sheet:
    package = _package(opened)
    return Sheet(
        title=f"Hold …{package.label[-8:]}",
        sentence="The package and everything made from it stop here until the hold is lifted.",
        facts=_facts(package),
        fields=(reason_field(),),
    )


def _lift_sheet(opened: Opened) -> Sheet:
    package = _package(opened)
    return Sheet(
        title=f"Lift our hold of …{package.label[-8:]}",
        sentence="A hold of the State is not lifted by this: only METRC lifts it.",
        facts=_facts(package),
        fields=(reason_field(),),
    )


COUNT = WorkForm(
    button="Record the count",
    done="The count is recorded.",
    nav="packages",
    permission=Permission.COUNT_RECORD,
    sheet=_count_sheet,
    do=_count,
)
HOLD = WorkForm(
    button="Hold it",
    done="The package is on hold.",
    nav="packages",
    permission=Permission.PACKAGE_HOLD,
    sheet=_hold_sheet,
    do=done_about(place_hold, "label", "packages"),
)
HOLD_LIFTING = WorkForm(
    button="Lift the hold",
    done="The hold is lifted.",
    nav="packages",
    permission=Permission.PACKAGE_LIFT_HOLD,
    sheet=_lift_sheet,
    do=done_about(lift_hold, "label", "packages"),
)
