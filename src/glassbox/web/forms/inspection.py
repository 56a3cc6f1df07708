"""The forms that prepare an inspector's sheet and an inspection pack."""

from __future__ import annotations

from typing import Any

from glassbox.operations.inspection import prepare_inspection
from glassbox.operations.inspection_packs import prepare_pack
from glassbox.queries.choices import Option
from glassbox.rules.inspection import PackChoice
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, choice_field, reason_field


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


CHOICES = (
    Option(value=PackChoice.UIDS.value, words="The UIDs below"),
    Option(value=PackChoice.BATCH.value, words="Every package of a production batch"),
    Option(value=PackChoice.PERIOD.value, words="Every package that changed in the days below"),
    Option(value=PackChoice.RANDOM.value, words="Some at random among those on the premises"),
)


def _pack_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Prepare an inspection pack",
        sentence="One archive with records, COAs, manifests, approvals, METRC's own answers, events"
        " and their proofs, a first page for a browser and a summary as PDF. It reads only what "
        "Glassbox knows, so it works while METRC does not answer; the ledger remembers it.",
        fields=(
            choice_field("choice", "What it is of", CHOICES, value=PackChoice.UIDS.value),
            Field(
                name="text",
                label="UIDs, scanned one after the other or pasted, at most 200",
                kind=FieldKind.LONG,
                value=opened.asked.get("text", "") or " ".join(opened.asked.getlist("labels")),
                is_optional=True,
            ),
            Field(
                name="batch",
                label="Production batch",
                value=opened.asked.get("batch", ""),
                hint="Its number, for a pack of a batch.",
                is_optional=True,
            ),
            Field(
                name="count",
                label="How many at random",
                kind=FieldKind.WHOLE,
                unit="packages",
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
                label="Days from",
                kind=FieldKind.DATE,
                hint="Of adjustments, and of what changed. Empty: the last 90 days.",
                is_optional=True,
            ),
            Field(name="last", label="to", kind=FieldKind.DATE, is_optional=True),
            reason_field(label="Who asks for it, and why"),
        ),
    )


def _prepare_pack(opened: Opened, said: dict[str, Any]) -> str:
    return f"packs/{prepare_pack(**opened.who(), **said)}/"


NEW_PACK = WorkForm(
    button="Prepare the pack",
    done="The pack is prepared.",
    nav="scan",
    permission=Permission.INSPECTION_PREPARE,
    sheet=_pack_sheet,
    do=_prepare_pack,
)
