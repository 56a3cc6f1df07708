"""One METRC as the contract tests see it: its callers, and the ids met in its lists."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from metrc_simulator.contract.operations import OPERATIONS, Operation


@dataclass(frozen=True)
class Caller:
    """The vendor key and the user key of somebody, and a licence they may act in."""

    keys: tuple[str, str]
    license_number: str


@dataclass(frozen=True)
class Call:
    """One call that could be answered."""

    caller: Caller
    path: str
    path_values: dict[str, str]
    query: dict[str, str]

    @property
    def filled(self) -> str:
        """Return the path with its values."""
        return self.path.format(**self.path_values)


READS = [one for one in OPERATIONS if one.method == "GET"]
WRITES = [one for one in OPERATIONS if one.method != "GET"]
DAYS_OF_THE_DEMO = 45
VALUES_TRIED_AT_MOST = 60
ROWS_KEPT_OF_A_LIST = 12
LISTS_WALKED_AT_MOST = 6

# A parameter of the path or query: the fields of rows that hold such a value ...
_FIELDS = {
    "id": (
        "Id",
        "DeliveryId",
        "PackageId",
        "ManifestNumber",
        "LabTestResultDocumentFileId",
        "PatientId",
        "PlantWasteNumber",
    ),
    "packageId": ("Id",),
    "harvestId": ("Id",),
    "externalNumber": ("ExternalReceiptNumber",),
    "patientLicenseNumber": ("LicenseNumber", "PatientLicenseNumber"),
}
# ... and the rooms whose rows hold it, where that is not the operation's own.
_ROOMS = {
    "packageId": ("packages",),
    "harvestId": ("harvests",),
    "label": ("packages", "plants"),
    "patientLicenseNumber": ("patients", "sales"),
}


@dataclass
class Subject:
    """One METRC with the callers it knows, and the rows and values seen of it so far."""

    http: httpx.Client
    callers: list[Caller]
    is_simulator: bool
    _rows: dict[tuple[str, Caller], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def ask(self, operation: Operation, call: Call, **rest: Any) -> httpx.Response:
        """Make one call, with the licence where there is a place for it."""
        is_licensed = "licenseNumber" in operation.query
        query = {"licenseNumber": call.caller.license_number} if is_licensed else {}
        return self.http.request(
            operation.method, call.filled, params=query | call.query, auth=call.caller.keys, **rest
        )

    def tell(self, name: str, value: str) -> None:
        """Make a value of a parameter known that no list shows."""
        self._told[name].append(value)

    def walk(self) -> None:
        """Read every list once, those that need an id last, and keep rows of each."""
        for operation in sorted(READS, key=lambda one: one.path.count("{")):
            if operation.answer in {"page", "rows"}:
                for caller in self.callers:
                    self._walk_list(operation, caller)

    def _walk_list(self, operation: Operation, caller: Caller) -> None:
        for path_values in self._path_values(operation, caller)[:LISTS_WALKED_AT_MOST]:
            for day in days_of(operation):
                answers = [
                    self.ask(operation, Call(caller, operation.path, path_values, query))
                    for query in self.queries(operation, caller, day)
                ]
                given = [one for one in answers if one.status_code == 200]
                rows = [row for one in given for row in rows_of(operation, one)]
                kept = self._rows[shelf_of(operation), caller]
                kept.extend(one for one in rows[:ROWS_KEPT_OF_A_LIST] if isinstance(one, dict))
                if rows or not given:
                    break

    def answers(self, operation: Operation) -> Iterator[tuple[Call, httpx.Response]]:
        """Yield what each caller, and each id that could be meant, is answered with 200."""
        for call in self.calls(operation):
            answer = self.ask(operation, call)
            if answer.status_code == 200:
                yield call, answer

    def first_answered(self, operation: Operation) -> tuple[Call, httpx.Response] | None:
        """Return the first call with a row in its answer, else one without, or None."""
        empty = None
        for call, answer in self.answers(operation):
            is_list = operation.answer in {"page", "rows", "strings"}
            if not is_list or rows_of(operation, answer):
                return call, answer
            empty = empty or (call, answer)
        return empty

    def calls(self, operation: Operation) -> Iterator[Call]:
        """Yield the calls that could be answered."""
        for caller in self.callers:
            for path_values in self._path_values(operation, caller):
                for day in days_of(operation):
                    for query in self.queries(operation, caller, day):
                        yield Call(caller, operation.path, path_values, query)

    def _path_values(self, operation: Operation, caller: Caller) -> list[dict[str, str]]:
        """Return each value of the world that the path's parameter could mean."""
        if not operation.path_names:
            return [{}]
        (name,) = operation.path_names
        return [{name: one} for one in self.values(shelf_of(operation), name, caller)]

    def queries(
        self, operation: Operation, caller: Caller, given: dict[str, str]
    ) -> list[dict[str, str]]:
        """Return the queries to try: one for each value a required parameter could have."""
        wanted = [
            name
            for name, kind in operation.query.items()
            if not kind.endswith("?") and name != "licenseNumber"
        ]
        if not wanted:
            return [given]
        found = self.values(shelf_of(operation), wanted[0], caller)
        return [{**given, wanted[0]: one} for one in found]

    def values(self, shelf: str, name: str, caller: Caller) -> list[str]:
        """Return what was seen or told of `name` (an id of any kind, or a field)."""
        field_names = _FIELDS.get(name, (name[:1].upper() + name[1:],))
        found = dict.fromkeys(self._told[name])
        for place in _ROOMS.get(name, (shelf,)):
            for row in self._rows[place, caller]:
                found |= dict.fromkeys(_held(row, name, field_names))
        return list(found)[:VALUES_TRIED_AT_MOST]


def _held(row: dict[str, Any], name: str, field_names: Iterable[str]) -> Iterator[str]:
    for one, value in row.items():
        is_meant = one in field_names or (name == "id" and _is_id(one))
        if is_meant and value not in (None, "", 0):
            yield str(value)
    license_row = row.get("License")
    if name == "employeeLicenseNumber" and isinstance(license_row, dict):
        yield license_row["EmployeeLicenseNumber"]


def _is_id(name: str) -> bool:
    return name.endswith("FileSystemId") or name in {"ShipmentDeliveryId", "ShipmentTransferId"}


def shelf_of(operation: Operation) -> str:
    """Return where rows are kept whose ids mean the same kind of thing."""
    if "/templates/" in operation.path:
        return "templates"
    return operation.room


def days_of(operation: Operation) -> Iterator[dict[str, str]]:
    """Yield the query of the first page of each day of the demo's weeks, the latest first."""
    query = {"pageSize": "20", "pageNumber": "1"} if operation.is_paged else {}
    if not operation.is_windowed:
        yield query
        return
    now = datetime.now(UTC)
    for days in range(DAYS_OF_THE_DEMO):
        start, end = now - timedelta(days=days + 1), now - timedelta(days=days)
        yield query | {
            "lastModifiedStart": start.isoformat(timespec="seconds"),
            "lastModifiedEnd": end.isoformat(timespec="seconds"),
        }


def rows_of(operation: Operation, answer: httpx.Response) -> list[Any]:
    """Return the rows of an answer of any documented kind, objects as one row.

    :raises AssertionError: if the kind is not the documented one
    """
    found = json.loads(answer.content, parse_float=Decimal)
    if operation.answer == "page":
        assert list(found) == [
            "Data", "Total", "TotalRecords", "PageSize", "RecordsOnPage", "Page", "CurrentPage",
            "TotalPages",
        ]  # fmt: skip
        return list(found["Data"])
    if operation.answer in {"rows", "strings"}:
        assert isinstance(found, list), found
        return found
    assert isinstance(found, dict), found
    return [found]
