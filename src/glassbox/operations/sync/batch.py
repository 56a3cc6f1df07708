"""Batch: the rows of one window or list, read whole, on their way into one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DataError, models

from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.fields import TenantRow
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.metrc_mapping import content_sha256
from glassbox.operations.transaction import savepoint
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.verdicts import InvalidInput
from metrc_client.shapes import BadRow

# What a record of the wrong shape makes Python or the database say. METRC's rows are not ours to
# trust, and one of them must never stop the licence.
UNREADABLE = (
    BadRow,
    InvalidInput,
    DataError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    ArithmeticError,
)
IDENTITIES = ("LabTestResultId", "Label", "PackageLabel", "Id", "Name", "FullName")
# Lists in which several records bear the same label: each is told by its content.
SEVERAL_PER_LABEL = frozenset({"adjustments", "lab_samples"})
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class ReadRow:
    """One row as METRC sent it, and the exchange it came in."""

    raw: Any
    api_request_id: int | None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One row of METRC on its way into a table of ours: what names it, what it says, its name."""

    key: dict[str, Any]
    values: dict[str, Any]
    who: str

    def check_lengths(self, model: type[TenantRow]) -> None:
        """Check that every text fits into its column.

        :raises BadRow: naming the record and the field
        """
        for name, value in (self.key | self.values).items():
            column = model._meta.get_field(name)
            if isinstance(column, models.CharField) and isinstance(value, str):
                check_length(self.who, name.replace("_", " "), value, column.max_length or 0)


@dataclass(kw_only=True)
class Batch:
    """What a feed hands to its store function, inside the transaction that commits it."""

    actor: Actor
    license: License
    feed: str
    rows: tuple[ReadRow, ...]
    now: datetime
    is_first_walk: bool
    is_whole_list: bool
    stored: int = 0
    bad: int = 0
    tenant: dict[str, int] = field(init=False)
    _open_keys: set[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tenant = {"company_id": self.license.company_id, "license_id": self.license.pk}

    @property
    def kind(self) -> str:
        """Return what its records are: a package is one in whichever list METRC shows it."""
        return self.feed.partition("_")[0]

    @property
    def shows_absence(self) -> bool:
        """Return whether what is not in it is gone: only a whole list with every row readable."""
        return self.is_whole_list and not self.bad

    def store_each(
        self,
        store: Callable[[ReadRow], None],
        *,
        writes: bool = True,
        rows: tuple[ReadRow, ...] | None = None,
    ) -> None:
        """Store row by row; one that cannot be read becomes a case, and the others go on.

        `rows` are those still to be stored, all of them if none are named.
        """
        for row in self.rows if rows is None else rows:
            try:
                with savepoint() if writes else nullcontext():
                    store(row)
            except UNREADABLE as problem:
                self.report_bad_row(row, sentence_of(problem, row.raw))
            else:
                self.close_case_of(row)

    def keep_each(self, model: type[TenantRow], read: Callable[[ReadRow], Kept | None]) -> None:
        """Write each row of ours as METRC has it, all in one statement where METRC lets us.

        `read` returns None for a row that is not ours to keep. Of two rows with one key the
        later counts.
        """
        found: dict[tuple[Any, ...], tuple[ReadRow, Kept]] = {}
        for row in self.rows:
            try:
                kept = read(row)
                if kept is not None:
                    kept.check_lengths(model)
                    found[tuple(kept.key.values())] = (row, kept)
            except UNREADABLE as problem:
                self.report_bad_row(row, sentence_of(problem, row.raw))
            else:
                self.close_case_of(row)
        try:
            with savepoint():
                self._write(model, [kept for _, kept in found.values()])
        except UNREADABLE:
            self._keep_one_by_one(model, list(found.values()))

    def _keep_one_by_one(self, model: type[TenantRow], found: list[tuple[ReadRow, Kept]]) -> None:
        """Find the row that the database refuses; the others are written."""
        for row, kept in found:
            try:
                with savepoint():
                    self._write(model, [kept])
            except UNREADABLE as problem:
                self.report_bad_row(row, sentence_of(problem, row.raw))

    def _write(self, model: type[TenantRow], kept: list[Kept]) -> None:
        if not kept:
            return
        model._default_manager.bulk_create(
            [model(**self.tenant, **one.key, **one.values) for one in kept],
            update_conflicts=True,
            unique_fields=["license", *kept[0].key],
            update_fields=list(kept[0].values),
        )
        self.stored += len(kept)

    def report_bad_row(self, row: ReadRow, problem: str) -> None:
        """Open the case of a record that cannot be read."""
        self.bad += 1
        who = identity(row.raw)
        advice = case_for(
            CaseClass.BAD_RECORD,
            fact_key=self._fact_key(row),
            title=f"METRC's {self.feed.replace('_', ' ')}: record {who} cannot be read",
            what_happened=f"{problem} (exchange {row.api_request_id})",
            found_at=self.now,
        )
        open_case_in_transaction(
            actor=self.actor, license=self.license, advice=advice, now=self.now
        )

    def close_case_of(self, row: ReadRow) -> None:
        """Close the case of a record that could not be read and now can."""
        if self._open_keys is None:
            self._open_keys = set(
                ExceptionCase.objects.filter(
                    license=self.license,
                    state=CaseState.OPEN,
                    fact_key__startswith=f"bad-record:{self.kind}:",
                ).values_list("fact_key", flat=True)
            )
        fact_key = self._fact_key(row) if self._open_keys else ""
        if fact_key in self._open_keys:
            self._open_keys.discard(fact_key)
            close_cases_in_transaction(
                actor=self.actor,
                license=self.license,
                fact_keys={fact_key},
                because="METRC sends the record in a readable form again",
                now=self.now,
            )

    def _fact_key(self, row: ReadRow) -> str:
        turn = f":{content_sha256(row.raw)[:12]}" if self.feed in SEVERAL_PER_LABEL else ""
        return f"bad-record:{self.kind}:{identity(row.raw)}{turn}"


def identity(raw: Any) -> str:
    """Return what names a record: its label, id or name; of one without, the start of its hash."""
    if isinstance(raw, dict):
        for name in IDENTITIES:
            value = raw.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return printable(str(value))[:100]
    return f"without a name, content {content_sha256(raw)[:12]}"


def printable(text: str) -> str:
    """Return a text that the database can hold: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", errors="replace").decode()


def sentence_of(problem: Exception, raw: Any) -> str:
    """Return why a record cannot be read, naming it."""
    if isinstance(problem, BadRow):
        said = str(problem)
    elif isinstance(problem, InvalidInput):
        said = f"The record {identity(raw)}: {problem.message}"
    else:
        first_line = (str(problem).strip().splitlines() or [""])[0]
        said = f"The record {identity(raw)} has a value of the wrong kind: {first_line}"
    return printable(said)[:SHOWN_CHARACTERS]


def check_length(who: str, field_name: str, value: str, at_most: int) -> None:
    """Check that a text fits.

    :raises BadRow: naming the record and the field
    """
    if len(value) > at_most:
        raise BadRow(
            f"{who} has a {field_name} of {len(value):,} characters; at most {at_most} fit."
        )


def row_of(row: ReadRow, kind: str) -> dict[str, Any]:
    """Return a row that is an object.

    :raises BadRow: if it is something else
    """
    if not isinstance(row.raw, dict):
        raise BadRow(f"A {kind} row is {type(row.raw).__name__}, not an object.")
    return row.raw


def texts(raw: dict[str, Any], names: Iterable[str], who: str) -> dict[str, str]:
    """Return text fields by METRC's names; null is empty.

    :raises BadRow: naming the record and the field, if one holds an object or a list
    """
    found = {}
    for name in names:
        value = raw.get(name)
        if isinstance(value, dict | list):
            raise BadRow(f"{who} has a {name} that is no text.")
        found[name] = "" if value is None else str(value)
    return found
