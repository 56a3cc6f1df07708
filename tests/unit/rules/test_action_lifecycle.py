import pytest

from glassbox.rules.action_lifecycle import (
    ENDS,
    IN_DOUBT,
    MOVES,
    SHOWN_AS,
    UNRESOLVED,
    ActionState,
    MoveNotAllowed,
    Priority,
    job_priority,
    moves_from,
    next_state,
)

# decisions.md section 5, written out once more by hand: the code must agree with it.
ALLOWED = {
    ("send_for_review", "DRAFT"): "IN_REVIEW",
    ("return_to_draft", "IN_REVIEW"): "DRAFT",
    ("return_to_draft", "APPROVED"): "DRAFT",
    ("approve", "IN_REVIEW"): "APPROVED",
    ("withdraw", "DRAFT"): "WITHDRAWN",
    ("withdraw", "IN_REVIEW"): "WITHDRAWN",
    ("withdraw", "APPROVED"): "WITHDRAWN",
    ("withdraw", "BLOCKED"): "WITHDRAWN",
    ("claim", "APPROVED"): "SUBMITTING",
    ("not_processed", "SUBMITTING"): "APPROVED",
    ("lose_answer", "SUBMITTING"): "UNCONFIRMED",
    ("requeue", "UNCONFIRMED"): "APPROVED",
    ("block", "SUBMITTING"): "BLOCKED",
    ("block", "UNCONFIRMED"): "BLOCKED",
    ("accept", "SUBMITTING"): "ACCEPTED",
    ("accept", "UNCONFIRMED"): "ACCEPTED",
    ("accept", "BLOCKED"): "ACCEPTED",
    ("reject", "SUBMITTING"): "REJECTED",
    ("reject", "UNCONFIRMED"): "REJECTED",
    ("reject", "BLOCKED"): "REJECTED",
}
MOVE_NAMES = sorted({move for move, _ in ALLOWED})


@pytest.mark.parametrize("state", ActionState)
@pytest.mark.parametrize("move", MOVE_NAMES)
def test_every_state_and_every_move(state: ActionState, move: str) -> None:
    target = ALLOWED.get((move, state.value))
    if target is None:
        with pytest.raises(MoveNotAllowed):
            next_state(state, move)
    else:
        assert next_state(state, move) is ActionState(target)


def test_the_table_has_no_move_beyond_the_decided_ones() -> None:
    assert sorted(MOVES) == MOVE_NAMES


def test_a_lost_answer_can_never_be_sent_again_without_a_look_up() -> None:
    assert "claim" not in moves_from(ActionState.UNCONFIRMED)
    assert "not_processed" not in moves_from(ActionState.UNCONFIRMED)


def test_every_state_can_be_reached_and_only_the_ends_have_no_exit() -> None:
    reached = {ActionState.DRAFT} | {target for _, target in MOVES.values()}
    assert reached == set(ActionState)
    assert {state for state in ActionState if not moves_from(state)} == ENDS


def test_in_doubt_is_what_metrc_may_have_and_nobody_has_settled() -> None:
    names = {"SUBMITTING", "UNCONFIRMED", "BLOCKED"}
    assert {state.value for state in IN_DOUBT} == names
    assert sorted(state.value for state in UNRESOLVED) == sorted(names)


def test_an_action_in_doubt_can_always_be_accepted_or_rejected() -> None:
    for state in IN_DOUBT:
        assert {"accept", "reject"} <= set(moves_from(state))


def test_every_state_has_words_for_the_screen() -> None:
    assert set(SHOWN_AS) == set(ActionState)


def test_what_is_urgent_goes_first_and_the_forms_send_these_numbers() -> None:
    assert [(int(one), one.name) for one in Priority] == [
        (0, "URGENT"),
        (1, "NORMAL"),
        (2, "LATER"),
    ]
    assert [job_priority(one) for one in Priority] == [1, 0, -1]
