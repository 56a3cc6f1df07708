"""Approving several actions of one kind at once: each line on its own, with its own event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from glassbox.operations.actions.review import approve_action
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput, Refused

LINES_AT_MOST = 25


@dataclass(frozen=True, kw_only=True)
class Approved:
    """Hold what became of one line; `refusal` is empty if it was approved."""

    action_id: int
    refusal: str = ""


def approve_many(
    *,
    actor: Actor,
    license_id: int,
    chosen: Sequence[tuple[int, str]],
    comment: str = "",
    now: datetime,
) -> tuple[Approved, ...]:
    """Approve each action for exactly the content whose hash is given, one after the other.

    A line that is refused stops no other; the page has shown that all are of one kind.

    :raises InvalidInput: if there is no line, more than 25, or a hash is missing
    """
    if not chosen or len(chosen) > LINES_AT_MOST:
        raise InvalidInput(
            field="actions", value=len(chosen), way_out=f"Choose 1 to {LINES_AT_MOST} actions."
        )
    if any(not content for _, content in chosen):
        raise InvalidInput(
            field="actions", value="", way_out="Open the list again: an approval names its content."
        )
    results = []
    for action_id, content in chosen:
        refusal = ""
        try:
            approve_action(
                actor=actor,
                license_id=license_id,
                action_id=action_id,
                payload_sha256=content,
                comment=comment,
                now=now,
            )
        except Refused as refused:
            refusal = refused.message
        results.append(Approved(action_id=action_id, refusal=refusal))
    return tuple(results)
