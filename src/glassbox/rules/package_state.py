"""PackageState (what METRC says) and LocalState (what we say), and which of two is stricter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from glassbox.rules.lab_status import has_failed
from glassbox.rules.quantities import Quantity


class LocalState(StrEnum):
    """Name where a package stands in our own flow (workflow.md section 0)."""

    EXPECTED = "EXPECTED"
    ARRIVED = "ARRIVED"
    QUARANTINE = "QUARANTINE"
    IN_PROCESS = "IN_PROCESS"
    FINISHED_UNTESTED = "FINISHED_UNTESTED"
    IN_TRANSIT = "IN_TRANSIT"
    DIST_QUARANTINE = "DIST_QUARANTINE"
    SAMPLED = "SAMPLED"
    TEST_PASSED = "TEST_PASSED"
    TEST_FAILED = "TEST_FAILED"
    QA_RELEASED = "QA_RELEASED"
    ALLOCATED = "ALLOCATED"
    DISPATCHED = "DISPATCHED"
    DELIVERED = "DELIVERED"
    REJECTED_RETURNING = "REJECTED_RETURNING"
    RETURNED = "RETURNED"
    LOCAL_HOLD = "LOCAL_HOLD"
    STATE_HOLD = "STATE_HOLD"
    RECALLED = "RECALLED"
    PENDING_DESTRUCTION = "PENDING_DESTRUCTION"
    DESTROYED = "DESTROYED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class PackageList(StrEnum):
    """Name the METRC list a package was last seen in."""

    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    IN_TRANSIT = "IN_TRANSIT"
    INACTIVE = "INACTIVE"
    TRANSFERRED = "TRANSFERRED"
    LAB_SAMPLES = "LAB_SAMPLES"


@dataclass(frozen=True, kw_only=True)
class PackageState:
    """Hold what METRC said of one package, at one moment, under one licence.

    `is_on_hold` is true when any of METRC's hold or investigation flags is (QA-11);
    `is_on_recall` when any of its recall flags is. `seen_at` is when we read it.
    """

    label: str
    quantity: Quantity
    item_name: str
    lab_testing_state: str
    seen_in: PackageList
    seen_at: datetime
    is_on_hold: bool = False
    is_on_recall: bool = False
    is_finished: bool = False

    @property
    def is_movable(self) -> bool:
        """Return whether METRC itself would let the package be used or shipped."""
        return self.seen_in is PackageList.ACTIVE and not (
            self.is_on_hold or self.is_on_recall or self.is_finished
        )


L = LocalState

# From free to stopped. Within a rank neither state is stricter than the other.
STRICTNESS: dict[LocalState, int] = {
    **dict.fromkeys((L.QA_RELEASED, L.ALLOCATED, L.DISPATCHED, L.DELIVERED), 0),
    **dict.fromkeys((L.TEST_PASSED,), 1),
    **dict.fromkeys((L.ARRIVED, L.IN_PROCESS, L.FINISHED_UNTESTED, L.IN_TRANSIT), 2),
    **dict.fromkeys((L.EXPECTED, L.SAMPLED), 3),
    **dict.fromkeys((L.QUARANTINE, L.DIST_QUARANTINE, L.RETURNED, L.REJECTED_RETURNING), 4),
    **dict.fromkeys((L.UNKNOWN,), 5),
    **dict.fromkeys((L.TEST_FAILED, L.LOCAL_HOLD), 6),
    **dict.fromkeys((L.RECALLED, L.PENDING_DESTRUCTION), 7),
    **dict.fromkeys((L.STATE_HOLD,), 8),
    **dict.fromkeys((L.DESTROYED, L.CLOSED), 9),
}

# States in which nothing may be used, moved, split, sampled, sold or destroyed.
STOPPED = frozenset(
    {L.LOCAL_HOLD, L.STATE_HOLD, L.RECALLED, L.TEST_FAILED, L.UNKNOWN, L.PENDING_DESTRUCTION}
)

# States a QA release has been given for and not taken back.
RELEASED = frozenset({L.QA_RELEASED, L.ALLOCATED, L.DISPATCHED, L.DELIVERED})

# States of goods that left: what is found out later does not bring them back; a recall does.
GONE = frozenset({L.DISPATCHED, L.DELIVERED})


def is_stricter(one: LocalState, other: LocalState) -> bool:
    """Return whether `one` forbids more than `other` does."""
    return STRICTNESS[one] > STRICTNESS[other]


def demanded_by(metrc: PackageState) -> LocalState | None:
    """Return the state METRC's facts force on us, or None if they force none."""
    if metrc.is_on_recall:
        return L.RECALLED
    if metrc.is_on_hold or metrc.seen_in is PackageList.ON_HOLD:
        return L.STATE_HOLD
    if metrc.is_finished:
        return L.CLOSED
    if has_failed(metrc.lab_testing_state):
        return L.TEST_FAILED
    return None


def state_after_read(ours: LocalState, metrc: PackageState) -> LocalState:
    """Return our state after METRC was read: stricter wins, and nothing loosens by itself.

    A hold that METRC lifts leaves ours standing until a person re-reviews (scenario S12).
    """
    demanded = demanded_by(metrc)
    if demanded is None or not is_stricter(demanded, ours):
        return ours
    return demanded
