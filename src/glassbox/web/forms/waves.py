"""Forms that put the drafts of one order or one batch under one signature to be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassbox.operations.actions.waves import open_wave
from glassbox.queries.actions.waves import drafts_for_wave
from glassbox.queries.choices import Option
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, many_field


def _subject(about: str, opened: Opened) -> dict[str, Any]:
    return {f"{about}_id": opened.number}


def _sheet_of(about: str) -> Callable[[Opened], Sheet]:
    def sheet(opened: Opened) -> Sheet:
        found = drafts_for_wave(**opened.who(), **_subject(about, opened))
        drafts = tuple(
            Option(value=str(row.id), words=f"{row.id}: {row.effect_sentence}")
            for row in found.drafts
        )
        return Sheet(
            title=f"One signature for {about} {found.number}",
            sentence="All that you choose goes to review together, and is signed by somebody else "
            "on one page that shows every line. Each stays an action of its own. Adjustments, "
            "destruction, releases and dispatch keep a signature of their own.",
            why_not=""
            if drafts
            else f"This {about} has no draft of a split, a move, a note, a location or a template.",
            fields=(
                Field(
                    name="title", label="What it is for", value=f"{about.title()} {found.number}"
                ),
                many_field(
                    "action_ids", "Drafts", drafts, values=tuple(one.value for one in drafts)
                ),
            ),
        )

    return sheet


def _open_for(about: str) -> Callable[[Opened, dict[str, Any]], str]:
    def do(opened: Opened, said: dict[str, Any]) -> str:
        wave_id = open_wave(
            **opened.who(),
            title=said["title"],
            action_ids=[int(one) for one in said["action_ids"]],
            **_subject(about, opened),
        )
        return f"actions/waves/{wave_id}/"

    return do


def _wave_of(about: str, nav: str) -> WorkForm:
    return WorkForm(
        button="Send them for one signature",
        done="Sent for review. Somebody else signs for all of them here.",
        nav=nav,
        permission=Permission.ACTION_DRAFT,
        sheet=_sheet_of(about),
        do=_open_for(about),
    )


ORDER_WAVE = _wave_of("order", "orders")
BATCH_WAVE = _wave_of("batch", "batches")
