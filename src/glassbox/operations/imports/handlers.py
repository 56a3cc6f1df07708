"""What a row of each kind of sheet would do, does, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Counterparty, Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.packages import Package, PackageLineage
from glassbox.models.production import Batch, BatchState, IngredientUse, LabelCount
from glassbox.models.transfers import Order, Transfer
from glassbox.operations.company import TAGS_AT_MOST
from glassbox.operations.person import person_id
from glassbox.queries.takeover.half_done import PROCESS
from glassbox.rules.action_lifecycle import ENDS
from glassbox.rules.actor import Actor
from glassbox.rules.imports import Value
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import InvalidInput, Refused

ANCESTORS_AT_MOST = 500


class StillUsed(Refused):
    """Something depends on what an import made, so it cannot be undone any more."""

    code = "import.still-used"


class AlreadyThere(Exception):
    """A row says what is known already; taking it over would change nothing."""


@dataclass(frozen=True, kw_only=True)
class RowContext:
    """Whose rows these are, who acts, and when."""

    license: License
    actor: Actor
    now: datetime

    @property
    def user_id(self) -> int:
        """Return who acts."""
        return person_id(self.actor)

    @property
    def tenant(self) -> dict[str, int]:
        """Return the columns that wall a row of this licence."""
        return {"company_id": self.license.company_id, "license_id": self.license.pk}


Values = dict[str, Value]
Made = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Handler:
    """How one kind is looked at (a sentence), taken over (what undo needs), and undone.

    `look` and `take` raise InvalidInput with the column's name, or AlreadyThere.
    """

    look: Callable[[RowContext, Values], str]
    take: Callable[[RowContext, Values], Made]
    undo: Callable[[RowContext, Made], None]


def _labels(values: Values) -> list[str]:
    first = str(values["first"])
    last = str(values["last"] or first)
    count = int(last[15:]) - int(first[15:]) + 1
    if first[:15] != last[:15] or not 1 <= count <= TAGS_AT_MOST:
        raise InvalidInput(
            field="Last UID",
            value=last,
            way_out=f"It must follow the first within one roll, {TAGS_AT_MOST:,} tags at most.",
        )
    return [f"{first[:15]}{number:09d}" for number in range(int(first[15:]), int(last[15:]) + 1)]


def _new_tags(context: RowContext, values: Values) -> list[str]:
    labels = _labels(values)
    known = Tag.objects.filter(license=context.license, label__in=labels)
    there = set(known.values_list("label", flat=True))
    new = [label for label in labels if label not in there]
    if not new:
        raise AlreadyThere
    if values["status"] == TagStatus.DAMAGED:
        packed = Package.objects.filter(license=context.license, label__in=new).first()
        if packed is not None:
            raise InvalidInput(
                field="Status", value="damaged", way_out=f"METRC shows {packed.label} on a package."
            )
    return new


def _look_at_tags(context: RowContext, values: Values) -> str:
    return f"{len(_new_tags(context, values)):,} new tags"


def _take_tags(context: RowContext, values: Values) -> Made:
    new = _new_tags(context, values)
    packed = set(
        Package.objects.filter(license=context.license, label__in=new).values_list(
            "label", flat=True
        )
    )
    status = str(values["status"] or TagStatus.RECEIVED)
    Tag.objects.bulk_create(
        Tag(
            **context.tenant,
            label=label,
            status=TagStatus.USED if label in packed else status,
            received_at=context.now,
            used_at=context.now if label in packed else None,
        )
        for label in new
    )
    return {"labels": new}


def _undo_tags(context: RowContext, made: Made) -> None:
    tags = Tag.objects.select_for_update().filter(license=context.license, label__in=made["labels"])
    used = tags.filter(status=TagStatus.USED).order_by("label").first()
    if used is not None:
        raise StillUsed(f"The tag {used.label} is on a package.")
    planned = (
        RegulatedAction.objects.filter(
            license=context.license, labels__has_any_keys=list(tags.values_list("label", flat=True))
        )
        .exclude(state__in=ENDS)
        .first()
    )
    if planned is not None:
        raise StillUsed(f"Action {planned.pk} names tags of it; withdraw the action first.")
    tags.delete()


def _package(context: RowContext, values: Values) -> Package:
    package = (
        Package.objects.select_for_update()
        .filter(license=context.license, label=values["label"])
        .first()
    )
    if package is None:
        raise InvalidInput(
            field="Package UID",
            value=values["label"],
            way_out="METRC shows no such package at this licence.",
        )
    if package.printed_label == values["printed"]:
        raise AlreadyThere
    _require_ancestor(context, package, str(values["printed"]))
    return package


def _require_ancestor(context: RowContext, package: Package, printed: str) -> None:
    """The UID on the units is that of the package or of one it came from (QA-12)."""
    edge, seen = {package.label}, {package.label}
    while edge and len(seen) < ANCESTORS_AT_MOST:
        if printed in seen:
            return
        above = PackageLineage.objects.filter(license=context.license, child_label__in=edge)
        edge = set(above.values_list("parent_label", flat=True)) - seen
        seen |= edge
    if printed not in seen:
        raise InvalidInput(
            field="Printed UID",
            value=printed,
            way_out="It is neither the package's own nor that of a package it came from.",
        )


def _look_at_printed(context: RowContext, values: Values) -> str:
    before = _package(context, values).printed_label
    return f"printed UID instead of {before}" if before else "printed UID set"


def _take_printed(context: RowContext, values: Values) -> Made:
    package = _package(context, values)
    before, package.printed_label = package.printed_label, str(values["printed"])
    package.save(update_fields=["printed_label"])
    return {"id": package.pk, "before": before, "after": package.printed_label}


def _undo_printed(context: RowContext, made: Made) -> None:
    changed = Package.objects.filter(
        license=context.license, id=made["id"], printed_label=made["after"]
    ).update(printed_label=made["before"])
    if not changed:
        raise StillUsed("The printed UID of a package was changed since.")


def _look_at_partner(context: RowContext, values: Values) -> str:
    number = str(values["number"])
    if number == context.license.number:
        raise InvalidInput(field="Licence number", value=number, way_out="It is this licence.")
    known = Counterparty.objects.filter(license=context.license, license_number=number).first()
    if known is not None:
        raise AlreadyThere
    return "new licensee, active" if values["active"] else "new licensee, not active"


def _take_partner(context: RowContext, values: Values) -> Made:
    _look_at_partner(context, values)
    row = Counterparty.objects.create(
        **context.tenant,
        license_number=str(values["number"]),
        name=str(values["name"]),
        kind=str(values["kind"]),
        is_active=bool(values["active"]),
        checked_at=context.now if values["active"] else None,
    )
    ledger.append(
        type=EventType.COUNTERPARTY_CHECKED,
        subject=f"counterparty:{row.pk}",
        actor=context.actor,
        reason=f"A sheet names the licence {row.license_number}",
        body={"is_active": row.is_active},
        now=context.now,
    )
    return {"id": row.pk, "number": row.license_number}


def _undo_partner(context: RowContext, made: Made) -> None:
    number = made["number"]
    orders = Order.objects.filter(license=context.license, buyer_id=made["id"])
    sent = Transfer.objects.filter(license=context.license, receiver_license_number=number)
    if orders.exists() or sent.exists():
        raise StillUsed(f"Orders or manifests name {number}.")
    Counterparty.objects.filter(license=context.license, id=made["id"]).delete()


def _batch(context: RowContext, number: Value) -> Batch | None:
    return Batch.objects.select_for_update().filter(license=context.license, number=number).first()


def _look_at_batch(context: RowContext, values: Values) -> str:
    quantity(Decimal(str(values["quantity"])), str(values["unit"]))
    batch = _batch(context, values["number"])
    if batch is None:
        return "new batch under way"
    if batch.process != PROCESS or batch.protocol_version == values["protocol"]:
        raise AlreadyThere
    return "completes the batch taken over from METRC"


def _take_batch(context: RowContext, values: Values) -> Made:
    _look_at_batch(context, values)
    batch = _batch(context, values["number"]) or Batch(
        **context.tenant,
        number=str(values["number"]),
        process=PROCESS,
        state=BatchState.OPEN,
        opened_by_id=context.user_id,
        opened_at=context.now,
    )
    fields = ("product", "protocol_version", "planned_quantity", "unit", "label_claim_mg")
    before = None
    if batch.pk is not None:
        before = {
            name: None if getattr(batch, name) is None else str(getattr(batch, name))
            for name in fields
        }
    batch.product = str(values["product"])
    batch.protocol_version = str(values["protocol"])
    batch.planned_quantity, batch.unit = Decimal(str(values["quantity"])), str(values["unit"])
    claim = values["claim"]
    batch.label_claim_mg = None if claim is None else Decimal(str(claim))
    batch.save()
    return {"id": batch.pk, "before": before}


def _undo_batch(context: RowContext, made: Made) -> None:
    batch = Batch.objects.select_for_update().get(license=context.license, id=made["id"])
    work = (
        *(batch.records.all(), batch.ingredients.all(), batch.outputs.all(), batch.waste.all()),
        *(batch.actions.all(), batch.waves.all(), LabelCount.objects.filter(batch=batch)),
    )
    if batch.state != BatchState.OPEN or any(part.exists() for part in work):
        raise StillUsed(f"People have worked on batch {batch.number} since.")
    if made["before"] is None:
        batch.delete()
        return
    for name, value in made["before"].items():
        setattr(batch, name, value)
    batch.save()


def _open_batch(context: RowContext, values: Values) -> Batch:
    quantity(Decimal(str(values["quantity"])), str(values["unit"]))
    batch = _batch(context, values["number"])
    if batch is None or batch.state != BatchState.OPEN:
        raise InvalidInput(
            field="Batch number",
            value=values["number"],
            way_out="No such batch is open here; import the batches first.",
        )
    there = IngredientUse.objects.filter(
        batch=batch,
        supplier_lot=values["lot"],
        material=values["material"],
        quantity=Decimal(str(values["quantity"])),
    )
    if there.exists():
        raise AlreadyThere
    return batch


def _look_at_lot(context: RowContext, values: Values) -> str:
    return f"into batch {_open_batch(context, values).number}"


def _take_lot(context: RowContext, values: Values) -> Made:
    row = IngredientUse.objects.create(
        **context.tenant,
        batch=_open_batch(context, values),
        supplier_lot=str(values["lot"]),
        material=str(values["material"]),
        quantity=Decimal(str(values["quantity"])),
        unit=str(values["unit"]),
        recorded_by_id=context.user_id,
        recorded_at=context.now,
    )
    return {"id": row.pk}


def _undo_lot(context: RowContext, made: Made) -> None:
    use = IngredientUse.objects.select_related("batch").filter(
        license=context.license, id=made["id"]
    )
    row = use.first()
    if row is None or row.batch.state != BatchState.OPEN:
        raise StillUsed("A batch that has the lot is verified or closed.")
    use.delete()


HANDLERS: dict[str, Handler] = {
    "tags": Handler(look=_look_at_tags, take=_take_tags, undo=_undo_tags),
    "printed": Handler(look=_look_at_printed, take=_take_printed, undo=_undo_printed),
    "partners": Handler(look=_look_at_partner, take=_take_partner, undo=_undo_partner),
    "batches": Handler(look=_look_at_batch, take=_take_batch, undo=_undo_batch),
    "lots": Handler(look=_look_at_lot, take=_take_lot, undo=_undo_lot),
}
