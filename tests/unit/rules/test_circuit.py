"""Circuit breakers: when nothing is tried, when one try finds out, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from glassbox.cli.demo_brand import MAKER
from glassbox.rules.circuit import FAILURES_TO_OPEN, Silence, license_circuit, metrc_circuit

NOW = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)


def silence(failures: int, *, licenses: int = 1, seconds_ago: float = 0) -> Silence:
    last = NOW - timedelta(seconds=seconds_ago)
    return Silence(failures=failures, licenses=licenses, last_failed_at=last)


def test_less_than_five_failures_in_a_row_stop_nothing() -> None:
    circuit = license_circuit(silence(FAILURES_TO_OPEN - 1), number=MAKER, now=NOW)
    assert not circuit.is_open and not circuit.is_trying


def test_five_open_it_and_after_its_rest_one_try_finds_out() -> None:
    opened = license_circuit(silence(FAILURES_TO_OPEN), number=MAKER, now=NOW)
    assert opened.is_open and not opened.is_trying
    assert opened.until == NOW + timedelta(seconds=5)
    assert MAKER in opened.sentence and "5 times in a row" in opened.sentence
    trying = license_circuit(silence(FAILURES_TO_OPEN, seconds_ago=5), number=MAKER, now=NOW)
    assert trying.is_trying and not trying.is_open


@pytest.mark.parametrize(("failures", "rest"), [(5, 5), (6, 10), (8, 40), (9, 60), (90_000, 60)])
def test_it_rests_longer_after_each_failure_and_a_minute_at_most(failures: int, rest: int) -> None:
    circuit = license_circuit(silence(failures), number=MAKER, now=NOW)
    assert circuit.until == NOW + timedelta(seconds=rest)


def test_one_licence_alone_never_opens_the_circuit_of_metrc() -> None:
    assert not metrc_circuit(silence(50, licenses=1), now=NOW).is_open
    everybody = metrc_circuit(silence(FAILURES_TO_OPEN, licenses=2), now=NOW)
    assert everybody.is_open
    assert "any licence" in everybody.sentence


def test_a_clock_that_was_set_back_keeps_nothing_open() -> None:
    ahead = silence(50, licenses=2, seconds_ago=-3600)
    assert license_circuit(ahead, number=MAKER, now=NOW).is_trying
    assert metrc_circuit(ahead, now=NOW).is_trying


def test_without_any_failure_it_is_closed() -> None:
    assert not license_circuit(Silence(), number=MAKER, now=NOW).is_open
