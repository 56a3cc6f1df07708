from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.gates import run_gates
from glassbox.rules.gates.qa import (
    RELEASE_GATES,
    CertificateFacts,
    QaFacts,
    checklist,
    label_difference_percent,
    release_must_be_revoked,
)
from glassbox.rules.package_state import LocalState
from glassbox.rules.quantities import quantity
from tests.unit.rules.story import ANA, CARTS, DIST, EVE, LAB, NOON, metrc, package, rules, tag

PANELS = frozenset({"cannabinoids", "heavy metals", "residual pesticides"})
COA = CertificateFacts(
    number="COA-1",
    batch_number="PB-V-201",
    sample_label=tag(400),
    laboratory_license_number=LAB.number,
    issued_on=date(2026, 11, 3),
    passed=True,
    panels=dict.fromkeys(PANELS, True),
    thc_mg_per_unit=Decimal(849),
)
TICKS = dict.fromkeys(("QA-05", "QA-06", "QA-07", "QA-08"), True)


def review(**changes: Any) -> QaFacts:
    """Eve's review of PB-V-201 in scenario S01, with nothing against the release."""
    facts = QaFacts(
        acting=DIST,
        packages=(package(state=LocalState.TEST_PASSED),),
        checked_at=NOON,
        rules=rules(),
        batch_number="PB-V-201",
        reviewer_id=EVE,
        maker_ids=frozenset({ANA}),
        certificate=COA,
        sample_label=tag(400),
        laboratory_license_number=LAB.number,
        required_panels=PANELS,
        results_are_released=True,
        result_is_revoked=False,
        planned_departure=date(2026, 11, 6),
        label_claim_mg=Decimal(856),
        counts={CARTS: quantity(3980, "Each")},
        label_batch_number="PB-V-201",
        metrc_batch_number="pb-v-201 ",
        printed_labels={},
        ticks=TICKS,
    )
    return replace(facts, **changes)


def coa(**changes: Any) -> Callable[[], QaFacts]:
    return lambda: review(certificate=replace(COA, **changes))


def unticked(rule_id: str, answer: bool | None) -> Callable[[], QaFacts]:
    ticks = {key: value for key, value in TICKS.items() if key != rule_id}
    return lambda: review(ticks=ticks if answer is None else {**ticks, rule_id: answer})


def test_scenario_s01_is_released() -> None:
    assert run_gates(RELEASE_GATES, review()) == ()
    assert [item.rule_id for item in checklist(review())] == [f"QA-{n:02}" for n in range(1, 15)]
    assert all(item.is_met for item in checklist(review()))
    assert label_difference_percent(Decimal(856), Decimal(849)) == Decimal("0.82")


CASES: list[tuple[str, Callable[[], QaFacts]]] = [
    ("QA-01", coa(batch_number="PB-V-202")),
    ("QA-01", coa(sample_label=tag(401))),
    ("QA-01", coa(laboratory_license_number="C8-9990002-LIC")),
    ("QA-01", coa(has_readable_file=False)),
    ("QA-02", coa(panels={**COA.panels, "heavy metals": False})),
    ("QA-02", coa(panels={"cannabinoids": True, "heavy metals": True})),
    ("QA-02", coa(passed=False)),
    ("QA-02", coa(matches_metrc=False)),
    ("QA-02", lambda: review(results_are_released=False)),
    ("QA-02", lambda: review(result_is_revoked=True)),
    (
        "QA-02",
        lambda: review(packages=(package(metrc(lab_testing_state="TestingInProgress")),)),
    ),
    ("QA-03", coa(issued_on=date(2025, 11, 6))),
    ("QA-03", lambda: review(metrc_result_expires_on=date(2026, 11, 6))),
    ("QA-04", coa(thc_mg_per_unit=Decimal("770.3"))),
    ("QA-04", coa(thc_mg_per_unit=Decimal("941.7"))),
    ("QA-04", lambda: review(label_claim_mg=None)),
    ("QA-05", unticked("QA-05", None)),
    ("QA-05", unticked("QA-05", False)),
    ("QA-06", unticked("QA-06", None)),
    ("QA-07", unticked("QA-07", None)),
    ("QA-08", unticked("QA-08", None)),
    ("QA-09", lambda: review(counts={})),
    ("QA-09", lambda: review(counts={CARTS: quantity(3979, "Each")})),
    ("QA-10", lambda: review(lineage_gap="no receipt of …00000001")),
    ("QA-11", lambda: review(packages=(package(held_ancestors=(tag(1),)),))),
    ("QA-12", lambda: review(label_batch_number="PB-V-210")),
    ("QA-12", lambda: review(metrc_batch_number="PB-V-210")),
    ("QA-12", lambda: review(printed_labels={CARTS: tag(77)})),
    ("QA-12", lambda: review(expires_on=date(2026, 11, 5))),
    ("QA-13", lambda: review(reviewer_id=ANA)),
    (
        "QA-14",
        lambda: review(packages=(package(metrc(seen_at=NOON - timedelta(minutes=16))),)),
    ),
]


@pytest.mark.parametrize(("rule_id", "facts"), CASES)
def test_each_item_blocks_alone(rule_id: str, facts: Callable[[], QaFacts]) -> None:
    unmet = [item for item in checklist(facts()) if not item.is_met]
    assert [item.rule_id for item in unmet] == [rule_id]
    assert all(finding.blocks and finding.fix for finding in unmet[0].findings)


def test_ten_percent_to_the_hair_is_allowed() -> None:
    for found in ("770.4", "941.6"):
        assert run_gates(RELEASE_GATES, coa(thc_mg_per_unit=Decimal(found))()) == ()


def test_goods_may_leave_on_their_last_day() -> None:
    assert run_gates(RELEASE_GATES, review(expires_on=date(2026, 11, 6))) == ()


def test_the_difference_from_an_empty_claim_is_whole() -> None:
    assert label_difference_percent(Decimal(0), Decimal(1)) == 100
    assert label_difference_percent(Decimal(0), Decimal(0)) == 0


def test_over_the_limit_of_a_package_no_tick_helps() -> None:
    facts = review(
        certificate=replace(COA, thc_mg_per_unit=Decimal(2001)), label_claim_mg=Decimal(2001)
    )
    assert [item.rule_id for item in checklist(facts) if not item.is_met] == ["QA-08"]


def test_without_a_certificate_nothing_is_released() -> None:
    unmet = [item.rule_id for item in checklist(review(certificate=None)) if not item.is_met]
    assert unmet == ["QA-01", "QA-04"]


def test_units_may_keep_the_uid_of_the_package_they_were_packed_under() -> None:
    facts = review(printed_labels={CARTS: tag(77)}, ancestor_labels={CARTS: frozenset({tag(77)})})
    assert run_gates(RELEASE_GATES, facts) == ()


def test_a_release_falls_when_a_hold_or_a_revocation_comes_later() -> None:
    assert release_must_be_revoked(review()) == ()
    held = review(packages=(package(metrc(is_on_hold=True)),))
    assert [one.code for one in release_must_be_revoked(held)] == ["package.on-state-hold"]
    assert release_must_be_revoked(review(result_is_revoked=True))
    # A later count belongs to reconciliation; it does not undo a release by itself.
    assert release_must_be_revoked(review(counts={})) == ()
