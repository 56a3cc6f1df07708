"""Two states that are never mixed: METRC's API does not answer, and access is declared lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.outages import AccessLoss
from glassbox.models.packages import Package
from glassbox.models.sync import ApiRequest, SyncRun, SyncRunState
from glassbox.queries.freshness import freshness_of
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import access_notice_due_at
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import number_text

LOSSES_AT_MOST = 50
PACKAGES_ON_A_SHEET = 10_000
ANSWERED = Q(status__lt=500)


@dataclass(frozen=True, kw_only=True)
class ApiAway:
    """METRC's API does not answer: since when, and what the last try said."""

    since: datetime
    error: str


@dataclass(frozen=True, kw_only=True)
class LossRow:
    """One declared loss of access."""

    license_number: str
    lost_at: datetime
    reason: str
    declared_by: str
    declared_at: datetime
    regained_at: datetime | None
    regained_by: str
    regained_reason: str
    notice_due_at: datetime


@dataclass(frozen=True, kw_only=True)
class OutageOf:
    """Both states of one licence."""

    license_number: str
    api_away: ApiAway | None
    last_answer_at: datetime | None
    open_loss: LossRow | None
    may_declare: bool


@dataclass(frozen=True, kw_only=True)
class OutagePage:
    """Both states of the licences in sight, and the losses of access there were."""

    licenses: tuple[OutageOf, ...]
    losses: tuple[LossRow, ...]


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One active package as a contingency sheet shows it; quantities without their unit."""

    label: str
    item_name: str
    unit: str
    metrc_quantity: str
    our_quantity: str
    location: str


@dataclass(frozen=True, kw_only=True)
class SheetFacts:
    """The active packages METRC last showed, and up to when its word is known."""

    license_number: str
    legal_name: str
    time_zone: str
    as_of: datetime | None
    rows: tuple[SheetRow, ...]
    left_out: int


def api_away_by_license(license_ids: tuple[int, ...]) -> dict[int, ApiAway]:
    """Return the licences whose last ended run got no answer at all, inside a read transaction.

    A 5xx is no answer. A feed that alone fails, a refused key, a 429: METRC is there.
    """
    newest = (
        SyncRun.objects.filter(license_id__in=license_ids)
        .exclude(state=SyncRunState.RUNNING)
        .order_by("license_id", "-id")
        .distinct("license_id")
    )
    found = {}
    for run in newest:
        away = _away(run) if run.state == SyncRunState.FAILED else None
        if away is not None:
            found[run.license_id] = away
    return found


def _away(run: SyncRun) -> ApiAway | None:
    asked = ApiRequest.objects.filter(license_id=run.license_id)
    of_run = asked.filter(sync_run=run)
    if not of_run.exists() or of_run.filter(ANSWERED).exists():
        return None
    last_answer_at = _last_answer_at(run.license_id)
    silent = asked if last_answer_at is None else asked.filter(sent_at__gt=last_answer_at)
    first = silent.exclude(ANSWERED).order_by("sent_at").first()
    return None if first is None else ApiAway(since=first.sent_at, error=run.error)


def _last_answer_at(license_id: int) -> datetime | None:
    answered = ApiRequest.objects.filter(ANSWERED, license_id=license_id).order_by("-sent_at")
    return answered.values_list("sent_at", flat=True).first()


def outage_page(*, actor: Actor, license_ids: tuple[int, ...]) -> OutagePage:
    """Return both states of the licences in sight, and the newest 50 losses of access."""
    with access.reading(actor):
        away = api_away_by_license(license_ids)
        losses = tuple(
            AccessLoss.objects.filter(license_id__in=license_ids)
            .select_related("license", "declared_by", "regained_by")
            .order_by("-declared_at")[:LOSSES_AT_MOST]
        )
        open_losses = {loss.license_id: loss for loss in losses if loss.regained_at is None}
        return OutagePage(
            licenses=tuple(
                OutageOf(
                    license_number=license.number,
                    api_away=away.get(license.pk),
                    last_answer_at=_last_answer_at(license.pk),
                    open_loss=_row(open_losses[license.pk]) if license.pk in open_losses else None,
                    may_declare=Permission.OUTAGE_DECLARE
                    in access.permissions_at(actor, license.pk),
                )
                for license in License.objects.filter(id__in=license_ids).order_by("number")
            ),
            losses=tuple(_row(loss) for loss in losses if loss.regained_at is not None),
        )


def _row(loss: AccessLoss) -> LossRow:
    return LossRow(
        license_number=loss.license.number,
        lost_at=loss.lost_at,
        reason=loss.reason,
        declared_by=loss.declared_by.name,
        declared_at=loss.declared_at,
        regained_at=loss.regained_at,
        regained_by=loss.regained_by.name if loss.regained_by else "",
        regained_reason=loss.regained_reason,
        notice_due_at=access_notice_due_at(loss.lost_at),
    )


def contingency_facts(*, actor: Actor, license_id: int) -> SheetFacts:
    """Return what a prefilled sheet shows, from the last snapshots: METRC is not asked."""
    with access.reading(actor, license_id=license_id):
        license = License.objects.get(id=license_id)
        active = (
            with_metrc(Package.objects.filter(license_id=license_id))
            .annotate(metrc_location=F("newest__location_name"))
            .filter(metrc_list__in=[PackageList.ACTIVE, PackageList.ON_HOLD])
        )
        rows = active.order_by("location_name", "item_name", "label")[:PACKAGES_ON_A_SHEET]
        return SheetFacts(
            license_number=license.number,
            legal_name=license.legal_name,
            time_zone=license.time_zone,
            as_of=freshness_of(license_id).packages_as_of,
            rows=tuple(_sheet_row(package) for package in rows),
            left_out=max(active.count() - PACKAGES_ON_A_SHEET, 0),
        )


def _sheet_row(package: Package) -> SheetRow:
    row = package.__dict__
    held = " (on hold)" if row["metrc_list"] == PackageList.ON_HOLD else ""
    return SheetRow(
        label=package.label,
        item_name=package.item_name + held,
        unit=package.unit,
        metrc_quantity=number_text(row["metrc_quantity"]),
        our_quantity=number_text(row["our_quantity"]),
        location=package.location_name or row["metrc_location"],
    )
