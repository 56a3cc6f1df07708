"""The four heartbeat lights of each licence, each a number with its list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.packages import Package
from glassbox.models.reconciliation import ReconciliationReport
from glassbox.models.transfers import Transfer, TransferDirection, TransferState
from glassbox.queries.frame import ENDED_STATES, LicenseBadge, Scope
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.heartbeat import HeartbeatFacts, lights
from glassbox.rules.package_state import LocalState

ADDRESSES = {
    "tagged_inventory": "packages/?view=not-in-metrc",
    "entry_24_hours": "actions/",
    "manifest_before_movement": "transfers/outgoing/",
    "reconciliation_30_days": "reconciliation/",
}
ENTRY_IS_DUE_AFTER = timedelta(hours=24)
LEAVES_SOON = timedelta(hours=24)
# States in which goods stand in our rooms, so that METRC must show them.
NOT_IN_OUR_ROOMS = (
    LocalState.EXPECTED,
    LocalState.IN_TRANSIT,
    LocalState.DELIVERED,
    LocalState.DISPATCHED,
    LocalState.CLOSED,
    LocalState.DESTROYED,
)


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
    packages = with_metrc(Package.objects.filter(license_id=badge.id)).aggregate(
        tagged=Count("id", filter=Q(metrc_list__isnull=False)),
        untagged=Count(
            "id", filter=Q(metrc_list__isnull=True) & ~Q(local_state__in=NOT_IN_OUR_ROOMS)
        ),
    )
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
    moving = leaving.aggregate(
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
        tagged_count=packages["tagged"],
        untagged_count=packages["untagged"],
        open_entry_count=entries["open"],
        late_entry_count=entries["late"],
        oldest_open_entry_at=entries["oldest"],
        unmanifested_count=moving["soon"],
        departed_without_count=moving["gone"],
        reconciled_at=reports.aggregate(at=Max("signed_at"))["at"],
        opened_at=License.objects.get(id=badge.id).created_at,
    )
