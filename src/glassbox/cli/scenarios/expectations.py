"""What a scenario expects: each kind of expectation, and what was found instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from glassbox import clock
from glassbox.audit.verify import verify
from glassbox.cli.scenarios.stage import Stage
from glassbox.queries import scenario_facts as facts
from glassbox.rules.verdicts import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One expectation: what it says, whether it held, and what was found if not."""

    text: str
    held: bool
    found: str
    line: int

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as the flow's JSON lists it."""
        shown = {"text": self.text, "held": self.held}
        return shown if self.held else {**shown, "found": self.found, "line": self.line}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What expectations look at."""

    stage: Stage
    licenses: dict[str, int]

    def license_id(self, number: Any) -> int:
        """Return our id of a licence.

        :raises InvalidInput: if the scenario's brand has no such licence
        """
        try:
            return self.licenses[str(number)]
        except KeyError:
            raise InvalidInput(
                field="at", value=number, way_out=f"Use one of {', '.join(self.licenses)}."
            ) from None


Check = Callable[[Scene, dict[str, Any]], list[tuple[str, bool, str]]]


def check(scene: Scene, expectation: dict[str, Any], line: int) -> list[Outcome]:
    """Check one expectation; each of its parts is an outcome of its own."""
    kind = next(name for name in expectation if name in CHECKS)
    said = str(expectation.get("text", ""))
    return [
        Outcome(text=f"{said}: {text}" if said else text, held=held, found=found, line=line)
        for text, held, found in CHECKS[kind](scene, expectation[kind])
    ]


def _same(wanted: Any, found: Any) -> bool:
    try:
        return Decimal(str(wanted)) == Decimal(str(found))
    except InvalidOperation:
        return str(wanted) == str(found)


def _fields(
    what: str, wanted: dict[str, Any], found: dict[str, Any] | None, names: tuple[str, ...]
) -> list[tuple[str, bool, str]]:
    outcomes = []
    for name in names:
        if name in wanted:
            shown = "nothing" if found is None else str(found.get(name))
            held = found is not None and _same(wanted[name], found.get(name))
            words = name.replace("_", " ")
            outcomes.append((f"{what}: {words} is {wanted[name]}", held, f"{words} is {shown}"))
    return outcomes


def _metrc(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    label, number = str(wanted["label"]), str(wanted["at"])
    row = scene.stage.metrc_package(label, number)
    what = f"METRC's {label} at {number}"
    if wanted.get("absent"):
        return [(f"{what} is absent", row is None, "METRC has it")]
    found = row and {
        "quantity": row["Quantity"],
        "lab_state": row["LabTestingState"],
        "location": row["LocationName"],
    }
    return _fields(what, wanted, found, ("quantity", "lab_state", "location"))


def _book(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    label, number = str(wanted["label"]), str(wanted["at"])
    found = facts.package(scene.license_id(number), label)
    return _fields(f"Our {label} at {number}", wanted, found, ("quantity", "local_state"))


def _action(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    found = facts.action(scene.license_id(wanted["at"]), int(wanted["id"]))
    return _fields(f"Action {wanted['id']}", wanted, found, ("state", "attempts"))


def _cases(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    rows = facts.open_cases(
        scene.license_id(wanted["at"]), str(wanted.get("class", "")), clock.now()
    )
    named = wanted.get("class", "any class")
    outcomes = [
        (
            f"{wanted['at']} has {wanted['count']} open cases of {named}",
            len(rows) == int(wanted["count"]),
            "; ".join(row["title"] for row in rows) or "there is none",
        )
    ]
    if "overdue" in wanted:
        late = [row["title"] for row in rows if row["is_overdue"]]
        outcomes.append(
            (
                f"{wanted['overdue']} of them are overdue",
                len(late) == int(wanted["overdue"]),
                "; ".join(late) or "none is",
            )
        )
    if "due_in_hours" in wanted:
        hours = [row["due_in_hours"] for row in rows]
        outcomes.append(
            (
                f"the case of {named} is due {wanted['due_in_hours']} hours after it was opened",
                any(_same(wanted["due_in_hours"], one) for one in hours),
                f"due after {hours} hours",
            )
        )
    return outcomes


def _events(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    found = facts.event_count(scene.license_id(wanted["at"]), str(wanted["type"]))
    if "at_least" in wanted:
        held = found >= int(wanted["at_least"])
        return [(f"at least {wanted['at_least']} events {wanted['type']}", held, f"{found}")]
    held = found == int(wanted["count"])
    return [(f"{wanted['count']} events {wanted['type']}", held, f"there are {found}")]


def _writes(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    path, method = str(wanted["path"]), str(wanted.get("method", ""))
    applied = [
        entry
        for entry in scene.stage.journal()
        if entry["method"] != "GET"
        and entry["path"].rstrip("/") == path.rstrip("/")
        and method in ("", entry["method"])
        and wanted.get("license") in (None, entry["licenseNumber"])
        and entry["applied"]
    ]
    text = f"METRC applied {wanted['count']} writes {method} {path}".replace("  ", " ")
    return [(text, len(applied) == int(wanted["count"]), f"it applied {len(applied)}")]


def _transfer(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    found = facts.transfer(
        scene.license_id(wanted["at"]),
        manifest=str(wanted["manifest"]),
        direction=str(wanted["direction"]),
    )
    return _fields(
        f"Manifest {wanted['manifest']}", wanted, found, ("state", "packages", "wholesale_total")
    )


def _equal(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    left, right = wanted["left"], wanted["right"]
    return [(f"{left} is {right}", _same(left, right), f"{left} is not {right}")]


def _approvers(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    found = facts.approvers([scene.license_id(number) for number in wanted["at"]])
    held = len(found) >= int(wanted["at_least"])
    return [(f"at least {wanted['at_least']} people approved", held, f"{len(found)} did")]


def _proven(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    bare = facts.unproven_sends([scene.license_id(number) for number in wanted["at"]])
    text = "every accepted action has another person's approval and a look that saw it"
    return [(text, not bare, f"actions {bare} have not")]


def _ledger(scene: Scene, wanted: dict[str, Any]) -> list[tuple[str, bool, str]]:
    found = verify(settings.GLASSBOX_VERIFIER_DATABASE_URL)
    held = found.is_verified is bool(wanted["verified"])
    return [("the ledger verifies", held, found.problem or f"{found.events} events verify")]


CHECKS: dict[str, Check] = {
    "metrc": _metrc,
    "book": _book,
    "action": _action,
    "cases": _cases,
    "events": _events,
    "writes": _writes,
    "transfer": _transfer,
    "equal": _equal,
    "approvers": _approvers,
    "proven": _proven,
    "ledger": _ledger,
}
