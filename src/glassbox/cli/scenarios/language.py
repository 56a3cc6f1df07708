"""The scenario language: a YAML file into steps, or a refusal that names file, line and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from glassbox.rules.verdicts import Refused

LINE = "__line__"
TOP_FIELDS = frozenset(
    {"scenario", "title", "world", "sync_from_hours", "settings", "define", "steps"}
)
SETTINGS = frozenset({"metrc_timeout_seconds", "settle_window_seconds"})
# The one field that says what a step does, and the fields that may stand beside it.
STEP_KINDS: dict[str, frozenset[str]] = {
    "do": frozenset({"as", "at", "with", "refused"}),
    "desk": frozenset({"with", "refused"}),
    "read": frozenset({"refused"}),
    "look": frozenset({"at", "with"}),
    "wait": frozenset({"seconds"}),
    "clock": frozenset(),
    "kill": frozenset({"at"}),
    "start": frozenset({"kill_at"}),
    "http": frozenset({"method", "body", "status"}),
    "api": frozenset({"at", "token", "method", "body", "status"}),
    "sql": frozenset({"refused"}),
    "use": frozenset({"with"}),
    "for": frozenset({"in", "steps"}),
    "expect": frozenset(),
}
COMMON_FIELDS = frozenset({"name", "note"})
EXPECTATIONS: dict[str, frozenset[str]] = {
    "metrc": frozenset({"label", "at", "quantity", "lab_state", "absent", "location"}),
    "book": frozenset({"label", "at", "quantity", "local_state"}),
    "action": frozenset({"id", "at", "state", "attempts"}),
    "cases": frozenset({"at", "class", "count", "due_in_hours", "overdue"}),
    "events": frozenset({"at", "type", "count", "at_least"}),
    "writes": frozenset({"path", "method", "license", "count"}),
    "transfer": frozenset({"at", "manifest", "direction", "state", "packages", "wholesale_total"}),
    "approvers": frozenset({"at", "at_least"}),
    "proven": frozenset({"at"}),
    "equal": frozenset({"left", "right"}),
    "ledger": frozenset({"verified"}),
}


class ScenarioWrong(Refused):
    """The file cannot be run; the sentence names file, line and reason."""

    code = "scenario.wrong"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: its kind, what is said to it, and where it stands in the file."""

    kind: str
    value: Any
    fields: Mapping[str, Any]
    line: int
    name: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario, checked."""

    name: str
    title: str
    path: Path
    world: str
    sync_from_hours: float
    settings: Mapping[str, float]
    define: Mapping[str, tuple[Step, ...]]
    steps: tuple[Step, ...]


@dataclass(kw_only=True)
class _Reader:
    path: Path
    defined: set[str] = field(default_factory=set)

    def refuse(self, line: int, reason: str) -> ScenarioWrong:
        return ScenarioWrong(f"{self.path}, line {line}: {reason}")

    def mapping(self, value: Any, line: int, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(line, f"{what} must be named values, not {type(value).__name__}.")
        return value

    def only(self, value: dict[str, Any], allowed: frozenset[str], what: str) -> None:
        for name in value:
            if name != LINE and name not in allowed:
                raise self.refuse(
                    value[LINE], f"{what} has no {name!r}; it has {', '.join(sorted(allowed))}."
                )


class _LineLoader(yaml.SafeLoader):
    """Keeps the line of every mapping beside its values."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        mapping[LINE] = node.start_mark.line + 1
        return mapping


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    :raises ScenarioWrong: naming file, line and reason
    """
    reader = _Reader(path=path)
    try:
        whole = yaml.load(path.read_text(), Loader=_LineLoader)  # noqa: S506
    except OSError as error:
        raise ScenarioWrong(f"{path}: {error.strerror}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise reader.refuse(line, f"it is not YAML: {error.problem}.") from error
    top = reader.mapping(whole, 1, "A scenario")
    reader.only(top, TOP_FIELDS, "A scenario")
    for name in ("scenario", "title", "steps"):
        if not top.get(name):
            raise reader.refuse(top[LINE], f"{name} is missing.")
    chosen = reader.mapping(top.get("settings", {LINE: 1}), top[LINE], "settings")
    reader.only(chosen, SETTINGS, "settings")
    define = reader.mapping(top.get("define", {LINE: 1}), top[LINE], "define")
    reader.defined = {name for name in define if name != LINE}
    return Scenario(
        name=str(top["scenario"]),
        title=str(top["title"]),
        path=path,
        world=str(top.get("world", "empty")),
        sync_from_hours=float(top.get("sync_from_hours", 3)),
        settings={name: float(value) for name, value in chosen.items() if name != LINE},
        define={
            name: _steps(reader, steps, top[LINE]) for name, steps in define.items() if name != LINE
        },
        steps=_steps(reader, top["steps"], top[LINE]),
    )


def _steps(reader: _Reader, value: Any, line: int) -> tuple[Step, ...]:
    if not isinstance(value, list) or not value:
        raise reader.refuse(line, "steps must be a list that is not empty.")
    return tuple(_step(reader, reader.mapping(one, line, "A step")) for one in value)


def _step(reader: _Reader, row: dict[str, Any]) -> Step:
    kinds = [name for name in row if name in STEP_KINDS]
    if len(kinds) != 1:
        raise reader.refuse(
            row[LINE], f"a step does exactly one of {', '.join(STEP_KINDS)}; this names {kinds}."
        )
    kind = kinds[0]
    reader.only(row, STEP_KINDS[kind] | COMMON_FIELDS | {kind}, f"A step of kind {kind}")
    fields = {name: value for name, value in row.items() if name in STEP_KINDS[kind]}
    value = row[kind]
    if kind == "use" and value not in reader.defined:
        raise reader.refuse(row[LINE], f"nothing named {value!r} is defined.")
    if kind == "for":
        fields["steps"] = _steps(reader, fields.get("steps"), row[LINE])
    if kind == "expect":
        value = _expectations(reader, value, row[LINE])
    return Step(
        kind=kind,
        value=value,
        fields=fields,
        line=row[LINE],
        name=str(row.get("name", "")),
        note=str(row.get("note", "")),
    )


def _expectations(reader: _Reader, value: Any, line: int) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        named = reader.mapping(row, line, "An expectation")
        kinds = [name for name in named if name in EXPECTATIONS]
        if len(kinds) != 1:
            raise reader.refuse(named[LINE], f"an expectation is one of {', '.join(EXPECTATIONS)}.")
        reader.only(named, frozenset({kinds[0], "text"}), "An expectation")
        inner = reader.mapping(named[kinds[0]], named[LINE], kinds[0])
        reader.only(inner, EXPECTATIONS[kinds[0]], kinds[0])
    return rows


def without_lines(value: Any) -> Any:
    """Return a value of the file without the line numbers that the loader keeps."""
    if isinstance(value, dict):
        return {key: without_lines(item) for key, item in value.items() if key != LINE}
    if isinstance(value, list):
        return [without_lines(item) for item in value]
    return value
