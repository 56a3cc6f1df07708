"""Imports: preview a sheet, take all or chosen rows over, undo while nothing depends on it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.imports import Import, ImportRow, ImportRowState, ImportState
from glassbox.operations.imports.handlers import HANDLERS, AlreadyThere, RowContext, StillUsed
from glassbox.operations.imports.sheets import read_sheet
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation, savepoint
from glassbox.rules.actor import Actor
from glassbox.rules.imports import (
    CELL_CHARACTERS_AT_MOST,
    CellProblem,
    ImportKind,
    column_order,
    kind_named,
    read_row,
)
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class NotNow(Refused):
    """The import is not in the state that this asks for."""

    code = "import.not-now"


@operation
def preview_import(
    *,
    actor: Actor,
    license_id: int,
    kind: str,
    file_name: str,
    content: bytes,
    now: datetime,
) -> int:
    """Read a sheet and show what each row would do; nothing is taken over yet.

    The same bytes of the same kind lead to the sheet that is there already, whose rows that are
    not taken over are looked at anew: a batch they name may have come since.

    :raises InvalidInput: if it cannot be read as a sheet, or lacks a heading
    """
    access.require(actor, Permission.TAKEOVER_WORK, license_id=license_id)
    wanted = kind_named(kind)
    table = read_sheet(content)
    license = License.objects.select_for_update().get(id=license_id)
    digest = hashlib.sha256(content).hexdigest()
    there = Import.objects.filter(
        license=license,
        kind=kind,
        content_sha256=digest,
        state__in=[ImportState.PREVIEWED, ImportState.TAKEN],
    ).first()
    context = RowContext(license=license, actor=actor, now=now)
    if there is not None:
        _look_again(there, wanted, context)
        return there.pk
    order = column_order(wanted, tuple(table[0][1]))
    sheet = Import.objects.create(
        company_id=license.company_id,
        license=license,
        kind=kind,
        file_name=file_name.strip()[:200] or "pasted cells",
        content_sha256=digest,
        state=ImportState.PREVIEWED,
        uploaded_by_id=person_id(actor),
        uploaded_at=now,
    )
    ImportRow.objects.bulk_create(
        _looked_at(sheet, wanted, context, number, dict(zip(order, cells, strict=False)))
        for number, cells in table[1:]
    )
    ledger.append(
        type=EventType.IMPORT_PREVIEWED,
        subject=f"import:{sheet.pk}",
        actor=actor,
        reason=f"{sheet.file_name} was shown: {wanted.title.lower()}",
        body={"kind": kind, "rows": len(table) - 1, "sha256": digest},
        now=now,
    )
    return sheet.pk


def _looked_at(
    sheet: Import, kind: ImportKind, context: RowContext, number: int, cells: dict[str, str]
) -> ImportRow:
    cells.pop("", None)
    row = ImportRow(
        company_id=sheet.company_id,
        license_id=sheet.license_id,
        sheet=sheet,
        number=number,
        # One character more than may be, so that a cell that is too long stays so.
        cells={
            name: text.replace("\x00", "")[: CELL_CHARACTERS_AT_MOST + 1]
            for name, text in cells.items()
        },
    )
    _look(row, kind, context)
    return row


def _look(row: ImportRow, kind: ImportKind, context: RowContext) -> None:
    values, problems = read_row(kind, row.cells)
    row.state, row.effect, row.problems = ImportRowState.READY, "", []
    if not problems:
        try:
            row.effect = HANDLERS[kind.name].look(context, values)[:500]
        except AlreadyThere:
            row.state, row.effect = ImportRowState.KNOWN, "known already; nothing changes"
        except InvalidInput as problem:
            problems = (_problem(problem),)
    if problems:
        row.state, row.problems = ImportRowState.WRONG, [asdict(one) for one in problems]


def _look_again(sheet: Import, kind: ImportKind, context: RowContext) -> None:
    rows = list(sheet.rows.filter(state__in=[ImportRowState.READY, ImportRowState.WRONG]))
    for row in rows:
        _look(row, kind, context)
    ImportRow.objects.bulk_update(rows, ["state", "effect", "problems"])


def _problem(problem: InvalidInput) -> CellProblem:
    return CellProblem(column=problem.field, value=str(problem.value)[:80], way_out=problem.way_out)


@operation
def take_import(
    *, actor: Actor, license_id: int, import_id: int, rows: Sequence[int] = (), now: datetime
) -> int:
    """Take over the rows that are ready, or of them those chosen by number; return how many.

    Each row is looked at again: one that another import or METRC has made known meanwhile changes
    nothing, and one that has become wrong is named and left out. Rows left out may follow later.

    :raises NotFound: if there is no such import here
    :raises NotNow: if all that was ready is taken over, or it is undone or discarded
    :raises InvalidInput: if no row is ready, or a chosen one is not
    """
    access.require(actor, Permission.TAKEOVER_WORK, license_id=license_id)
    sheet = _locked(license_id, import_id, ImportState.PREVIEWED, ImportState.TAKEN)
    ready = list(sheet.rows.filter(state=ImportRowState.READY).order_by("number"))
    if sheet.state == ImportState.TAKEN and not ready:
        raise NotNow("Every row of this import that was ready is taken over.")
    numbers = {row.number for row in ready}
    unknown = sorted(set(rows) - numbers)
    if not ready or unknown:
        raise InvalidInput(
            field="rows",
            value=unknown[0] if unknown else "none",
            way_out="Choose among the rows that are ready." if ready else "No row is ready.",
        )
    chosen = [row for row in ready if not rows or row.number in set(rows)]
    license = License.objects.select_for_update().get(id=license_id)
    context = RowContext(license=license, actor=actor, now=now)
    kind = kind_named(sheet.kind)
    taken = sum(_take(kind, context, row) for row in chosen)
    sheet.state, sheet.taken_by_id, sheet.taken_at = ImportState.TAKEN, actor.user_id, now
    sheet.save(update_fields=["state", "taken_by", "taken_at"])
    ledger.append(
        type=EventType.IMPORT_TAKEN,
        subject=f"import:{sheet.pk}",
        actor=actor,
        reason=f"{taken} rows of {sheet.file_name} were taken over",
        body={"kind": sheet.kind, "rows": taken, "sha256": sheet.content_sha256},
        now=now,
    )
    return taken


def _take(kind: ImportKind, context: RowContext, row: ImportRow) -> bool:
    values, _ = read_row(kind, row.cells)
    try:
        with savepoint():
            row.made = HANDLERS[kind.name].take(context, values)
            row.state = ImportRowState.TAKEN
    except AlreadyThere:
        row.state, row.effect = ImportRowState.KNOWN, "known already; nothing changed"
    except InvalidInput as problem:
        row.state, row.problems = ImportRowState.WRONG, [asdict(_problem(problem))]
    row.save(update_fields=["made", "state", "effect", "problems"])
    return row.state == ImportRowState.TAKEN


@operation
def undo_import(
    *, actor: Actor, license_id: int, import_id: int, reason: str, now: datetime
) -> None:
    """Undo everything an import made, the last row first; all of it or nothing.

    :raises StillUsed: naming what depends on it
    :raises NotNow: if it is not taken over
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.TAKEOVER_WORK, license_id=license_id)
    sheet = _locked(license_id, import_id, ImportState.TAKEN)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why it is undone.")
    license = License.objects.select_for_update().get(id=license_id)
    context = RowContext(license=license, actor=actor, now=now)
    rows = list(sheet.rows.filter(state=ImportRowState.TAKEN).order_by("-number"))
    for row in rows:
        try:
            HANDLERS[sheet.kind].undo(context, row.made)
        except StillUsed as refusal:
            raise StillUsed(f"Row {row.number}: {refusal.message}") from refusal
        row.state = ImportRowState.UNDONE
        row.save(update_fields=["state"])
    sheet.state, sheet.undone_by_id, sheet.undone_at = ImportState.UNDONE, actor.user_id, now
    sheet.reason = reason.strip()[:500]
    sheet.save(update_fields=["state", "undone_by", "undone_at", "reason"])
    ledger.append(
        type=EventType.IMPORT_UNDONE,
        subject=f"import:{sheet.pk}",
        actor=actor,
        reason=sheet.reason,
        body={"kind": sheet.kind, "rows": len(rows)},
        now=now,
    )


@operation
def discard_import(*, actor: Actor, license_id: int, import_id: int, now: datetime) -> None:
    """Put a preview away; nothing of it was taken over.

    :raises NotNow: if it is no preview any more
    """
    access.require(actor, Permission.TAKEOVER_WORK, license_id=license_id)
    sheet = _locked(license_id, import_id, ImportState.PREVIEWED)
    sheet.state = ImportState.DISCARDED
    sheet.save(update_fields=["state"])
    ledger.append(
        type=EventType.IMPORT_DISCARDED,
        subject=f"import:{sheet.pk}",
        actor=actor,
        reason=f"{sheet.file_name} was not taken over",
        now=now,
    )


def _locked(license_id: int, import_id: int, *states: ImportState) -> Import:
    sheet = Import.objects.select_for_update().filter(license_id=license_id, id=import_id).first()
    if sheet is None:
        raise NotFound("There is no such import here.")
    if sheet.state not in states:
        raise NotNow(f"This import is {sheet.state.lower()}; it cannot be done now.")
    return sheet
