from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict
from glassbox.rules.action_lifecycle import ActionState, next_state
from glassbox.rules.sender import (
    MOST_LOST_SENDS,
    MOST_REFUSED_KEYS,
    MOVE_OF,
    Answer,
    Decision,
    PastProbe,
    ProbeFacts,
    Step,
    Why,
    after_answer,
    after_crash,
    after_probe,
    before_send,
    classify,
)

SENT = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
T = 900
STATE_WHILE = {
    Why.READ_BACK: ActionState.SUBMITTING,
    Why.REFUSED: ActionState.SUBMITTING,
    Why.ANSWER_LOST: ActionState.UNCONFIRMED,
}


def at(seconds: int) -> datetime:
    return SENT + timedelta(seconds=seconds)


def look(
    verdict: ProbeVerdict = ProbeVerdict.ABSENT,
    *,
    keying: Keying = Keying.TAG,
    why: Why = Why.ANSWER_LOST,
    seconds: int = 5,
    attempt: int = 1,
    past: tuple[tuple[int, ProbeVerdict], ...] = (),
    lost: int | None = None,
) -> Decision:
    return after_probe(
        ProbeFacts(
            why=why,
            keying=keying,
            verdict=verdict,
            sentence="What METRC shows.",
            lost_sends=attempt,
            sent_at=SENT,
            now=at(seconds),
            settle_seconds=T,
            past=tuple(PastProbe(at=at(when), verdict=seen) for when, seen in past),
            last_lost_at=None if lost is None else at(lost),
        )
    )


def test_every_status_has_one_meaning() -> None:
    expected = {
        **dict.fromkeys(range(100, 600), Answer.UNKNOWN),
        **dict.fromkeys(range(200, 300), Answer.DONE),
        **dict.fromkeys((400, 404, 409, 422), Answer.REFUSED),
        **{401: Answer.KEY_REFUSED, 403: Answer.KEY_REFUSED},
        **{413: Answer.TOO_LARGE, 429: Answer.BUSY},
    }
    meanings = {
        status: classify(status=status, was_sent=True, is_readable=True)
        for status in range(100, 600)
    }
    assert meanings == expected


def test_a_yes_that_cannot_be_read_is_unknown_and_so_is_no_answer() -> None:
    assert classify(status=200, was_sent=True, is_readable=False) is Answer.UNKNOWN
    assert classify(status=None, was_sent=True, is_readable=False) is Answer.UNKNOWN
    assert classify(status=None, was_sent=False, is_readable=False) is Answer.NOT_SENT


ATTEMPTS = range(1, 6)


@pytest.mark.parametrize(("answer", "attempt"), list(product(Answer, ATTEMPTS)))
def test_every_answer_at_every_attempt(answer: Answer, attempt: int) -> None:
    expected = {
        Answer.DONE: Step.AWAIT_READ_BACK,
        Answer.REFUSED: Step.PROBE_REFUSAL,
        Answer.UNKNOWN: Step.LOSE_ANSWER,
        Answer.BUSY: Step.RETURN_TO_APPROVED,
        Answer.NOT_SENT: Step.RETURN_TO_APPROVED,
        Answer.TOO_LARGE: Step.BLOCK,
        Answer.UNSENDABLE: Step.BLOCK,
        Answer.KEY_REFUSED: (
            Step.BLOCK if attempt >= MOST_REFUSED_KEYS else Step.RETURN_TO_APPROVED
        ),
    }[answer]
    decision = after_answer(answer, attempt_number=attempt, refused_keys=attempt)
    assert decision.step is expected
    assert decision.sentence
    move = MOVE_OF[decision.step]
    if move:
        next_state(ActionState.SUBMITTING, move)


def test_only_refusals_of_the_key_itself_count_towards_a_dead_key() -> None:
    late = after_answer(Answer.KEY_REFUSED, attempt_number=9, refused_keys=1)
    assert (late.step, late.delay_seconds) == (Step.RETURN_TO_APPROVED, 300)
    again = after_answer(Answer.KEY_REFUSED, attempt_number=9, refused_keys=2)
    assert (again.step, again.delay_seconds) == (Step.RETURN_TO_APPROVED, 600)
    third = after_answer(Answer.KEY_REFUSED, attempt_number=9, refused_keys=MOST_REFUSED_KEYS)
    assert third.step is Step.BLOCK
    assert "refused the key 3 times" in third.sentence


@pytest.mark.parametrize(
    ("verdict", "step"),
    [
        (ProbeVerdict.APPLIED, Step.ACCEPT),
        (ProbeVerdict.DIFFERENT, Step.BLOCK),
        (ProbeVerdict.CANNOT_TELL, Step.WAIT),
        (ProbeVerdict.ABSENT, Step.SEND),
    ],
)
def test_only_what_a_look_shows_to_be_absent_is_sent(verdict: ProbeVerdict, step: Step) -> None:
    decision = before_send(verdict, "What METRC shows.", keying=Keying.TAG, now=SENT)
    assert decision.step is step
    assert "What METRC shows." in decision.sentence
    assert (decision.delay_seconds > 0) is (step is Step.WAIT)
    assert decision.hold_lanes_until is None
    move = MOVE_OF[step]
    if move:
        next_state(next_state(ActionState.APPROVED, "claim"), move)


def test_a_set_found_before_a_second_send_keeps_its_lane_until_the_lost_one_cannot_land() -> None:
    def found(keying: Keying, seconds: int, lost: int | None) -> datetime | None:
        return before_send(
            ProbeVerdict.APPLIED,
            "There.",
            keying=keying,
            now=at(seconds),
            last_lost_at=None if lost is None else at(lost),
            settle_seconds=T,
        ).hold_lanes_until

    assert found(Keying.TARGET_VALUE, T - 1, 0) == at(T)
    assert found(Keying.TARGET_VALUE, T, 0) is None
    assert found(Keying.TARGET_VALUE, 1, None) is None
    assert found(Keying.NONE, 1, 0) is None


def test_a_busy_metrc_is_given_the_time_it_asks_for() -> None:
    asked = after_answer(Answer.BUSY, attempt_number=1, retry_after_seconds=42)
    assert asked.delay_seconds == 42
    assert after_answer(Answer.BUSY, attempt_number=1, retry_after_seconds=0).delay_seconds == 1
    assert after_answer(Answer.BUSY, attempt_number=3).delay_seconds == 8


def test_waits_grow_and_never_beyond_five_minutes() -> None:
    delays = [after_answer(Answer.NOT_SENT, attempt_number=n).delay_seconds for n in range(1, 40)]
    assert delays == sorted(delays)
    assert delays[0] == 2
    assert delays[-1] == 300


def test_a_dead_worker_is_waited_for_until_its_deadline() -> None:
    waiting = after_crash(ticket_used=False, deadline_at=at(30), now=at(10))
    assert (waiting.step, waiting.delay_seconds) == (Step.WAIT, 20)


@pytest.mark.parametrize(
    ("ticket_used", "step"), [(True, Step.LOSE_ANSWER), (False, Step.RETURN_TO_APPROVED)]
)
def test_only_an_unused_ticket_proves_that_nothing_was_sent(ticket_used: bool, step: Step) -> None:
    assert after_crash(ticket_used=ticket_used, deadline_at=at(30), now=at(30)).step is step


@pytest.mark.parametrize(("why", "keying", "attempt"), list(product(Why, Keying, (1, 2, 3))))
def test_what_is_seen_as_approved_is_accepted(why: Why, keying: Keying, attempt: int) -> None:
    assert look(ProbeVerdict.APPLIED, why=why, keying=keying, attempt=attempt).step is Step.ACCEPT


EVERYTHING = list(
    product(Why, Keying, ProbeVerdict, (1, 2, MOST_LOST_SENDS), (0, T // 2, T, 3 * T), (0, 1))
)


def test_every_decision_is_a_legal_move_and_never_a_blind_second_try() -> None:
    for why, keying, verdict, attempt, seconds, seen_absent_before in EVERYTHING:
        past = ((0, ProbeVerdict.ABSENT),) if seen_absent_before else ()
        decision = look(
            verdict, why=why, keying=keying, attempt=attempt, seconds=seconds, past=past
        )
        move = MOVE_OF[decision.step]
        if move:
            next_state(STATE_WHILE[why], move)
        else:
            assert decision.step is Step.PROBE_AGAIN
            assert decision.delay_seconds > 0
        if decision.step is Step.REQUEUE:
            assert verdict is ProbeVerdict.ABSENT
            assert why is Why.ANSWER_LOST
            assert attempt < MOST_LOST_SENDS
        if decision.step is Step.ACCEPT:
            assert verdict is ProbeVerdict.APPLIED
        if decision.step is Step.REJECT:
            assert (why, verdict) == (Why.REFUSED, ProbeVerdict.ABSENT)


def test_a_tag_that_is_not_there_may_be_sent_again_at_once() -> None:
    assert look(keying=Keying.TAG, seconds=1).step is Step.REQUEUE


@pytest.mark.parametrize("keying", [Keying.NAME, Keying.NONE])
def test_what_has_no_key_waits_for_two_late_absences(keying: Keying) -> None:
    first = look(keying=keying, seconds=10)
    assert (first.step, first.delay_seconds) == (Step.PROBE_AGAIN, T - 10)
    early = look(keying=keying, seconds=T - 1, past=((10, ProbeVerdict.ABSENT),))
    assert (early.step, early.delay_seconds) == (Step.PROBE_AGAIN, 1)
    second = look(keying=keying, seconds=T, past=((10, ProbeVerdict.ABSENT),))
    assert second.step is Step.REQUEUE


@pytest.mark.parametrize("keying", [Keying.NAME, Keying.NONE])
def test_one_late_absence_alone_is_not_enough(keying: Keying) -> None:
    late = look(keying=keying, seconds=2 * T)
    assert (late.step, late.delay_seconds) == (Step.PROBE_AGAIN, T // 2)
    too_close = look(keying=keying, seconds=2 * T, past=((2 * T - 60, ProbeVerdict.ABSENT),))
    assert (too_close.step, too_close.delay_seconds) == (Step.PROBE_AGAIN, T // 2 - 60)
    only_unreadable = look(keying=keying, seconds=2 * T, past=((0, ProbeVerdict.CANNOT_TELL),))
    assert only_unreadable.step is Step.PROBE_AGAIN


def test_a_set_goes_again_at_once_but_keeps_its_lane_until_a_late_one_would_have_landed() -> None:
    again = look(keying=Keying.TARGET_VALUE, seconds=5, lost=0)
    assert (again.step, again.hold_lanes_until) == (Step.REQUEUE, at(T))
    done = look(ProbeVerdict.APPLIED, keying=Keying.TARGET_VALUE, seconds=9, lost=0)
    assert (done.step, done.hold_lanes_until) == (Step.ACCEPT, at(T))
    settled = look(ProbeVerdict.APPLIED, keying=Keying.TARGET_VALUE, seconds=T, lost=0)
    assert settled.hold_lanes_until is None
    plain = look(ProbeVerdict.APPLIED, keying=Keying.TARGET_VALUE, why=Why.READ_BACK)
    assert plain.hold_lanes_until is None


def test_three_sends_without_effect_go_to_a_person() -> None:
    assert look(attempt=MOST_LOST_SENDS).step is Step.BLOCK


def test_after_a_yes_nothing_is_ever_sent_again() -> None:
    waiting = look(why=Why.READ_BACK, seconds=T - 1)
    assert waiting.step is Step.PROBE_AGAIN
    assert look(why=Why.READ_BACK, seconds=T).step is Step.BLOCK
    assert look(ProbeVerdict.DIFFERENT, why=Why.READ_BACK, seconds=T).step is Step.BLOCK


def test_a_refusal_with_the_effect_in_place_was_our_own_earlier_write() -> None:
    assert look(ProbeVerdict.APPLIED, why=Why.REFUSED, attempt=2).step is Step.ACCEPT
    assert look(ProbeVerdict.ABSENT, why=Why.REFUSED, attempt=2).step is Step.REJECT
    assert look(ProbeVerdict.DIFFERENT, why=Why.REFUSED).step is Step.BLOCK


def test_a_refusal_is_not_believed_while_an_earlier_lost_send_could_still_show() -> None:
    early = look(why=Why.REFUSED, attempt=2, seconds=30, lost=-60)
    assert early.step is Step.PROBE_AGAIN
    assert 0 < early.delay_seconds <= 300
    nearly = look(why=Why.REFUSED, attempt=2, seconds=T - 62, lost=-60)
    assert (nearly.step, nearly.delay_seconds) == (Step.PROBE_AGAIN, 2)
    assert look(why=Why.REFUSED, attempt=2, seconds=T - 60, lost=-60).step is Step.REJECT
    assert look(why=Why.REFUSED, attempt=1, seconds=1).step is Step.REJECT


def test_the_looks_behind_a_refusal_come_ever_later_as_those_for_a_lost_answer_do() -> None:
    past = tuple((n, ProbeVerdict.ABSENT) for n in range(8))
    looks = [
        look(why=Why.REFUSED, attempt=2, seconds=9, past=past[:n], lost=8).delay_seconds
        for n in range(9)
    ]
    assert looks == [2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_an_unreadable_metrc_locks_the_action_without_an_end() -> None:
    past = tuple((n, ProbeVerdict.CANNOT_TELL) for n in range(50))
    decision = look(ProbeVerdict.CANNOT_TELL, seconds=100 * T, past=past)
    assert (decision.step, decision.delay_seconds) == (Step.PROBE_AGAIN, 300)


def test_another_effect_than_approved_goes_to_a_person() -> None:
    for keying in Keying:
        assert look(ProbeVerdict.DIFFERENT, keying=keying).step is Step.BLOCK


def test_waiting_exactly_the_delay_reaches_the_moment() -> None:
    facts = ProbeFacts(
        why=Why.ANSWER_LOST,
        keying=Keying.NONE,
        verdict=ProbeVerdict.ABSENT,
        sentence="Nothing.",
        lost_sends=1,
        sent_at=SENT,
        now=SENT + timedelta(seconds=3, milliseconds=400),
        settle_seconds=T,
    )
    wait = after_probe(facts).delay_seconds
    past = (PastProbe(at=facts.now, verdict=ProbeVerdict.ABSENT),)
    later = replace(facts, now=facts.now + timedelta(seconds=wait), past=past)
    assert after_probe(later).step is Step.REQUEUE


def test_a_third_lost_send_and_a_third_refused_key_are_the_last() -> None:
    assert [look(attempt=lost).step for lost in (1, 2, 3)] == [
        Step.REQUEUE,
        Step.REQUEUE,
        Step.BLOCK,
    ]
    refused = [
        after_answer(Answer.KEY_REFUSED, attempt_number=9, refused_keys=times).step
        for times in (1, 2, 3)
    ]
    assert refused == [Step.RETURN_TO_APPROVED, Step.RETURN_TO_APPROVED, Step.BLOCK]


def test_a_write_may_land_for_a_quarter_of_an_hour_unless_the_installation_says_otherwise() -> None:
    facts = ProbeFacts(
        why=Why.READ_BACK,
        keying=Keying.TAG,
        verdict=ProbeVerdict.ABSENT,
        sentence="Nothing.",
        lost_sends=0,
        sent_at=SENT,
        now=at(899),
    )
    assert after_probe(facts).step is Step.PROBE_AGAIN
    assert after_probe(replace(facts, now=at(900))).step is Step.BLOCK
    held = before_send(
        *(ProbeVerdict.APPLIED, "There."),
        keying=Keying.TARGET_VALUE,
        now=at(899),
        last_lost_at=SENT,
    )
    assert held.hold_lanes_until == at(900)


def test_a_metrc_that_cannot_be_read_before_a_send_is_read_again_in_fifteen_seconds() -> None:
    decision = before_send(ProbeVerdict.CANNOT_TELL, "No.", keying=Keying.TAG, now=SENT)
    assert decision.delay_seconds == 15


def test_the_look_for_a_yes_comes_at_least_every_minute() -> None:
    past = tuple((n, ProbeVerdict.ABSENT) for n in range(12))
    looks = [look(why=Why.READ_BACK, past=past[:count]) for count in range(12)]
    assert [one.delay_seconds for one in looks] == [2, 4, 8, 16, 32, *(60,) * 7]


def test_a_refused_set_keeps_its_lane_no_longer_than_a_lost_one_may_land() -> None:
    assert (
        before_send(
            *(ProbeVerdict.APPLIED, "There."), keying=Keying.TARGET_VALUE, now=at(1)
        ).hold_lanes_until
        is None
    )
    refused = look(why=Why.REFUSED, keying=Keying.TARGET_VALUE, attempt=2, seconds=T, lost=0)
    assert (refused.step, refused.hold_lanes_until) == (Step.REJECT, None)


def test_a_wait_that_names_no_attempt_is_that_of_the_first_refusal() -> None:
    assert after_answer(Answer.KEY_REFUSED, attempt_number=4).delay_seconds == 300
    late = look(
        keying=Keying.NONE, seconds=T, past=((200, ProbeVerdict.ABSENT), (899, ProbeVerdict.ABSENT))
    )
    assert late.step is Step.REQUEUE
    not_sent = after_answer(Answer.NOT_SENT, attempt_number=1, retry_after_seconds=42)
    assert not_sent.delay_seconds == 2
