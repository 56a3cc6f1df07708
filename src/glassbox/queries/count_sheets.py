"""A sheet of counts beside the count it is for: what each row would do, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from glassbox import access
from glassbox.models.counts import CountLine, CountSession, CountSessionState
from glassbox.models.packages import Package
from glassbox.rules.actor import Actor
from glassbox.rules.count_sheets import SheetRow, read_sheet
from glassbox.rules.quantities import UNITS, parse
from glassbox.rules.verdicts import InvalidInput, NotFound

UNKNOWN_UNIT = "Grams"


@dataclass(frozen=True, kw_only=True)
class CheckedRow:
    """One row with what it would write down; `before` is what was written down until now.

    A blank row writes nothing. `amount` is None where it is wrong or blank.
    """

    row: SheetRow
    amount: Decimal | None
    unit: str
    item_name: str
    is_known: bool
    is_expected: bool
    before: Decimal | None
    was_not_there: bool
    problem: str

    @property
    def writes(self) -> bool:
        """Return whether the row would write something down."""
        return not self.problem and not self.row.is_blank


@dataclass(frozen=True, kw_only=True)
class SheetPreview:
    """What a sheet would do to a count; nothing is written while one row is wrong."""

    rows: tuple[CheckedRow, ...]

    @property
    def wrong(self) -> tuple[CheckedRow, ...]:
        """Return the rows that cannot be written down."""
        return tuple(row for row in self.rows if row.problem)

    @property
    def written_count(self) -> int:
        """Return how many rows would be written down."""
        return sum(row.writes for row in self.rows)

    @property
    def blank_count(self) -> int:
        """Return how many rows are not counted yet."""
        return sum(row.row.is_blank for row in self.rows)

    @property
    def changed_count(self) -> int:
        """Return how many rows would replace another number."""
        return sum(
            row.writes and row.before is not None and row.before != row.amount for row in self.rows
        )


def sheet_preview(*, actor: Actor, license_id: int, session_id: int, text: str) -> SheetPreview:
    """Return what a sheet would do to an open count.

    :raises NotFound: if no such count is open here
    :raises InvalidInput: if the sheet as a whole cannot be read
    """
    with access.reading(actor, license_id=license_id):
        session = CountSession.objects.filter(
            license_id=license_id, id=session_id, state=CountSessionState.OPEN
        ).first()
        if session is None:
            raise NotFound("There is no such open count here.")
        return SheetPreview(rows=checked_rows(session, text))


def checked_rows(session: CountSession, text: str) -> tuple[CheckedRow, ...]:
    """Return every row of a sheet beside its count, inside the caller's transaction.

    :raises InvalidInput: if the sheet as a whole cannot be read
    """
    rows = read_sheet(text)
    labels = [row.label for row in rows]
    lines = {
        line.label: line for line in CountLine.objects.filter(session=session, label__in=labels)
    }
    packages = {
        package.label: package
        for package in Package.objects.filter(license_id=session.license_id, label__in=labels)
    }
    return tuple(_checked(row, lines.get(row.label), packages.get(row.label)) for row in rows)


def _checked(row: SheetRow, line: CountLine | None, package: Package | None) -> CheckedRow:
    unit = (line.unit if line else "") or (package.unit if package else "") or UNKNOWN_UNIT
    amount, problem = None, row.problem
    if not problem and row.unit and row.unit.casefold() != unit.casefold() and package:
        problem = f"The sheet says {row.unit}, the package is counted in {unit}."
    if not problem and row.is_not_there:
        amount = Decimal(0)
        if line is None or not line.is_expected:
            problem = "This count does not expect it, so it cannot be missing. Take the row out."
    elif not problem and not row.is_blank:
        try:
            amount = parse(row.counted, unit, field="counted").value
        except InvalidInput as wrong:
            problem = wrong.message
    return CheckedRow(
        row=row,
        amount=amount,
        unit=unit if unit in UNITS else "",
        item_name=package.item_name if package else "",
        is_known=package is not None,
        is_expected=line is not None and line.is_expected,
        before=line.quantity if line else None,
        was_not_there=bool(line and line.is_not_there),
        problem=problem,
    )
