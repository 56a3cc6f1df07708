"""What stands open at a licence, as the alerts look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.rule_lines import Rules, threshold_text


class WatchedKind(StrEnum):
    """Name what can run out, or must be recorded in time, without METRC knowing of it."""

    LICENSE = "LICENSE"
    COA = "COA"
    METRC_KEY = "METRC_KEY"
    DRIVER = "DRIVER"
    VEHICLE = "VEHICLE"
    INSURANCE = "INSURANCE"
    TAGS_ARRIVED = "TAGS_ARRIVED"


@dataclass(frozen=True, kw_only=True)
class OpenEntry:
    """A regulated event that METRC does not show yet; `occurred_at` is the time we declare."""

    action_id: int
    what: str
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class DueCase:
    """An open case with its due time and owner."""

    case_id: int
    title: str
    what_to_do: str
    rule_id: str
    severity: CaseSeverity
    opened_at: datetime
    due_at: datetime
    owner_id: int | None


@dataclass(frozen=True, kw_only=True)
class OpenCorrection:
    """A correction of our book that waits for a second person."""

    correction_id: int
    label: str
    proposed_at: datetime


@dataclass(frozen=True, kw_only=True)
class OpenTransfer:
    """A transfer under way or about to leave; `at` is its arrival or its departure as planned."""

    transfer_id: int
    partner: str
    at: datetime
    is_incoming: bool = False


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """Something that holds until, and not including, the day `ends_on` in the licence's zone."""

    kind: WatchedKind
    key: str
    what: str
    ends_on: date
    address: str


@dataclass(frozen=True, kw_only=True)
class TagArrival:
    """A parcel of tags whose receipt is to be recorded in METRC."""

    key: str
    what: str
    arrived_on: date


@dataclass(frozen=True, kw_only=True)
class AlertFacts:
    """Hold what stands open at one licence at one moment.

    `metrc_offset` is by how much METRC's clock is ahead of ours, None if it was never seen. METRC
    stamps an entry by its own clock while the event bears the time we declare, so clocks that
    METRC judges run by `metrc_now`. `reconciled_at` is the last completed reconciliation, or the
    opening of the licence; `drilled_at` the last restore drill that ended well, or that. `api_away_since` is observed, `access_lost_at` declared by a person:
    neither follows from the other (corrections 4).
    """

    now: datetime
    zone: ZoneInfo
    rules: Rules
    reconciled_at: datetime
    drilled_at: datetime | None = None
    metrc_offset: timedelta | None = None
    entries: tuple[OpenEntry, ...] = ()
    cases: tuple[DueCase, ...] = ()
    corrections: tuple[OpenCorrection, ...] = ()
    tags: tuple[TagArrival, ...] = ()
    arrivals: tuple[OpenTransfer, ...] = ()
    departures: tuple[OpenTransfer, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    api_away_since: datetime | None = None
    access_lost_at: datetime | None = None

    @property
    def metrc_now(self) -> datetime:
        """Return this moment by METRC's clock, in UTC."""
        return self.now.astimezone(UTC) + (self.metrc_offset or timedelta(0))

    @property
    def today(self) -> date:
        """Return the licence's own day."""
        return self.now.astimezone(self.zone).date()

    def hours(self, rule_id: str, name: str = "hours") -> tuple[int, ...]:
        """Return the marks a rule pack sets, as "24,4,1"."""
        return tuple(int(part) for part in threshold_text(self.rules, rule_id, name).split(","))
