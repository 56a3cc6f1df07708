"""Coming due: tags that run low, what runs out, and the next reconciliation."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.reconciliation import ReconciliationReport
from glassbox.queries.alerts import open_alerts_about
from glassbox.queries.dashboard_rows.tile import Tile
from glassbox.queries.frame import LicenseBadge, Scope
from glassbox.rules.clocks import reconciliation_due_at

# More are not counted: what matters is whether they run low.
TAGS_COUNTED_AT_MOST = 500
TAGS_ARE_LOW_BELOW = 100
SOON_DAYS = 30
RUNNING_OUT = (
    ("expiry:coa", "COAs that run out"),
    ("expiry:metrc_key", "METRC keys that run out"),
)


def coming_due(*, scope: Scope, now: datetime) -> tuple[Tile, ...]:
    """Return what runs low or out, and when the next count is due, inside a read transaction."""
    many = len(scope.licenses) > 1
    return (
        *(_tags(badge, many) for badge in scope.licenses),
        *(_running_out(scope, about, name) for about, name in RUNNING_OUT),
        *(one for badge in scope.licenses for one in _days(badge, many, now)),
    )


def _tags(badge: LicenseBadge, many: bool) -> Tile:
    unused = Tag.objects.filter(license_id=badge.id, status=TagStatus.RECEIVED)
    count = unused.order_by().values("id")[: TAGS_COUNTED_AT_MOST + 1].count()
    return Tile(
        name=f"Unused tags{_at(badge, many)}",
        count=min(count, TAGS_COUNTED_AT_MOST),
        at_least=count > TAGS_COUNTED_AT_MOST,
        address="catalog/",
        note="low: order more" if count < TAGS_ARE_LOW_BELOW else "enough",
        is_warning=count < TAGS_ARE_LOW_BELOW,
    )


def _running_out(scope: Scope, about: str, name: str) -> Tile:
    alerts = open_alerts_about(scope.license_ids, about)
    found = alerts.aggregate(number=Count("id"), first=Min("due_at"))
    first = found["first"]
    return Tile(
        name=name,
        count=found["number"],
        address=f"alerts/?about={about}",
        day=first.astimezone(ZoneInfo(scope.time_zone)).date() if first else None,
        note="" if first else "none within 30 days",
        is_warning=bool(found["number"]),
    )


def _days(badge: LicenseBadge, many: bool, now: datetime) -> tuple[Tile, ...]:
    license = License.objects.get(id=badge.id)
    today = now.astimezone(ZoneInfo(license.time_zone)).date()
    signed = ReconciliationReport.objects.filter(license=license, signed_at__isnull=False)
    reconciled_at = signed.aggregate(at=Max("signed_at"))["at"] or license.created_at
    due = reconciliation_due_at(reconciled_at).astimezone(ZoneInfo(license.time_zone)).date()
    reconciliation = Tile(
        name=f"Days to the next reconciliation{_at(badge, many)}",
        count=(due - today).days,
        address="reconciliation/",
        day=due,
        is_warning=(due - today).days <= 5,
    )
    if license.valid_until is None:
        return (reconciliation,)
    left = (license.valid_until - today).days
    return (
        reconciliation,
        Tile(
            name=f"Days left of the licence{_at(badge, many)}",
            count=left,
            address="company/",
            day=license.valid_until,
            is_warning=left <= SOON_DAYS,
        ),
    )


def _at(badge: LicenseBadge, many: bool) -> str:
    return f", {badge.letter}" if many else ""
