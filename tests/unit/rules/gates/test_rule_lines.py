import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import glassbox.rules
from glassbox.rules.rule_lines import (
    Override,
    RuleDecision,
    RuleMissing,
    RuleSeverity,
    broken,
    decided,
    overridden,
    read_pack,
    threshold,
)
from glassbox.rules.verdicts import InvalidInput, Severity
from tests.unit.rules.story import rules

TODAY = date(2026, 11, 6)
G0 = rules()["G0"]
BLOCKS_SINCE_THEN = RuleDecision(effective_from=TODAY, blocks=True)


def found(line: Any) -> list[Any]:
    return list(
        broken({"G0": line}, "G0", on=TODAY, code="c", subject="s", message="No.", fix="Do.")
    )


def test_every_rule_the_gates_cite_is_in_the_pack() -> None:
    root = Path(glassbox.rules.__file__).parent / "gates"
    text = "".join(path.read_text() for path in root.glob("*.py"))
    cited = set(re.findall(r'"((?:G\d|CA-[A-Z]{2}|MS|TR|OR|LB)(?:-[A-Z0-9]+)*)"', text))
    assert len(cited) > 30
    assert cited <= set(rules())


def test_a_rule_no_pack_holds_blocks() -> None:
    finding = next(broken({}, "G0", on=TODAY, code="c", subject="s", message="No.", fix="Do."))
    assert finding.severity is Severity.BLOCKS
    assert "No rule pack holds G0" in finding.message


@pytest.mark.parametrize(
    ("since", "until", "speaks"),
    [
        (TODAY, None, True),
        (date(2026, 11, 7), None, False),
        (date(2020, 1, 1), TODAY, True),
        (date(2020, 1, 1), date(2026, 11, 5), False),
    ],
)
def test_a_rule_speaks_only_while_in_force(since: date, until: date | None, speaks: bool) -> None:
    line = replace(G0, effective_from=since, effective_to=until)
    assert bool(found(line)) is speaks


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, Severity.BLOCKS),
        ({"severity": RuleSeverity.WARN}, Severity.WARNS),
        ({"severity": RuleSeverity.DEADLINE}, Severity.WARNS),
        ({"evidence": "M"}, Severity.WARNS),
        ({"evidence": "P"}, Severity.WARNS),
        ({"evidence": "M", "guards_release": True}, Severity.BLOCKS),
        ({"evidence": "M", "decisions": (BLOCKS_SINCE_THEN,)}, Severity.BLOCKS),
        ({"evidence": "V2"}, Severity.BLOCKS),
    ],
)
def test_the_pack_decides_what_blocks(changes: dict[str, Any], severity: Severity) -> None:
    assert found(replace(G0, **changes))[0].severity is severity


def test_a_threshold_that_is_missing_or_no_number_is_refused() -> None:
    assert threshold(rules(), "CA-BT-02", "most_units") == 150000
    for rule_id, name in (("CA-BT-02", "least"), ("XX", "y"), ("CA-BT-04", "increments")):
        with pytest.raises(RuleMissing, match=rule_id):
            threshold(rules(), rule_id, name)


ROW = {"id": "G0", "severity": "block", "citation": "c", "source": "s", "evidence": "D"}


@pytest.mark.parametrize(
    ("pack", "field"),
    [
        ([], "pack"),
        ({"rules": []}, "state"),
        ({"state": "CA", "rules": []}, "effective_from"),
        ({"state": "CA", "effective_from": "2026-01-01", "rules": ["x"]}, "rules"),
        ({"state": "CA", "effective_from": "2026-01-01", "rules": [ROW, ROW]}, "id"),
        (
            {"state": "CA", "effective_from": "2026-01-01", "rules": [{**ROW, "severity": "ban"}]},
            "G0.severity",
        ),
        (
            {"state": "CA", "effective_from": "2026-01-01", "rules": [{**ROW, "evidence": "X"}]},
            "G0.evidence",
        ),
        (
            {"state": "CA", "effective_from": "2026-01-01", "rules": [{**ROW, "citation": ""}]},
            "G0.citation",
        ),
        (
            {"state": "CA", "effective_from": "2026-01-01", "rules": [{**ROW, "colour": "red"}]},
            "G0.colour",
        ),
    ],
)
def test_a_broken_pack_names_the_rule_and_the_field(pack: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_pack(pack)
    assert refusal.value.field == field


def test_a_decision_holds_from_its_day_until_the_next_and_an_unknown_id_changes_nothing() -> None:
    blocks = RuleDecision(effective_from=date(2026, 11, 3), blocks=True)
    back = RuleDecision(effective_from=date(2026, 11, 9), blocks=False)
    after = decided(rules(), {"CA-MF-07": [blocks, back], "NO-SUCH": [blocks]})
    line = after["CA-MF-07"]
    assert [line.severity_on(date(2026, 11, day)) for day in (2, 3, 8, 9)] == [
        *(Severity.WARNS, Severity.BLOCKS, Severity.BLOCKS, Severity.WARNS),
    ]
    assert "NO-SUCH" not in after
    assert rules()["CA-MF-07"].severity_on(date(2026, 11, 3)) is Severity.WARNS
    assert decided(rules(), {}) is rules()


def test_no_decision_makes_a_rule_warn_that_its_pack_lets_block() -> None:
    back = RuleDecision(effective_from=date(2026, 1, 1), blocks=False)
    line = decided(rules(), {"CA-TT-15": [back]})["CA-TT-15"]
    assert line.severity_on(date(2026, 11, 3)) is Severity.BLOCKS


@pytest.mark.parametrize(
    ("allowed", "code", "subject", "severity"),
    [
        (True, "c", "s", Severity.WARNS),
        (False, "c", "s", Severity.BLOCKS),
        (True, "another", "s", Severity.BLOCKS),
        (True, "c", "another", Severity.BLOCKS),
    ],
)
def test_an_override_lifts_its_own_finding_alone_and_only_where_the_pack_allows(
    allowed: bool, code: str, subject: str, severity: Severity
) -> None:
    line = replace(G0, may_be_overridden=allowed)
    override = Override(code=code, subject=subject, granted_by="Fay", reason="Seen it myself")
    (judged,) = overridden(found(line), [override], {"G0": line})
    assert judged.severity is severity
    assert ("Overridden by Fay: Seen it myself" in judged.message) == (severity is Severity.WARNS)


def test_no_rule_of_law_may_be_overridden() -> None:
    ours = {"D", "P"}
    assert {one.rule_id for one in rules().values() if one.may_be_overridden} == {"TR-TIMES"}
    assert all(one.evidence in ours for one in rules().values() if one.may_be_overridden)
