"""What deserves an exception case, how grave it is, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from glassbox.rules.clocks import CORRECTION_DAYS, ENTRY_HOURS, NOTICE_HOURS
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.quantities import number_text
from glassbox.rules.reconcile import Aspect, Difference


class CaseSeverity(StrEnum):
    """Name how grave a case is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class CaseClass(StrEnum):
    """Name every class of case."""

    COUNT_DIFFERS = "COUNT_DIFFERS"
    SIGNIFICANT_DIFFERENCE = "SIGNIFICANT_DIFFERENCE"
    UNIT_DIFFERS = "UNIT_DIFFERS"
    STATUS_DIFFERS = "STATUS_DIFFERS"
    MISSING_IN_METRC = "MISSING_IN_METRC"
    UNKNOWN_TO_US = "UNKNOWN_TO_US"
    CHANGED_OUTSIDE = "CHANGED_OUTSIDE"
    DUPLICATE_ENTRY = "DUPLICATE_ENTRY"
    LINEAGE_DIFFERS = "LINEAGE_DIFFERS"
    MAPPING_DIFFERS = "MAPPING_DIFFERS"
    TRANSFER_DIFFERS = "TRANSFER_DIFFERS"
    OUTCOME_BLOCKED = "OUTCOME_BLOCKED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    ATTESTATION_CONTRADICTED = "ATTESTATION_CONTRADICTED"
    RETURN_PENDING = "RETURN_PENDING"
    LATE_ENTRY = "LATE_ENTRY"
    ENTRY_ERROR = "ENTRY_ERROR"
    STATE_HOLD = "STATE_HOLD"
    TEST_FAILED = "TEST_FAILED"
    BAD_RECORD = "BAD_RECORD"
    SYNC_FAILED = "SYNC_FAILED"
    KEY_REFUSED = "KEY_REFUSED"
    LEDGER_BROKEN = "LEDGER_BROKEN"


@dataclass(frozen=True, kw_only=True)
class CasePolicy:
    """Hold what a class of case means; `due_hours` count from when it was found."""

    severity: CaseSeverity
    due_hours: int
    rule_id: str
    why_it_matters: str
    what_to_do: str


_DAY = 24
_CORRECTION_HOURS = CORRECTION_DAYS * _DAY

POLICIES: dict[CaseClass, CasePolicy] = {
    CaseClass.COUNT_DIFFERS: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-IN-02",
        why_it_matters="Every difference between our book and METRC opens an audit.",
        what_to_do="Count the package, find the cause, and correct the side that is wrong.",
    ),
    CaseClass.SIGNIFICANT_DIFFERENCE: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=NOTICE_HOURS,
        rule_id="CA-IN-03",
        why_it_matters="From 5 percent on, a named person decides whether the difference is "
        "significant; if so, DCC and law enforcement are told within 24 hours. The due time is "
        "proposed until then.",
        what_to_do="Count at once, then record who decided, what, and why.",
    ),
    CaseClass.UNIT_DIFFERS: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="Quantities of different units cannot be compared.",
        what_to_do="Find which side has the wrong unit and correct it.",
    ),
    CaseClass.STATUS_DIFFERS: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="Goods may be used or moved against METRC's word.",
        what_to_do="Look at the package in METRC and bring both sides together.",
    ),
    CaseClass.MISSING_IN_METRC: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="CA-TT-01",
        why_it_matters="Goods that METRC does not show are untracked goods.",
        what_to_do="Find the package and its last act in METRC; enter what is missing.",
    ),
    CaseClass.UNKNOWN_TO_US: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-IN-02",
        why_it_matters="Somebody made or received this without our book knowing.",
        what_to_do="Find who did it in METRC and take it into our book with a reason.",
    ),
    CaseClass.CHANGED_OUTSIDE: CasePolicy(
        severity=CaseSeverity.LOW,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="Somebody worked in METRC's own pages, and our book does not have it yet.",
        what_to_do="Ask who did it and why, then take it over into our book with that reason.",
    ),
    CaseClass.DUPLICATE_ENTRY: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="One fact stands twice in a book, and its count is wrong by it.",
        what_to_do="Find which of the two is the real entry and take the other back.",
    ),
    CaseClass.LINEAGE_DIFFERS: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="A recall follows sources; with the wrong one it misses goods.",
        what_to_do="Compare the batch record with METRC's sources and correct the wrong side.",
    ),
    CaseClass.MAPPING_DIFFERS: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="The goods stand in METRC under another item or another tag than with us.",
        what_to_do="Look at the label on the goods and correct the side that is wrong.",
    ),
    CaseClass.TRANSFER_DIFFERS: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=ENTRY_HOURS,
        rule_id="CA-TT-02",
        why_it_matters="Goods between two licences are on nobody's shelf; both sides enter them "
        "within 24 hours.",
        what_to_do="Find where the goods are, count them, and finish the receipt.",
    ),
    CaseClass.OUTCOME_BLOCKED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="G7",
        why_it_matters="What METRC has is not what was approved.",
        what_to_do="Compare both, then accept, reject or compensate with evidence.",
    ),
    CaseClass.OUTCOME_UNKNOWN: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=ENTRY_HOURS,
        rule_id="G7",
        why_it_matters="Until METRC can be read, nobody knows whether it happened.",
        what_to_do="Do not repeat it by hand; see why METRC cannot be read.",
    ),
    CaseClass.ATTESTATION_CONTRADICTED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="CA-TT-17",
        why_it_matters="A person attested what METRC does not show.",
        what_to_do="Look in METRC together with that person and finish the step there.",
    ),
    CaseClass.RETURN_PENDING: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=ENTRY_HOURS,
        rule_id="CA-MF-08",
        why_it_matters="Rejected goods are nobody's stock until the shipper takes them back.",
        what_to_do="Remind the shipper to receive the rejected package in METRC.",
    ),
    CaseClass.LATE_ENTRY: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_DAY,
        rule_id="CA-TT-02",
        why_it_matters="Events are entered within 24 hours; a late one needs a reason on record.",
        what_to_do="Record the reason; both times stay visible.",
    ),
    CaseClass.ENTRY_ERROR: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="Entry errors are corrected within 3 calendar days of discovery.",
        what_to_do="Correct the entry in METRC.",
    ),
    CaseClass.STATE_HOLD: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=_DAY,
        rule_id="CA-RE-05",
        why_it_matters="Held goods may not be moved, sold, altered or destroyed.",
        what_to_do="Keep the goods where they are and call compliance.",
    ),
    CaseClass.TEST_FAILED: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=30 * _DAY,
        rule_id="CA-BT-28",
        why_it_matters="A failed batch is destroyed unless a correction is approved in time.",
        what_to_do="Quarantine the batch and draft the corrective action plan.",
    ),
    CaseClass.BAD_RECORD: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="",
        why_it_matters="A record of METRC could not be read and is missing from our view.",
        what_to_do="Look at the record in METRC; the rest of the licence goes on.",
    ),
    CaseClass.SYNC_FAILED: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_DAY,
        rule_id="G3",
        why_it_matters="Our view of METRC grows old, and gates close.",
        what_to_do="See the error; the next run goes on where this one stopped.",
    ),
    CaseClass.KEY_REFUSED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_DAY,
        rule_id="CA-IN-05",
        why_it_matters="Without a working key nothing is read or sent. Routine until assessed.",
        what_to_do="Check the key with its owner; assess whether it was revoked or abused.",
    ),
    CaseClass.LEDGER_BROKEN: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=NOTICE_HOURS,
        rule_id="CA-IN-05",
        why_it_matters="The audit record may have been altered.",
        what_to_do="Keep the machine as it is and let a named person assess it.",
    ),
}

_CLASS_OF: dict[DifferenceClass, CaseClass] = {
    DifferenceClass.UNIT: CaseClass.UNIT_DIFFERS,
    DifferenceClass.CHANGED_OUTSIDE: CaseClass.CHANGED_OUTSIDE,
    DifferenceClass.LINEAGE: CaseClass.LINEAGE_DIFFERS,
    DifferenceClass.DUPLICATE: CaseClass.DUPLICATE_ENTRY,
    DifferenceClass.MAPPING: CaseClass.MAPPING_DIFFERS,
    DifferenceClass.COUNT: CaseClass.COUNT_DIFFERS,
    DifferenceClass.STATUS: CaseClass.STATUS_DIFFERS,
}
# Of these, a share of METRC's quantity can be an inventory that is really gone (CA-IN-03).
_MAY_BE_SIGNIFICANT = frozenset(
    {CaseClass.COUNT_DIFFERS, CaseClass.DUPLICATE_ENTRY, CaseClass.CHANGED_OUTSIDE}
)


@dataclass(frozen=True, kw_only=True)
class CaseAdvice:
    """Hold a case to open. `fact_key` names the fact, so that it is opened once."""

    case_class: CaseClass
    severity: CaseSeverity
    due_at: datetime
    title: str
    what_happened: str
    why_it_matters: str
    what_to_do: str
    rule_id: str
    fact_key: str


def case_for(
    case_class: CaseClass, *, fact_key: str, title: str, what_happened: str, found_at: datetime
) -> CaseAdvice:
    """Return the case of a class, with its severity, due time, rule and advice."""
    policy = POLICIES[case_class]
    return CaseAdvice(
        case_class=case_class,
        severity=policy.severity,
        due_at=found_at + timedelta(hours=policy.due_hours),
        title=title,
        what_happened=what_happened,
        why_it_matters=policy.why_it_matters,
        what_to_do=policy.what_to_do,
        rule_id=policy.rule_id,
        fact_key=fact_key,
    )


def case_for_difference(
    difference: Difference, *, found_at: datetime, significant_percent: Decimal
) -> CaseAdvice | None:
    """Return the case a difference deserves, or None if it explains itself.

    A key that may not read has a case of its own; goods on their way become one when they are
    overdue. Exactly `significant_percent` counts as significant (CA-IN-03: 5.0 % does).
    """
    case_class = _case_class(difference)
    if case_class is None:
        return None
    title = f"{difference.label}: {case_class.replace('_', ' ').lower()}"
    percent = difference.percent
    if case_class in _MAY_BE_SIGNIFICANT and percent is not None and percent >= significant_percent:
        case_class = CaseClass.SIGNIFICANT_DIFFERENCE
        shown = number_text(percent.quantize(Decimal("0.01")))
        title = f"{difference.label}: {shown} % apart"
    return case_for(
        case_class,
        # One key for the label and what they disagree about: a difference that grows, or turns
        # out to have another cause, is the same case, not a second one.
        fact_key=difference.fact_key,
        title=title,
        what_happened=difference.sentence,
        found_at=found_at,
    )


def _case_class(difference: Difference) -> CaseClass | None:
    if difference.difference_class is DifferenceClass.TRANSFER:
        return CaseClass.TRANSFER_DIFFERS if difference.is_overdue else None
    if difference.difference_class is not DifferenceClass.UNEXPLAINED:
        return _CLASS_OF.get(difference.difference_class)
    if difference.aspect is not Aspect.PRESENCE:
        return CaseClass.COUNT_DIFFERS
    is_ours = difference.our_quantity is not None
    return CaseClass.MISSING_IN_METRC if is_ours else CaseClass.UNKNOWN_TO_US
