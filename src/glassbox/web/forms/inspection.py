"""The form that prepares an inspector's sheet."""

from __future__ import annotations

from typing import Any

from glassbox.operations.inspection import prepare_inspection
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, reason_field


def _sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Prepare an inspector's sheet",
        sentence="It reads only what Glassbox knows, so it works while METRC does not answer. The "
        "sheet is filed as a PDF with its hash, and the ledger remembers who asked for which labels.",
        fields=(
            Field(
                name="text",
                label="UIDs, scanned one after the other or pasted, at most 200",
                kind=FieldKind.LONG,
                value=opened.asked.get("text", "") or " ".join(opened.asked.getlist("labels")),
                is_optional=True,
            ),
            Field(
                name="count",
                label="Or how many at random",
                kind=FieldKind.WHOLE,
                unit="packages",
                hint="Drawn among those that METRC shows on the premises.",
                is_optional=True,
            ),
            Field(
                name="seed",
                label="Seed of the draw",
                hint="Leave it empty and the server chooses one; give an old one to draw the same.",
                is_optional=True,
            ),
            Field(
                name="first",
                label="Adjustments and events from",
                kind=FieldKind.DATE,
                hint="Empty: the last 90 days.",
                is_optional=True,
            ),
            Field(name="last", label="to", kind=FieldKind.DATE, is_optional=True),
            reason_field(label="Who asks for it, and why"),
        ),
    )


def _prepare(opened: Opened, said: dict[str, Any]) -> str:
    return f"inspection/{prepare_inspection(**opened.who(), **said)}/"


NEW_INSPECTION = WorkForm(
    button="Prepare the sheet",
    done="The sheet is filed.",
    nav="scan",
    permission=Permission.INSPECTION_PREPARE,
    sheet=_sheet,
    do=_prepare,
)
