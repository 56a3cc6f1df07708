"""Needs you: what waits for a person, each queue with its size and its oldest."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, Q

from glassbox.models.actions import RegulatedAction
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.queries.actions.rows import VIEW_NAMES, ActionView, view_condition
from glassbox.queries.dashboard_rows.tile import Tile
from glassbox.queries.frame import ENDED_STATES, Scope
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseSeverity

QUEUES = (
    ActionView.REVIEW,
    ActionView.APPROVE,
    ActionView.UNKNOWN,
    ActionView.BY_HAND,
    ActionView.CLOCK,
)


def needs_you(*, actor: Actor, scope: Scope, now: datetime) -> tuple[Tile, ...]:
    """Return the queues of actions and the open cases by severity, inside a read transaction."""
    return (*_actions(actor, scope, now), *_cases(scope, now))


def _actions(actor: Actor, scope: Scope, now: datetime) -> tuple[Tile, ...]:
    # All of these are open, and what is open stands in an index of its own.
    open_actions = RegulatedAction.objects.filter(license_id__in=scope.license_ids).exclude(
        state__in=ENDED_STATES
    )
    wanted = {view: view_condition(view, actor, scope.license_ids, now) for view in QUEUES}
    found = open_actions.aggregate(
        **{f"count_{view.name}": Count("id", filter=wanted[view]) for view in QUEUES},
        **{f"oldest_{view.name}": Min("drafted_at", filter=wanted[view]) for view in QUEUES},
    )
    return tuple(
        Tile(
            name=VIEW_NAMES[view],
            count=found[f"count_{view.name}"],
            address=f"actions/?view={view}",
            since=found[f"oldest_{view.name}"],
            is_warning=view in (ActionView.UNKNOWN, ActionView.CLOCK),
        )
        for view in QUEUES
    )


def _cases(scope: Scope, now: datetime) -> tuple[Tile, ...]:
    awake = ExceptionCase.objects.filter(
        license_id__in=scope.license_ids, state=CaseState.OPEN
    ).exclude(Q(snoozed_until__gt=now, snoozed_until__isnull=False))
    rows = awake.values("severity").annotate(number=Count("id"), oldest=Min("opened_at"))
    by_severity = {row["severity"]: row for row in rows.order_by()}
    return tuple(
        Tile(
            name=f"{severity.title()} cases",
            count=by_severity[severity]["number"] if severity in by_severity else 0,
            address=f"cases/?severity={severity}",
            since=by_severity[severity]["oldest"] if severity in by_severity else None,
            is_warning=severity in (CaseSeverity.CRITICAL, CaseSeverity.HIGH),
        )
        for severity in reversed(CaseSeverity)
    )
