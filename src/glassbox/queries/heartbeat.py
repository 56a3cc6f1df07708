"""The four heartbeat lights of each licence, each a number with its list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.packages import STANDING_VIEWS, PackageStanding
from glassbox.models.reconciliation import ReconciliationReport
from glassbox.models.transfers import Transfer, TransferDirection, TransferState
from glassbox.queries.frame import ENDED_STATES, LicenseBadge, Scope
from glassbox.queries.package_grid.views import NOT_IN_OUR_ROOMS
from glassbox.rules.heartbeat import HeartbeatFacts, lights

ADDRESSES = {
    "tagged_inventory": "packages/?view=not-in-metrc",
    "entry_24_hours": "actions/",
    "manifest_before_movement": "transfers/outgoing/",
    "reconciliation_30_days": "reconciliation/",
}
ENTRY_IS_DUE_AFTER = timedelta(hours=24)
LEAVES_SOON = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class LightRow:
    """One light of one licence on the home page."""

    letter: str
    name: str
    color: str
    count: int
    sentence: str
    address: str


def heartbeat_lights(*, scope: Scope, now: datetime) -> tuple[LightRow, ...]:
    """Return the lights of the licences in sight, inside the caller's read transaction."""
    return tuple(row for badge in scope.licenses for row in _lights_of(badge, now))


def _lights_of(badge: LicenseBadge, now: datetime) -> tuple[LightRow, ...]:
    return tuple(
        LightRow(
            letter=badge.letter,
            name=light.title,
            color=light.colour.lower(),
            count=light.count,
            sentence=light.sentence,
            address=f"/l/{badge.number}/{ADDRESSES[light.key]}",
        )
        for light in lights(_facts(badge, now))
    )


def _facts(badge: LicenseBadge, now: datetime) -> HeartbeatFacts:
    here = PackageStanding.objects.filter(license_id=badge.id, is_here=True)
    unseen = here.filter(STANDING_VIEWS["unseen"])
    untagged = unseen.exclude(local_state__in=NOT_IN_OUR_ROOMS)
    open_entries = RegulatedAction.objects.filter(license_id=badge.id).exclude(
        state__in=ENDED_STATES
    )
    entries = open_entries.aggregate(
        open=Count("id"),
        late=Count("id", filter=Q(drafted_at__lt=now - ENTRY_IS_DUE_AFTER)),
        oldest=Min("drafted_at"),
    )
    leaving = Transfer.objects.filter(license_id=badge.id, direction=TransferDirection.OUTGOING)
    before = [TransferState.PLANNED, TransferState.RELEASED, TransferState.TEMPLATE_STORED]
    moving = leaving.filter(state__in=[*before, TransferState.DEPARTED]).aggregate(
        soon=Count(
            "packages",
            filter=Q(state__in=before, departs_at__lt=now + LEAVES_SOON),
        ),
        gone=Count("packages", filter=Q(state=TransferState.DEPARTED, manifest_number="")),
    )
    reports = ReconciliationReport.objects.filter(license_id=badge.id, signed_at__isnull=False)
    return HeartbeatFacts(
        now=now,
        read_at=badge.as_of,
        tagged_count=here.count() - unseen.count(),
        untagged_count=untagged.count(),
        open_entry_count=entries["open"],
        late_entry_count=entries["late"],
        oldest_open_entry_at=entries["oldest"],
        unmanifested_count=moving["soon"],
        departed_without_count=moving["gone"],
        reconciled_at=reports.aggregate(at=Max("signed_at"))["at"],
        opened_at=License.objects.get(id=badge.id).created_at,
    )
