"""Deadlines of law: when an entry, a correction, a notice or a certificate is due or over."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ENTRY_HOURS = 24  # CA-TT-02, CA-TT-03: elapsed hours, not business days
CORRECTION_DAYS = 3  # CA-TT-09
NOTICE_HOURS = 24  # CA-IN-04
ACCESS_HOURS = 72  # CA-TT-10
RECONCILIATION_DAYS = 30  # CA-IN-01
CERTIFICATE_MONTHS = 12  # CA-BT-21
ESCALATION_HOURS = (12, 20, 23)  # CA-TT-03


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """Hold how one entry stands against its deadline; `late` is zero if in time."""

    due_at: datetime
    late: timedelta

    @property
    def is_late(self) -> bool:
        """Return whether the deadline was missed."""
        return self.late > timedelta(0)

    def text(self) -> str:
        """Return the lateness in words: "52 min late" or "in time"."""
        return f"{elapsed_text(self.late)} late" if self.is_late else "in time"


def entry_due_at(occurred_at: datetime) -> datetime:
    """Return when the entry of an event is due: 24 hours after it happened (CA-TT-03)."""
    return occurred_at + timedelta(hours=ENTRY_HOURS)


def entry_lateness(*, occurred_at: datetime, recorded_at: datetime) -> Lateness:
    """Return how an entry made at `recorded_at` stands; exactly 24 hours is in time."""
    due_at = entry_due_at(occurred_at)
    return Lateness(due_at=due_at, late=max(recorded_at - due_at, timedelta(0)))


def escalation_level(*, occurred_at: datetime, now: datetime) -> int:
    """Return how many of the 12, 20 and 23 hour marks an unrecorded event has passed."""
    return sum(now >= occurred_at + timedelta(hours=hours) for hours in ESCALATION_HOURS)


def correction_due_at(discovered_at: datetime) -> datetime:
    """Return when an entry error must be corrected: 3 calendar days on (CA-TT-09)."""
    return discovered_at + timedelta(days=CORRECTION_DAYS)


def notice_due_at(decided_significant_at: datetime) -> datetime:
    """Return when the notice to DCC and law enforcement is due (CA-IN-04)."""
    return decided_significant_at + timedelta(hours=NOTICE_HOURS)


def access_notice_due_at(access_lost_at: datetime) -> datetime:
    """Return when continuous loss of access must be told to DCC (CA-TT-10)."""
    return access_lost_at + timedelta(hours=ACCESS_HOURS)


def reconciliation_due_at(last_completed_at: datetime) -> datetime:
    """Return when the next reconciliation must be complete (CA-IN-01)."""
    return last_completed_at + timedelta(days=RECONCILIATION_DAYS)


def certificate_expires_on(issued: date, *, months: int = CERTIFICATE_MONTHS) -> date:
    """Return the first day a certificate is too old: the same calendar day, months on.

    A day the target month lacks becomes its last: 29 Feb 2024 expires on 28 Feb 2025.
    """
    count = issued.year * 12 + (issued.month - 1) + months
    year, month = count // 12, count % 12 + 1
    last_day = calendar.monthrange(year, month)[1]
    return date(year, month, min(issued.day, last_day))


def certificate_limit(
    issued: date, *, metrc_expires_on: date | None, months: int = CERTIFICATE_MONTHS
) -> date:
    """Return the earlier of the calendar limit and METRC's own date (CA-BT-21)."""
    limit = certificate_expires_on(issued, months=months)
    return limit if metrc_expires_on is None else min(limit, metrc_expires_on)


def elapsed_text(elapsed: timedelta) -> str:
    """Return a span as "24 h 52 min"; seconds are dropped."""
    minutes = int(elapsed.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
