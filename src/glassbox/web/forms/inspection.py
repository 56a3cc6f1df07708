"""The forms that serve an inspector: a sheet, a pack, and a way in for some days."""

from __future__ import annotations

from typing import Any

from glassbox.operations.inspection import prepare_inspection
from glassbox.operations.inspection_packs import prepare_pack
from glassbox.operations.inspectors import invite_inspector
from glassbox.queries.choices import Option
from glassbox.rules.inspection import PackChoice
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    ShownOnce,
    WorkForm,
    choice_field,
    reason_field,
)

SEED = Field(
    name="seed",
    label="Seed of the draw",
    hint="Leave it empty and the server chooses one; give an old one to draw the same.",
    is_optional=True,
)


def _labels_field(opened: Opened, kind: FieldKind) -> Field:
    return Field(
        name="text",
        label="UIDs, scanned one after the other or pasted, at most 200",
        kind=kind,
        value=opened.asked.get("text", "") or " ".join(opened.asked.getlist("labels")),
        is_optional=True,
    )


def _sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Prepare an inspector's sheet",
        sentence="It reads only what Glassbox knows, so it works while METRC does not answer. The "
        "sheet is filed as a PDF with its hash, and the ledger remembers who asked for which labels.",
        fields=(
            _labels_field(opened, FieldKind.CELLS),
            Field(
                name="count",
                label="Or how many at random",
                kind=FieldKind.WHOLE,
                unit="packages",
                hint="Drawn among those that METRC shows on the premises.",
                is_optional=True,
            ),
            SEED,
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
            _labels_field(opened, FieldKind.LONG),
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
            SEED,
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


def _inspector_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Let an inspector in",
        sentence="They read this licence until the end of that day, under a watermark, and can do"
        " nothing. Every page they look at is written into the ledger. You can end it at any time.",
        fields=(
            Field(name="name", label="Name"),
            Field(name="email", label="E-mail, to sign in with"),
            Field(
                name="last_day",
                label="Last day",
                kind=FieldKind.DATE,
                value=opened.today,
                hint="30 days ahead at most.",
            ),
            reason_field(label="Who they are, and why they come"),
        ),
    )


def _invite(opened: Opened, said: dict[str, Any]) -> ShownOnce:
    return ShownOnce(
        title=f"The link for {said['name']}",
        sentence="It is shown this once. Give it to them yourself: they set a password there that "
        "nobody else knows, once, within 24 hours. If it is late or was seen, let them in anew.",
        secret=invite_inspector(**opened.who(), **said),
        place="inspectors/",
    )


NEW_INSPECTOR = WorkForm(
    button="Let them in",
    done="They may sign in now.",
    nav="company",
    permission=Permission.INSPECTOR_MANAGE,
    sheet=_inspector_sheet,
    do=_invite,
)
