"""What METRC's lab testing states mean, and what the parts of one sampled batch add up to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

PASSED_STATES = frozenset({"TestPassed", "RetestPassed"})
FAILED_STATES = frozenset({"TestFailed", "RetestFailed"})
PENDING_STATES = frozenset(
    {"SubmittedForTesting", "TestingInProgress", "AwaitingConfirmation", "SelectedForRandomTesting"}
)
UNTESTED_STATES = frozenset({"NotSubmitted", "Remediated", "Decontaminated"})


class LabStatus(StrEnum):
    """Name what a lab testing state means for us."""

    UNTESTED = "UNTESTED"
    PENDING = "PENDING"
    PASSED = "PASSED"
    FAILED = "FAILED"
    MIXED = "MIXED"
    UNKNOWN = "UNKNOWN"


def status_of(lab_testing_state: str) -> LabStatus:
    """Return what METRC's state means; a state we do not know is UNKNOWN, never a pass.

    `RandDCompleted` is not a compliance result (corrections 13), `NotRequired` and
    `ProcessValidated` are no pass for goods on their way to a retailer (CA-MF-12).
    """
    for states, status in (
        (PASSED_STATES, LabStatus.PASSED),
        (FAILED_STATES, LabStatus.FAILED),
        (PENDING_STATES, LabStatus.PENDING),
        (UNTESTED_STATES, LabStatus.UNTESTED),
    ):
        if lab_testing_state in states:
            return status
    return LabStatus.UNKNOWN


def has_passed(lab_testing_state: str) -> bool:
    """Return whether METRC shows a pass that lets goods go to a retailer (CA-MF-12)."""
    return lab_testing_state in PASSED_STATES


def has_failed(lab_testing_state: str) -> bool:
    """Return whether METRC shows a fail."""
    return lab_testing_state in FAILED_STATES


def batch_status(lab_testing_states: Iterable[str]) -> LabStatus:
    """Return the status of a batch lying in several packages.

    One fail fails the batch. Packages that disagree otherwise are MIXED: some were not a
    source of the sample and stay behind (corrections 9).
    """
    statuses = {status_of(state) for state in lab_testing_states}
    if LabStatus.FAILED in statuses:
        return LabStatus.FAILED
    if not statuses:
        return LabStatus.UNTESTED
    return statuses.pop() if len(statuses) == 1 else LabStatus.MIXED


def words(lab_testing_state: str) -> str:
    """Return METRC's state in lower-case words: "TestingInProgress" -> "testing in progress"."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in lab_testing_state)
    return spaced.strip().lower() or "not told"
