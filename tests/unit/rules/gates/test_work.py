"""Batches, samples, orders and deliveries at the door, with the numbers of the scenarios."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.incoming import INCOMING_GATES, IncomingFacts, IncomingLine
from glassbox.rules.gates.orders import (
    ORDER_GATES,
    AllocationFacts,
    OrderFacts,
    package_price,
)
from glassbox.rules.gates.production import CLOSE_GATES, OPEN_GATES, BatchFacts, PlannedInput
from glassbox.rules.gates.sampling import SAMPLING_GATES, SamplingFacts, least_increments
from glassbox.rules.incoming import IncomingVerdict, advise
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.production_balance import LabelCount, balance_of
from glassbox.rules.quantities import EACH, GRAMS, quantity
from glassbox.rules.rule_lines import RuleDecision, RuleMissing
from glassbox.rules.verdicts import Severity
from tests.unit.rules.story import (
    ANA,
    BEN,
    CARTS,
    DIST,
    LAB,
    MFG,
    NOON,
    R1,
    SUP,
    metrc,
    package,
    rules,
    tag,
)

ONE, TWO, THREE = tag(1), tag(2), tag(3)


def grams(amount: str) -> Any:
    return quantity(amount, GRAMS)


def batch(**changes: Any) -> BatchFacts:
    oil = tuple(
        package(metrc(label, amount, GRAMS), state=LocalState.ARRIVED)
        for label, amount in ((ONE, 5000), (TWO, 4000), (THREE, 3000))
    )
    facts = BatchFacts(
        acting=MFG,
        packages=oil,
        checked_at=NOON,
        rules=rules(),
        batch_number="PB-D-101",
        number_in_use=False,
        protocol_version="3",
        protocol_is_approved=True,
        planned_units=None,
        planned_inputs=tuple(
            PlannedInput(label=one.label, quantity=one.metrc.quantity) for one in oil if one.metrc
        ),
        operator_ids=frozenset({ANA}),
        verifier_id=BEN,
        balance=balance_of(
            inputs=[grams("12000")],
            outputs=[grams("8400")],
            samples=[],
            waste=[grams("3564")],
            loss=[grams("36")],
        ),
    )
    return replace(facts, **changes)


def test_the_distillation_of_s01_opens_and_closes() -> None:
    assert run_gates(OPEN_GATES, batch()) == ()
    assert run_gates(CLOSE_GATES, batch()) == ()


def short() -> BatchFacts:
    planned = PlannedInput(label=THREE, quantity=grams("3000"))
    facts = batch(planned_inputs=(*batch().planned_inputs[:2], planned))
    return replace(facts, packages=facts.packages[:2])


BATCH_CASES: list[tuple[str, str, Callable[[], BatchFacts]]] = [
    ("batch.number-in-use", "open", lambda: batch(number_in_use=True)),
    ("batch.too-large", "open", lambda: batch(planned_units=quantity(150001, EACH))),
    ("batch.not-enough-stock", "open", short),
    ("batch.not-verified", "close", lambda: batch(verifier_id=None)),
    ("batch.not-verified", "close", lambda: batch(verifier_id=ANA)),
    ("batch.balance", "close", lambda: batch(balance=None)),
    (
        "batch.balance",
        "close",
        lambda: batch(
            balance=balance_of(
                inputs=[grams("12000")],
                outputs=[grams("8400")],
                samples=[],
                waste=[grams("3564")],
                loss=[grams("35.999")],
            )
        ),
    ),
    ("batch.labels", "close", lambda: batch(made_units=quantity(4000, EACH))),
    ("batch.labels", "close", lambda: labelled(applied=4000, destroyed=37)),
    ("batch.labels", "close", lambda: labelled(applied=3999, destroyed=39)),
    ("batch.not-in-metrc", "close", lambda: batch(unseen_in_metrc=("36 g loss",))),
]


def labelled(*, applied: int, destroyed: int) -> BatchFacts:
    count = LabelCount(issued=4050, applied=applied, destroyed=destroyed, returned=12)
    return batch(made_units=quantity(4000, EACH), label_count=count)


@pytest.mark.parametrize(("code", "moment", "facts"), BATCH_CASES)
def test_each_gate_of_a_batch_blocks_alone(
    code: str, moment: str, facts: Callable[[], BatchFacts]
) -> None:
    found = run_gates(OPEN_GATES if moment == "open" else CLOSE_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)


def test_a_batch_says_whether_nobody_or_the_maker_verified() -> None:
    texts = [run_gates(CLOSE_GATES, batch(verifier_id=who))[0].message for who in (None, ANA)]
    assert texts == ["Nobody verified batch PB-D-101.", "Who made it also verified batch PB-D-101."]


def test_the_labels_of_s01_are_all_accounted_for() -> None:
    assert run_gates(CLOSE_GATES, labelled(applied=4000, destroyed=38)) == ()


def test_an_unverified_rule_only_warns_until_it_is_promoted() -> None:
    facts = batch(protocol_is_approved=False)
    found = run_gates(OPEN_GATES, facts)
    assert [(one.code, one.severity) for one in found] == [("batch.protocol", Severity.WARNS)]
    blocks_now = RuleDecision(effective_from=date(2026, 1, 1), blocks=True)
    promoted = {**rules(), "CA-MP-01": replace(rules()["CA-MP-01"], decisions=(blocks_now,))}
    assert is_blocked(run_gates(OPEN_GATES, replace(facts, rules=promoted)))


def test_s02_blocks_the_plan_of_12000_grams() -> None:
    found = run_gates(OPEN_GATES, short())
    assert found[0].message == f"3,000 g of {THREE} are planned; METRC shows nothing."


@pytest.mark.parametrize(
    ("shipped", "found", "verdict", "percent"),
    [
        ("5000", "5000", IncomingVerdict.ACCEPT, "0"),
        ("4000", "3996", IncomingVerdict.ACCEPT, "-0.10"),
        ("3000", "2790", IncomingVerdict.REJECT, "-7.00"),
        ("4000", "3980", IncomingVerdict.ACCEPT, "-0.50"),
        ("4000", "3979.999", IncomingVerdict.REJECT, "-0.50"),
        ("4000", "4020.001", IncomingVerdict.REJECT, "0.50"),
        ("4000", "0", IncomingVerdict.REJECT, "-100"),
    ],
)
def test_s02_weights_are_accepted_as_found_or_rejected_whole(
    shipped: str, found: str, verdict: IncomingVerdict, percent: str
) -> None:
    advice = advise(shipped=grams(shipped), found=grams(found), tolerance_percent=Decimal("0.5"))
    assert (advice.verdict, advice.difference_percent) == (verdict, Decimal(percent))
    assert advice.received == (grams(found) if verdict is IncomingVerdict.ACCEPT else None)
    assert bool(advice.reject_reason) is (verdict is IncomingVerdict.REJECT)


def test_s07_counted_units_have_no_tolerance() -> None:
    advice = advise(
        shipped=quantity(240, EACH), found=quantity(239, EACH), tolerance_percent=Decimal(5)
    )
    assert advice.verdict is IncomingVerdict.REJECT
    assert advice.sentence == (
        "239 units found of 240 units shipped (-0.42 %), more than the 0 % allowed: "
        "reject it whole."
    )


LINES = (
    IncomingLine(
        label=ONE,
        shipped=grams("5000"),
        found=grams("5000"),
        verdict=IncomingVerdict.ACCEPT,
        received=grams("5000"),
    ),
    IncomingLine(
        label=TWO,
        shipped=grams("4000"),
        found=grams("3996"),
        verdict=IncomingVerdict.ACCEPT,
        received=grams("3996"),
    ),
    IncomingLine(
        label=THREE,
        shipped=grams("3000"),
        found=grams("2790"),
        verdict=IncomingVerdict.REJECT,
        reject_reason="quantity differs from invoice",
    ),
)


def door(*, third: dict[str, Any] | None = None, **changes: Any) -> IncomingFacts:
    facts = IncomingFacts(
        acting=MFG,
        packages=(),
        checked_at=NOON,
        rules=rules(),
        manifest_number="0000000042",
        shipper=SUP,
        transporter=DIST,
        lines=(*LINES[:2], replace(LINES[2], **(third or {}))),
        scanned_labels=frozenset({ONE, TWO, THREE}),
    )
    return replace(facts, **changes)


ACCEPTED_LIGHT = {"verdict": IncomingVerdict.ACCEPT, "received": grams("2790")}
DOOR_CASES: list[tuple[str, Callable[[], IncomingFacts]]] = [
    ("incoming.shipper-inactive", lambda: door(shipper=replace(SUP, is_active=False))),
    ("incoming.transporter-not-distributor", lambda: door(transporter=SUP)),
    (
        "incoming.not-on-manifest",
        lambda: door(scanned_labels=frozenset({ONE, TWO, THREE, tag(9)})),
    ),
    ("incoming.not-on-dock", lambda: door(scanned_labels=frozenset({ONE, THREE}))),
    ("incoming.not-counted", lambda: door(third={"found": None})),
    ("incoming.not-counted", lambda: door(third={"verdict": None})),
    ("incoming.quantity-differs", lambda: door(third=ACCEPTED_LIGHT)),
    (
        "incoming.quantity-differs",
        lambda: door(
            third={
                "found": grams("3000"),
                "verdict": IncomingVerdict.ACCEPT,
                "received": grams("2999"),
            }
        ),
    ),
]


def test_s02_at_the_door_may_be_settled() -> None:
    assert run_gates(INCOMING_GATES, door()) == ()


@pytest.mark.parametrize(("code", "facts"), DOOR_CASES)
def test_each_gate_at_the_door_blocks_alone(code: str, facts: Callable[[], IncomingFacts]) -> None:
    found = run_gates(INCOMING_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)


def test_a_reason_the_law_does_not_name_asks_compliance_to_sign() -> None:
    found = run_gates(INCOMING_GATES, door(third={"reject_reason": "we changed our mind"}))
    assert [(one.code, one.severity) for one in found] == [
        ("incoming.reject-reason", Severity.WARNS)
    ]


def sampling(*, sample: int = 20, size: int = 4000, **changes: Any) -> SamplingFacts:
    here = package(
        metrc(amount=size, lab_testing_state="NotSubmitted"), state=LocalState.DIST_QUARANTINE
    )
    facts = SamplingFacts(
        acting=DIST,
        packages=(here,),
        checked_at=NOON,
        rules=rules(),
        batch_number="PB-V-201",
        batch_labels=frozenset({CARTS}),
        source_labels=frozenset({CARTS}),
        sample=quantity(sample, EACH),
        laboratory=LAB,
        is_final_form=True,
        is_labelled=True,
    )
    return replace(facts, **changes)


def test_twenty_units_of_4000_are_enough() -> None:
    assert run_gates(SAMPLING_GATES, sampling()) == ()


@pytest.mark.parametrize(
    ("units", "least"),
    [
        *((1, 2), (50, 2), (51, 3), (150, 3), (151, 5), (500, 5), (501, 8), (592, 8)),
        *((1200, 8), (1201, 13), (2400, 13), (3200, 13), (3201, 20), (10000, 20)),
        *((10001, 32), (35000, 32), (35001, 50), (150000, 50)),
    ],
)
def test_the_table_of_increments(units: int, least: int) -> None:
    assert least_increments(Decimal(units), rules()) == least


def test_a_sample_that_is_weighed_is_not_held_to_the_table_of_units() -> None:
    assert run_gates(SAMPLING_GATES, sampling(sample=1, size=0)) == ()
    weighed = sampling()
    assert run_gates(SAMPLING_GATES, replace(weighed, sample=grams("1"))) == ()


def test_beyond_the_table_there_is_no_answer() -> None:
    with pytest.raises(RuleMissing, match="150,001"):
        least_increments(Decimal(150001), rules())


def away() -> SamplingFacts:
    gone = package(metrc(seen_in=PackageList.IN_TRANSIT))
    return sampling(packages=(*sampling().packages, replace(gone, label=ONE)), **BOTH_LABELS)


BOTH_LABELS: dict[str, Any] = {
    "batch_labels": frozenset({CARTS, ONE}),
    "source_labels": frozenset({CARTS, ONE}),
}
SAMPLING_CASES: list[tuple[str, Callable[[], SamplingFacts]]] = [
    ("sampling.not-distributor", lambda: sampling(acting=MFG)),
    ("sampling.laboratory", lambda: sampling(laboratory=DIST)),
    ("sampling.laboratory", lambda: sampling(laboratory=replace(LAB, is_active=False))),
    ("sampling.batch-not-whole", away),
    ("sampling.not-a-source", lambda: sampling(source_labels=frozenset())),
    ("sampling.batch-too-large", lambda: sampling(size=150001, sample=50)),
    ("sampling.too-small", lambda: sampling(sample=19)),
    ("sampling.not-final-form", lambda: sampling(is_final_form=False)),
    ("sampling.not-final-form", lambda: sampling(is_labelled=False)),
]


@pytest.mark.parametrize(("code", "facts"), SAMPLING_CASES)
def test_each_gate_of_a_sample_blocks_alone(code: str, facts: Callable[[], SamplingFacts]) -> None:
    found = run_gates(SAMPLING_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)


def test_a_research_sample_may_be_taken_by_the_manufacturer() -> None:
    facts = sampling(acting=MFG, is_research=True, is_final_form=False)
    assert run_gates(SAMPLING_GATES, facts) == ()


WISH = AllocationFacts(
    label=CARTS,
    wanted=quantity(900, EACH),
    allocated_elsewhere=quantity(0, EACH),
    is_released=True,
    certificate_issued_on=date(2025, 11, 10),
    unit_price=Decimal("11.50"),
)


def order(*, wish: dict[str, Any] | None = None, **changes: Any) -> OrderFacts:
    facts = OrderFacts(
        acting=DIST,
        packages=(package(),),
        checked_at=NOON,
        rules=rules(),
        order_number="O-1",
        buyer=R1,
        delivery_date=date(2026, 11, 9),
        allocations=(replace(WISH, **(wish or {})),),
    )
    return replace(facts, **changes)


ORDER_CASES: list[tuple[str, Callable[[], OrderFacts]]] = [
    ("order.buyer-inactive", lambda: order(buyer=replace(R1, is_active=False))),
    ("order.buyer-kind", lambda: order(buyer=LAB)),
    ("order.not-released", lambda: order(wish={"is_released": False})),
    ("order.not-enough", lambda: order(wish={"allocated_elsewhere": quantity(3081, EACH)})),
    ("order.certificate-too-old", lambda: order(delivery_date=date(2026, 11, 11))),
    ("order.certificate-too-old", lambda: order(wish={"certificate_issued_on": None})),
    ("order.expires-too-soon", lambda: order(wish={"expires_on": date(2026, 11, 8)})),
    ("order.no-price", lambda: order(wish={"unit_price": None})),
    ("package.on-state-hold", lambda: order(packages=(package(metrc(is_on_hold=True)),))),
    ("package.on-local-hold", lambda: order(packages=(package(local_hold_reason="leak"),))),
]


def test_an_order_of_the_last_free_unit_goes() -> None:
    assert run_gates(ORDER_GATES, order(wish={"allocated_elsewhere": quantity(3080, EACH)})) == ()


@pytest.mark.parametrize(("code", "facts"), ORDER_CASES)
def test_each_gate_of_an_order_blocks_alone(code: str, facts: Callable[[], OrderFacts]) -> None:
    found = run_gates(ORDER_GATES, facts())
    assert [finding.code for finding in found] == [code]
    assert is_blocked(found)


def test_the_four_orders_of_s01_come_to_37260_dollars() -> None:
    units = [quantity(count, EACH) for count in (900, 1200, 640, 500)]
    prices = [package_price(one, Decimal("11.50")) for one in units]
    assert sum(prices) == Decimal("37260.00")
    assert package_price(quantity(120, EACH), Decimal("11.50")) == Decimal("1380.00")
