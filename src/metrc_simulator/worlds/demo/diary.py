"""A clock that only goes forward, and acts of named people at its moment."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from metrc_simulator.act import Act
from metrc_simulator.worlds.cast import Ground

MFG = "CDPH-19990001"
DIST = "C11-9990001-LIC"
LAB = "C8-9990001-LIC"
RETAILERS = ("C10-9990001-LIC", "C10-9990002-LIC", "C10-9990003-LIC", "C10-9990004-LIC")
SUP = "CDPH-19990077"
NEIGHBOR = "CDPH-19990500"
FARM = "CCL19-9990500"
SHOP = "C10-9990500-LIC"

BLUE_DREAM = "Blue Dream Vape Cart 1 g"
JACK_HERER = "Jack Herer Vape Cart 0.5 g"
CRUDE, DISTILLATE, OIL = "Crude Oil", "Distillate", "Formulated Oil"

_STEP = timedelta(seconds=20)
# Offices keep Californian hours; a fixed offset keeps the shape the same all year.
_BEHIND_UTC = timedelta(hours=8)


class Diary:
    """Writes the past: every act carries the moment the diary stands at."""

    def __init__(self, ground: Ground, begins: datetime) -> None:
        self.ground = ground
        self.moment = begins

    def turn_to(self, days_ago: int, clock: str) -> None:
        """Go to an hour of a day before METRC's today; never back, never past the present."""
        day = self.ground.now.date() - timedelta(days=days_ago)
        self._go(datetime.combine(day, time.fromisoformat(clock), UTC) + _BEHIND_UTC)

    def turn_to_minutes_ago(self, minutes: int) -> None:
        """Go to so many minutes before METRC's now; never back."""
        self._go(self.ground.now - timedelta(minutes=minutes))

    def _go(self, wanted: datetime) -> None:
        self.moment = min(max(self.moment, wanted), self.ground.now)

    def act(self, license_number: str, user_name: str) -> Act:
        """Return an act of a person in a licence, a moment after the last one."""
        self._go(self.moment + _STEP)
        return Act(self.ground.store, self.ground.profile, self.moment, license_number, user_name)

    @property
    def day(self) -> str:
        """Return the diary's day as METRC's dates are written."""
        return self.moment.date().isoformat()

    def local(self, later: timedelta = timedelta()) -> str:
        """Return the facility's local time, `later` than the diary's moment."""
        local = self.moment + later - _BEHIND_UTC
        return local.replace(tzinfo=None).isoformat(timespec="milliseconds")


def grams(text: str) -> Decimal:
    """Return an exact quantity."""
    return Decimal(text)
