"""Which documented operations this simulator answers."""

from __future__ import annotations

from collections.abc import Iterator

from metrc_simulator.contract.operations import OPERATIONS, Operation
from metrc_simulator.routes.finder import find_route


def answers(operation: Operation) -> bool:
    """Return whether the simulator has a route of its own for `operation`."""
    return not isinstance(find_route(operation.method, operation.filled()), int)


def missing() -> tuple[Operation, ...]:
    """Return the documented operations that the simulator does not answer."""
    return tuple(one for one in OPERATIONS if not answers(one))


def coverage_lines() -> Iterator[str]:
    """Yield the coverage table: one line an operation, the sums, and METRC's own gaps by name."""
    for operation in OPERATIONS:
        yield f"{'yes' if answers(operation) else 'NO ':3}  {operation}"
    yield f"{len(OPERATIONS) - len(missing())} of {len(OPERATIONS)} operations are answered."
    gaps = [f"  {one}: {one.gap()}" for one in OPERATIONS if one.gap()]
    yield f"{len(gaps)} operations METRC itself documents in part only:"
    yield from gaps
