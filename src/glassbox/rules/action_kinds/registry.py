"""Every kind of action by its name, and the cutting of many rows into sends."""

from __future__ import annotations

from glassbox.rules.action_kinds import (
    adjustments,
    catalog,
    deliveries,
    discontinuing,
    job_outputs,
    lab_results,
    manifests,
    package_changes,
    package_fields,
    packages,
    processing_jobs,
    templates,
    transporters,
)
from glassbox.rules.action_kinds.facts import Facts
from glassbox.rules.action_kinds.kind import ActionKind
from glassbox.rules.verdicts import InvalidInput

ACTION_KINDS: dict[str, ActionKind] = {
    kind.name: kind
    for family in (
        packages.KINDS,
        adjustments.KINDS,
        package_changes.KINDS,
        package_fields.KINDS,
        discontinuing.KINDS,
        processing_jobs.KINDS,
        job_outputs.KINDS,
        lab_results.KINDS,
        catalog.KINDS,
        templates.KINDS,
        transporters.KINDS,
        manifests.KINDS,
        deliveries.KINDS,
    )
    for kind in family
}


def kind_named(name: str) -> ActionKind:
    """Return the kind of that name.

    :raises InvalidInput: if there is no such kind
    """
    try:
        return ACTION_KINDS[name]
    except KeyError:
        raise InvalidInput(
            field="kind", value=name, way_out=f"Use one of: {', '.join(ACTION_KINDS)}."
        ) from None


def cut_into_sends(kind: ActionKind, facts: Facts) -> tuple[Facts, ...]:
    """Cut facts with many rows into the facts of single sends, in order (S14d: 25 = 10+10+5).

    :raises InvalidInput: if there are no rows, or too many for a kind that cannot be cut
    """
    if not kind.rows_field:
        return (facts,)
    rows = facts.get(kind.rows_field)
    if not isinstance(rows, list | tuple) or not rows:
        raise InvalidInput(field=kind.rows_field, value=rows, way_out="Give at least one row.")
    most = kind.max_objects_per_send
    return tuple(
        {**facts, kind.rows_field: list(rows[start : start + most])}
        for start in range(0, len(rows), most)
    )
