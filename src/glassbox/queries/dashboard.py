"""The home page: the flow map, the four heartbeat lights, what waits, and the bridge between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, QuerySet

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.transfers import Transfer
from glassbox.queries.flow_map.picture import FlowMap, flow_map
from glassbox.queries.flow_map.places import StepFilter
from glassbox.queries.frame import Scope
from glassbox.queries.heartbeat import LightRow, heartbeat_lights
from glassbox.queries.transfers import OPEN_STATES, TransferRow, transfer_rows
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import Actor


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One queue that waits for a person, and since when."""

    name: str
    count: int
    oldest_at: datetime | None
    address: str


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """All that the home page shows."""

    map: FlowMap
    lights: tuple[LightRow, ...]
    tiles: tuple[Tile, ...]
    bridge: tuple[TransferRow, ...]


def dashboard(*, actor: Actor, scope: Scope, chosen: StepFilter | None, now: datetime) -> Dashboard:
    """Return the home page of a scope at this moment."""
    picture = flow_map(actor=actor, scope=scope, chosen=chosen, now=now)
    with access.reading(actor):
        lights = heartbeat_lights(scope=scope, now=now)
        tiles = _tiles(scope.license_ids)
    return Dashboard(map=picture, lights=lights, tiles=tiles, bridge=_bridge(actor, scope))


def _tiles(license_ids: tuple[int, ...]) -> tuple[Tile, ...]:
    actions = RegulatedAction.objects.filter(license_id__in=license_ids)
    by_hand = actions.filter(state=ActionState.APPROVED, metrc_endpoint__startswith="by hand")
    cases = ExceptionCase.objects.filter(license_id__in=license_ids, state=CaseState.OPEN)
    in_review = actions.filter(state=ActionState.IN_REVIEW)
    unknown = actions.filter(state=ActionState.UNCONFIRMED)
    blocked = actions.filter(state=ActionState.BLOCKED)
    return (
        _tile("To approve", in_review, "drafted_at", "actions/?view=review"),
        _tile("To do in METRC by hand", by_hand, "approved_at", "actions/?view=by-hand"),
        _tile("Unknown outcome", unknown, "claimed_at", "actions/?view=in-doubt"),
        _tile("Blocked, a person decides", blocked, "claimed_at", "actions/?view=in-doubt"),
        _tile("Open cases", cases, "opened_at", "cases/"),
    )


def _tile(
    name: str,
    rows: QuerySet[RegulatedAction] | QuerySet[ExceptionCase],
    field: str,
    address: str,
) -> Tile:
    return Tile(
        name=name,
        count=rows.count(),
        oldest_at=rows.aggregate(oldest=Min(field))["oldest"],
        address=address,
    )


def _bridge(actor: Actor, scope: Scope) -> tuple[TransferRow, ...]:
    """Return open transfers between two licences of ours: sent by one, not yet taken by the other."""
    with access.reading(actor):
        ours = set(
            License.objects.filter(id__in=[badge.id for badge in scope.switch]).values_list(
                "number", flat=True
            )
        )
        between = set(
            Transfer.objects.filter(
                license_id__in=scope.license_ids,
                shipper_license_number__in=ours,
                receiver_license_number__in=ours,
                state__in=OPEN_STATES,
            ).values_list("id", flat=True)
        )
    if not between:
        return ()
    rows = transfer_rows(
        actor=actor, license_ids=scope.license_ids, direction="OUTGOING", open_only=True
    )
    return tuple(row for row in rows if row.id in between)
