"""A process that stands still past the deadline of its write is killed, and so never sends it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from metrc_client.fence import KilledAt
from tests.unit.metrc_client.test_writes import YES, Opener, create, scripted

DEADLINE_SECONDS = 0.3


def end_of(child: Callable[[], None]) -> int:
    """Run `child` in a process that stops itself there, wake it late, and return how it ended."""
    pid = os.fork()
    if not pid:
        try:
            child()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    time.sleep(2 * DEADLINE_SECONDS)
    os.kill(pid, signal.SIGCONT)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def stand_still() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def stand_still_behind(fence: AbstractContextManager[object]) -> None:
    with fence:
        stand_still()


def test_a_process_that_stands_still_past_its_deadline_is_killed() -> None:
    def child() -> None:
        stand_still_behind(KilledAt(time.monotonic() + DEADLINE_SECONDS))

    assert end_of(child) == -signal.SIGKILL
    assert end_of(lambda: stand_still_behind(nullcontext())) == 0


def test_a_deadline_that_has_passed_kills_at_once() -> None:
    pid = os.fork()
    if not pid:
        KilledAt(time.monotonic() - 1)
        time.sleep(5)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_what_left_in_time_is_in_no_danger() -> None:
    def child() -> None:
        with KilledAt(time.monotonic() + DEADLINE_SECONDS):
            pass
        stand_still()

    assert end_of(child) == 0


@pytest.mark.parametrize(("fence", "sent"), [(KilledAt, 0), (None, 1)])
def test_a_write_between_the_last_look_at_the_clock_and_its_first_byte_is_never_late(
    metrc: Opener, fence: type[KilledAt] | None, sent: int
) -> None:
    def stand_still_after(deadline: float) -> KilledAt:
        # Without a fence the danger is over at once, as it was before there was one.
        kept = KilledAt(deadline)
        if fence is None:
            kept.end()
        stand_still()
        return kept

    with scripted(YES) as host:
        client = metrc(host.address)
        end_of(
            lambda: create(
                client, deadline=time.monotonic() + DEADLINE_SECONDS, fence=stand_still_after
            )
        )
        assert len(host.requests) == sent


def test_an_answer_may_take_longer_than_the_deadline_to_begin(metrc: Opener) -> None:
    with scripted(YES) as host:
        answer = create(metrc(host.address), deadline=time.monotonic() + 0.2, fence=KilledAt)
        time.sleep(0.4)
    assert answer.ids == (41,)
