"""Forms of a manufacturing batch: open it, write its record, package what it made, count labels."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from glassbox.operations.actions.draft import draft_action
from glassbox.operations.production.labels import count_labels
from glassbox.operations.production.open import open_batch
from glassbox.operations.production.record import record_output, record_step, use_ingredient
from glassbox.operations.production.waste import WASTE_KINDS, record_waste
from glassbox.queries.choices import Choices, ListOf, Option
from glassbox.queries.production.pages import BatchPage, batch_page
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    done_about,
    number_field,
    reason_field,
    scan_field,
)

ROWS_SHOWN = 4
WASTE_WORDS = {
    "TAILS": "tails",
    "WASTE": "waste",
    "LOSS": "loss",
    "SAMPLE": "sample for our own control",
}


def _new(opened: Opened) -> Sheet:
    lists = opened.choices(ListOf.ITEMS, ListOf.UNITS, ListOf.PACKAGES)
    return Sheet(
        title="Open a batch",
        sentence="Opens the batch record. METRC learns of it when its package is created.",
        fields=(
            Field(name="number", label="Batch number"),
            choice_field("product", "Product", lists[ListOf.ITEMS]),
            Field(name="process", label="Process", hint="distillation, filling"),
            Field(name="protocol_version", label="Protocol", hint="SOP-D-3"),
            number_field("planned_quantity", "Planned quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS], value="Grams"),
            _used_rows("planned_inputs", "Planned inputs", lists),
            number_field(
                "label_claim_mg", "THC in one unit, as the label says", "mg", is_optional=True
            ),
        ),
    )


def _used_rows(name: str, label: str, lists: Choices) -> Field:
    return Field(
        name=name,
        label=label,
        kind=FieldKind.ROWS,
        blank_rows=ROWS_SHOWN,
        columns=(
            scan_field("label", "Package", lists[ListOf.PACKAGES]),
            number_field("quantity", "Quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS], value="Grams"),
        ),
    )


def _texts(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _open(opened: Opened, said: dict[str, Any]) -> str:
    said["planned_inputs"] = _texts(said["planned_inputs"])
    return f"batches/{open_batch(**opened.who(), **said)}/"


def _batch(opened: Opened) -> BatchPage:
    return batch_page(**opened.seen(), batch_id=opened.number, now=opened.now)


def _facts(batch: BatchPage) -> tuple[tuple[str, str], ...]:
    return (
        ("Batch", batch.row.number),
        ("Product", batch.row.product),
        ("Planned", batch.row.planned),
        ("State", batch.row.state.capitalize()),
    )


def _why_not(batch: BatchPage) -> str:
    return "The batch is closed." if batch.row.state == "CLOSED" else ""


def _ingredient(opened: Opened) -> Sheet:
    batch = _batch(opened)
    lists = opened.choices(ListOf.PACKAGES, ListOf.UNITS)
    return Sheet(
        title=f"What went into {batch.row.number}",
        sentence="Either a package of METRC's or the lot of a supplier, never both.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            Field(name="material", label="Material"),
            number_field("quantity_value", "Quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS], value="Grams"),
            scan_field("label", "Package", lists[ListOf.PACKAGES], is_optional=True),
            Field(name="supplier_lot", label="Supplier's lot", is_optional=True),
        ),
    )


def _step(opened: Opened) -> Sheet:
    batch = _batch(opened)
    units = opened.choices(ListOf.UNITS)[ListOf.UNITS]
    return Sheet(
        title=f"A step of {batch.row.number}",
        sentence="A step, a weight, a deviation: what is written stays written.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            Field(name="step", label="Step"),
            Field(name="text", label="What was done", kind=FieldKind.LONG),
            number_field("quantity_value", "Quantity", is_optional=True),
            choice_field("unit", "Unit", units, is_optional=True),
        ),
    )


def _packaging(opened: Opened) -> Sheet:
    batch = _batch(opened)
    lists = opened.choices(
        ListOf.TAGS, ListOf.ITEMS, ListOf.UNITS, ListOf.LOCATIONS, ListOf.PACKAGES
    )
    return Sheet(
        title=f"Create the package of {batch.row.number} in METRC",
        sentence="Drafts the production batch's package; somebody else approves before anything "
        "is sent. METRC takes the ingredients out of their packages.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            scan_field("tag", "Tag", lists[ListOf.TAGS]),
            choice_field("item", "Item", lists[ListOf.ITEMS], value=batch.row.product),
            number_field("quantity", "Quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS]),
            choice_field("location", "Location", lists[ListOf.LOCATIONS], is_optional=True),
            _used_rows("ingredients", "Taken from", lists),
            reason_field(f"Package of batch {batch.row.number}"),
        ),
    )


def _package(opened: Opened, said: dict[str, Any]) -> str:
    batch = _batch(opened)
    package = {
        "tag": said["tag"],
        "item": said["item"],
        "quantity": _text(said["quantity"]),
        "unit": said["unit"],
        "date": opened.today,
        "production_batch_number": batch.row.number,
        "ingredients": _texts(said["ingredients"]),
    }
    if said["location"]:
        package["location"] = said["location"]
    action_id = draft_action(
        **opened.who(),
        kind="package.create_production_batch",
        facts={"packages": [package]},
        reason=said["reason"],
        batch_id=opened.number,
    )
    return f"actions/{action_id}/"


def _output(opened: Opened) -> Sheet:
    batch = _batch(opened)
    lists = opened.choices(ListOf.PACKAGES, ListOf.ITEMS, ListOf.UNITS)
    return Sheet(
        title=f"What {batch.row.number} made",
        sentence="Counted units say what one of them holds, so that the balance can be drawn.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            scan_field(
                "label",
                "Package",
                lists[ListOf.PACKAGES],
                hint="It appears here once METRC shows it.",
            ),
            choice_field("item_name", "Item", lists[ListOf.ITEMS], value=batch.row.product),
            number_field("quantity_value", "Quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS]),
            number_field(
                "net_content", "Content of one unit", "the inputs' unit", is_optional=True
            ),
        ),
    )


def _waste(opened: Opened) -> Sheet:
    batch = _batch(opened)
    lists = opened.choices(ListOf.PACKAGES, ListOf.UNITS, ListOf.PEOPLE)
    return Sheet(
        title=f"Waste and loss of {batch.row.number}",
        sentence="The balance must close to the last gram. METRC sees it through an adjustment "
        "of the package it came from: draft that one too.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            choice_field(
                "kind",
                "What it is",
                tuple(Option(value=kind, words=WASTE_WORDS[kind]) for kind in WASTE_KINDS),
            ),
            number_field("quantity_value", "Quantity"),
            choice_field("unit", "Unit", lists[ListOf.UNITS], value="Grams"),
            reason_field(),
            scan_field("label", "Of package", lists[ListOf.PACKAGES], is_optional=True),
            choice_field("witnessed_by_id", "Witness", lists[ListOf.PEOPLE], is_optional=True),
        ),
    )


def _wasted(opened: Opened, said: dict[str, Any]) -> str:
    witness = said.pop("witnessed_by_id")
    record_waste(
        **opened.who(),
        batch_id=opened.number,
        witnessed_by_id=int(witness) if witness else None,
        **said,
    )
    return f"batches/{opened.subject}/"


def _labels(opened: Opened) -> Sheet:
    batch = _batch(opened)
    people = opened.choices(ListOf.PEOPLE)[ListOf.PEOPLE]
    return Sheet(
        title=f"Labels of {batch.row.number}",
        sentence="Issued labels are applied, destroyed or returned, to the last one; two people "
        "count.",
        facts=_facts(batch),
        why_not=_why_not(batch),
        fields=(
            *(
                Field(name=name, label=name.capitalize(), kind=FieldKind.WHOLE, unit="labels")
                for name in ("issued", "applied", "destroyed", "returned")
            ),
            choice_field("verified_by_id", "Counted with", people),
        ),
    )


def _counted(opened: Opened, said: dict[str, Any]) -> str:
    second = int(said.pop("verified_by_id"))
    count_labels(**opened.who(), batch_id=opened.number, verified_by_id=second, **said)
    return f"batches/{opened.subject}/"


def _form(
    button: str,
    done: str,
    permission: Permission,
    sheet: Callable[[Opened], Sheet],
    do: Callable[[Opened, dict[str, Any]], str],
) -> WorkForm:
    return WorkForm(
        button=button, done=done, nav="batches", permission=permission, sheet=sheet, do=do
    )


NEW_BATCH = _form("Open the batch", "The batch is open.", Permission.BATCH_OPEN, _new, _open)
INGREDIENT = _form(
    "Record it",
    "The ingredient is recorded.",
    Permission.BATCH_RECORD,
    _ingredient,
    done_about(use_ingredient, "batch_id", "batches"),
)
STEP = _form(
    "Record it",
    "The step is recorded.",
    Permission.BATCH_RECORD,
    _step,
    done_about(record_step, "batch_id", "batches"),
)
PACKAGING = _form(
    "Draft the package", "The package is drafted.", Permission.ACTION_DRAFT, _packaging, _package
)
OUTPUT = _form(
    "Record it",
    "The output is recorded.",
    Permission.BATCH_RECORD,
    _output,
    done_about(record_output, "batch_id", "batches"),
)
WASTE = _form("Record it", "It is recorded.", Permission.BATCH_RECORD, _waste, _wasted)
LABELS = _form(
    "Record the count", "The labels are counted.", Permission.LABEL_COUNT, _labels, _counted
)
