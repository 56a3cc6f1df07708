"""What is due: licences to read again, actions to send or look up, alerts to raise and deliver."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.models.alerts import AlertDelivery, AlertWatch
from glassbox.models.companies import License
from glassbox.models.sync import MetrcSubscription, PackageHint, SyncRun, SyncRunState
from glassbox.operations import queue
from glassbox.operations.actions.draft import BY_HAND
from glassbox.operations.alerts.deliver import due_deliveries
from glassbox.operations.anchoring import defer_anchoring
from glassbox.operations.submission.circuits import license_circuit_now, metrc_circuit_now
from glassbox.operations.submission.confirm import release_settled_lanes
from glassbox.operations.sync.run import DEAD_AFTER
from glassbox.operations.sync.subscription import hints_are_set_up
from glassbox.operations.transaction import operation
from glassbox.rules.action_lifecycle import ActionState, job_priority
from glassbox.rules.actor import Actor
from glassbox.rules.circuit import Circuit
from glassbox.rules.permissions import Permission

# A flood of hints is read in one go each time; what they cost METRC is bounded by this.
HINTS_EVERY_SECONDS = 10.0
SUBSCRIPTION_CHECKED_EVERY = timedelta(hours=24)
SUBSCRIPTION_TRIED_EVERY = timedelta(hours=1)
ACTIONS_AT_MOST = 200
DELIVERIES_AT_MOST = 200


def defer_due_jobs(*, actor: Actor, now: datetime) -> None:
    """Queue what is due, licence by licence. Polled by the worker; queues nothing twice."""
    metrc = metrc_circuit_now(actor, now)
    for license_id in access.license_ids_of(actor):
        _defer_for(actor=actor, license_id=license_id, metrc=metrc, now=now)
        release_settled_lanes(actor=actor, license_id=license_id, now=now)
    defer_anchoring(now=now)


@operation
def _defer_for(*, actor: Actor, license_id: int, metrc: Circuit, now: datetime) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    license = License.objects.get(id=license_id)
    if license.is_active and _sync_is_due(license_id, now):
        queue.defer(
            queue.JobName.SYNC_LICENSE,
            once=f"sync:{license_id}",
            license_id=license_id,
            trigger="timetable",
        )
    if license.is_active:
        _defer_hints(license_id, now)
    _defer_actions(license_id, _actions_at_most((metrc, license_circuit_now(license, now))), now)
    _defer_alerts(license_id, now)


def _sync_is_due(license_id: int, now: datetime) -> bool:
    """Say whether the newest run is old enough; one that still works is never asked again."""
    newest = SyncRun.objects.filter(license_id=license_id).order_by("-id").first()
    if newest is None:
        return True
    is_at_work = newest.state == SyncRunState.RUNNING and now - newest.heartbeat_at < DEAD_AFTER
    every = timedelta(seconds=settings.SYNC_EVERY_SECONDS)
    return not is_at_work and now - newest.started_at >= every


def _defer_hints(license_id: int, now: datetime) -> None:
    """Queue the reading of hints, a moment after the last, and the daily look at the subscription."""
    hints = PackageHint.objects.filter(license_id=license_id)
    just_read = hints.filter(read_at__gt=now - timedelta(seconds=HINTS_EVERY_SECONDS))
    if hints.filter(read_at__isnull=True).exists() and not just_read.exists():
        queue.defer(queue.JobName.READ_HINTS, once=f"hints:{license_id}", license_id=license_id)
    if not hints_are_set_up():
        return
    known = MetrcSubscription.objects.filter(license_id=license_id).first()
    if known is not None and known.checked_at is not None:
        again = SUBSCRIPTION_CHECKED_EVERY if known.is_active else SUBSCRIPTION_TRIED_EVERY
        if now - known.checked_at < again:
            return
    queue.defer(
        queue.JobName.KEEP_SUBSCRIPTION, once=f"subscribe:{license_id}", license_id=license_id
    )


def _actions_at_most(circuits: tuple[Circuit, ...]) -> int:
    """Return how many actions to try: none while METRC rests, one to find out whether it is back."""
    if any(circuit.is_open for circuit in circuits):
        return 0
    return 1 if any(circuit.is_trying for circuit in circuits) else ACTIONS_AT_MOST


def _defer_actions(license_id: int, at_most: int, now: datetime) -> None:
    """Queue what is approved and may be sent, and what was sent and is to be looked up.

    In the order of approval: of two on the same goods the earlier one goes first.
    """
    due = RegulatedAction.objects.filter(
        Q(not_before_at__isnull=True) | Q(not_before_at__lte=now), license_id=license_id
    )
    to_send = due.filter(state=ActionState.APPROVED).exclude(metrc_endpoint=BY_HAND)
    to_look_up = due.filter(
        Q(state__in=[ActionState.SUBMITTING, ActionState.UNCONFIRMED])
        | Q(state=ActionState.APPROVED, metrc_endpoint=BY_HAND, attested_at__isnull=False)
    )
    for job, once, actions in (
        (queue.JobName.SUBMIT_ACTION, "action", to_send),
        (queue.JobName.CONFIRM_ACTION, "confirm", to_look_up),
    ):
        # In the order of the approvals, so that what is urgent goes first and a lineage in turn.
        ordered = actions.order_by("priority", "approved_at", "id")
        for action_id, priority in ordered.values_list("id", "priority")[:at_most]:
            queue.defer(
                job,
                once=f"{once}:{action_id}",
                priority=job_priority(priority),
                license_id=license_id,
                action_id=action_id,
            )


def _defer_alerts(license_id: int, now: datetime) -> None:
    """Queue a look at the clocks once a minute, and every delivery that may leave."""
    since = now - timedelta(seconds=settings.ALERTS_EVERY_SECONDS)
    if not AlertWatch.objects.filter(license_id=license_id, looked_at__gt=since).exists():
        queue.defer(queue.JobName.RAISE_ALERTS, once=f"alerts:{license_id}", license_id=license_id)
    due = AlertDelivery.objects.filter(due_deliveries(now), license_id=license_id)
    for delivery_id in due.order_by("id").values_list("id", flat=True)[:DELIVERIES_AT_MOST]:
        queue.defer(
            queue.JobName.DELIVER_ALERT,
            once=f"deliver:{delivery_id}",
            license_id=license_id,
            delivery_id=delivery_id,
        )
