"""The last restore drill, for whoever answers for the installation."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.companies import License
from glassbox.queries.dashboard_rows.tile import Tile
from glassbox.queries.drills import last_drill, last_good_drill_at
from glassbox.queries.frame import LicenseBadge, Scope
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.rule_lines import threshold

ADMINISTERS = frozenset({Permission.COMPANY_MANAGE, Permission.ALERT_MANAGE})


def drill_tile(*, actor: Actor, scope: Scope, now: datetime) -> tuple[Tile, ...]:
    """Return when a backup was last restored for practice and how it went, in a read transaction.

    Nothing for those who administer no licence in sight. A drill restores the whole installation,
    so one licence tells it for all.
    """
    for badge in scope.licenses:
        if access.permissions_at(actor, badge.id) & ADMINISTERS:
            return (_tile(badge, now),)
    return ()


def _tile(badge: LicenseBadge, now: datetime) -> Tile:
    license = License.objects.get(id=badge.id)
    last = last_drill(badge.id)
    days = (now - (last_good_drill_at(badge.id) or license.created_at)).days
    if last is None:
        note = "none was done yet"
    elif last.failed_at:
        note = f"the last one failed at {last.failed_at}"
    else:
        note = f"all came back in {last.seconds} s"
    return Tile(
        name="Days without a good restore drill",
        count=days,
        address="audit/chains/",
        day=last.at.astimezone(ZoneInfo(badge.time_zone)).date() if last else None,
        note=note,
        is_warning=bool(last and last.failed_at)
        or days >= int(threshold(rules_of(license.state), "ALERT-DRILL", "days")),
    )
