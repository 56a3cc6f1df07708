from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from glassbox.rules.action_kinds.registry import ACTION_KINDS
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.action_facts import ActionFacts, Moment, SourceUse
from glassbox.rules.gates.actions import (
    ADJUST_GATES,
    CREATE_GATES,
    MOVE_GATES,
    REMEDIATE_GATES,
    TRANSFER_ACTION_GATES,
)
from glassbox.rules.gates.facts import TagFacts
from glassbox.rules.gates.packages import PACKAGE_GATES
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import Severity
from tests.unit.rules.story import (
    ANA,
    BEN,
    CARTS,
    MFG,
    NOON,
    R1,
    metrc,
    package,
    rules,
    tag,
    transfer,
)

BULK, CHILD = tag(301), tag(455)


def action(**changes: Any) -> ActionFacts:
    """Ana's split of 500 g out of 4,669 g, approved by Ben, that every gate lets go."""
    bulk = metrc(BULK, "4669", GRAMS, item_name="Distillate", lab_testing_state="NotSubmitted")
    facts = ActionFacts(
        acting=MFG,
        packages=(package(bulk, state=LocalState.IN_PROCESS),),
        checked_at=NOON,
        rules=rules(),
        moment=Moment.CLAIM,
        license_kinds=frozenset({"MANUFACTURING", "DISTRIBUTION"}),
        needs_other_person=True,
        drafter_id=ANA,
        approver_id=BEN,
        payload_sha256="aa",
        approved_sha256="aa",
        new_tags=(TagFacts(label=CHILD, is_received=True, is_used=False),),
        uses=(SourceUse(label=BULK, quantity=quantity("500", GRAMS)),),
        made=quantity("500", GRAMS),
        clock_difference_seconds=2,
    )
    return replace(facts, **changes)


def codes(facts: ActionFacts, gates: Any = CREATE_GATES) -> list[str]:
    return [finding.code for finding in run_gates(gates, facts)]


def test_a_clean_split_has_no_findings_at_any_moment() -> None:
    for moment in Moment:
        assert run_gates(CREATE_GATES, action(moment=moment)) == ()


def tagged(**changes: Any) -> Callable[[], ActionFacts]:
    usable = TagFacts(label=CHILD, is_received=True, is_used=False)
    return lambda: action(new_tags=(replace(usable, **changes),))


CASES: list[tuple[str, Callable[[], ActionFacts]]] = [
    ("action.no-grant", lambda: action(actor_has_grant=False)),
    ("action.no-key", lambda: action(drafter_has_key=False)),
    ("action.license-inactive", lambda: action(acting=replace(MFG, is_active=False))),
    ("action.wrong-license-kind", lambda: action(license_kinds=frozenset({"DISTRIBUTION"}))),
    ("action.counterparty-inactive", lambda: action(counterparty=replace(R1, is_active=False))),
    ("action.not-approved", lambda: action(approver_id=None)),
    ("action.own-work", lambda: action(approver_id=ANA)),
    ("action.content-changed", lambda: action(approved_sha256="bb")),
    ("action.clock-differs", lambda: action(clock_difference_seconds=-301)),
    ("action.lane-taken", lambda: action(taken_lanes=(f"package:{BULK}",))),
    ("action.tag-not-usable", tagged(is_used=True)),
    ("action.tag-not-usable", tagged(is_on_a_package=True)),
    ("action.tag-not-usable", tagged(is_damaged=True)),
    ("action.tag-not-usable", tagged(is_received=False)),
    ("action.tag-not-usable", tagged(seen_available=False)),
    ("action.tag-not-usable", tagged(reserved_by_action_id=8)),
    (
        "action.not-enough",
        lambda: action(uses=(SourceUse(label=BULK, quantity=quantity("4669.001", GRAMS)),)),
    ),
    ("action.mass-from-nothing", lambda: action(made=quantity("500.001", GRAMS))),
]


@pytest.mark.parametrize(("code", "facts"), CASES)
def test_each_gate_of_an_action_blocks_alone(code: str, facts: Callable[[], ActionFacts]) -> None:
    found = run_gates(CREATE_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)
    assert all(finding.fix and finding.rule_id and finding.citation for finding in found)


def test_a_draft_shows_everything_but_the_missing_approval() -> None:
    draft = action(moment=Moment.DRAFT, approver_id=None, approved_sha256="")
    assert codes(draft) == []


def test_routine_work_may_be_approved_by_who_drafted_it() -> None:
    assert codes(action(needs_other_person=False, approver_id=ANA)) == []


def test_a_minute_of_clock_difference_warns_and_five_block() -> None:
    quiet, warned = action(clock_difference_seconds=60), action(clock_difference_seconds=300)
    assert codes(quiet) == []
    findings = run_gates(CREATE_GATES, warned)
    assert [finding.severity for finding in findings] == [Severity.WARNS]
    assert codes(action(clock_difference_seconds=None)) == []


def test_everything_can_be_taken_but_not_more() -> None:
    everything = SourceUse(label=BULK, quantity=quantity("4669", GRAMS))
    assert codes(action(uses=(everything,))) == []


def test_without_access_no_transfer_goes_but_other_work_does() -> None:
    assert codes(action(access_is_lost=True)) == []
    shipping = action(access_is_lost=True, transfer=transfer())
    assert codes(shipping, TRANSFER_ACTION_GATES) == ["action.access-lost"]


PACKAGE_CASES: list[tuple[str, Callable[[], Any]]] = [
    ("package.not-ours", lambda: replace(package(), metrc=None)),
    ("package.stale", lambda: package(metrc(seen_at=NOON - timedelta(seconds=901)))),
    ("package.stale", lambda: package(sync_was_whole=False)),
    ("package.not-active", lambda: package(metrc(seen_in=PackageList.IN_TRANSIT))),
    ("package.not-active", lambda: package(metrc(is_finished=True))),
    ("package.on-state-hold", lambda: package(metrc(is_on_hold=True))),
    ("package.on-state-hold", lambda: package(metrc(is_on_recall=True))),
    ("package.on-state-hold", lambda: package(metrc(seen_in=PackageList.ON_HOLD))),
    ("package.on-state-hold", lambda: package(state=LocalState.STATE_HOLD)),
    ("package.on-state-hold", lambda: package(held_ancestors=(BULK,))),
    ("package.on-local-hold", lambda: package(local_hold_reason="leaking")),
    ("package.on-local-hold", lambda: package(state=LocalState.TEST_FAILED)),
    ("package.outcome-unknown", lambda: package(unresolved_action_ids=(7,))),
    ("package.quantity-differs", lambda: package(ours=quantity("3979", "Each"))),
    ("package.quantity-differs", lambda: replace(package(), our_quantity=None)),
]


@pytest.mark.parametrize(("code", "facts"), PACKAGE_CASES)
def test_each_gate_of_a_package_blocks_alone(code: str, facts: Callable[[], Any]) -> None:
    found = run_gates(PACKAGE_GATES, transfer(packages=(facts(),)))
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)
    assert found[0].subject == CARTS


def test_a_word_of_metrcs_is_fresh_for_fifteen_minutes() -> None:
    edge = package(metrc(seen_at=NOON - timedelta(seconds=900)))
    assert run_gates(PACKAGE_GATES, transfer(packages=(edge,))) == ()


def test_differing_quantities_do_not_stop_their_own_cure() -> None:
    bulk = metrc(BULK, "4669", GRAMS)
    facts = action(packages=(package(bulk, ours=quantity("4657", GRAMS)),), new_tags=(), uses=())
    assert codes(facts, ADJUST_GATES) == []
    assert codes(facts) == ["package.quantity-differs"]


def test_only_failed_goods_have_something_to_remediate() -> None:
    failed = metrc(BULK, "4669", GRAMS, lab_testing_state="TestFailed")
    held = package(failed, state=LocalState.TEST_FAILED, local_hold_reason="failed a test")
    assert codes(action(packages=(held,)), REMEDIATE_GATES) == []
    assert codes(action(), REMEDIATE_GATES) == ["action.nothing-to-remediate"]


def test_quarantined_goods_may_be_moved_and_held_ones_may_not() -> None:
    quarantined = action(packages=(package(metrc(BULK), local_hold_reason="broken seal"),))
    assert codes(quarantined, MOVE_GATES) == []
    held = action(packages=(package(metrc(BULK, is_on_hold=True)),))
    assert codes(held, MOVE_GATES) == ["package.on-state-hold"]


def test_every_kind_of_action_asks_for_a_licence_and_an_approval() -> None:
    wrong = action(acting=replace(MFG, is_active=False), approver_id=None)
    for kind in ACTION_KINDS.values():
        found = codes(wrong, kind.gates)
        assert {"action.license-inactive", "action.not-approved"} <= set(found), kind.name
