"""The documented operations of METRC's Web API v2, read from `operations.json`.

The list is METRC's own of 2026-02 with the corrections seen live; `README.md` names the sources.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One documented operation.

    `query` and `fields` map names to types, a `?` at the end of a query type means optional, at
    the end of a row's type that null is documented. `answer` is page, rows, strings, object, ids,
    empty, html or undocumented. `row` maps the fields of one answered object to types;
    `seen_live` names fields that METRC sends although it does not document them.
    """

    method: str
    path: str
    name: str
    room: str
    answer: str
    query: dict[str, str]
    permissions: tuple[str, ...]
    body: str
    fields: dict[str, str]
    row: dict[str, str]
    seen_live: tuple[str, ...]
    flags: tuple[str, ...]
    is_paged: bool
    is_windowed: bool
    is_on_connect_host: bool
    key_header: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def license_rule(self) -> str:
        """Return whether licenseNumber is required, optional or none."""
        kind = self.query.get("licenseNumber")
        return "none" if kind is None else "optional" if kind.endswith("?") else "required"

    @property
    def path_names(self) -> tuple[str, ...]:
        """Return the names of the parts of the path that a caller fills in."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    def filled(self, value: str = "1") -> str:
        """Return the path with `value` in every part a caller fills in."""
        return re.sub(r"\{\w+\}", value, self.path)

    def gap(self) -> str:
        """Return what METRC's documents do not say about this operation, or nothing."""
        if self.answer == "undocumented":
            return "the answer is not documented"
        if self.body and not self.fields:
            return "the fields of the body are not documented"
        if self.answer in {"page", "rows", "object"} and not self.row:
            return "the fields of the answer are not documented"
        return ""


def _read() -> tuple[Operation, ...]:
    file = resources.files("metrc_simulator.contract").joinpath("operations.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return tuple(_operation(one, found["rows"]) for one in found["operations"])


def _operation(one: dict[str, Any], rows: dict[str, dict[str, str]]) -> Operation:
    return Operation(
        method=one["method"],
        path=one["path"],
        name=one["name"],
        room=one["room"],
        answer=one["answer"],
        query=one.get("query", {}),
        permissions=tuple(one.get("permissions", ())),
        body=one.get("body", ""),
        fields=one.get("fields", {}),
        row=rows[one["row"]] if "row" in one else {},
        seen_live=tuple(one.get("seen_live", ())),
        flags=tuple(one.get("flags", ())),
        is_paged=one.get("paged", False),
        is_windowed=one.get("windowed", False),
        is_on_connect_host=one.get("host") == "connect",
        key_header=one.get("key_header", ""),
    )


OPERATIONS = _read()
