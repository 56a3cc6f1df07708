"""Alerts: from what stands open at a licence to what somebody must know, how gravely, by when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from glassbox.rules.alert_facts import AlertFacts, WatchedKind
from glassbox.rules.clocks import (
    CORRECTION_DAYS,
    access_notice_due_at,
    correction_due_at,
    entry_due_at,
    escalation_level,
    reconciliation_due_at,
)
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.rule_lines import threshold

TAG_RECEIPT_DAYS = 3  # CA-TT-14
OVERDUE = "OVERDUE"
OPENED = "OPENED"
_MARK = re.compile(r"(\d+)([HD])(_LEFT)?")
_ENTRY_STAGES = ("12H", "20H", "23H")
_ENTRY_SEVERITIES = (CaseSeverity.MEDIUM, CaseSeverity.HIGH, CaseSeverity.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class DueAlert:
    """Hold the stage a fact has reached. `address` is below the licence's own address."""

    fact_key: str
    stage: str
    severity: CaseSeverity
    due_at: datetime | None
    title: str
    what_to_do: str
    rule_id: str
    address: str
    owner_id: int | None = None


def due_alerts(facts: AlertFacts) -> tuple[DueAlert, ...]:
    """Return the stage that each open fact has reached; one alert a fact, none before its first.

    :raises RuleMissing: if the rule pack lacks a mark
    """
    return tuple(alert for source in _SOURCES for alert in source(facts))


def stage_words(stage: str) -> str:
    """Return a stage as people say it: "20 hours gone", "7 days left", "overdue"."""
    mark = _MARK.fullmatch(stage)
    if mark is None:
        return stage.lower()
    number, unit, left = mark.groups()
    word = "hour" if unit == "H" else "day"
    return f"{number} {word}{'' if number == '1' else 's'} {'left' if left else 'gone'}"


def _entries(facts: AlertFacts) -> Iterator[DueAlert]:
    """Every regulated event is in METRC within 24 elapsed hours (CA-TT-02, CA-TT-03)."""
    for entry in facts.entries:
        occurred_at = entry.occurred_at.astimezone(UTC)
        due_at = entry_due_at(occurred_at)
        level = escalation_level(occurred_at=occurred_at, now=facts.metrc_now)
        if not level:
            continue
        is_late = facts.metrc_now > due_at
        yield DueAlert(
            fact_key=f"entry:{entry.action_id}",
            stage=OVERDUE if is_late else _ENTRY_STAGES[level - 1],
            severity=CaseSeverity.CRITICAL if is_late else _ENTRY_SEVERITIES[level - 1],
            due_at=due_at,
            title=f"Not in METRC yet: {entry.what}",
            what_to_do="Finish the action, or do it in METRC's pages and attest it. If it is late, "
            "record the reason: both times stay visible.",
            rule_id="CA-TT-03",
            address=f"actions/{entry.action_id}/",
        )


def _cases(facts: AlertFacts) -> Iterator[DueAlert]:
    """A case is told at once if it is grave, then as its due time comes near."""
    for case in facts.cases:
        is_grave = case.severity in (CaseSeverity.HIGH, CaseSeverity.CRITICAL)
        stage = _stage_left(facts, case.due_at, "ALERT-CASE") or (OPENED if is_grave else "")
        if stage:
            yield DueAlert(
                # A case that was closed and opened again is a new fact.
                fact_key=f"case:{case.case_id}:{case.opened_at.astimezone(UTC):%Y%m%d%H%M%S}",
                stage=stage,
                severity=CaseSeverity.HIGH if stage == OVERDUE and not is_grave else case.severity,
                due_at=case.due_at,
                title=case.title,
                what_to_do=case.what_to_do,
                rule_id=case.rule_id,
                address=f"cases/{case.case_id}/",
                owner_id=case.owner_id,
            )


def _corrections(facts: AlertFacts) -> Iterator[DueAlert]:
    """Errors are corrected within 3 calendar days of discovery (CA-TT-09)."""
    for correction in facts.corrections:
        due_at = correction_due_at(correction.proposed_at.astimezone(UTC))
        stage = _stage_left(facts, due_at, "ALERT-CASE")
        if stage:
            yield DueAlert(
                fact_key=f"correction:{correction.correction_id}",
                stage=stage,
                severity=_near(stage),
                due_at=due_at,
                title=f"A correction of {correction.label} waits for a second person",
                what_to_do=f"Decide it: errors are corrected within {CORRECTION_DAYS} days.",
                rule_id="CA-TT-09",
                address=f"differences/{correction.label}/",
            )


def _tags(facts: AlertFacts) -> Iterator[DueAlert]:
    """The receipt of tags is recorded in METRC within 3 calendar days (CA-TT-14)."""
    for tags in facts.tags:
        # The third day still counts, to its midnight in the licence's own zone.
        due_at = _midnight(facts, tags.arrived_on + timedelta(days=TAG_RECEIPT_DAYS + 1))
        stage = _stage_left(facts, due_at, "ALERT-TAGS") or OPENED
        yield DueAlert(
            fact_key=f"tags:{tags.key}",
            stage=stage,
            severity=CaseSeverity.LOW if stage == OPENED else _near(stage),
            due_at=due_at,
            title=f"Record the receipt of tags: {tags.what}",
            what_to_do="Receive the tags in METRC, report missing ones, and settle this date.",
            rule_id="CA-TT-14",
            address="alerts/channels/",
        )


def _arrivals(facts: AlertFacts) -> Iterator[DueAlert]:
    """A delivery that has not arrived is asked for; its entry is due 24 hours on (CA-TT-02)."""
    for transfer in facts.arrivals:
        late = facts.now - transfer.at
        passed = [mark for mark in facts.hours("ALERT-ARRIVAL") if late >= timedelta(hours=mark)]
        if not passed or late <= timedelta(0):
            continue
        way = "from" if transfer.is_incoming else "to"
        yield DueAlert(
            fact_key=f"arrival:{transfer.transfer_id}:{transfer.at.astimezone(UTC):%Y%m%d%H%M}",
            stage=f"{max(passed)}H",
            severity=CaseSeverity.HIGH if len(passed) > 1 else CaseSeverity.MEDIUM,
            due_at=transfer.at,
            title=f"The delivery {way} {transfer.partner} has not arrived as planned",
            what_to_do="Call the driver and the receiver. Goods between two licences are on "
            "nobody's shelf; both sides enter what happened within 24 hours.",
            rule_id="CA-TT-02",
            address=f"transfers/{transfer.transfer_id}/",
        )


def _departures(facts: AlertFacts) -> Iterator[DueAlert]:
    """Nothing moves without a registered manifest (CA-MF-02)."""
    for transfer in facts.departures:
        stage = _stage_left(facts, transfer.at, "ALERT-MANIFEST")
        if stage:
            yield DueAlert(
                fact_key=f"manifest:{transfer.transfer_id}:"
                f"{transfer.at.astimezone(UTC):%Y%m%d%H%M}",
                stage=stage,
                severity=_near(stage),
                due_at=transfer.at,
                title=f"No manifest is registered for the delivery to {transfer.partner}",
                what_to_do="Register the manifest in METRC, or put the departure off.",
                rule_id="CA-MF-02",
                address=f"transfers/{transfer.transfer_id}/",
            )


_EXPIRY_RULES = {
    WatchedKind.COA: ("CA-BT-21", "Sell or retest what it covers: past this day it may not move."),
    WatchedKind.LICENSE: ("G1", "Renew the licence with DCC and enter its new date."),
    WatchedKind.METRC_KEY: ("CA-TT-17", "Make a new key in METRC and store it."),
    WatchedKind.DRIVER: ("CA-MF-16", "Renew it, or plan with another driver."),
    WatchedKind.VEHICLE: ("CA-MF-16", "Renew it, or plan with another vehicle."),
    WatchedKind.INSURANCE: ("CA-MF-16", "Renew the insurance and enter its new date."),
}


def _expiries(facts: AlertFacts) -> Iterator[DueAlert]:
    """What runs out is told in good time; the days are calendar days of the licence's zone."""
    for expiry in facts.expiries:
        left = (expiry.ends_on - facts.today).days
        reached = [mark for mark in facts.hours("ALERT-EXPIRY", "days") if left <= mark]
        if not reached:
            continue
        rule_id, what_to_do = _EXPIRY_RULES[expiry.kind]
        mark = min(reached)
        yield DueAlert(
            fact_key=f"expiry:{expiry.kind.lower()}:{expiry.key}:{expiry.ends_on}",
            stage=OVERDUE if left <= 0 else f"{mark}D_LEFT",
            severity=_expiry_severity(expiry.kind, left, mark),
            due_at=_midnight(facts, expiry.ends_on),
            title=f"{expiry.what} {'has run out' if left <= 0 else f'runs out on {expiry.ends_on}'}",
            what_to_do=what_to_do,
            rule_id=rule_id,
            address=expiry.address,
        )


def _expiry_severity(kind: WatchedKind, left: int, mark: int) -> CaseSeverity:
    if left <= 0:
        return CaseSeverity.CRITICAL if kind is WatchedKind.LICENSE else CaseSeverity.HIGH
    if mark <= 1:
        return CaseSeverity.HIGH
    return CaseSeverity.MEDIUM if mark <= 7 else CaseSeverity.LOW


def _reconciliation(facts: AlertFacts) -> Iterator[DueAlert]:
    """Inventory is reconciled at least once every 30 days (CA-IN-01)."""
    due_at = reconciliation_due_at(facts.reconciled_at.astimezone(UTC))
    stage = _stage_left(facts, due_at, "ALERT-RECONCILIATION")
    if stage:
        yield DueAlert(
            fact_key=f"reconciliation:{due_at:%Y%m%d%H%M}",
            stage=stage,
            severity=_near(stage),
            due_at=due_at,
            title="The 30-day reconciliation is due",
            what_to_do="Count, compare, review the users, and sign the report.",
            rule_id="CA-IN-01",
            address="reconciliation/",
        )


def _drill(facts: AlertFacts) -> Iterator[DueAlert]:
    """A backup that nobody restored is a hope; it is restored for practice every month."""
    if facts.drilled_at is None:
        return
    days = int(threshold(facts.rules, "ALERT-DRILL", "days"))
    due_at = facts.drilled_at.astimezone(UTC) + timedelta(days=days)
    if facts.now >= due_at:
        yield DueAlert(
            fact_key=f"drill:{due_at:%Y%m%d}",
            stage=OVERDUE,
            severity=CaseSeverity.MEDIUM,
            due_at=due_at,
            title=f"No backup was restored for practice in {days} days",
            what_to_do="Have whoever runs this installation say `glassbox drill`; it tells the "
            "step that fails.",
            rule_id="ALERT-DRILL",
            address="audit/chains/",
        )


def _clock(facts: AlertFacts) -> Iterator[DueAlert]:
    """METRC's clock and ours agree, or somebody looks why not (G6); told once a day at most."""
    if facts.metrc_offset is None:
        return
    apart = abs(facts.metrc_offset)
    blocks = apart >= timedelta(seconds=float(threshold(facts.rules, "G6-BLOCK", "seconds")))
    if not blocks and apart < timedelta(
        seconds=float(threshold(facts.rules, "G6-WARN", "seconds"))
    ):
        return
    way = "ahead of" if facts.metrc_offset > timedelta(0) else "behind"
    yield DueAlert(
        fact_key=f"metrc-clock:{facts.today}",
        stage="BLOCKS" if blocks else "WARNS",
        severity=CaseSeverity.HIGH if blocks else CaseSeverity.MEDIUM,
        due_at=None,
        title=f"METRC's clock is {int(apart.total_seconds())} seconds {way} ours",
        what_to_do="Set this machine's clock by a time server. The 24-hour clocks run by METRC's.",
        rule_id="G6-BLOCK" if blocks else "G6-WARN",
        address="sync/",
    )


def _api_away(facts: AlertFacts) -> Iterator[DueAlert]:
    """METRC's API does not answer: observed, and never by itself a loss of access."""
    if facts.api_away_since is None:
        return
    away = facts.now - facts.api_away_since
    passed = [mark for mark in facts.hours("ALERT-API") if away >= timedelta(hours=mark)]
    if passed:
        yield DueAlert(
            fact_key=f"api-unreachable:{facts.api_away_since.astimezone(UTC):%Y%m%d%H%M%S}",
            stage=f"{max(passed)}H",
            severity=CaseSeverity.HIGH if len(passed) > 1 else CaseSeverity.MEDIUM,
            due_at=None,
            title="METRC's API does not answer",
            what_to_do="Try METRC's own pages. If they work, work there and attest it. If nobody "
            "can get in, a person declares the loss of access.",
            rule_id="G3",
            address="outage/",
        )


def _access_lost(facts: AlertFacts) -> Iterator[DueAlert]:
    """A declared loss of access of more than 72 hours is told to DCC (CA-TT-10)."""
    if facts.access_lost_at is None:
        return
    lost_at = facts.access_lost_at.astimezone(UTC)
    due_at = access_notice_due_at(lost_at)
    lost_for = facts.now.astimezone(UTC) - lost_at
    passed = [mark for mark in facts.hours("ALERT-ACCESS") if lost_for >= timedelta(hours=mark)]
    stage = OVERDUE if lost_for > due_at - lost_at else f"{max(passed)}H" if passed else OPENED
    yield DueAlert(
        fact_key=f"access-lost:{lost_at:%Y%m%d%H%M%S}",
        stage=stage,
        severity=CaseSeverity.HIGH if stage == OPENED else CaseSeverity.CRITICAL,
        due_at=due_at,
        title="Access to METRC is declared lost",
        what_to_do="Keep complete records on paper; nothing is transferred in or out. Past 72 "
        "hours a person tells DCC. Software tells nobody outside by itself.",
        rule_id="CA-TT-10",
        address="outage/",
    )


def _stage_left(facts: AlertFacts, due_at: datetime, rule_id: str) -> str:
    """Return the nearest mark before `due_at` that has come, or nothing."""
    left = due_at - facts.now
    if left < timedelta(0):
        return OVERDUE
    reached = [mark for mark in facts.hours(rule_id) if left <= timedelta(hours=mark)]
    return f"{min(reached)}H_LEFT" if reached else ""


def _near(stage: str) -> CaseSeverity:
    """Return how grave a deadline is: a day off, hours off, over."""
    if stage == OVERDUE:
        return CaseSeverity.CRITICAL
    hours = int(stage.removesuffix("H_LEFT"))
    return CaseSeverity.HIGH if hours <= 4 else CaseSeverity.MEDIUM


def _midnight(facts: AlertFacts, day: date) -> datetime:
    """Return when a day begins in the licence's zone, in UTC."""
    return datetime.combine(day, time(0), facts.zone).astimezone(UTC)


_SOURCES = (
    _entries,
    _cases,
    _corrections,
    _tags,
    _arrivals,
    _departures,
    _expiries,
    _reconciliation,
    _drill,
    _clock,
    _api_away,
    _access_lost,
)
