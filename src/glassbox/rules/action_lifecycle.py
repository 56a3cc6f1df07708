"""States of a regulated action, and the table of allowed moves."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from glassbox.rules.verdicts import Refused


class ActionState(StrEnum):
    """Name where an action stands; accepted means seen in METRC by a later read."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    SUBMITTING = "SUBMITTING"  # claimed; METRC may or may not have it, even after a 2xx
    UNCONFIRMED = "UNCONFIRMED"  # sent, no answer: look it up, never send it again blindly
    BLOCKED = "BLOCKED"  # a person must decide
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Priority(IntEnum):
    """Name in which order approved actions are sent and shown; the smaller goes first."""

    URGENT = 0
    NORMAL = 1
    LATER = 2


def job_priority(priority: int) -> int:
    """Return how early the queue takes an action's job: the higher number goes first."""
    return Priority.NORMAL - priority


class WaveState(StrEnum):
    """Name where a wave stands: open for its one signature, approved, or void."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    VOID = "VOID"


S = ActionState

MOVES: dict[str, tuple[frozenset[ActionState], ActionState]] = {
    "send_for_review": (frozenset({S.DRAFT}), S.IN_REVIEW),
    "return_to_draft": (frozenset({S.IN_REVIEW, S.APPROVED}), S.DRAFT),
    "approve": (frozenset({S.IN_REVIEW}), S.APPROVED),
    "withdraw": (frozenset({S.DRAFT, S.IN_REVIEW, S.APPROVED, S.BLOCKED}), S.WITHDRAWN),
    "claim": (frozenset({S.APPROVED}), S.SUBMITTING),
    "not_processed": (frozenset({S.SUBMITTING}), S.APPROVED),  # a 429, or provably never sent
    "lose_answer": (frozenset({S.SUBMITTING}), S.UNCONFIRMED),
    "requeue": (frozenset({S.UNCONFIRMED}), S.APPROVED),  # proven absent in METRC
    "block": (frozenset({S.SUBMITTING, S.UNCONFIRMED}), S.BLOCKED),
    "accept": (frozenset({S.SUBMITTING, S.UNCONFIRMED, S.BLOCKED}), S.ACCEPTED),
    "reject": (frozenset({S.SUBMITTING, S.UNCONFIRMED, S.BLOCKED}), S.REJECTED),
}

ENDS = frozenset({S.ACCEPTED, S.REJECTED, S.WITHDRAWN})
# METRC may or may not have it: whatever it touches is uncertain until somebody has looked.
UNRESOLVED = (S.SUBMITTING, S.UNCONFIRMED, S.BLOCKED)

# While one of these holds, nobody knows what METRC has: the lanes of the action stay taken.
IN_DOUBT = frozenset({S.SUBMITTING, S.UNCONFIRMED, S.BLOCKED})

# The words of the screens, for people who do not think in states.
SHOWN_AS: dict[ActionState, str] = {
    S.DRAFT: "draft",
    S.IN_REVIEW: "in review",
    S.APPROVED: "approved",
    S.SUBMITTING: "submitted",
    S.UNCONFIRMED: "submitted, outcome unknown",
    S.BLOCKED: "blocked, a person must decide",
    S.ACCEPTED: "accepted",
    S.REJECTED: "rejected",
    S.WITHDRAWN: "withdrawn",
}


class MoveNotAllowed(Refused):
    """Say that the table has no such move from this state."""

    code = "action.move-not-allowed"


def next_state(state: ActionState, move: str) -> ActionState:
    """Return the state after `move`.

    :raises MoveNotAllowed: if the table has no such move from `state`
    """
    allowed_from, target = MOVES[move]
    if state not in allowed_from:
        raise MoveNotAllowed(
            f"An action that is {SHOWN_AS[state]} cannot be moved by {move.replace('_', ' ')}."
        )
    return target


def moves_from(state: ActionState) -> tuple[str, ...]:
    """Return the moves the table allows from `state`, in table order."""
    return tuple(move for move, (allowed_from, _) in MOVES.items() if state in allowed_from)
