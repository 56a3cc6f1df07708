"""Imports of a licence: the list, one with its rows, and what a template holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from glassbox import access
from glassbox.models.imports import Import, ImportRow, ImportRowState, ImportState
from glassbox.rules.actor import Actor
from glassbox.rules.imports import KINDS, ImportKind, kind_named
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

IMPORTS_AT_MOST = 100
ROWS_SHOWN = 500


@dataclass(frozen=True, kw_only=True)
class ImportLine:
    """One sheet that somebody handed in."""

    id: int
    license_number: str
    title: str
    file_name: str
    state: str
    rows: int
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, kw_only=True)
class ImportRowLine:
    """One row: its cells in the order of the columns, and what it does or what is wrong."""

    number: int
    cells: tuple[str, ...]
    state: str
    effect: str
    problems: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ImportPage:
    """One sheet with its rows, wrong ones first; `more` rows are not shown."""

    line: ImportLine
    kind: ImportKind
    rows: tuple[ImportRowLine, ...]
    more: int
    ready: int
    wrong: int
    known: int
    taken: int
    may_work: bool
    is_preview: bool
    can_take: bool
    is_taken: bool
    taken_by: str
    taken_at: datetime | None
    undone_by: str
    undone_at: datetime | None
    reason: str


def import_list(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[ImportLine, ...]:
    """Return the newest imports of the licences in sight, 100 at most."""
    with access.reading(actor):
        rows = (
            Import.objects.filter(license_id__in=license_ids)
            .select_related("license", "uploaded_by")
            .annotate(row_count=Count("rows"))
            .order_by("-id")
        )
        return tuple(_line(row) for row in rows[:IMPORTS_AT_MOST])


def import_page(*, actor: Actor, license_ids: tuple[int, ...], import_id: int) -> ImportPage:
    """Return one import.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        sheet = (
            Import.objects.filter(license_id__in=license_ids, id=import_id)
            .select_related("license", "uploaded_by", "taken_by", "undone_by")
            .annotate(row_count=Count("rows"))
            .first()
        )
        if sheet is None:
            raise NotFound("There is no such import here.")
        kind = kind_named(sheet.kind)
        states = dict(
            sheet.rows.values_list("state").annotate(number=Count("id")).order_by("state")
        )
        wrong = list(sheet.rows.filter(state=ImportRowState.WRONG).order_by("number")[:ROWS_SHOWN])
        others = sheet.rows.exclude(state=ImportRowState.WRONG).order_by("number")
        shown = [*wrong, *others[: ROWS_SHOWN - len(wrong)]]
        return ImportPage(
            line=_line(sheet),
            kind=kind,
            rows=tuple(_row(row, kind) for row in shown),
            more=sum(states.values()) - len(shown),
            ready=states.get(ImportRowState.READY, 0),
            wrong=states.get(ImportRowState.WRONG, 0),
            known=states.get(ImportRowState.KNOWN, 0),
            taken=states.get(ImportRowState.TAKEN, 0),
            may_work=Permission.TAKEOVER_WORK in access.permissions_at(actor, sheet.license_id),
            is_preview=sheet.state == ImportState.PREVIEWED,
            can_take=sheet.state == ImportState.PREVIEWED
            or (sheet.state == ImportState.TAKEN and ImportRowState.READY in states),
            is_taken=sheet.state == ImportState.TAKEN,
            taken_by=sheet.taken_by.name if sheet.taken_by else "",
            taken_at=sheet.taken_at,
            undone_by=sheet.undone_by.name if sheet.undone_by else "",
            undone_at=sheet.undone_at,
            reason=sheet.reason,
        )


def wrong_rows(
    *, actor: Actor, license_ids: tuple[int, ...], import_id: int
) -> tuple[ImportKind, tuple[ImportRowLine, ...]]:
    """Return every wrong row of an import, however many, with its kind.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        sheet = Import.objects.filter(license_id__in=license_ids, id=import_id).first()
        if sheet is None:
            raise NotFound("There is no such import here.")
        kind = kind_named(sheet.kind)
        rows = sheet.rows.filter(state=ImportRowState.WRONG).order_by("number")
        return kind, tuple(_row(row, kind) for row in rows)


def import_kinds() -> tuple[ImportKind, ...]:
    """Return every kind of sheet."""
    return tuple(KINDS.values())


def _line(sheet: Import) -> ImportLine:
    return ImportLine(
        id=sheet.pk,
        license_number=sheet.license.number,
        title=kind_named(sheet.kind).title,
        file_name=sheet.file_name,
        state=sheet.state,
        rows=sheet.__dict__["row_count"],
        uploaded_by=sheet.uploaded_by.name,
        uploaded_at=sheet.uploaded_at,
    )


def _row(row: ImportRow, kind: ImportKind) -> ImportRowLine:
    return ImportRowLine(
        number=row.number,
        cells=tuple(row.cells.get(column.name, "") for column in kind.columns),
        state=row.state,
        effect=row.effect,
        problems=tuple((one["column"], one["value"], one["way_out"]) for one in row.problems),
    )
