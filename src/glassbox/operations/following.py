"""After METRC was read: samples, releases, deliveries, orders and holds follow what it shows."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.packages import PackageSnapshot
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.lab.releases import keep_releases_true_in_transaction
from glassbox.operations.lab.results import follow_samples_in_transaction
from glassbox.operations.transaction import operation
from glassbox.operations.transfers.follow import follow_transfers_in_transaction
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission

STILL_HERE = (PackageList.ACTIVE, PackageList.ON_HOLD, PackageList.IN_TRANSIT)


@operation
def follow_license(*, actor: Actor, license_id: int, now: datetime) -> None:
    """Let our own flow of one licence follow METRC's newest word; twice changes nothing more."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    license = License.objects.select_for_update().get(id=license_id)
    follow_samples_in_transaction(actor=actor, license=license, now=now)
    keep_releases_true_in_transaction(actor=actor, license=license, now=now)
    follow_transfers_in_transaction(actor=actor, license=license, now=now)
    _follow_holds(actor, license, now)


def _follow_holds(actor: Actor, license: License, now: datetime) -> None:
    newest = PackageSnapshot.objects.filter(
        license=license, is_newest=True, list_name__in=STILL_HERE
    ).select_related("package")
    for snapshot in newest.filter(is_on_hold=True).order_by("package_id"):
        label = snapshot.package.label
        advice = case_for(
            CaseClass.STATE_HOLD,
            fact_key=f"state-hold:{label}",
            title=f"{label} is on a State hold",
            what_happened=f"METRC flags a hold, recall or investigation on {label}.",
            found_at=now,
        )
        open_case_in_transaction(
            actor=actor, license=license, advice=advice, package_id=snapshot.package_id, now=now
        )
    free = newest.filter(is_on_hold=False).values_list("package__label", flat=True)
    close_cases_in_transaction(
        actor=actor,
        license=license,
        fact_keys={f"state-hold:{label}" for label in free},
        because="METRC shows no flag any more; quality reviews the package again",
        now=now,
    )
