"""The home page: the flow map, the four heartbeat lights, what waits, and the bridge between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.queries.dashboard_rows.bridge import Bridge, bridge
from glassbox.queries.dashboard_rows.drill import drill_tile
from glassbox.queries.dashboard_rows.due import coming_due
from glassbox.queries.dashboard_rows.events import LastEvent, last_events
from glassbox.queries.dashboard_rows.needs import needs_you
from glassbox.queries.dashboard_rows.stuck import stuck
from glassbox.queries.dashboard_rows.tile import Tile
from glassbox.queries.flow_map.picture import FlowMap, flow_map
from glassbox.queries.flow_map.places import StepFilter
from glassbox.queries.frame import Scope
from glassbox.queries.heartbeat import LightRow, heartbeat_lights
from glassbox.rules.actor import Actor


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """All that the home page shows; every number is the length of the list it leads to."""

    map: FlowMap
    lights: tuple[LightRow, ...]
    needs: tuple[Tile, ...]
    stuck: tuple[Tile, ...]
    due: tuple[Tile, ...]
    bridge: Bridge
    events: tuple[LastEvent, ...]


def dashboard(*, actor: Actor, scope: Scope, chosen: StepFilter | None, now: datetime) -> Dashboard:
    """Return the home page of a scope at this moment."""
    picture = flow_map(actor=actor, scope=scope, chosen=chosen, now=now)
    with access.reading(actor):
        return Dashboard(
            map=picture,
            lights=heartbeat_lights(scope=scope, now=now),
            needs=needs_you(actor=actor, scope=scope, now=now),
            stuck=stuck(scope=scope, now=now),
            due=(
                *coming_due(scope=scope, now=now),
                *drill_tile(actor=actor, scope=scope, now=now),
            ),
            bridge=bridge(scope=scope),
            events=last_events(scope=scope),
        )
