"""Both books of a licence as the rules compare them: our movements, METRC's newest snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import Package
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.package_state import LocalState, PackageList, PackageState
from glassbox.rules.quantities import quantity
from glassbox.rules.reconcile import OurPackage

UNRESOLVED = (ActionState.SUBMITTING, ActionState.UNCONFIRMED, ActionState.BLOCKED)


@dataclass(frozen=True, kw_only=True)
class BothBooks:
    """Our packages, and METRC's by label."""

    ours: tuple[OurPackage, ...]
    metrc: dict[str, PackageState]


def both_books(license_id: int) -> BothBooks:
    """Return both books of a licence, inside the caller's transaction; four statements."""
    rows = with_metrc(Package.objects.filter(license_id=license_id)).annotate(
        moved_at=Max("movements__recorded_at")
    )
    unresolved: dict[str, list[int]] = {}
    for action_id, labels in RegulatedAction.objects.filter(
        license_id=license_id, state__in=UNRESOLVED
    ).values_list("id", "labels"):
        for label in labels:
            unresolved.setdefault(label, []).append(action_id)
    ours, metrc = [], {}
    as_of = packages_as_of((license_id,))
    for package in rows:
        row = package.__dict__
        if row["moved_at"] is not None:
            ours.append(
                OurPackage(
                    label=package.label,
                    quantity=quantity(row["our_quantity"], package.unit),
                    local_state=LocalState(package.local_state),
                    moved_at=row["moved_at"],
                    unresolved_action_ids=tuple(unresolved.get(package.label, ())),
                )
            )
        if row["metrc_list"] is not None:
            metrc[package.label] = metrc_state(package, as_of)
    return BothBooks(ours=tuple(ours), metrc=metrc)


def metrc_state(package: Package, as_of: PackagesAsOf) -> PackageState:
    """Return METRC's newest word of a package that `with_metrc` has put beside it."""
    row = package.__dict__
    return PackageState(
        label=package.label,
        quantity=quantity(row["metrc_quantity"], package.unit),
        item_name=package.item_name,
        lab_testing_state=row["lab_state"] or "",
        seen_in=PackageList(row["metrc_list"]),
        seen_at=as_of.of(package),
        is_on_hold=bool(row["is_held_by_state"]),
        is_finished=bool(row.get("is_finished")),
    )
