"""Forms of imports: hand in a sheet, undo one."""

from __future__ import annotations

from typing import Any

from glassbox.operations.imports.imports import preview_import, undo_import
from glassbox.queries.imports import import_page
from glassbox.rules.imports import kind_named
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, done_about, reason_field


def _new_sheet(opened: Opened) -> Sheet:
    try:
        kind = kind_named(opened.subject)
    except InvalidInput as problem:
        raise NotFound("There is no such kind of sheet.") from problem
    return Sheet(
        title=f"Import: {kind.title.lower()}",
        sentence="It is shown row by row first; nothing is taken over yet.",
        facts=(
            ("What for", kind.sentence),
            *(
                (
                    column.heading,
                    f"{column.meaning}{'' if column.is_required else ' (may be empty)'}, "
                    f"such as {column.example}",
                )
                for column in kind.columns
            ),
        ),
        fields=(
            Field(
                name="file",
                label="File, CSV or XLSX",
                kind=FieldKind.FILE,
                accept=".csv,.txt,.tsv,.xlsx",
                is_optional=True,
            ),
            Field(
                name="text",
                label="Or cells copied from a spreadsheet, headings first",
                kind=FieldKind.CELLS,
                is_optional=True,
            ),
        ),
    )


def _preview(opened: Opened, said: dict[str, Any]) -> str:
    filed, text = said["file"], said["text"]
    if filed is None and not text:
        raise InvalidInput(
            field="File or cells", value="nothing", way_out="Choose a file, or paste the cells."
        )
    import_id = preview_import(
        **opened.who(),
        kind=opened.subject,
        file_name=filed.name if filed else "pasted cells",
        content=filed.content if filed else text.encode(),
    )
    return f"imports/{import_id}/"


def _undo_sheet(opened: Opened) -> Sheet:
    found = import_page(
        actor=opened.actor, license_ids=(opened.license_id,), import_id=opened.number
    )
    return Sheet(
        title=f"Undo import {found.line.id}",
        sentence="All of it is undone, or nothing: where something depends on a row, that row is "
        "named.",
        facts=(("Sheet", found.line.file_name), ("Rows taken over", str(found.taken))),
        fields=(reason_field(),),
        why_not="" if found.is_taken else "This import is not taken over.",
    )


NEW_IMPORT = WorkForm(
    button="Show what it would do",
    done="Nothing is taken over yet. Look at the rows.",
    nav="takeover",
    permission=Permission.TAKEOVER_WORK,
    sheet=_new_sheet,
    do=_preview,
)
IMPORT_UNDO = WorkForm(
    button="Undo the import",
    done="The import is undone.",
    nav="takeover",
    permission=Permission.TAKEOVER_WORK,
    sheet=_undo_sheet,
    do=done_about(undo_import, "import_id", "imports"),
)
