"""Our own hold on a package: every hand may place one, few may lift it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.packages import Hold, Package, PackageSnapshot
from glassbox.operations.lab.releases import revoke_release_in_transaction
from glassbox.operations.packages import locked_package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.lab.facts import newest_snapshot
from glassbox.rules.actor import Actor
from glassbox.rules.lab_status import has_passed
from glassbox.rules.package_state import STRICTNESS, LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class StateHoldStands(Refused):
    """METRC still flags the package: only the State lifts that (scenario S12)."""

    code = "package.on-state-hold"


@operation
def place_hold(*, actor: Actor, license_id: int, label: str, reason: str, now: datetime) -> int:
    """Place our own hold on a package at once; a release and its allocations end by it.

    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.PACKAGE_HOLD, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why it is held.")
    package = locked_package(license_id, label)
    return place_hold_in_transaction(actor=actor, package=package, reason=reason.strip(), now=now)


def place_hold_in_transaction(*, actor: Actor, package: Package, reason: str, now: datetime) -> int:
    """Hold a locked package, whoever found the reason; a hold that stands is kept."""
    assert connection.in_atomic_block, "a hold commits with what found its reason"
    standing = Hold.objects.filter(package=package, lifted_at__isnull=True).first()
    if standing is not None:
        return standing.pk
    revoke_release_in_transaction(actor=actor, package=package, because=reason, now=now)
    hold = Hold.objects.create(
        company_id=package.company_id,
        license_id=package.license_id,
        package=package,
        reason=reason,
        placed_by_id=actor.user_id,
        placed_at=now,
    )
    before = package.local_state
    if STRICTNESS[LocalState(before)] < STRICTNESS[LocalState.LOCAL_HOLD]:
        package.local_state = LocalState.LOCAL_HOLD
        package.save(update_fields=["local_state"])
    ledger.append(
        type=EventType.HOLD_PLACED,
        subject=f"package:{package.label}",
        actor=actor,
        reason=reason,
        state_before=before,
        state_after=package.local_state,
        now=now,
    )
    return hold.pk


@operation
def lift_hold(*, actor: Actor, license_id: int, label: str, reason: str, now: datetime) -> None:
    """Lift our own hold. The package goes back to quarantine, never straight to sellable.

    :raises StateHoldStands: if METRC flags the package
    :raises NotFound: if nothing of ours holds it
    """
    access.require(actor, Permission.PACKAGE_LIFT_HOLD, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why it is lifted.")
    package = locked_package(license_id, label)
    newest = newest_snapshot(package)
    if newest is not None and newest.is_on_hold:
        raise StateHoldStands(f"METRC flags {label}. Only the State lifts its hold.")
    holds = Hold.objects.filter(package=package, lifted_at__isnull=True)
    is_held = package.local_state in (LocalState.LOCAL_HOLD, LocalState.STATE_HOLD)
    if not holds.exists() and not is_held:
        raise NotFound("There is no hold of ours on this package.")
    holds.update(lifted_at=now, lifted_by_id=person_id(actor))
    before = package.local_state
    if is_held:
        package.local_state = _state_after_hold(package, newest)
        package.save(update_fields=["local_state"])
    ledger.append(
        type=EventType.HOLD_LIFTED,
        subject=f"package:{label}",
        actor=actor,
        reason=reason.strip(),
        state_before=before,
        state_after=package.local_state,
        now=now,
    )


def _state_after_hold(package: Package, newest: PackageSnapshot | None) -> LocalState:
    """Return where goods stand that nobody has judged again yet."""
    if package.license.kind != "DISTRIBUTION":
        return LocalState.QUARANTINE
    passed = newest is not None and has_passed(newest.lab_state)
    return LocalState.TEST_PASSED if passed else LocalState.DIST_QUARANTINE
