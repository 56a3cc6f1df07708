"""Each of METRC's lists that we follow: its name for people, how often it is due, what it may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

EACH_RUN = timedelta(0)
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)
# At a fifth of METRC's limit a licence may make 36,000 reads an hour; no feed takes more than a
# tenth of them, the whole walk a fifth, so that a list without end starves no other.
REQUESTS_AN_HOUR = 3_600
REQUESTS_AN_HOUR_OF_THE_WALK = 7_200
# A list that was never read to its end holds up nothing but the go-live that waits for it.
REQUESTS_AN_HOUR_OF_A_BACKFILL = 18_000

WHOLE_WALK = "packages_whole_walk"


@dataclass(frozen=True, kw_only=True)
class FeedSchedule:
    """When one feed is due and how much it may ask.

    `every` is the least time between two reads by the timetable; `requests_an_hour` the most it
    asks of METRC for one licence, `requests_an_hour_at_first` until it has once come to its end.
    """

    title: str
    every: timedelta = EACH_RUN
    requests_an_hour: int = REQUESTS_AN_HOUR
    requests_an_hour_at_first: int = REQUESTS_AN_HOUR_OF_A_BACKFILL

    def allowance(self, *, was_read: bool) -> int:
        """Return the most it asks in an hour; `was_read` once it has come to its end."""
        return self.requests_an_hour if was_read else self.requests_an_hour_at_first

    @property
    def due_text(self) -> str:
        """Return how often it is due, in words."""
        if self.every == HOURLY:
            return "each hour"
        if self.every == DAILY:
            return "each day"
        return "with each run"


SCHEDULES: dict[str, FeedSchedule] = {
    "facility": FeedSchedule(title="Facility and what it may do"),
    "employees": FeedSchedule(title="People in METRC", every=HOURLY),
    "unit_of_measure": FeedSchedule(title="Units of measure", every=DAILY),
    "item_category": FeedSchedule(title="Item categories", every=DAILY),
    "location_type": FeedSchedule(title="Location types", every=DAILY),
    "adjust_reason": FeedSchedule(title="Adjustment reasons", every=DAILY),
    "transfer_type": FeedSchedule(title="Transfer types", every=DAILY),
    "lab_state": FeedSchedule(title="Lab testing states", every=DAILY),
    "lab_test_type": FeedSchedule(title="Lab test types", every=DAILY),
    "items_inactive": FeedSchedule(title="Items, inactive", every=HOURLY),
    "items": FeedSchedule(title="Items, active"),
    "locations_inactive": FeedSchedule(title="Locations, inactive", every=HOURLY),
    "locations": FeedSchedule(title="Locations, active"),
    "drivers": FeedSchedule(title="Drivers", every=HOURLY),
    "vehicles": FeedSchedule(title="Vehicles", every=HOURLY),
    "tags": FeedSchedule(title="Package tags, available", every=HOURLY),
    "transfers_incoming": FeedSchedule(title="Transfers, incoming"),
    "transfers_outgoing": FeedSchedule(title="Transfers, outgoing"),
    "transfers_rejected": FeedSchedule(title="Transfers, rejected"),
    "templates": FeedSchedule(title="Transfer templates"),
    "packages_on_hold": FeedSchedule(title="Packages on hold"),
    "packages_active": FeedSchedule(title="Packages, active"),
    "packages_in_transit": FeedSchedule(title="Packages in transit"),
    "packages_transferred": FeedSchedule(title="Packages, transferred"),
    "packages_inactive": FeedSchedule(title="Packages, inactive"),
    "lab_samples": FeedSchedule(title="Lab samples"),
    "adjustments": FeedSchedule(title="Adjustments"),
    WHOLE_WALK: FeedSchedule(
        title="Whole walk of open packages", requests_an_hour=REQUESTS_AN_HOUR_OF_THE_WALK
    ),
    "lab_results": FeedSchedule(title="Lab results"),
}
