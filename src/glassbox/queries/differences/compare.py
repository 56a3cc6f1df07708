"""Compare the two books of a licence: candidates from the database, judged by the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.packages import Package
from glassbox.queries.differences.candidates import Candidate, candidates
from glassbox.queries.differences.known import known_of
from glassbox.queries.freshness import freshness_of, packages_as_of
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.action_lifecycle import UNRESOLVED, ActionState
from glassbox.rules.package_state import LocalState, PackageList, PackageState
from glassbox.rules.quantities import quantity
from glassbox.rules.reconcile import (
    Difference,
    Known,
    OurPackage,
    Pair,
    Reading,
    differences_of,
)
from glassbox.rules.rule_lines import threshold

# Somebody has asked for it, and METRC may change by it.
IN_FLIGHT = (ActionState.IN_REVIEW, ActionState.APPROVED, *UNRESOLVED)


def differences_at(
    license_id: int,
    *,
    now: datetime,
    only: tuple[str, ...] | None = None,
) -> tuple[Difference, ...]:
    """Return every difference of a licence by label, inside the caller's transaction.

    The number of statements does not depend on how many packages there are.
    """
    found = candidates(license_id, only=only)
    if not found:
        return ()
    freshness = freshness_of(license_id)
    state = License.objects.values_list("state", flat=True).get(id=license_id)
    known = known_of(
        license_id,
        found,
        freshness=freshness,
        tolerance_percent=threshold(rules_of(state), "COUNT-SCALE", "tolerance_percent"),
        now=now,
    )
    reading = Reading(
        is_whole=freshness.packages_are_whole,
        settle=timedelta(seconds=int(settings.SETTLE_WINDOW_SECONDS)),
        read_at=freshness.packages_as_of,
    )
    pairs = _pairs(license_id, found, known)
    return tuple(one for pair in pairs for one in differences_of(pair, reading))


def _pairs(
    license_id: int,
    found: tuple[Candidate, ...],
    known: dict[str, Known],
) -> tuple[Pair, ...]:
    unresolved = unresolved_actions(license_id)
    as_of = packages_as_of((license_id,))
    pairs = []
    for one in found:
        facts = known.get(one.label, Known())
        seen_at = as_of.of_row(
            license_id, one.label, confirmed_at=one.confirmed_at, opened_at=one.opened_at
        )
        pending = tuple(unresolved.get(one.label, ()))
        ours = _ours(one, pending)
        if ours is None:
            facts = replace(facts, unresolved_action_ids=pending)
        pairs.append(Pair(label=one.label, ours=ours, metrc=_metrc(one, seen_at), known=facts))
    return tuple(pairs)


def unresolved_actions(license_id: int) -> dict[str, list[int]]:
    """Return the ids of actions whose outcome nobody knows yet, by label."""
    found: dict[str, list[int]] = {}
    for action_id, labels in RegulatedAction.objects.filter(
        license_id=license_id, state__in=UNRESOLVED
    ).values_list("id", "labels"):
        for label in labels:
            found.setdefault(label, []).append(action_id)
    return found


def action_in_flight(license_id: int, label: str) -> RegulatedAction | None:
    """Return an action that may still change a package in METRC, inside the caller's transaction."""
    return (
        RegulatedAction.objects.filter(
            license_id=license_id, named__label=label, state__in=IN_FLIGHT
        )
        .order_by("id")
        .first()
    )


def _ours(one: Candidate, unresolved: tuple[int, ...]) -> OurPackage | None:
    if one.our_quantity is None or one.our_unit is None:
        return None
    units = tuple(dict.fromkeys((one.our_unit, one.our_other_unit or one.our_unit)))
    return OurPackage(
        label=one.label,
        quantity=quantity(one.our_quantity, one.our_unit),
        local_state=LocalState(one.local_state),
        moved_at=one.moved_at,
        units=units,
        unresolved_action_ids=unresolved,
    )


def _metrc(one: Candidate, seen_at: datetime) -> PackageState | None:
    if one.metrc_quantity is None or one.metrc_unit is None or one.list_name is None:
        return None
    return PackageState(
        label=one.label,
        quantity=quantity(one.metrc_quantity, one.metrc_unit),
        item_name=one.metrc_item_name or "",
        lab_testing_state=one.lab_state or "",
        seen_in=PackageList(one.list_name),
        seen_at=seen_at,
        is_on_hold=bool(one.is_on_hold),
        is_finished=bool(one.is_finished),
    )


def package_count(license_id: int) -> int:
    """Return how many packages either book has, inside the caller's transaction."""
    return Package.objects.filter(license_id=license_id).count()
