"""The sender's decisions: what follows from an answer, a crash, or a look into METRC.

Pure: the worker and the simulation both drive it. It never sends and never reads; it says
which of the lifecycle's moves is right, and when to look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict

MOST_LOST_SENDS = 3
MOST_REFUSED_KEYS = 3
SETTLE_SECONDS = 900

_FIRST_DELAY_SECONDS = 2
_LONGEST_DELAY_SECONDS = 300
_KEY_DELAY_SECONDS = 300
_UNREADABLE_DELAY_SECONDS = 15
_READ_BACK_LONGEST_SECONDS = 60


class Answer(StrEnum):
    """Name what came back from one send."""

    DONE = "DONE"  # 2xx, whole and readable
    UNSENDABLE = "UNSENDABLE"  # our own check of the call: METRC would never take it
    NOT_SENT = "NOT_SENT"  # provably before the first byte: name, connection, TLS, our own check
    BUSY = "BUSY"  # 429: not executed (ME-23)
    KEY_REFUSED = "KEY_REFUSED"  # 401, 403: not executed
    TOO_LARGE = "TOO_LARGE"  # 413: not executed
    REFUSED = "REFUSED"  # 400, 404, 409, 422: METRC understood and said no
    UNKNOWN = "UNKNOWN"  # everything else: it may have happened


class Why(StrEnum):
    """Name why METRC is looked into for an action."""

    READ_BACK = "READ_BACK"  # METRC said yes; we believe it when we see it
    REFUSED = "REFUSED"  # METRC said no; it may be our own earlier write that is in the way
    ANSWER_LOST = "ANSWER_LOST"


class Step(StrEnum):
    """Name what the sender does next; `MOVE_OF` gives the lifecycle's move for it."""

    AWAIT_READ_BACK = "AWAIT_READ_BACK"
    PROBE_REFUSAL = "PROBE_REFUSAL"
    LOSE_ANSWER = "LOSE_ANSWER"
    RETURN_TO_APPROVED = "RETURN_TO_APPROVED"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    REQUEUE = "REQUEUE"
    BLOCK = "BLOCK"
    PROBE_AGAIN = "PROBE_AGAIN"
    WAIT = "WAIT"
    SEND = "SEND"


MOVE_OF: dict[Step, str | None] = {
    Step.AWAIT_READ_BACK: None,
    Step.PROBE_REFUSAL: None,
    Step.LOSE_ANSWER: "lose_answer",
    Step.RETURN_TO_APPROVED: "not_processed",
    Step.ACCEPT: "accept",
    Step.REJECT: "reject",
    Step.REQUEUE: "requeue",
    Step.BLOCK: "block",
    Step.PROBE_AGAIN: None,
    Step.WAIT: None,
    Step.SEND: None,
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Hold the next step, how long to wait for it, and why, as a sentence for people.

    `delay_seconds` is the wait before the next send (RETURN_TO_APPROVED, REQUEUE) or the next
    look (AWAIT_READ_BACK, PROBE_REFUSAL, LOSE_ANSWER, PROBE_AGAIN, WAIT). The lanes stay taken
    until `hold_lanes_until` even when the action ends before.
    """

    step: Step
    sentence: str
    delay_seconds: int = 0
    hold_lanes_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PastProbe:
    """Hold one earlier look since the last send."""

    at: datetime
    verdict: ProbeVerdict


@dataclass(frozen=True, kw_only=True)
class ProbeFacts:
    """Hold all that decides after a look.

    `sent_at` is the last attempt's; `last_lost_at` is when the last attempt whose answer was
    lost had been sent, if any, and `lost_sends` how many such there were: what METRC declined or
    what never left us had no effect, and does not count. `past` are the earlier looks since
    `sent_at`, oldest first.
    `settle_seconds` is the window in which METRC may still apply a lost write: client timeout,
    server limit and clock difference together.
    """

    why: Why
    keying: Keying
    verdict: ProbeVerdict
    sentence: str
    lost_sends: int
    sent_at: datetime
    now: datetime
    settle_seconds: int = SETTLE_SECONDS
    past: Sequence[PastProbe] = ()
    last_lost_at: datetime | None = None


def classify(*, status: int | None, was_sent: bool, is_readable: bool) -> Answer:
    """Return what an answer means; `is_readable` says the body was whole and understood."""
    if not was_sent:
        return Answer.NOT_SENT
    if status is not None and 200 <= status < 300:
        return Answer.DONE if is_readable else Answer.UNKNOWN
    plain = {
        429: Answer.BUSY,
        401: Answer.KEY_REFUSED,
        403: Answer.KEY_REFUSED,
        413: Answer.TOO_LARGE,
        400: Answer.REFUSED,
        404: Answer.REFUSED,
        409: Answer.REFUSED,
        422: Answer.REFUSED,
    }
    return plain.get(status, Answer.UNKNOWN) if status is not None else Answer.UNKNOWN


def before_send(
    verdict: ProbeVerdict,
    sentence: str,
    *,
    keying: Keying,
    now: datetime,
    last_lost_at: datetime | None = None,
    settle_seconds: int = SETTLE_SECONDS,
) -> Decision:
    """Return whether to send now, after the look before it.

    While an intent waited, somebody may have done it by hand in METRC's pages, or an earlier send
    of ours that was lost may have landed late: sending it all the same would do it twice. What
    cannot be read is not sent either, for then nobody knows what the send would add to.
    `last_lost_at` is when the last send was begun whose answer was lost, if any.
    """
    if verdict is ProbeVerdict.APPLIED:
        held = _held_until(keying, last_lost_at, now, settle_seconds)
        return Decision(step=Step.ACCEPT, sentence=sentence, hold_lanes_until=held)
    if verdict is ProbeVerdict.DIFFERENT:
        return Decision(step=Step.BLOCK, sentence=f"Nothing was sent. {sentence}")
    if verdict is ProbeVerdict.CANNOT_TELL:
        return Decision(
            step=Step.WAIT,
            sentence=f"{sentence} Nothing is sent before METRC could be read.",
            delay_seconds=_UNREADABLE_DELAY_SECONDS,
        )
    return Decision(step=Step.SEND, sentence=sentence)


def after_answer(
    answer: Answer,
    *,
    attempt_number: int,
    refused_keys: int = 1,
    retry_after_seconds: int | None = None,
) -> Decision:
    """Return the next step after a send.

    Attempts count from 1 and include unsent ones; `refused_keys` says how often in a row METRC
    has refused the key, this time included.
    """
    if answer is Answer.DONE:
        return Decision(
            step=Step.AWAIT_READ_BACK,
            sentence="METRC answered yes; it counts once a read shows it.",
        )
    if answer is Answer.REFUSED:
        return Decision(
            step=Step.PROBE_REFUSAL,
            sentence="METRC answered no; looking whether the effect is there all the same.",
        )
    if answer is Answer.UNKNOWN:
        return Decision(
            step=Step.LOSE_ANSWER,
            sentence="No clear answer came back: METRC may have it. Looking before anything else.",
        )
    if answer is Answer.TOO_LARGE:
        return Decision(step=Step.BLOCK, sentence="METRC says the send is too large (413).")
    if answer is Answer.UNSENDABLE:
        return Decision(
            step=Step.BLOCK,
            sentence="METRC would refuse this as it stands; nothing was sent. Draft it anew.",
        )
    if answer is Answer.KEY_REFUSED:
        return _after_refused_key(refused_keys)
    return _after_not_executed(answer, attempt_number, retry_after_seconds)


def _after_refused_key(refused_keys: int) -> Decision:
    if refused_keys >= MOST_REFUSED_KEYS:
        return Decision(
            step=Step.BLOCK,
            sentence=f"METRC refused the key {refused_keys} times: check the key, its "
            "permissions, and whether the package is ours.",
        )
    return Decision(
        step=Step.RETURN_TO_APPROVED,
        sentence="METRC refused the key; nothing was executed. Trying again later.",
        delay_seconds=_KEY_DELAY_SECONDS * refused_keys,
    )


def _after_not_executed(
    answer: Answer, attempt_number: int, retry_after_seconds: int | None
) -> Decision:
    delay = _delay_seconds(attempt_number, _LONGEST_DELAY_SECONDS)
    if answer is Answer.BUSY:
        asked = delay if retry_after_seconds is None else max(retry_after_seconds, 1)
        return Decision(
            step=Step.RETURN_TO_APPROVED,
            sentence=f"METRC is busy (429); nothing was executed. Sending again in {asked} s.",
            delay_seconds=asked,
        )
    return Decision(
        step=Step.RETURN_TO_APPROVED,
        sentence=f"The request never left us. Sending again in {delay} s.",
        delay_seconds=delay,
    )


def after_crash(*, ticket_used: bool, deadline_at: datetime, now: datetime) -> Decision:
    """Return the next step for a send whose worker is gone and that has no answer recorded.

    The ticket is burnt just before the first byte, so an unused one proves nothing was sent,
    but only once the deadline has passed: a paused worker could still wake up and burn it.
    """
    if now < deadline_at:
        wait = _seconds_until(deadline_at, now)
        return Decision(
            step=Step.WAIT,
            sentence="The worker may still be sending; waiting for its deadline.",
            delay_seconds=wait,
        )
    if ticket_used:
        return Decision(
            step=Step.LOSE_ANSWER,
            sentence="The worker stopped while sending: METRC may have it. Looking first.",
        )
    return Decision(
        step=Step.RETURN_TO_APPROVED,
        sentence="The worker stopped before the first byte: nothing was sent.",
    )


def after_probe(facts: ProbeFacts) -> Decision:
    """Return the next step after one look into METRC."""
    if facts.verdict is ProbeVerdict.APPLIED:
        return Decision(
            step=Step.ACCEPT, sentence=facts.sentence, hold_lanes_until=_lanes_held_until(facts)
        )
    if facts.verdict is ProbeVerdict.CANNOT_TELL:
        return _look_again(facts, facts.sentence)
    if facts.why is Why.READ_BACK:
        return _after_unseen_yes(facts)
    if facts.verdict is ProbeVerdict.DIFFERENT:
        return Decision(step=Step.BLOCK, sentence=facts.sentence)
    if facts.why is Why.REFUSED:
        return _after_refusal(facts)
    return _after_absence(facts)


def needs_settling(keying: Keying) -> bool:
    """Return whether absence must be proven twice, late, before a second try.

    Only tags make a second try harmless in itself. What is keyed by a name or by nothing can
    be doubled by a late write; a set to a target value cannot, but holds its lane.
    """
    return keying in {Keying.NAME, Keying.NONE}


def _after_unseen_yes(facts: ProbeFacts) -> Decision:
    """Wait for METRC's reads to catch up with its yes; never send again after a yes."""
    if facts.now < facts.sent_at + timedelta(seconds=facts.settle_seconds):
        return _look_again(facts, facts.sentence, longest=_READ_BACK_LONGEST_SECONDS)
    return Decision(
        step=Step.BLOCK,
        sentence=f"METRC answered yes, but after {facts.settle_seconds} s: {facts.sentence}",
    )


def _after_refusal(facts: ProbeFacts) -> Decision:
    """Believe METRC's no, but not while an earlier send of ours may be behind it.

    A lost send may be what METRC refuses a second one for, not yet shown by its reads, or may
    still land: until it is settled, a rejection could be a lie.
    """
    if facts.last_lost_at is not None:
        settled_at = facts.last_lost_at + timedelta(seconds=facts.settle_seconds)
        if facts.now < settled_at:
            wait = _delay_seconds(len(facts.past) + 1, _LONGEST_DELAY_SECONDS)
            return Decision(
                step=Step.PROBE_AGAIN,
                sentence=f"{facts.sentence} An earlier send could still show; looking again.",
                delay_seconds=min(wait, _seconds_until(settled_at, facts.now)),
            )
    return Decision(
        step=Step.REJECT,
        sentence=f"METRC refused it. {facts.sentence}",
        hold_lanes_until=_lanes_held_until(facts),
    )


def _after_absence(facts: ProbeFacts) -> Decision:
    if needs_settling(facts.keying):
        proven_at = _absence_proven_at(facts)
        if facts.now < proven_at:
            return Decision(
                step=Step.PROBE_AGAIN,
                sentence=f"{facts.sentence} A late write could still land; looking again.",
                delay_seconds=_seconds_until(proven_at, facts.now),
            )
    if facts.lost_sends >= MOST_LOST_SENDS:
        return Decision(
            step=Step.BLOCK,
            sentence=f"{facts.lost_sends} sends had no effect. {facts.sentence}",
        )
    return Decision(
        step=Step.REQUEUE,
        sentence=f"{facts.sentence} It did not happen and will be sent again.",
        hold_lanes_until=_lanes_held_until(facts),
    )


def _absence_proven_at(facts: ProbeFacts) -> datetime:
    """Return when an absence seen then would be the second, late enough and far enough apart."""
    settled_at = facts.sent_at + timedelta(seconds=facts.settle_seconds)
    absences = [probe.at for probe in facts.past if probe.verdict is ProbeVerdict.ABSENT]
    first = min(absences) if absences else facts.now
    return max(settled_at, first + timedelta(seconds=facts.settle_seconds / 2))


def _lanes_held_until(facts: ProbeFacts) -> datetime | None:
    return _held_until(facts.keying, facts.last_lost_at, facts.now, facts.settle_seconds)


def _held_until(
    keying: Keying, last_lost_at: datetime | None, now: datetime, settle_seconds: int
) -> datetime | None:
    """Return until when a set must keep its lane: a late set would overwrite a newer one."""
    if keying is not Keying.TARGET_VALUE or last_lost_at is None:
        return None
    settled_at = last_lost_at + timedelta(seconds=settle_seconds)
    return settled_at if now < settled_at else None


def _look_again(
    facts: ProbeFacts, sentence: str, longest: int = _LONGEST_DELAY_SECONDS
) -> Decision:
    delay = _delay_seconds(len(facts.past) + 1, longest)
    return Decision(step=Step.PROBE_AGAIN, sentence=sentence, delay_seconds=delay)


def _delay_seconds(number: int, longest: int) -> int:
    return int(min(_FIRST_DELAY_SECONDS * 2 ** (min(number, 12) - 1), longest))


def _seconds_until(moment: datetime, now: datetime) -> int:
    """Return whole seconds, rounded up, so that the moment has come when they have passed."""
    return max(1, -int((now - moment).total_seconds() // 1))
