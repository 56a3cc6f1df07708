"""What a law works with: who acts in which licence, the store, METRC's now, and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metrc_simulator.profiles.profile import Profile, Unit
from metrc_simulator.records import Record
from metrc_simulator.store import Store
from metrc_simulator.wire import decimal_of, plain, read_date

_QUANTITY_AT_MOST = Decimal(10) ** 12


class Refused(Exception):
    """METRC says no to one row, in a sentence."""


class NotYours(Exception):
    """The record stands in another licence, or nowhere: METRC answers 401 to both."""


class NotThere(NotYours):
    """The record stands nowhere; some states of METRC answer 404 to that."""


@dataclass
class Act:
    """One request's or one person's doing inside one licence; `effects` is what it changed."""

    store: Store
    profile: Profile
    now: datetime
    license_number: str
    user_name: str
    effects: list[dict[str, Any]] = field(default_factory=list)

    def effect(self, what: str, **details: Any) -> None:
        """Note an applied effect for the journal."""
        self.effects.append({"effect": what, **details})

    def add(self, record: Record) -> Record:
        """Insert a row at METRC's now."""
        return self.store.add(record, self.now)

    def save(self, record: Record) -> Record:
        """Replace a row at METRC's now."""
        return self.store.save(record, self.now)

    def put(self, record: Record) -> Record:
        """Insert or replace a row by the id it brings, at METRC's now."""
        return self.store.put(record, self.now)

    def facility(self, license_number: str | None = None) -> Record:
        """Return the facility acted in, or the one with `license_number`; Refused if unknown."""
        number = license_number or self.license_number
        found = self.store.find("facilities", number)
        if found is None:
            raise Refused(f"Facility {number} does not exist.")
        return found

    def package(self, label: str) -> Record:
        """Return a package of this licence by label; Refused in METRC's words otherwise."""
        found = self.store.find("packages", label, self.license_number)
        if found is None:
            raise Refused(f"Package {label} does not exist in the current Facility.")
        return found

    def own(self, kind: str, record_id: int) -> Record:
        """Return an active row of this licence by id; NotYours when it is another's or unknown."""
        found = self.store.get(kind, record_id)
        if found is None:
            raise NotThere(f"{kind} {record_id}")
        if found.license_number != self.license_number:
            raise NotYours(f"{kind} {record_id}")
        return found

    def unit(self, name: str) -> Unit:
        """Return a unit of measure by name, ignoring case; Refused when unknown."""
        found = self.profile.units.get(name.lower())
        if found is None:
            raise Refused(f"Unit of Measure {name} is not valid.")
        return found


def text_of(body: dict[str, Any], name: str) -> str:
    """Return a text field that must be there; Refused in METRC's words otherwise."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{name} was not specified.")
    return value.strip()


def optional_text(body: dict[str, Any], name: str) -> str | None:
    """Return a text field or None when it is absent, null or blank."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused(f"{name} is not valid.")
    return value.strip() or None


def number_of(body: dict[str, Any], name: str) -> Decimal:
    """Return a number field that must be there; Refused otherwise."""
    value = decimal_of(body.get(name))
    if value is None:
        raise Refused(f"{name} was not specified.")
    if abs(value) > _QUANTITY_AT_MOST:
        raise Refused(f"{name} is too large.")
    return plain(value)


def id_of(body: dict[str, Any], name: str) -> int:
    """Return a whole-number id that must be there; Refused otherwise."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"{name} was not specified.")
    return value


def date_of(body: dict[str, Any], name: str) -> date:
    """Return a `YYYY-MM-DD` field that must be there; Refused otherwise."""
    if body.get(name) is None:
        raise Refused(f"{name} was not specified.")
    value = read_date(body[name])
    if value is None:
        raise Refused(f"{name} is not a valid date; use YYYY-MM-DD.")
    return value


def optional_date(body: dict[str, Any], name: str) -> str | None:
    """Return a `YYYY-MM-DD` field as text, or None when absent; Refused when misspelt."""
    return None if body.get(name) is None else date_of(body, name).isoformat()


def flag_of(body: dict[str, Any], name: str) -> bool:
    """Return a boolean field, False when absent or null; Refused when it is not a boolean."""
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Refused(f"{name} is not valid.")
    return value


def rows_of(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects, empty when absent or null; Refused when it is something else."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Refused(f"{name} is not valid.")
    return value


def converted(quantity: Decimal, from_unit: Unit, to_unit: Unit) -> Decimal:
    """Return `quantity` in another unit of the same quantity type; Refused across types."""
    if from_unit.quantity_type != to_unit.quantity_type:
        raise Refused(f"Unit of Measure {from_unit.name} cannot be converted to {to_unit.name}.")
    if from_unit.name == to_unit.name:
        return plain(quantity)
    return plain((quantity * from_unit.factor / to_unit.factor).quantize(Decimal("0.0001")))
