"""What deserves an exception case, how grave it is, and when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from glassbox.rules.clocks import CORRECTION_DAYS, ENTRY_HOURS, NOTICE_HOURS
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.permissions import Role
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
    LEFT_UNRELEASED = "LEFT_UNRELEASED"
    BAD_RECORD = "BAD_RECORD"
    SYNC_FAILED = "SYNC_FAILED"
    LIST_REFUSED = "LIST_REFUSED"
    KEY_REFUSED = "KEY_REFUSED"
    METRC_USER_LEFT = "METRC_USER_LEFT"
    LEDGER_BROKEN = "LEDGER_BROKEN"
    FORGOTTEN_SEND = "FORGOTTEN_SEND"


@dataclass(frozen=True, kw_only=True)
class CasePolicy:
    """Hold what a class of case means; `due_hours` count from when it was found.

    `owner` is the role that it is given to, `steps` what that person does, in order.
    """

    severity: CaseSeverity
    due_hours: int
    rule_id: str
    why_it_matters: str
    steps: tuple[str, ...]
    owner: Role


_DAY = 24
_CORRECTION_HOURS = CORRECTION_DAYS * _DAY

# Of everything that is no difference of the two books; those are in the rule packs, by state.
POLICIES: dict[CaseClass, CasePolicy] = {
    CaseClass.OUTCOME_BLOCKED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="G7",
        why_it_matters="What METRC has is not what was approved.",
        steps=(
            "Open the action and read what was approved beside what METRC has.",
            "Look at the package in METRC's own pages.",
            "Accept it, reject it, or draft what puts it right; nothing is sent again blindly.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.OUTCOME_UNKNOWN: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=ENTRY_HOURS,
        rule_id="G7",
        why_it_matters="Until METRC can be read, nobody knows whether it happened.",
        steps=(
            "Do not repeat it by hand.",
            "See on the sync page why METRC cannot be read.",
            "Wait for the next look; it closes this case or blocks the action.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.FORGOTTEN_SEND: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="G7",
        why_it_matters="METRC may have it, and our books came back without it.",
        steps=(
            "Do not draft it again before it is known what METRC has.",
            "Find it in METRC's own pages by its tag, its token or its time.",
            "Book or draft what is missing on our side, and write down what was found.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.ATTESTATION_CONTRADICTED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=ENTRY_HOURS,
        rule_id="CA-TT-17",
        why_it_matters="A person attested what METRC does not show.",
        steps=(
            "Look in METRC together with the person who attested.",
            "Finish the step there, or take the word back.",
            "Look again.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.RETURN_PENDING: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=ENTRY_HOURS,
        rule_id="CA-MF-08",
        why_it_matters="Rejected goods are nobody's stock until the shipper takes them back.",
        steps=(
            "Find where the rejected goods are now.",
            "Remind the shipper to receive them in METRC under Transfers, Rejected.",
            "Read METRC again; the case closes when they are back.",
        ),
        owner=Role.DISTRIBUTION_MANAGER,
    ),
    CaseClass.LATE_ENTRY: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_DAY,
        rule_id="CA-TT-02",
        why_it_matters="Events are entered within 24 hours; a late one needs a reason on record.",
        steps=(
            "Ask why it was entered late.",
            "Give the reason here; both times stay visible.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.ENTRY_ERROR: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="CA-TT-09",
        why_it_matters="Entry errors are corrected within 3 calendar days of discovery.",
        steps=(
            "Correct the entry in METRC.",
            "Look at the package again, and write down what was wrong and how it was put right.",
            "Close the case.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.METRC_USER_LEFT: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_DAY,
        rule_id="CA-TT-12",
        why_it_matters="METRC's user list is complete and updated at once; a person who is no "
        "longer authorised is removed.",
        steps=(
            "Open METRC, Admin, Employees, and take the person out of this licence.",
            "Read METRC's employee list again here.",
            "Close the case when METRC no longer lists them.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.STATE_HOLD: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=_DAY,
        rule_id="CA-RE-05",
        why_it_matters="Held goods may not be moved, sold, altered or destroyed.",
        steps=(
            "Keep the goods where they are; mark the shelf.",
            "Call compliance; ask the State for the reason.",
            "When METRC shows no flag any more, quality reviews the package again.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.TEST_FAILED: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=30 * _DAY,
        rule_id="CA-BT-28",
        why_it_matters="A failed batch is destroyed unless a correction is approved in time.",
        steps=(
            "Quarantine every package of the batch.",
            "Decide with compliance: corrective action plan, retest, or destruction.",
            "Draft that action; the case closes when METRC shows no failed goods of it any more.",
        ),
        owner=Role.QA_MANAGER,
    ),
    CaseClass.LEFT_UNRELEASED: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=_DAY,
        rule_id="CA-RE-01",
        why_it_matters="Goods that are found out to be unfit after they left are recalled; what we "
        "find out ourselves counts like a notice of the State.",
        steps=(
            "See on each package's page which transfer took it, and to whom.",
            "Call compliance, and stop what is still on the road.",
            "Decide whether the written recall procedure starts; write the decision and its reason "
            "here, then close the case.",
        ),
        owner=Role.QA_MANAGER,
    ),
    CaseClass.BAD_RECORD: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_CORRECTION_HOURS,
        rule_id="",
        why_it_matters="A record of METRC could not be read and is missing from our view.",
        steps=(
            "Open the exchange that is named and find the record in METRC's own pages.",
            "If it is wrong there, correct it; if it is right there, tell support.",
            "The rest of the licence goes on; the case closes when it can be read.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.SYNC_FAILED: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_DAY,
        rule_id="G3",
        why_it_matters="Our view of METRC grows old, and gates close.",
        steps=(
            "Read the error, and try METRC's own pages.",
            "If they work, work there and attest it; if nobody gets in, declare access lost.",
            "The next run goes on where this one stopped and closes the case.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.LIST_REFUSED: CasePolicy(
        severity=CaseSeverity.MEDIUM,
        due_hours=_DAY,
        rule_id="G3",
        why_it_matters="One of METRC's lists does not come any more: what it would tell, nobody "
        "here knows. Every other list is read as before.",
        steps=(
            "Read on the sync page what METRC answered to this list.",
            "If it lasts for a day, give METRC's support that exchange.",
            "The next run that gets the list closes the case.",
        ),
        owner=Role.COMPLIANCE_MANAGER,
    ),
    CaseClass.KEY_REFUSED: CasePolicy(
        severity=CaseSeverity.HIGH,
        due_hours=_DAY,
        rule_id="CA-IN-05",
        why_it_matters="Without a working key nothing is read or sent. Routine until assessed.",
        steps=(
            "Ask the key's owner whether they changed or revoked it.",
            "Put a new key in under Company, Keys.",
            "Assess whether it was abused; a revoked key is routine until a named person says otherwise.",
        ),
        owner=Role.OWNER,
    ),
    CaseClass.LEDGER_BROKEN: CasePolicy(
        severity=CaseSeverity.CRITICAL,
        due_hours=NOTICE_HOURS,
        rule_id="CA-IN-05",
        why_it_matters="The audit record may have been altered.",
        steps=(
            "Keep the machine as it is; stop nothing and delete nothing.",
            "Export the ledger and verify it on another machine.",
            "Let a named person assess it.",
        ),
        owner=Role.OWNER,
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
    owner: Role


def case_for(
    case_class: CaseClass,
    *,
    fact_key: str,
    title: str,
    what_happened: str,
    found_at: datetime,
    policies: Mapping[CaseClass, CasePolicy] = MappingProxyType(POLICIES),
) -> CaseAdvice:
    """Return the case of a class, with its severity, due time, rule, owner and numbered steps."""
    policy = policies[case_class]
    return CaseAdvice(
        case_class=case_class,
        severity=policy.severity,
        due_at=found_at + timedelta(hours=policy.due_hours),
        title=title,
        what_happened=what_happened,
        why_it_matters=policy.why_it_matters,
        what_to_do="\n".join(policy.steps),
        rule_id=policy.rule_id,
        fact_key=fact_key,
        owner=policy.owner,
    )


def case_for_difference(
    difference: Difference,
    *,
    found_at: datetime,
    significant_percent: Decimal,
    procedures: Mapping[CaseClass, CasePolicy],
) -> CaseAdvice | None:
    """Return the case a difference deserves, or None if it explains itself.

    A key that may not read has a case of its own; goods on their way become one when they are
    overdue. Exactly `significant_percent` counts as significant (CA-IN-03: 5.0 % does), unless
    what left the package stands in another one: then nothing is gone.
    """
    case_class = _case_class(difference)
    if case_class is None:
        return None
    title = f"{difference.label}: {case_class.replace('_', ' ').lower()}"
    percent = None if difference.keeps_the_goods else difference.percent
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
        policies=procedures,
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
