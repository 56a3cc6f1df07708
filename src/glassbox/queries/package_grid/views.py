"""The named views of the packages grid: each a condition on how packages stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import BooleanField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import STANDING_VIEWS
from glassbox.rules.clocks import RECONCILIATION_DAYS
from glassbox.rules.exception_policy import CaseClass
from glassbox.rules.package_state import LocalState, PackageList


class PackageView(StrEnum):
    """The named views of the grid; each is a filter that the address carries."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    AWAITING_LAB = "awaiting-lab"
    QA_QUEUE = "qa-queue"
    READY_TO_SHIP = "ready-to-ship"
    IN_TRANSIT = "in-transit"
    STRAGGLERS = "stragglers"
    NO_COA = "no-coa"
    CHANGED_OUTSIDE = "changed-outside"
    COUNT_DUE = "count-due"
    DIFFERING = "differing"
    FAILED = "failed"
    RETURNING = "returning"
    DESTRUCTION = "destruction"
    NOT_IN_METRC = "not-in-metrc"
    CLOSED = "closed"
    ALL = "all"


VIEW_WORDS = {
    PackageView.ACTIVE: ("Active", "METRC shows them active or on hold, or has not shown them yet"),
    PackageView.ON_HOLD: ("On hold", "Held by the State or by us"),
    PackageView.AWAITING_LAB: ("Awaiting lab", "Active, and no result shows in METRC"),
    PackageView.QA_QUEUE: ("QA queue", "METRC shows a pass, and QA has not released them"),
    PackageView.READY_TO_SHIP: ("Ready to ship", "Active and released by QA"),
    PackageView.IN_TRANSIT: ("In transit", "METRC shows them on the road"),
    PackageView.STRAGGLERS: ("Stragglers", "Active with fewer than 5 units left"),
    PackageView.NO_COA: (
        "No COA",
        "METRC shows a pass, QA waits, and no certificate is filed for them or what they are of",
    ),
    PackageView.CHANGED_OUTSIDE: (
        "Changed outside",
        "Changed in METRC outside our app, and nobody has explained it yet",
    ),
    PackageView.COUNT_DUE: ("Count due", "Active, and not counted in the last 30 days"),
    PackageView.DIFFERING: ("Differing", "Our count is not METRC's"),
    PackageView.FAILED: ("Failed", "METRC shows a failed test"),
    PackageView.RETURNING: ("Returning", "Rejected, on their way back or just back"),
    PackageView.DESTRUCTION: ("Destruction", "Waiting to be destroyed"),
    PackageView.NOT_IN_METRC: ("Not in METRC", "In our rooms, and METRC does not show them"),
    PackageView.CLOSED: ("Closed", "METRC shows them finished or transferred"),
    PackageView.ALL: ("All", "Every package there ever was"),
}

# States in which goods do not stand in our rooms, so that METRC need not show them as ours.
NOT_IN_OUR_ROOMS = (
    LocalState.EXPECTED,
    LocalState.IN_TRANSIT,
    LocalState.DELIVERED,
    LocalState.DISPATCHED,
    LocalState.CLOSED,
    LocalState.DESTROYED,
)

# A certificate speaks for the package, for what it was made of (12 steps back), or for its batch,
# which of a package without one is the batch that all its sources share.
NO_CERTIFICATE = """
NOT EXISTS (
    WITH RECURSIVE family (label, step) AS (
        SELECT package_standings.label, 0
        UNION
        SELECT lineage.parent_label, family.step + 1 FROM package_lineage AS lineage JOIN family
            ON lineage.child_label = family.label
            AND lineage.license_id = package_standings.license_id
        WHERE family.step < 12
    )
    SELECT FROM family JOIN lab_sample_sources AS source
        ON source.license_id = package_standings.license_id AND source.label = family.label
    JOIN coa_documents AS certificate ON certificate.sample_id = source.sample_id
) AND NOT EXISTS (
    SELECT FROM lab_samples AS sample
    JOIN coa_documents AS certificate ON certificate.sample_id = sample.id
    WHERE sample.license_id = package_standings.license_id AND sample.production_batch_number > ''
        AND sample.production_batch_number = coalesce(
            nullif(package_standings.production_batch_number, ''),
            (SELECT raw ->> 'SourceProductionBatchNumbers' FROM package_snapshots
             WHERE package_id = package_standings.package_id AND is_newest))
)
"""


def view_condition(view: PackageView, *, now: datetime) -> Q:
    """Return what the packages of a view have in common, as a condition on their standing."""
    if view in _LIVE:
        return _LIVE[view](now)
    return _PLAIN[view]


def _changed_outside(now: datetime) -> Q:
    cases = ExceptionCase.objects.filter(
        package=OuterRef("package"), state=CaseState.OPEN, case_class=CaseClass.CHANGED_OUTSIDE
    )
    return Q(Exists(cases))


def _count_due(now: datetime) -> Q:
    before = now - timedelta(days=RECONCILIATION_DAYS)
    return Q(is_here=True) & (Q(counted_at__isnull=True) | Q(counted_at__lt=before))


def _no_coa(now: datetime) -> Q:
    missing = RawSQL(NO_CERTIFICATE, (), output_field=BooleanField())
    return STANDING_VIEWS["passed"] & Q(missing)


_LIVE = {
    PackageView.CHANGED_OUTSIDE: _changed_outside,
    PackageView.COUNT_DUE: _count_due,
    PackageView.NO_COA: _no_coa,
}
_PLAIN = {
    PackageView.ACTIVE: Q(is_here=True),
    PackageView.ON_HOLD: STANDING_VIEWS["held"],
    PackageView.AWAITING_LAB: STANDING_VIEWS["untested"],
    PackageView.QA_QUEUE: STANDING_VIEWS["passed"],
    PackageView.READY_TO_SHIP: STANDING_VIEWS["ready"],
    PackageView.IN_TRANSIT: STANDING_VIEWS["on_road"],
    PackageView.STRAGGLERS: STANDING_VIEWS["remnant"],
    PackageView.DIFFERING: STANDING_VIEWS["differing"],
    PackageView.FAILED: STANDING_VIEWS["failed"],
    PackageView.RETURNING: Q(local_state__in=[LocalState.REJECTED_RETURNING, LocalState.RETURNED]),
    PackageView.DESTRUCTION: Q(local_state=LocalState.PENDING_DESTRUCTION),
    PackageView.NOT_IN_METRC: STANDING_VIEWS["unseen"] & ~Q(local_state__in=NOT_IN_OUR_ROOMS),
    PackageView.CLOSED: Q(is_here=False)
    & Q(list_name__in=[PackageList.INACTIVE, PackageList.TRANSFERRED]),
    PackageView.ALL: Q(),
}
