"""Bodies of writes with every documented field, each with a value of its documented type."""

from __future__ import annotations

from typing import Any

from metrc_simulator.contract.operations import Operation

_SAMPLES: dict[str, Any] = {
    "string": "Sample",
    "integer": 1,
    "number": 1.5,
    "boolean": False,
    "date": "2026-11-20",
    "datetime": "2026-11-20T10:00:00",
}


def sample_body(operation: Operation) -> Any:
    """Return a body with every documented field: one object, or an array of one."""
    root = sample_object(operation)
    return root if operation.body == "object" else [root]


def sample_object(operation: Operation) -> dict[str, Any]:
    """Return one object of the body with every documented field."""
    root: dict[str, Any] = {}
    for name, kind in operation.fields.items():
        here = root
        *above, last = name.split(".")
        for step in above:
            inner = here.setdefault(step.removesuffix("[]"), [{}])
            if inner == []:
                inner.append({})
            here = inner[0] if isinstance(inner, list) else inner
        here.setdefault(last.removesuffix("[]"), [] if "array" in kind else _SAMPLES.get(kind))
    return root
