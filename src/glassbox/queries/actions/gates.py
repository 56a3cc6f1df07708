"""The gates of a stored action, asked at one moment, and the reading its pre-image holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import PackageSnapshot
from glassbox.queries.actions.facts import action_facts, metrc_words
from glassbox.queries.actions.standing import standing_of
from glassbox.rules.action_kinds.reading import PackageSeen, Reading, field_texts
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.quantities import quantity
from glassbox.rules.rule_lines import Rules, overridden
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Hold what the gates said, by which rules, and the digest of everything they saw."""

    findings: tuple[Finding, ...]
    rules: Rules
    facts_sha256: str
    metrc_now: dict[str, dict[str, str]]


def ask_gates(
    action: RegulatedAction, moment: Moment, *, approver_id: int | None, now: datetime
) -> Asked:
    """Ask every gate of an action's kind, inside the caller's transaction."""
    standing = standing_of(action)
    facts = action_facts(action, moment, standing=standing, approver_id=approver_id, now=now)
    findings = run_gates(kind_named(action.kind).gates, facts)
    return Asked(
        findings=overridden(findings, standing.overrides, standing.rules),
        rules=standing.rules,
        facts_sha256=digest(facts),
        metrc_now=metrc_words(facts.packages),
    )


def gates_of(
    action: RegulatedAction, moment: Moment, *, approver_id: int | None, now: datetime
) -> tuple[Finding, ...]:
    """Return what every gate of an action's kind says, inside the caller's transaction."""
    return ask_gates(action, moment, approver_id=approver_id, now=now).findings


def digest(facts: object) -> str:
    """Return the hash of everything the gates saw, so that nobody argues later what it was."""
    content = msgspec.json.encode(facts, enc_hook=str, order="deterministic")
    return hashlib.sha256(content).hexdigest()


def reading_from_json(value: Any) -> Reading | None:
    """Return a stored reading, or None if there is none."""
    return None if value is None else msgspec.convert(value, Reading, strict=False)


def preimage_of(action: RegulatedAction, now: datetime) -> Reading:
    """Return what stood in METRC before the action: read at its claim, or else as last synced."""
    stored = reading_from_json(action.preimage)
    if stored is not None:
        return stored
    snapshots = PackageSnapshot.objects.filter(
        license_id=action.license_id, package__label__in=action.labels, is_newest=True
    ).select_related("package")
    return Reading(
        read_at=now,
        packages={
            snapshot.package.label: PackageSeen(
                label=snapshot.package.label,
                quantity=quantity(snapshot.quantity, snapshot.unit),
                item_name=snapshot.item_name,
                location_name=snapshot.location_name,
                lab_testing_state=snapshot.lab_state,
                is_finished=snapshot.is_finished,
                last_modified_at=snapshot.last_modified_at,
                values=field_texts(snapshot.raw),
            )
            for snapshot in snapshots
        },
    )
