"""What stands open at a licence, gathered for the rules of alerts; inside a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Max

from glassbox.models.actions import RegulatedAction
from glassbox.models.alerts import WatchedDate
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.reconciliation import (
    BookCorrection,
    CorrectionState,
    ReconciliationReport,
)
from glassbox.models.sync import ApiRequest
from glassbox.models.transfers import Transfer, TransferDirection, TransferState
from glassbox.queries.drills import last_good_drill_at
from glassbox.queries.outages import api_away_by_license
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.action_lifecycle import ENDS
from glassbox.rules.alert_facts import (
    AlertFacts,
    DueCase,
    Expiry,
    OpenCorrection,
    OpenEntry,
    OpenTransfer,
    TagArrival,
    WatchedKind,
)
from glassbox.rules.clocks import certificate_limit
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.package_state import PackageList
from glassbox.rules.rule_lines import threshold

# Of each kind, the oldest so many: more open facts than that are a fault, not a worklist.
OF_A_KIND_AT_MOST = 1_000
# A single answer may have waited on its way; the middle of some has not.
CLOCK_READINGS = 9
NOT_YET_REGISTERED = (
    TransferState.PLANNED,
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
)
UNDER_WAY = (TransferState.REGISTERED, TransferState.DEPARTED)


def alert_facts(license: License, now: datetime) -> AlertFacts:
    """Return all that the alerts of a licence are decided by."""
    away = api_away_by_license((license.pk,)).get(license.pk)
    signed = ReconciliationReport.objects.filter(license=license, signed_at__isnull=False)
    return AlertFacts(
        now=now,
        zone=ZoneInfo(license.time_zone),
        rules=rules_of(license.state),
        reconciled_at=signed.aggregate(at=Max("signed_at"))["at"] or license.created_at,
        drilled_at=last_good_drill_at(license.pk) or license.created_at,
        metrc_offset=metrc_clock_offset(license.pk),
        entries=_entries(license),
        cases=_cases(license),
        corrections=_corrections(license),
        tags=_tags(license),
        arrivals=_arrivals(license, now),
        departures=_departures(license),
        expiries=(*_license_expiry(license), *_certificates(license, now), *_watched(license)),
        api_away_since=away.since if away else None,
        access_lost_at=license.access_lost_at,
    )


def metrc_clock_offset(license_id: int) -> timedelta | None:
    """Return by how much METRC's clock is ahead of ours: the median of its nine newest answers.

    An answer is stamped when METRC has done its work, so it is held against the end of the
    exchange, not against its beginning. Newest is what was heard last, whatever our clock said
    then. None if METRC never told its time.
    """
    answers = ApiRequest.objects.filter(license_id=license_id, metrc_clock_at__isnull=False)
    newest = answers.order_by("-pk").values_list("metrc_clock_at", "sent_at", "duration_seconds")[
        :CLOCK_READINGS
    ]
    apart = [
        (metrc_at - sent_at).total_seconds() - duration
        for metrc_at, sent_at, duration in newest
        if metrc_at is not None
    ]
    return timedelta(seconds=median(apart)) if apart else None


def _entries(license: License) -> tuple[OpenEntry, ...]:
    actions = RegulatedAction.objects.filter(license=license).exclude(state__in=ENDS)
    rows = actions.order_by("drafted_at").values_list("id", "effect_sentence", "drafted_at")
    return tuple(
        OpenEntry(action_id=action_id, what=what[:200], occurred_at=drafted_at)
        for action_id, what, drafted_at in rows[:OF_A_KIND_AT_MOST]
    )


def _cases(license: License) -> tuple[DueCase, ...]:
    cases = ExceptionCase.objects.filter(
        license=license, state=CaseState.OPEN, due_at__isnull=False
    )
    return tuple(
        DueCase(
            case_id=case.pk,
            title=case.title,
            what_to_do=case.what_to_do,
            rule_id=case.rule_id,
            severity=CaseSeverity(case.severity),
            opened_at=case.opened_at,
            due_at=case.due_at,
            owner_id=case.owner_id,
        )
        for case in cases.order_by("due_at")[:OF_A_KIND_AT_MOST]
        if case.due_at is not None
    )


def _corrections(license: License) -> tuple[OpenCorrection, ...]:
    waiting = BookCorrection.objects.filter(license=license, state=CorrectionState.PROPOSED)
    rows = waiting.order_by("proposed_at").values_list("id", "package__label", "proposed_at")
    return tuple(
        OpenCorrection(correction_id=correction_id, label=label, proposed_at=proposed_at)
        for correction_id, label, proposed_at in rows[:OF_A_KIND_AT_MOST]
    )


def _arrivals(license: License, now: datetime) -> tuple[OpenTransfer, ...]:
    late = Transfer.objects.filter(
        license=license, state__in=UNDER_WAY, received_at__isnull=True, arrives_at__lt=now
    )
    return tuple(
        OpenTransfer(
            transfer_id=transfer.pk,
            partner=_partner(transfer),
            at=transfer.arrives_at,
            is_incoming=transfer.direction == TransferDirection.INCOMING,
        )
        for transfer in late.order_by("arrives_at")[:OF_A_KIND_AT_MOST]
        if transfer.arrives_at is not None
    )


def _departures(license: License) -> tuple[OpenTransfer, ...]:
    planned = Transfer.objects.filter(
        license=license,
        direction=TransferDirection.OUTGOING,
        state__in=NOT_YET_REGISTERED,
        departs_at__isnull=False,
    )
    return tuple(
        OpenTransfer(transfer_id=transfer.pk, partner=_partner(transfer), at=transfer.departs_at)
        for transfer in planned.order_by("departs_at")[:OF_A_KIND_AT_MOST]
        if transfer.departs_at is not None
    )


def _partner(transfer: Transfer) -> str:
    if transfer.direction == TransferDirection.INCOMING:
        return transfer.shipper_name or transfer.shipper_license_number
    return transfer.receiver_name or transfer.receiver_license_number


def _license_expiry(license: License) -> tuple[Expiry, ...]:
    if license.valid_until is None:
        return ()
    # The licence still holds on the day it names.
    return (
        Expiry(
            kind=WatchedKind.LICENSE,
            key=str(license.pk),
            what=f"Licence {license.number}",
            ends_on=license.valid_until + timedelta(days=1),
            address="company/",
        ),
    )


def _certificates(license: License, now: datetime) -> tuple[Expiry, ...]:
    """Return when the certificates run out that goods still here were released by."""
    months = int(threshold(rules_of(license.state), "CA-BT-21", "months"))
    released = QaReview.objects.filter(
        license=license,
        verdict=QaVerdict.RELEASED,
        revoked_at__isnull=True,
        certificate__isnull=False,
        # Younger than ten months of twelve: nothing to tell yet.
        certificate__issued_date__lt=(now - timedelta(days=30 * (months - 2))).date(),
        package__snapshots__is_newest=True,
        package__snapshots__list_name=PackageList.ACTIVE,
    )
    rows = released.order_by("certificate_id").values_list(
        "certificate_id",
        "certificate__certificate_number",
        "certificate__issued_date",
        "certificate__sample_id",
    )
    return tuple(
        Expiry(
            kind=WatchedKind.COA,
            key=str(certificate_id),
            what=f"COA {number}",
            ends_on=certificate_limit(issued, metrc_expires_on=None, months=months),
            address=f"lab/{sample_id}/",
        )
        for certificate_id, number, issued, sample_id in rows.distinct()[:OF_A_KIND_AT_MOST]
    )


def _watched(license: License) -> tuple[Expiry, ...]:
    dates = WatchedDate.objects.filter(license=license, settled_at__isnull=True).exclude(
        kind=WatchedKind.TAGS_ARRIVED
    )
    return tuple(
        Expiry(
            kind=WatchedKind(date.kind),
            key=str(date.pk),
            what=date.what,
            ends_on=date.day + timedelta(days=1),
            address="alerts/channels/",
        )
        for date in dates.order_by("day")[:OF_A_KIND_AT_MOST]
    )


def _tags(license: License) -> tuple[TagArrival, ...]:
    arrived = WatchedDate.objects.filter(
        license=license, settled_at__isnull=True, kind=WatchedKind.TAGS_ARRIVED
    )
    return tuple(
        TagArrival(key=str(date.pk), what=date.what, arrived_on=date.day)
        for date in arrived.order_by("day")[:OF_A_KIND_AT_MOST]
    )
