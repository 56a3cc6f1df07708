"""The list of actions: who drafted what, where it stands, and whom it waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from glassbox import access
from glassbox.models.actions import GateCheck, RegulatedAction
from glassbox.queries.cursors import Chapter, chapter_ids, in_order
from glassbox.rules.action_kinds.kind import Tier
from glassbox.rules.action_kinds.registry import ACTION_KINDS, kind_named
from glassbox.rules.action_lifecycle import ENDS, SHOWN_AS, ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Severity

ROWS_PER_PAGE = 100
COUNTED_AT_MOST = 10_000
# Of the 24 hours in which an entry is due (CA-TT-03), less than four are left.
CLOCK_NEARLY_GONE = timedelta(hours=20)

WAITS_FOR: dict[ActionState, str] = {
    ActionState.DRAFT: "its drafter, to send it for review",
    ActionState.IN_REVIEW: "an approver",
    ActionState.APPROVED: "the worker, to send it",
    ActionState.SUBMITTING: "METRC, to show it",
    ActionState.UNCONFIRMED: "a look into METRC",
    ActionState.BLOCKED: "a person, to decide",
}


class ActionView(StrEnum):
    """The saved queues; each is a filter that the address carries."""

    OPEN = "open"
    MINE = "mine"
    REVIEW = "review"
    APPROVE = "to-approve"
    BY_HAND = "by-hand"
    WAITING = "submitted"
    UNKNOWN = "in-doubt"
    REJECTED = "rejected"
    CLOCK = "clock"
    DONE_TODAY = "done-today"
    ENDED = "ended"
    ALL = "all"


# Views of what has ended: those that stay short, and those that grow with every action.
SHORT_ENDED = (ActionView.REJECTED, ActionView.DONE_TODAY)
LONG_ENDED = (ActionView.ENDED, ActionView.ALL)

VIEW_NAMES: dict[ActionView, str] = {
    ActionView.OPEN: "Open",
    ActionView.MINE: "Mine",
    ActionView.REVIEW: "To review",
    ActionView.APPROVE: "For me to approve",
    ActionView.BY_HAND: "To do in METRC",
    ActionView.WAITING: "Submitted, waiting",
    ActionView.UNKNOWN: "Outcome unknown",
    ActionView.REJECTED: "Rejected by METRC",
    ActionView.CLOCK: "24 hours nearly gone",
    ActionView.DONE_TODAY: "Done today",
    ActionView.ENDED: "Ended",
    ActionView.ALL: "All",
}


@dataclass(frozen=True, kw_only=True)
class ActionFilter:
    """What the list is asked for."""

    view: ActionView = ActionView.OPEN
    kind: str = ""
    label: str = ""
    transfer_id: int | None = None
    batch_id: int | None = None
    order_id: int | None = None
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class GateLights:
    """What the gates said of an action when they were last asked: open, warning, blocking."""

    green: int
    amber: int
    red: int
    asked_at: datetime


@dataclass(frozen=True, kw_only=True)
class ActionRow:
    """One action in a list; `lights` are None until its gates were asked."""

    id: int
    license_id: int
    license_number: str
    kind: str
    kind_title: str
    state: str
    state_words: str
    waits_for: str
    effect_sentence: str
    reason: str
    labels: tuple[str, ...]
    is_by_hand: bool
    drafted_by: str
    drafted_at: datetime
    approved_by: str
    blocked_because: str
    outcome: str
    settled_at: datetime | None
    tier: str
    priority: int
    due_at: datetime | None
    is_overdue: bool
    payload_sha256: str
    wave_id: int | None
    transfer_id: int | None
    batch_id: int | None
    order_id: int | None
    lights: GateLights | None = None


@dataclass(frozen=True, kw_only=True)
class ActionList:
    """One page of actions, how many there are in all, and how many each view holds.

    The views of all that ever ended are counted only when they are open, and up to 10,000.
    """

    rows: tuple[ActionRow, ...]
    total: int
    page: int
    page_count: int
    counts: dict[str, int]
    filter: ActionFilter


def action_rows(
    *, actor: Actor, license_ids: tuple[int, ...], filter: ActionFilter, now: datetime
) -> ActionList:
    """Return one page of actions, what is urgent and due first, with the size of every view."""
    with access.reading(actor):
        actions = _narrowed(RegulatedAction.objects.filter(license_id__in=license_ids), filter)
        conditions = {view: view_condition(view, actor, license_ids, now) for view in ActionView}
        counts = _counts(actions, conditions)
        if filter.view not in counts:
            # What has ended only grows: so many are counted, and no more.
            ended = actions.filter(conditions[filter.view]).order_by().values("id")
            counts[filter.view.value] = ended[:COUNTED_AT_MOST].count()
        total = counts[filter.view.value]
        page_count = max(1, -(-total // ROWS_PER_PAGE))
        page = min(max(1, filter.page), page_count)
        start = (page - 1) * ROWS_PER_PAGE
        found = (
            actions.filter(conditions[filter.view])
            .select_related("license", "drafted_by", "approved_by")
            .annotate(last_check=_LAST_CHECK)
            .order_by(*_order(filter.view))[start : start + ROWS_PER_PAGE]
        )
        rows = tuple(replace(row_of(action, now), lights=_lights(action)) for action in found)
    return ActionList(
        rows=rows, total=total, page=page, page_count=page_count, counts=counts, filter=filter
    )


def action_chapter(
    *, actor: Actor, license_id: int, filter: ActionFilter, cursor: str, now: datetime
) -> Chapter[ActionRow]:
    """Return the next 100 actions of a view of one licence, the one drafted last first.

    :raises InvalidInput: if `cursor` is no place in a list
    """
    with access.reading(actor, license_id=license_id):
        found = _narrowed(RegulatedAction.objects.filter(license_id=license_id), filter)
        part = chapter_ids(
            found.filter(view_condition(filter.view, actor, (license_id,), now)), cursor
        )
        shown = RegulatedAction.objects.filter(id__in=part.rows).annotate(last_check=_LAST_CHECK)
        rows = [
            replace(row_of(action, now), lights=_lights(action))
            for action in shown.select_related("license", "drafted_by", "approved_by")
        ]
        return Chapter(rows=in_order(part.rows, rows), next=part.next)


_LAST_CHECK = Subquery(
    GateCheck.objects.filter(action_id=OuterRef("pk"))
    .order_by("-id")
    .values(said=JSONObject(findings=F("findings"), at=F("checked_at")))[:1]
)


def _lights(action: RegulatedAction) -> GateLights | None:
    said = action.__dict__["last_check"]
    if said is None:
        return None
    blocking = {one["code"] for one in said["findings"] if one["severity"] == Severity.BLOCKS}
    spoke = {one["code"] for one in said["findings"]}
    return GateLights(
        green=max(0, len(kind_named(action.kind).gates) - len(spoke)),
        amber=len(spoke - blocking),
        red=len(blocking),
        asked_at=datetime.fromisoformat(said["at"]),
    )


def _counts(actions: QuerySet[RegulatedAction], conditions: dict[ActionView, Q]) -> dict[str, int]:
    """Return the size of every view but those of all that ever ended, each by an index."""
    of_open = [view for view in ActionView if view not in (*SHORT_ENDED, *LONG_ENDED)]
    found = actions.exclude(state__in=ENDS).aggregate(
        **{view.name: Count("id", filter=conditions[view]) for view in of_open}
    )
    return {view.value: found[view.name] for view in of_open} | {
        view.value: actions.filter(conditions[view]).count() for view in SHORT_ENDED
    }


def may_draft(*, actor: Actor, license_id: int) -> bool:
    """Return whether the actor may draft actions at a licence, for the buttons that begin one.

    :raises NotFound: if the actor may not look into that licence
    """
    with access.reading(actor, license_id=license_id):
        return Permission.ACTION_DRAFT in access.permissions_at(actor, license_id)


def _order(view: ActionView) -> tuple[str, ...]:
    if view in (ActionView.ENDED, ActionView.DONE_TODAY, ActionView.REJECTED, ActionView.ALL):
        return ("-drafted_at", "-id")
    return ("priority", "due_at", "id")


def row_of(action: RegulatedAction, now: datetime) -> ActionRow:
    """Return one action for a list; licence, drafter and approver must be selected along."""
    kind, state = kind_named(action.kind), ActionState(action.state)
    return ActionRow(
        id=action.pk,
        license_id=action.license_id,
        license_number=action.license.number,
        kind=kind.name,
        kind_title=kind.title,
        state=state,
        state_words=SHOWN_AS[state],
        waits_for=_waits_for(action, state, is_by_hand=kind.is_done_in_metrc),
        effect_sentence=action.effect_sentence,
        reason=action.reason,
        labels=tuple(action.labels),
        is_by_hand=kind.is_done_in_metrc,
        drafted_by=action.drafted_by.name,
        drafted_at=action.drafted_at,
        approved_by=action.approved_by.name if action.approved_by else "",
        blocked_because=action.blocked_because,
        outcome=action.outcome,
        settled_at=action.settled_at,
        tier=kind.tier,
        priority=action.priority,
        due_at=action.due_at,
        is_overdue=state not in ENDS and action.due_at is not None and action.due_at < now,
        payload_sha256=action.payload_sha256,
        wave_id=action.wave_id,
        transfer_id=action.transfer_id,
        batch_id=action.batch_id,
        order_id=action.order_id,
    )


def _waits_for(action: RegulatedAction, state: ActionState, *, is_by_hand: bool) -> str:
    if state is ActionState.APPROVED and is_by_hand:
        return "a person, to do it in METRC and attest it"
    if state is ActionState.APPROVED and action.blocked_because:
        return "what stands beside it, asked again by itself"
    return WAITS_FOR.get(state, "")


def _narrowed(
    actions: QuerySet[RegulatedAction], filter: ActionFilter
) -> QuerySet[RegulatedAction]:
    if filter.kind:
        actions = actions.filter(kind=filter.kind)
    if filter.label:
        actions = actions.filter(named__label=filter.label)
    links = {
        "transfer_id": filter.transfer_id,
        "batch_id": filter.batch_id,
        "order_id": filter.order_id,
    }
    return actions.filter(**{name: value for name, value in links.items() if value is not None})


def view_condition(
    view: ActionView, actor: Actor, license_ids: tuple[int, ...], now: datetime
) -> Q:
    """Return what the actions of a view have in common, inside a read transaction."""
    ended = Q(state__in=ENDS)
    by_hand = Q(metrc_endpoint__startswith="by hand")
    mine = Q(drafted_by_id=actor.user_id)
    waits = Q(state=ActionState.IN_REVIEW)
    conditions = {
        ActionView.OPEN: ~ended,
        ActionView.REVIEW: waits,
        ActionView.APPROVE: waits & ~_own_work(actor) & _approvable(actor, license_ids),
        ActionView.BY_HAND: by_hand & Q(state=ActionState.APPROVED),
        ActionView.WAITING: Q(state=ActionState.SUBMITTING)
        | (Q(state=ActionState.APPROVED) & ~by_hand),
        ActionView.UNKNOWN: Q(state__in=[ActionState.UNCONFIRMED, ActionState.BLOCKED]),
        ActionView.CLOCK: ~ended & Q(drafted_at__lt=now - CLOCK_NEARLY_GONE),
        ActionView.REJECTED: Q(state=ActionState.REJECTED),
        ActionView.DONE_TODAY: Q(
            state=ActionState.ACCEPTED, settled_at__gt=now - timedelta(hours=24)
        ),
        ActionView.MINE: ~ended & mine,
        ActionView.ENDED: ended,
        ActionView.ALL: Q(),
    }
    return conditions[view]


def _own_work(actor: Actor) -> Q:
    routine = [kind.name for kind in ACTION_KINDS.values() if kind.tier is Tier.ROUTINE]
    return Q(drafted_by_id=actor.user_id) & ~Q(kind__in=routine)


def _approvable(actor: Actor, license_ids: tuple[int, ...]) -> Q:
    """What the actor may sign, licence by licence, by the tier of its kind."""
    found = Q(pk__in=[])
    for license_id in license_ids:
        may = access.permissions_at(actor, license_id)
        kinds = [kind.name for kind in ACTION_KINDS.values() if kind.approval_permission in may]
        found |= Q(license_id=license_id, kind__in=kinds)
    return found
