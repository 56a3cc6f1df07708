"""What is done about a difference of the two books, by state: read from the pack's data."""

from __future__ import annotations

from collections.abc import Mapping

from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.exception_policy import (
    POLICIES,
    CaseClass,
    CasePolicy,
    CaseSeverity,
)
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import InvalidInput

Procedures = Mapping[CaseClass, CasePolicy]

# Every class that a difference can open has a procedure; a pack that forgets one is refused.
OF_DIFFERENCES = frozenset(CaseClass) - frozenset(POLICIES)
# Differences that explain themselves: what a person does meanwhile.
WAITING: dict[DifferenceClass, tuple[str, ...]] = {
    DifferenceClass.TIMING: (
        "Wait for the next read of METRC, or ask for it now.",
        "Compare again; nothing is corrected before that.",
    ),
    DifferenceClass.AUTHORITY: (
        "See which key or permission METRC refuses; its case says whose.",
        "Have it put right, then read METRC again. Nothing is called missing before that.",
    ),
    DifferenceClass.TRANSFER: (
        "Follow the manifest; the goods are counted where they arrive.",
        "If they are overdue, a case opens by itself.",
    ),
}


def read_procedures(data: object) -> dict[CaseClass, CasePolicy]:
    """Return the procedures of one state from the plain values of its file.

    :raises InvalidInput: naming the class and the field that is missing or cannot be used
    """
    rows = data.get("procedures") if isinstance(data, Mapping) else None
    if not isinstance(rows, Mapping):
        raise InvalidInput(field="procedures", value=data, way_out="Name a procedure by its class.")
    found = {_class_named(name): _procedure(name, row) for name, row in rows.items()}
    missing = sorted(OF_DIFFERENCES - set(found))
    if missing:
        raise InvalidInput(
            field="procedures", value=missing[0], way_out="Every difference needs a procedure."
        )
    return found


def _class_named(name: object) -> CaseClass:
    if name not in OF_DIFFERENCES:
        raise InvalidInput(
            field="procedures", value=name, way_out=f"Use {', '.join(sorted(OF_DIFFERENCES))}."
        )
    return CaseClass(str(name))


def _procedure(name: object, row: object) -> CasePolicy:
    values = row if isinstance(row, Mapping) else {}
    due, steps = values.get("due"), values.get("steps")
    if not isinstance(due, Mapping) or not isinstance(due.get("hours"), int) or due["hours"] < 1:
        raise InvalidInput(
            field=f"{name}.due", value=due, way_out="Give hours, and the rule they come from."
        )
    if not isinstance(steps, list) or not steps or not all(isinstance(one, str) for one in steps):
        raise InvalidInput(field=f"{name}.steps", value=steps, way_out="Give one step or more.")
    for field in ("owner", "severity", "rule_id", "why"):
        if not isinstance(values.get(field), str):
            raise InvalidInput(
                field=f"{name}.{field}", value=values.get(field), way_out="It must be there."
            )
    try:
        return CasePolicy(
            severity=CaseSeverity(values["severity"]),
            due_hours=due["hours"],
            rule_id=values["rule_id"],
            why_it_matters=values["why"],
            steps=tuple(steps),
            owner=Role(values["owner"]),
        )
    except ValueError as problem:
        raise InvalidInput(
            field=f"{name}", value=problem, way_out="Name a role and a severity that exist."
        ) from problem
