from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.transfer_facts import TransferFacts
from glassbox.rules.gates.transfers import TRANSFER_GATES
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import GRAMS, quantity
from tests.unit.rules.story import (
    CARTS,
    CREW,
    DIST,
    LAB,
    LINE,
    MFG,
    NOON,
    R1,
    metrc,
    package,
    tag,
    transfer,
)


def codes(facts: TransferFacts) -> list[str]:
    return [finding.code for finding in run_gates(TRANSFER_GATES, facts)]


def to_distributor(**changes: Any) -> TransferFacts:
    untested = package(
        metrc(amount=4000, lab_testing_state="NotSubmitted"), state=LocalState.FINISHED_UNTESTED
    )
    line = replace(LINE, planned_quantity=quantity(4000, "Each"), is_released=False)
    return transfer(
        **{
            "acting": MFG,
            "destination": DIST,
            "transfer_type": "Transfer",
            "packages": (untested,),
            "lines": (replace(line, wholesale_price=None, certificate_issued_on=None),),
            **changes,
        }
    )


BULK_LINE = replace(LINE, planned_quantity=quantity(4000, GRAMS))


def line(**changes: Any) -> Callable[[], TransferFacts]:
    return lambda: transfer(lines=(replace(LINE, **changes),))


def test_a_clean_wholesale_manifest_has_no_findings() -> None:
    assert codes(transfer()) == []


def test_untested_goods_may_go_to_the_distributor() -> None:
    assert codes(to_distributor()) == []


CASES: list[tuple[str, Callable[[], TransferFacts]]] = [
    ("package.not-active", lambda: transfer(packages=(package(metrc(is_finished=True)),))),
    (
        "transfer.testing-not-passed",
        lambda: transfer(packages=(package(metrc(lab_testing_state="TestingInProgress")),)),
    ),
    ("package.on-state-hold", lambda: transfer(packages=(package(metrc(is_on_hold=True)),))),
    (
        "package.quantity-differs",
        lambda: transfer(packages=(package(ours=quantity(3979, "Each")),)),
    ),
    ("transfer.quantity-changed", line(planned_quantity=quantity(3979, "Each"))),
    (
        "transfer.destination-inactive",
        lambda: transfer(destination=replace(R1, is_active=False)),
    ),
    (
        "transfer.destination-not-allowed",
        lambda: to_distributor(destination=LAB),
    ),
    ("transfer.transporter-not-allowed", lambda: transfer(transporter=MFG)),
    ("transfer.transporter-not-allowed", lambda: transfer(transporter=LAB)),
    ("transfer.not-released", line(is_released=False)),
    ("transfer.certificate-too-old", line(certificate_issued_on=date(2025, 11, 6))),
    ("transfer.expired", line(expires_on=date(2026, 11, 5))),
    ("transfer.package-elsewhere", line(other_transfer="manifest 0000000042")),
    ("transfer.no-price", line(wholesale_price=None)),
    ("transfer.type", lambda: transfer(transfer_type="Transfer")),
    ("transfer.no-invoice", lambda: transfer(invoice_number="")),
    ("transfer.driver-not-current", lambda: transfer(driver=None)),
    ("transfer.driver-not-current", lambda: transfer(driver=replace(CREW, is_active=False))),
    ("transfer.vehicle-not-current", lambda: transfer(vehicle=replace(CREW, is_on_file=False))),
    ("transfer.times", lambda: transfer(arrives_at=NOON)),
    ("transfer.times", lambda: transfer(departs_at=NOON - timedelta(days=2))),
    ("transfer.load-differs", lambda: transfer(loaded_labels=frozenset())),
    ("transfer.load-differs", lambda: transfer(loaded_labels=frozenset({CARTS, tag(9)}))),
    ("transfer.empty", lambda: transfer(lines=(), packages=())),
    ("transfer.not-each", lambda: to_distributor(packages=(bulk(),), lines=(BULK_LINE,))),
]


def bulk() -> Any:
    return package(metrc(amount=4000, unit=GRAMS, lab_testing_state="NotSubmitted"))


@pytest.mark.parametrize(("code", "facts"), CASES)
def test_each_gate_of_a_transfer_blocks_alone(
    code: str, facts: Callable[[], TransferFacts]
) -> None:
    found = run_gates(TRANSFER_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)
    assert all(finding.fix and finding.rule_id and finding.citation for finding in found)


def test_all_findings_are_reported_not_only_the_first() -> None:
    facts = transfer(
        packages=(package(metrc(is_on_hold=True, lab_testing_state="NotSubmitted")),),
        invoice_number="",
    )
    assert codes(facts) == [
        "package.on-state-hold",
        "transfer.testing-not-passed",
        "transfer.no-invoice",
    ]


def test_a_manufacturer_never_ships_to_a_retailer() -> None:
    found = run_gates(TRANSFER_GATES, to_distributor(destination=R1))
    assert "transfer.destination-not-allowed" in [finding.code for finding in found]
    assert "CA-LIC-04" in [finding.rule_id for finding in found]


def test_a_loaded_truck_that_is_the_manifest_may_leave() -> None:
    assert codes(transfer(loaded_labels=frozenset({CARTS}))) == []


def test_samples_go_to_the_laboratory_without_invoice_in_the_laboratorys_car() -> None:
    sample = package(
        metrc(amount=20, lab_testing_state="SubmittedForTesting"), state=LocalState.SAMPLED
    )
    facts = transfer(
        destination=LAB,
        transporter=LAB,
        transfer_type="Transfer",
        packages=(sample,),
        lines=(
            replace(
                LINE,
                planned_quantity=quantity(20, "Each"),
                is_released=False,
                is_testing_sample=True,
                wholesale_price=None,
            ),
        ),
        invoice_number="",
    )
    assert codes(facts) == []


def test_failed_goods_stay_until_the_correction_is_approved() -> None:
    failed = package(metrc(lab_testing_state="TestFailed"))
    facts = transfer(destination=MFG, transfer_type="Transfer", packages=(failed,))
    found = run_gates(TRANSFER_GATES, facts)
    assert [(one.code, one.rule_id) for one in found] == [
        ("transfer.testing-not-passed", "CA-BT-27")
    ]
    assert codes(replace(facts, correction_is_approved=True)) == []


@pytest.mark.parametrize(
    ("departure", "metrc_limit", "blocked"),
    [
        (date(2026, 11, 9), None, False),
        (date(2026, 11, 10), None, True),
        (date(2026, 11, 9), date(2026, 11, 8), True),
        (date(2026, 11, 7), date(2026, 11, 8), False),
    ],
)
def test_a_certificate_of_10_november_2025_ends_on_10_november_2026(
    departure: date, metrc_limit: date | None, blocked: bool
) -> None:
    one = replace(
        LINE, certificate_issued_on=date(2025, 11, 10), metrc_result_expires_on=metrc_limit
    )
    found = codes(transfer(lines=(one,), delivery_date=departure))
    assert found == (["transfer.certificate-too-old"] if blocked else [])


def test_a_package_in_transit_is_on_no_second_truck() -> None:
    facts = transfer(packages=(package(metrc(seen_in=PackageList.IN_TRANSIT)),))
    assert codes(facts) == ["package.not-active"]
