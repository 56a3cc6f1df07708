"""What METRC lets a facility of this type and this state do: blocked where seen, warned where guessed."""

from __future__ import annotations

from dataclasses import replace

from glassbox.queries.facility_flags import missing_flag
from glassbox.rules.action_kinds.registry import ACTION_KINDS
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.action_facts import MissingFlag
from glassbox.rules.gates.actions import ADJUST_BY_GATES, CREATE_GATES, SET_GATES
from glassbox.rules.verdicts import Severity
from tests.unit.rules.gates.test_packages_and_actions import action, codes
from tests.unit.rules.story import rules

CREATE, MOVE = "POST /packages/v2/", "PUT /packages/v2/location"
OURS = {"CanCreateDerivedPackages": True, "CanUpdateLocationsOnPackages": True}


def test_a_call_that_metrc_was_seen_to_refuse_without_its_flag_is_blocked() -> None:
    missing = missing_flag(CREATE, {**OURS, "CanCreateDerivedPackages": False})
    found = run_gates(CREATE_GATES, action(missing_flag=missing))
    assert [finding.code for finding in found] == ["action.facility-may-not"]
    assert is_blocked(found)
    assert "CanCreateDerivedPackages" in found[0].message


def test_a_flag_that_is_only_guessed_warns() -> None:
    missing = missing_flag(MOVE, {"CanCreateDerivedPackages": True})
    found = run_gates(CREATE_GATES, action(missing_flag=missing))
    assert [finding.severity for finding in found] == [Severity.WARNS]
    assert found[0].rule_id == "G1-FLAG-GUESSED"


def test_what_metrc_never_told_or_needs_no_flag_stops_nothing() -> None:
    assert missing_flag(CREATE, OURS) is None
    assert missing_flag(CREATE, None) is None
    assert missing_flag(CREATE, {}) is None
    assert missing_flag("PUT /packages/v2/adjust", {"IsRetail": True}) is None
    assert missing_flag("", {"IsRetail": True}) is None


def test_a_right_to_create_from_nothing_is_no_right_to_create_from_other_packages() -> None:
    only_opening = {"CanCreateOpeningBalancePackages": True}
    assert missing_flag(CREATE, only_opening) == MissingFlag(
        names=("CanCreateDerivedPackages",), is_guessed=False
    )


def test_one_of_two_flags_is_enough() -> None:
    remediate = ACTION_KINDS["package.remediate"].endpoint
    assert missing_flag(remediate, {"IsRetail": True}) is not None
    for name in ("CanRequestProductRemediation", "CanRemediatePackagesWithFailedLabResults"):
        assert missing_flag(remediate, {name: True}) is None


def test_where_metrc_sets_final_quantities_a_difference_warns_and_a_set_does_not() -> None:
    alone = action(new_tags=(), uses=())
    assert codes(alone, SET_GATES) == []
    found = run_gates(ADJUST_BY_GATES, alone)
    assert [finding.code for finding in found] == ["action.state-takes-final-quantities"]
    assert not is_blocked(found)


def test_where_metrc_books_differences_a_set_is_blocked_and_a_difference_is_not() -> None:
    ours = dict(rules())
    ours["ME-06-SET"] = replace(ours["ME-06-SET"], params={"sets_final_quantity": "0"})
    alone = action(new_tags=(), uses=(), rules=ours)
    assert codes(alone, ADJUST_BY_GATES) == []
    found = run_gates(SET_GATES, alone)
    assert [finding.code for finding in found] == ["action.state-takes-differences"]
    assert is_blocked(found)
    assert ACTION_KINDS["package.adjust"].gates == SET_GATES
    assert ACTION_KINDS["package.adjust_by"].gates == ADJUST_BY_GATES
