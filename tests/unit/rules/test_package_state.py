from dataclasses import replace
from datetime import UTC, datetime

import pytest

from glassbox.rules.lab_status import LabStatus, batch_status, has_passed, status_of, words
from glassbox.rules.package_state import (
    STRICTNESS,
    LocalState,
    PackageList,
    PackageState,
    is_stricter,
    state_after_read,
)
from glassbox.rules.quantities import EACH, quantity

METRC = PackageState(
    label="1A4060300000001000000201",
    quantity=quantity(300, EACH),
    item_name="Cart 1 g",
    lab_testing_state="TestPassed",
    seen_in=PackageList.ACTIVE,
    seen_at=datetime(2026, 11, 6, 19, tzinfo=UTC),
)


def test_every_local_state_has_a_place_in_the_order() -> None:
    assert set(STRICTNESS) == set(LocalState)


def test_a_state_hold_takes_an_allocated_package() -> None:
    held = replace(METRC, is_on_hold=True)
    assert state_after_read(LocalState.ALLOCATED, held) is LocalState.STATE_HOLD
    assert not held.is_movable


def test_a_hold_that_metrc_lifts_stays_with_us_until_a_person_looks() -> None:
    assert state_after_read(LocalState.STATE_HOLD, METRC) is LocalState.STATE_HOLD


def test_a_pass_in_metrc_never_lifts_our_own_quarantine() -> None:
    assert state_after_read(LocalState.LOCAL_HOLD, METRC) is LocalState.LOCAL_HOLD


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"is_on_recall": True}, LocalState.RECALLED),
        ({"seen_in": PackageList.ON_HOLD}, LocalState.STATE_HOLD),
        ({"is_finished": True}, LocalState.CLOSED),
        ({"lab_testing_state": "TestFailed"}, LocalState.TEST_FAILED),
        ({"lab_testing_state": "RetestFailed"}, LocalState.TEST_FAILED),
        ({}, LocalState.QA_RELEASED),
    ],
)
def test_stricter_facts_move_us(change: dict[str, object], expected: LocalState) -> None:
    assert state_after_read(LocalState.QA_RELEASED, replace(METRC, **change)) is expected  # type: ignore[arg-type]


def test_a_local_quarantine_does_not_outrank_the_states_hold() -> None:
    assert is_stricter(LocalState.STATE_HOLD, LocalState.LOCAL_HOLD)
    assert not is_stricter(LocalState.LOCAL_HOLD, LocalState.STATE_HOLD)


def test_only_a_real_pass_is_a_pass() -> None:
    passing = {"TestPassed", "RetestPassed"}
    states = [
        *("NotSubmitted", "SubmittedForTesting", "TestFailed", "TestPassed", "TestingInProgress"),
        *("AwaitingConfirmation", "RetestFailed", "RetestPassed", "Remediated", "NotRequired"),
        *("SelectedForRandomTesting", "ProcessValidated", "Decontaminated", "RandDCompleted"),
        *("", "SomethingNew"),
    ]
    assert {state for state in states if has_passed(state)} == passing
    assert {state for state in states if status_of(state) is LabStatus.PASSED} == passing
    assert status_of("SomethingNew") is LabStatus.UNKNOWN


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["TestPassed", "TestPassed"], LabStatus.PASSED),
        (["TestPassed", "NotSubmitted"], LabStatus.MIXED),
        (["TestPassed", "TestFailed"], LabStatus.FAILED),
        (["TestingInProgress"], LabStatus.PENDING),
        ([], LabStatus.UNTESTED),
    ],
)
def test_the_parts_of_a_batch_add_up(states: list[str], expected: LabStatus) -> None:
    assert batch_status(states) is expected


def test_states_are_shown_as_words() -> None:
    assert words("TestingInProgress") == "testing in progress"
    assert words("") == "not told"
