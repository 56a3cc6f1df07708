from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.exception_policy import (
    POLICIES,
    CaseClass,
    CaseSeverity,
    case_for,
    case_for_difference,
)
from glassbox.rules.package_state import LocalState, PackageList, PackageState
from glassbox.rules.quantities import EACH, GRAMS, quantity
from glassbox.rules.reconcile import Difference, DifferenceClass, OurPackage, compare
from tests.unit.rules.story import CARTS, NOON, metrc

OURS = OurPackage(label=CARTS, quantity=quantity(3980, EACH), local_state=LocalState.QA_RELEASED)


def differences(
    ours: OurPackage | None = OURS, seen: PackageState | None = None, *, whole: bool = True
) -> list[DifferenceClass]:
    found = compare(
        ours=[ours] if ours else [],
        metrc={CARTS: seen} if seen else {},
        walk_was_whole=whole,
        settle_seconds=900,
    )
    return [difference.difference_class for difference in found]


def test_two_books_that_agree_have_no_difference() -> None:
    assert differences(OURS, metrc()) == []


@pytest.mark.parametrize(
    ("ours", "seen", "expected"),
    [
        ({}, {"amount": 3979}, DifferenceClass.COUNT),
        ({"moved_at": NOON - timedelta(seconds=900)}, {"amount": 3979}, DifferenceClass.COUNT),
        ({"moved_at": NOON - timedelta(seconds=899)}, {"amount": 3979}, DifferenceClass.TIMING),
        ({"unresolved_action_ids": (7,)}, {"amount": 3979}, DifferenceClass.IN_FLIGHT),
        ({}, {"unit": GRAMS}, DifferenceClass.UNIT),
        ({}, {"is_on_hold": True}, DifferenceClass.STATUS),
        ({}, {"is_finished": True}, DifferenceClass.STATUS),
        ({"local_state": LocalState.DELIVERED}, {}, DifferenceClass.STATUS),
        ({"local_state": LocalState.DESTROYED}, {}, DifferenceClass.STATUS),
    ],
)
def test_each_class_of_difference(
    ours: dict[str, Any], seen: dict[str, Any], expected: DifferenceClass
) -> None:
    assert differences(replace(OURS, **ours), metrc(**seen)) == [expected]


def test_what_metrc_does_not_show_is_missing_only_after_a_whole_walk() -> None:
    assert differences(OURS) == [DifferenceClass.MISSING]
    assert differences(OURS, whole=False) == []
    assert differences(replace(OURS, local_state=LocalState.DELIVERED)) == []
    in_flight = replace(OURS, unresolved_action_ids=(7,))
    assert differences(in_flight) == [DifferenceClass.IN_FLIGHT]


def test_what_our_book_never_heard_of_is_unknown_to_us() -> None:
    assert differences(None, metrc()) == [DifferenceClass.UNKNOWN_TO_US]
    assert differences(None, metrc(is_finished=True)) == []
    assert differences(None, metrc(seen_in=PackageList.TRANSFERRED)) == []


def count(ours: int, theirs: int) -> Difference:
    return Difference(
        label=CARTS,
        difference_class=DifferenceClass.COUNT,
        our_quantity=quantity(ours, EACH),
        metrc_quantity=quantity(theirs, EACH),
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
    case = case_for_difference(count(ours, 1000), found_at=NOON, significant_percent=Decimal(5))
    assert case is not None
    assert case.case_class is case_class


def test_a_growing_difference_stays_one_case() -> None:
    small, large = (
        case_for_difference(count(ours, 1000), found_at=NOON, significant_percent=Decimal(5))
        for ours in (999, 100)
    )
    assert small is not None
    assert large is not None
    assert small.fact_key == large.fact_key
    assert (small.severity, large.severity) == (CaseSeverity.HIGH, CaseSeverity.CRITICAL)
    assert small.due_at == NOON + timedelta(days=3)
    assert large.due_at == NOON + timedelta(hours=24)


def test_what_explains_itself_opens_no_case() -> None:
    for quiet in (DifferenceClass.TIMING, DifferenceClass.IN_FLIGHT):
        difference = replace(count(1, 1000), difference_class=quiet)
        assert (
            case_for_difference(difference, found_at=NOON, significant_percent=Decimal(5)) is None
        )


def test_every_class_of_case_has_a_policy_in_words() -> None:
    assert set(POLICIES) == set(CaseClass)
    for policy in POLICIES.values():
        assert policy.why_it_matters.endswith(".")
        assert policy.what_to_do.endswith(".")


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
