from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.queries.rule_packs import procedures_of
from glassbox.rules.clocks import CORRECTION_DAYS, ENTRY_HOURS, NOTICE_HOURS
from glassbox.rules.difference_causes import Cause, Confidence, DifferenceClass, explain_quantity
from glassbox.rules.exception_policy import (
    POLICIES,
    CaseClass,
    CaseSeverity,
    case_for,
    case_for_difference,
)
from glassbox.rules.package_state import LocalState, PackageList, PackageState
from glassbox.rules.procedures import read_procedures
from glassbox.rules.quantities import EACH, GRAMS, quantity
from glassbox.rules.reconcile import (
    Aspect,
    Counted,
    Difference,
    Known,
    Lineage,
    OurPackage,
    Pair,
    Reading,
    differences_of,
)
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import CARTS, NOON, metrc

OURS = OurPackage(label=CARTS, quantity=quantity(3980, EACH), local_state=LocalState.QA_RELEASED)
SETTLE = timedelta(seconds=900)
PROCEDURES = procedures_of("CA")


def differences(
    ours: OurPackage | None = OURS,
    seen: PackageState | None = None,
    *,
    whole: bool = True,
    **known: Any,
) -> list[DifferenceClass]:
    pair = Pair(label=CARTS, ours=ours, metrc=seen, known=Known(**known))
    reading = Reading(is_whole=whole, settle=SETTLE, read_at=NOON)
    return [one.difference_class for one in differences_of(pair, reading)]


def cause(effect: str | None, difference_class: DifferenceClass) -> Cause:
    exact = None if effect is None else Decimal(effect)
    return Cause(
        difference_class=difference_class, effect=exact, words="It was done", evidence="record"
    )


def counted(amount: int, *, tolerance: str = "0") -> Counted:
    return Counted(
        quantity=quantity(amount, EACH),
        counted_by="Dee",
        counted_at=NOON,
        tolerance=Decimal(tolerance),
    )


OUTSIDE, DUPLICATE = DifferenceClass.CHANGED_OUTSIDE, DifferenceClass.DUPLICATE


def test_two_books_that_agree_have_no_difference() -> None:
    assert differences(OURS, metrc()) == []


@pytest.mark.parametrize(
    ("ours", "seen", "known", "expected"),
    [
        ({}, {"amount": 3979}, {}, DifferenceClass.UNEXPLAINED),
        ({"moved_at": NOON - SETTLE}, {"amount": 3979}, {}, DifferenceClass.UNEXPLAINED),
        ({"moved_at": NOON - SETTLE * 0.99}, {"amount": 3979}, {}, DifferenceClass.TIMING),
        ({"unresolved_action_ids": (7,)}, {"amount": 3979}, {}, DifferenceClass.TIMING),
        ({"moved_at": NOON}, {"amount": 1}, {"authority": "No"}, DifferenceClass.AUTHORITY),
        ({}, {"amount": 3979}, {"transfer": "On its way"}, DifferenceClass.TRANSFER),
        ({}, {"unit": GRAMS}, {}, DifferenceClass.UNIT),
        ({"units": ("Each", "Grams")}, {}, {}, DifferenceClass.UNIT),
        ({}, {"amount": 3980000}, {}, DifferenceClass.UNIT),
        ({}, {"amount": 3968}, {"causes": (cause("-12", OUTSIDE),)}, OUTSIDE),
        ({}, {"amount": 3992}, {"causes": (cause("12", DUPLICATE),)}, DUPLICATE),
        ({}, {"amount": 3979}, {"counted": counted(3979)}, DifferenceClass.COUNT),
        ({}, {}, {"counted": counted(3979)}, DifferenceClass.COUNT),
        ({}, {}, {"recorded_item": "Another"}, DifferenceClass.MAPPING),
        ({}, {"is_on_hold": True}, {}, DifferenceClass.STATUS),
        ({}, {"is_finished": True}, {}, DifferenceClass.STATUS),
        ({"local_state": LocalState.DELIVERED}, {}, {}, DifferenceClass.STATUS),
        ({"local_state": LocalState.DESTROYED}, {}, {}, DifferenceClass.STATUS),
        (
            {},
            {},
            {"lineage": Lineage(child_label=CARTS, claimed=("A",), seen=("B",))},
            DifferenceClass.LINEAGE,
        ),
    ],
)
def test_each_class_of_difference(
    ours: dict[str, Any],
    seen: dict[str, Any],
    known: dict[str, Any],
    expected: DifferenceClass,
) -> None:
    assert differences(replace(OURS, **ours), metrc(**seen), **known) == [expected]


def test_a_count_within_the_tolerance_of_the_scale_agrees() -> None:
    assert differences(OURS, metrc(), counted=counted(3979, tolerance="1")) == []
    assert differences(OURS, metrc(), counted=counted(3978, tolerance="1")) != []


def test_a_count_from_before_our_last_movement_says_nothing() -> None:
    moved = replace(OURS, moved_at=NOON + timedelta(seconds=1))
    assert differences(moved, metrc(seen_at=NOON + SETTLE * 2), counted=counted(3979)) == []


def test_what_metrc_does_not_show_is_missing_only_after_a_whole_walk() -> None:
    assert differences(OURS) == [DifferenceClass.UNEXPLAINED]
    assert differences(OURS, whole=False) == [DifferenceClass.TIMING]
    assert differences(OURS, authority="401") == [DifferenceClass.AUTHORITY]
    assert differences(OURS, transfer="On its way") == [DifferenceClass.TRANSFER]
    assert differences(OURS, other_tag="Under another tag") == [DifferenceClass.MAPPING]
    assert differences(replace(OURS, local_state=LocalState.DELIVERED)) == []
    in_flight = replace(OURS, unresolved_action_ids=(7,))
    assert differences(in_flight) == [DifferenceClass.TIMING]
    assert differences(replace(OURS, moved_at=NOON)) == [DifferenceClass.TIMING]


def test_what_our_book_never_heard_of_is_explained_by_where_it_came_from() -> None:
    assert differences(None, metrc()) == [DifferenceClass.UNEXPLAINED]
    assert differences(None, metrc(), made_outside="Split") == [OUTSIDE]
    assert differences(None, metrc(), twin="Twice") == [DUPLICATE]
    assert differences(None, metrc(), transfer="Received") == [DifferenceClass.TRANSFER]
    assert differences(None, metrc(is_finished=True)) == []
    assert differences(None, metrc(seen_in=PackageList.TRANSFERRED)) == []


def test_several_causes_together_make_up_a_difference() -> None:
    both = (cause("-12", OUTSIDE), cause("-3", OUTSIDE))
    explained = explain_quantity(Decimal(-15), both)
    assert explained is not None
    assert (explained.difference_class, explained.confidence) == (OUTSIDE, Confidence.CERTAIN)
    assert explained.evidence == ("record", "record")

    mixed = explain_quantity(Decimal(-3), (*both, cause("9", DUPLICATE)))
    assert mixed is not None
    assert mixed.confidence is Confidence.CERTAIN
    some = explain_quantity(Decimal(6), (cause("-3", OUTSIDE), cause("9", DUPLICATE)))
    assert some is not None
    assert some.confidence is Confidence.LIKELY
    assert explain_quantity(Decimal(-14), both) is None


def test_a_cause_of_unknown_amount_explains_only_a_loss() -> None:
    made = (cause(None, OUTSIDE),)
    loss = explain_quantity(Decimal(-5), made)
    assert loss is not None
    assert loss.confidence is Confidence.LIKELY
    assert explain_quantity(Decimal(5), made) is None


def count(ours: int, theirs: int) -> Difference:
    return Difference(
        label=CARTS,
        aspect=Aspect.QUANTITY,
        difference_class=DifferenceClass.COUNT,
        confidence=Confidence.CERTAIN,
        our_quantity=quantity(ours, EACH),
        metrc_quantity=quantity(theirs, EACH),
        counted=None,
        sentence="They differ.",
    )


@pytest.mark.parametrize(
    ("ours", "case_class"),
    [
        (951, CaseClass.COUNT_DIFFERS),
        (950, CaseClass.SIGNIFICANT_DIFFERENCE),
        (1049, CaseClass.COUNT_DIFFERS),
        (1050, CaseClass.SIGNIFICANT_DIFFERENCE),
        (0, CaseClass.SIGNIFICANT_DIFFERENCE),
    ],
)
def test_exactly_five_percent_is_significant(ours: int, case_class: CaseClass) -> None:
    case = case_for_difference(
        count(ours, 1000), found_at=NOON, significant_percent=Decimal(5), procedures=PROCEDURES
    )
    assert case is not None
    assert case.case_class is case_class


def test_a_growing_difference_stays_one_case() -> None:
    small, large = (
        case_for_difference(
            count(ours, 1000), found_at=NOON, significant_percent=Decimal(5), procedures=PROCEDURES
        )
        for ours in (999, 100)
    )
    assert small is not None
    assert large is not None
    assert small.fact_key == large.fact_key
    assert (small.severity, large.severity) == (CaseSeverity.HIGH, CaseSeverity.CRITICAL)
    assert small.due_at == NOON + timedelta(days=3)
    assert large.due_at == NOON + timedelta(hours=24)


def test_what_explains_itself_opens_no_case() -> None:
    for quiet in (
        DifferenceClass.TIMING,
        DifferenceClass.AUTHORITY,
        DifferenceClass.TRANSFER,
    ):
        difference = replace(count(1, 1000), difference_class=quiet)
        assert (
            case_for_difference(
                difference, found_at=NOON, significant_percent=Decimal(5), procedures=PROCEDURES
            )
            is None
        )


def test_what_left_into_another_package_is_never_significant() -> None:
    split = replace(
        count(1000, 400), difference_class=DifferenceClass.CHANGED_OUTSIDE, keeps_the_goods=True
    )
    gone = replace(split, keeps_the_goods=False)
    classes = [
        case.case_class
        for one in (split, gone)
        if (
            case := case_for_difference(
                one, found_at=NOON, significant_percent=Decimal(5), procedures=PROCEDURES
            )
        )
    ]
    assert classes == [CaseClass.CHANGED_OUTSIDE, CaseClass.SIGNIFICANT_DIFFERENCE]


def test_every_class_of_case_has_an_owner_and_steps_in_words() -> None:
    assert set(POLICIES) | set(PROCEDURES) == set(CaseClass)
    assert not set(POLICIES) & set(PROCEDURES)
    for policy in (*POLICIES.values(), *PROCEDURES.values()):
        assert policy.why_it_matters.endswith(".")
        assert policy.owner
        assert len(policy.steps) >= 2
        assert all(step.endswith(".") for step in policy.steps)


def test_the_clocks_of_law_in_the_procedures_are_those_of_the_rules() -> None:
    assert PROCEDURES[CaseClass.SIGNIFICANT_DIFFERENCE].due_hours == NOTICE_HOURS
    assert PROCEDURES[CaseClass.COUNT_DIFFERS].due_hours == CORRECTION_DAYS * 24
    assert PROCEDURES[CaseClass.TRANSFER_DIFFERS].due_hours == ENTRY_HOURS


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"owner": "NOBODY"}, "COUNT_DIFFERS"),
        ({"steps": []}, "COUNT_DIFFERS.steps"),
        ({"due": {"hours": 0}}, "COUNT_DIFFERS.due"),
        ({"why": None}, "COUNT_DIFFERS.why"),
    ],
)
def test_a_procedure_that_cannot_be_used_is_refused_by_name(
    change: dict[str, object], field: str
) -> None:
    row = {
        "owner": "INVENTORY",
        "severity": "HIGH",
        "due": {"hours": 72},
        "rule_id": "CA-IN-02",
        "why": "So.",
        "steps": ["Count it."],
    }
    with pytest.raises(InvalidInput) as refusal:
        read_procedures({"procedures": {"COUNT_DIFFERS": {**row, **change}}})
    assert refusal.value.field == field


def test_a_pack_that_forgets_a_difference_is_refused() -> None:
    with pytest.raises(InvalidInput, match="CHANGED_OUTSIDE"):
        read_procedures({"procedures": {}})


def test_a_rejected_package_not_taken_back_is_due_in_24_hours() -> None:
    case = case_for(
        CaseClass.RETURN_PENDING,
        fact_key="return:1",
        title="Return pending",
        what_happened="R1 rejected it.",
        found_at=NOON,
    )
    assert (case.due_at, case.rule_id) == (NOON + timedelta(hours=24), "CA-MF-08")


def test_a_share_of_what_cannot_be_compared_is_unknown() -> None:
    known = count(950, 1000)
    assert known.percent == Decimal(5)
    assert replace(known, our_quantity=None).percent is None
    assert replace(known, metrc_quantity=None).percent is None
    assert replace(known, metrc_quantity=quantity(1000, GRAMS)).percent is None
    shares = [count(ours, 0).percent for ours in (0, 1)]
    assert shares == [Decimal(0), Decimal(100)]
