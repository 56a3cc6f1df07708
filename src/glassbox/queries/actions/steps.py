"""The stepper of an action: draft, review, approved, submitted, accepted, each with who and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from glassbox.audit.event_types import EventType
from glassbox.models.actions import RegulatedAction
from glassbox.rules.action_lifecycle import ActionState

_PATH: tuple[tuple[str, str], ...] = (
    ("draft", "Draft"),
    ("review", "In review"),
    ("approved", "Approved"),
    ("submitted", "Submitted"),
    ("accepted", "Accepted"),
)
_REACHED: dict[ActionState, int] = {
    ActionState.DRAFT: 0,
    ActionState.IN_REVIEW: 1,
    ActionState.APPROVED: 2,
    ActionState.SUBMITTING: 3,
    ActionState.UNCONFIRMED: 3,
    ActionState.BLOCKED: 3,
    ActionState.ACCEPTED: 4,
    ActionState.REJECTED: 4,
}
# How the last step is named when an action ends, or stands, otherwise than accepted.
_ENDS_AS: dict[ActionState, tuple[str, str]] = {
    ActionState.REJECTED: ("rejected", "Rejected by METRC"),
    ActionState.WITHDRAWN: ("withdrawn", "Withdrawn"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; `standing` is DONE, NOW or AHEAD. Who and when are empty for what is ahead."""

    name: str
    title: str
    standing: str
    who: str = ""
    at: datetime | None = None
    why: str = ""


def steps_of(
    action: RegulatedAction, newest_event: Mapping[str, tuple[str, datetime]]
) -> tuple[Step, ...]:
    """Return the steps of an action. `newest_event` gives who and when by type of event."""
    state = ActionState(action.state)
    if state is ActionState.WITHDRAWN:
        return _withdrawn_steps(action, newest_event)
    reached = _REACHED[state]
    steps = []
    for place, (name, title) in enumerate(_PATH):
        if place == len(_PATH) - 1 and state in _ENDS_AS:
            name, title = _ENDS_AS[state]
        standing = "DONE" if place < reached else "NOW" if place == reached else "AHEAD"
        if place == reached == len(_PATH) - 1:
            standing = "DONE"
        who, at, why = ("", None, "")
        if standing != "AHEAD":
            who, at, why = _facts_of(name, action, newest_event)
        steps.append(Step(name=name, title=title, standing=standing, who=who, at=at, why=why))
    return tuple(steps)


def _withdrawn_steps(
    action: RegulatedAction, newest_event: Mapping[str, tuple[str, datetime]]
) -> tuple[Step, ...]:
    names = ["draft", "review"] if EventType.ACTION_SENT_FOR_REVIEW in newest_event else ["draft"]
    if action.approved_at is not None:
        names.append("approved")
    if action.claimed_at is not None:
        names.append("submitted")
    titles = dict((*_PATH, _ENDS_AS[ActionState.WITHDRAWN]))
    steps = []
    for name in (*names, "withdrawn"):
        who, at, why = _facts_of(name, action, newest_event)
        steps.append(Step(name=name, title=titles[name], standing="DONE", who=who, at=at, why=why))
    return tuple(steps)


def _facts_of(
    name: str, action: RegulatedAction, newest_event: Mapping[str, tuple[str, datetime]]
) -> tuple[str, datetime | None, str]:
    nobody: tuple[str, datetime | None] = ("", None)
    if name == "draft":
        return action.drafted_by.name, action.drafted_at, action.reason
    if name == "review":
        return (*newest_event.get(EventType.ACTION_SENT_FOR_REVIEW, nobody), "")
    if name == "approved":
        who = action.approved_by.name if action.approved_by else ""
        return who, action.approved_at, ""
    if name == "submitted":
        if action.attested_by is not None:
            return action.attested_by.name, action.attested_at, "done by hand in METRC's pages"
        sentence = {
            ActionState.SUBMITTING: "waiting until a read of METRC shows it",
            ActionState.UNCONFIRMED: "no clear answer came; it is being looked up",
            ActionState.BLOCKED: action.blocked_because,
        }.get(ActionState(action.state), "")
        return "Glassbox", action.claimed_at, sentence
    if name == "withdrawn":
        who, at = newest_event.get(EventType.ACTION_WITHDRAWN, nobody)
        return who, at or action.settled_at, action.outcome
    return "METRC", action.settled_at, action.outcome
