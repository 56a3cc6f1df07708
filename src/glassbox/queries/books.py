"""METRC's newest word of a package, put beside our own row of it."""

from __future__ import annotations

from glassbox.models.packages import Package
from glassbox.queries.freshness import PackagesAsOf
from glassbox.rules.package_state import PackageList, PackageState
from glassbox.rules.quantities import quantity


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
