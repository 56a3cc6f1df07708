"""FactReader: the drafter's choices, read field by field with errors that name the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.verdicts import InvalidInput

Facts = Mapping[str, object]

# Twelve before the point is more than any licence holds of anything.
DIGITS_AT_MOST = 12
TAG = re.compile(r"[A-Z0-9]{24}")


class FactReader:
    """Reads one mapping of plain JSON values; `path` tells where in the whole it lies."""

    def __init__(self, facts: Facts, path: str = "") -> None:
        self._facts = facts
        self._path = path

    def where(self, name: str) -> str:
        """Return the full name of a field, for example "packages[0].tag"."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Return whether the field is there and not empty."""
        return self._facts.get(name) not in (None, "")

    def text(self, name: str, *, max_length: int = 200) -> str:
        """Return a text that must not be blank.

        :raises InvalidInput: if it is missing, blank, no text, or longer than `max_length`
        """
        value = self._facts.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self._bad(name, value, "Give a text here.")
        if len(value) > max_length:
            raise self._bad(name, value, f"Use at most {max_length} characters.")
        return value.strip()

    def optional_text(self, name: str, *, max_length: int = 200) -> str | None:
        """Return a text, or None if it was left out."""
        return self.text(name, max_length=max_length) if self.has(name) else None

    def tag(self, name: str) -> str:
        """Return a package tag as METRC writes it: 24 capital letters and digits."""
        value = self.text(name)
        if not TAG.fullmatch(value):
            raise self._bad(name, value, "A tag has 24 capital letters and digits.")
        return value

    def tags(self, name: str) -> tuple[str, ...]:
        """Return one or more different tags."""
        values = self._facts.get(name)
        if not isinstance(values, list | tuple) or not values:
            raise self._bad(name, values, "Give at least one tag.")
        read = tuple(FactReader({name: one}, self._path).tag(name) for one in values)
        if len(set(read)) != len(read):
            raise self._bad(name, values, "Name every tag once.")
        return read

    def amount(self, name: str = "quantity", unit_name: str = "unit") -> Quantity:
        """Return an exact quantity from a decimal text and METRC's unit name beside it."""
        return quantity(self.decimal(name), self.text(unit_name))

    def positive_amount(self, name: str = "quantity", unit_name: str = "unit") -> Quantity:
        """Return an exact quantity above zero."""
        amount = self.amount(name, unit_name)
        if amount.value <= 0:
            raise self._bad(name, amount.value, "Give more than zero.")
        return amount

    def decimal(self, name: str) -> Decimal:
        """Return an exact number given as a text or a whole number, never as a float."""
        value = self._facts.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._bad(name, value, 'Give the number as a text, such as "3988.5".')
        try:
            exact = Decimal(value)
        except InvalidOperation:
            raise self._bad(name, value, 'Give a number, such as "3988.5".') from None
        if not exact.is_finite():
            raise self._bad(name, value, "Give a finite number.")
        if exact and not -DIGITS_AT_MOST < exact.adjusted() < DIGITS_AT_MOST:
            raise self._bad(name, value, "Give a number that a scale could show.")
        return exact

    def whole(self, name: str) -> int:
        """Return a whole number of METRC, such as an id."""
        value = self._facts.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._bad(name, value, "Give a whole number.")
        return value

    def flag(self, name: str) -> bool:
        """Return a yes or no; left out means no."""
        value = self._facts.get(name, False)
        if not isinstance(value, bool):
            raise self._bad(name, value, "Give true or false.")
        return value

    def day(self, name: str) -> str:
        """Return a calendar day as METRC writes it, such as "2026-11-03"."""
        value = self.text(name)
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise self._bad(name, value, "Give a day such as 2026-11-03.") from None

    def optional_day(self, name: str) -> str | None:
        """Return a calendar day, or None if it was left out."""
        return self.day(name) if self.has(name) else None

    def tests(self, name: str) -> list[str] | None:
        """Return the names of METRC's lab test batches, or None if none were chosen."""
        values = self._facts.get(name)
        if values in (None, [], ()):
            return None
        if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
            raise self._bad(name, values, "Give the names of lab test batches.")
        return [str(value) for value in values]

    def moment(self, name: str) -> datetime:
        """Return an aware moment from ISO text.

        :raises InvalidInput: if it is no moment, or names no offset from UTC
        """
        value = self.text(name)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self._bad(name, value, "Give a moment such as 2026-11-03T16:10Z.") from None
        if moment.tzinfo is None:
            raise self._bad(name, value, "Give the offset from UTC too, such as Z.")
        return moment

    def inner(self, name: str) -> FactReader:
        """Return the reader of a mapping inside this one."""
        value = self._facts.get(name)
        if not isinstance(value, Mapping):
            raise self._bad(name, value, "Give named values here.")
        return FactReader(value, self.where(name))

    def rows(self, name: str, *, at_most: int) -> tuple[FactReader, ...]:
        """Return the readers of a list of mappings that must not be empty."""
        values = self._facts.get(name)
        if not isinstance(values, list | tuple) or not values:
            raise self._bad(name, values, "Give at least one row.")
        if len(values) > at_most:
            raise self._bad(name, f"{len(values)} rows", f"METRC takes {at_most} in one send.")
        readers = []
        for number, value in enumerate(values):
            where = f"{self.where(name)}[{number}]"
            if not isinstance(value, Mapping):
                raise InvalidInput(field=where, value=value, way_out="Give named values here.")
            readers.append(FactReader(value, where))
        return tuple(readers)

    def has_rows(self, name: str) -> bool:
        """Return whether the field is a list with at least one row."""
        value = self._facts.get(name)
        return isinstance(value, list | tuple) and bool(value)

    def only(self, *names: str) -> None:
        """Refuse fields nobody would read: a misspelt name must not be lost in silence."""
        for name, value in self._facts.items():
            if name not in names:
                raise self._bad(name, value, f"The fields are: {', '.join(names)}.")

    def _bad(self, name: str, value: object, way_out: str) -> InvalidInput:
        return InvalidInput(field=self.where(name), value=value, way_out=way_out)
