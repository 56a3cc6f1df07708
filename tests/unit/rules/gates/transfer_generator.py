"""Transfers made at random from a seed: legal ones, and the same with exactly one fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from glassbox.rules.gates.facts import LicenseFacts, PackageFacts
from glassbox.rules.gates.transfer_facts import TransferFacts, TransferLine
from glassbox.rules.gates.transfers import RETAIL_KINDS
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import EACH, GRAMS, quantity
from tests.unit.rules.story import (
    CREW,
    DIST,
    LAB,
    MFG,
    NOON,
    R1,
    metrc,
    package,
    rules,
    tag,
)

OTHER_DIST = LicenseFacts(number="C11-9990009-LIC", kind="DISTRIBUTION", is_active=True)
MICRO = LicenseFacts(number="C12-9990004-LIC", kind="MICROBUSINESS", is_active=True)
# Shipper, receiver, carrier, type, testing states that the goods may be in.
SHAPES = (
    (MFG, DIST, DIST, "Transfer", ("NotSubmitted", "TestPassed", "NotRequired")),
    (DIST, R1, DIST, "Wholesale Manifest", ("TestPassed", "RetestPassed")),
    (DIST, R1, MICRO, "Wholesale Manifest", ("TestPassed",)),
    (DIST, MICRO, DIST, "Wholesale Manifest", ("TestPassed", "RetestPassed")),
    (DIST, OTHER_DIST, OTHER_DIST, "Transfer", ("TestPassed", "NotSubmitted")),
    (DIST, LAB, LAB, "Transfer", ("SubmittedForTesting",)),
    (DIST, MFG, DIST, "Transfer", ("TestFailed",)),
)
MOST_PACKAGES = 40


def legal_transfer(random: Random) -> TransferFacts:
    """Return a transfer that the law lets go; equal seeds give equal transfers."""
    shipper, receiver, carrier, kind, states = random.choice(SHAPES)
    checked_at = NOON + timedelta(minutes=random.randrange(60 * 24 * 300))
    numbers = random.sample(range(1, 900_000), random.randrange(1, MOST_PACKAGES))
    goods, lines = [], []
    for number in numbers:
        one = _goods(random, number, receiver, random.choice(states), checked_at)
        goods.append(one)
        lines.append(_line(random, one, receiver, checked_at))
    departs = checked_at + timedelta(minutes=random.randrange(0, 60 * 12))
    arrives = departs + timedelta(minutes=random.randrange(5, 60 * 8))
    samples_only = all(line.is_testing_sample for line in lines)
    return TransferFacts(
        acting=shipper,
        packages=tuple(goods),
        checked_at=checked_at,
        rules=rules(),
        destination=receiver,
        transporter=carrier,
        transfer_type=kind,
        lines=tuple(lines),
        invoice_number="" if samples_only else f"INV-{random.randrange(10_000)}",
        driver=CREW,
        vehicle=replace(CREW, name="8ABC123"),
        departs_at=departs,
        arrives_at=arrives,
        delivery_date=arrives.date(),
        correction_is_approved="TestFailed" in states,
        loaded_labels=random.choice((None, frozenset(line.label for line in lines))),
    )


def _goods(
    random: Random, number: int, receiver: LicenseFacts, state: str, checked_at: datetime
) -> PackageFacts:
    seen = metrc(
        tag(number),
        random.randrange(1, 5000),
        EACH,
        lab_testing_state=state,
        seen_at=checked_at - timedelta(seconds=random.randrange(0, 900)),
    )
    at = LocalState.QA_RELEASED if receiver.kind in RETAIL_KINDS else LocalState.FINISHED_UNTESTED
    if receiver is LAB:
        at = LocalState.SAMPLED
    return package(seen, state=at)


def _line(
    random: Random, one: PackageFacts, receiver: LicenseFacts, checked_at: datetime
) -> TransferLine:
    assert one.metrc is not None
    to_retail = receiver.kind in RETAIL_KINDS
    return TransferLine(
        label=one.label,
        planned_quantity=one.metrc.quantity,
        is_released=to_retail,
        is_testing_sample=receiver is LAB,
        wholesale_price=Decimal(random.randrange(0, 900_000)) / 100 if to_retail else None,
        certificate_issued_on=checked_at.date() - timedelta(days=random.randrange(0, 360))
        if to_retail
        else None,
        expires_on=random.choice((None, checked_at.date() + timedelta(days=400))),
    )


Fault = Callable[[TransferFacts, Random], TransferFacts]


def _on_goods(change: Callable[[PackageFacts], PackageFacts]) -> Fault:
    def fault(facts: TransferFacts, random: Random) -> TransferFacts:
        place = random.randrange(len(facts.packages))
        goods = list(facts.packages)
        goods[place] = change(goods[place])
        return replace(facts, packages=tuple(goods))

    return fault


def _on_metrc(**changes: object) -> Fault:
    def change(one: PackageFacts) -> PackageFacts:
        assert one.metrc is not None
        return replace(one, metrc=replace(one.metrc, **changes))  # type: ignore[arg-type]

    return _on_goods(change)


def _on_line(**changes: object) -> Fault:
    def fault(facts: TransferFacts, random: Random) -> TransferFacts:
        place = random.randrange(len(facts.lines))
        lines = list(facts.lines)
        lines[place] = replace(lines[place], **changes)  # type: ignore[arg-type]
        return replace(facts, lines=tuple(lines))

    return fault


def _whole(**changes: object) -> Fault:
    return lambda facts, random: replace(facts, **changes)  # type: ignore[arg-type]


def _stale(facts: TransferFacts, random: Random) -> TransferFacts:
    return _on_metrc(seen_at=facts.checked_at - timedelta(seconds=901))(facts, random)


def _other_book(one: PackageFacts) -> PackageFacts:
    assert one.metrc is not None
    return replace(one, our_quantity=one.metrc.quantity + quantity(1, EACH))


def _bulk(facts: TransferFacts, random: Random) -> TransferFacts:
    place = random.randrange(len(facts.packages))
    goods, lines = list(facts.packages), list(facts.lines)
    seen = goods[place].metrc
    assert seen is not None
    grams = quantity(250, GRAMS)
    goods[place] = replace(goods[place], metrc=replace(seen, quantity=grams), our_quantity=grams)
    lines[place] = replace(lines[place], planned_quantity=grams)
    return replace(facts, packages=tuple(goods), lines=tuple(lines))


def _load(facts: TransferFacts, random: Random) -> TransferFacts:
    labels = {line.label for line in facts.lines}
    left_out = random.choice((set(), {min(labels)}))
    return replace(facts, loaded_labels=frozenset(labels - left_out | {tag(999_999)}))


def _for_retail(facts: TransferFacts) -> bool:
    return facts.destination.kind in RETAIL_KINDS


def _of_maker(facts: TransferFacts) -> bool:
    return facts.acting is MFG


def _always(facts: TransferFacts) -> bool:
    return True


def _of_goods(facts: TransferFacts) -> bool:
    return facts.destination is not LAB


def _not_failed(facts: TransferFacts) -> bool:
    return _of_goods(facts) and not facts.correction_is_approved


# The finding that must come first, what makes the fault, and to which transfers it is one.
FAULTS: tuple[tuple[str, Fault, Callable[[TransferFacts], bool]], ...] = (
    ("transfer.access-lost", _whole(access_is_lost=True), _always),
    ("transfer.empty", _whole(lines=(), packages=(), loaded_labels=None), _always),
    ("transfer.empty", _on_goods(lambda one: replace(one, label=tag(999_998))), _always),
    (
        "transfer.destination-inactive",
        lambda facts, random: replace(
            facts, destination=replace(facts.destination, is_active=False)
        ),
        _always,
    ),
    ("transfer.destination-not-allowed", _whole(destination=R1), _of_maker),
    ("transfer.destination-not-allowed", _whole(destination=LAB), _of_maker),
    ("transfer.transporter-not-allowed", _whole(transporter=R1), _always),
    ("transfer.transporter-not-allowed", _whole(transporter=LAB), _of_goods),
    ("package.not-ours", _on_goods(lambda one: replace(one, metrc=None)), _always),
    ("package.stale", _stale, _always),
    ("package.stale", _on_goods(lambda one: replace(one, sync_was_whole=False)), _always),
    ("package.not-active", _on_metrc(seen_in=PackageList.IN_TRANSIT), _always),
    ("package.not-active", _on_metrc(is_finished=True), _always),
    ("package.on-state-hold", _on_metrc(is_on_hold=True), _always),
    ("package.on-state-hold", _on_metrc(is_on_recall=True), _always),
    (
        "package.on-state-hold",
        _on_goods(lambda one: replace(one, held_ancestors=(tag(7),))),
        _always,
    ),
    (
        "package.on-local-hold",
        _on_goods(lambda one: replace(one, local_hold_reason="smells of solvent")),
        _always,
    ),
    (
        "package.outcome-unknown",
        _on_goods(lambda one: replace(one, unresolved_action_ids=(12,))),
        _always,
    ),
    ("package.quantity-differs", _on_goods(_other_book), _always),
    ("package.quantity-differs", _on_goods(lambda one: replace(one, our_quantity=None)), _always),
    ("transfer.testing-not-passed", _on_metrc(lab_testing_state="TestingInProgress"), _for_retail),
    ("transfer.testing-not-passed", _on_metrc(lab_testing_state="TestFailed"), _not_failed),
    ("transfer.quantity-changed", _on_line(planned_quantity=quantity(9999, EACH)), _always),
    ("transfer.not-released", _on_line(is_released=False), _for_retail),
    (
        "transfer.certificate-too-old",
        lambda facts, random: _on_line(
            certificate_issued_on=facts.delivery_date - timedelta(days=366)
        )(facts, random),
        _for_retail,
    ),
    ("transfer.expired", _on_line(expires_on=date(2026, 1, 1)), _always),
    ("transfer.not-each", _bulk, _of_maker),
    ("transfer.package-elsewhere", _on_line(other_transfer="0000000042"), _always),
    ("transfer.type", _whole(transfer_type="Transfer"), _for_retail),
    ("transfer.no-price", _on_line(wholesale_price=None), _for_retail),
    ("transfer.no-invoice", _whole(invoice_number=""), _of_goods),
    ("transfer.driver-not-current", _whole(driver=None), _always),
    ("transfer.driver-not-current", _whole(driver=replace(CREW, is_active=False)), _always),
    ("transfer.vehicle-not-current", _whole(vehicle=None), _always),
    ("transfer.vehicle-not-current", _whole(vehicle=replace(CREW, is_on_file=False)), _always),
    (
        "transfer.times",
        lambda facts, random: replace(facts, departs_at=facts.arrives_at),
        _always,
    ),
    (
        "transfer.times",
        lambda facts, random: replace(facts, departs_at=facts.checked_at - timedelta(days=2)),
        _always,
    ),
    ("transfer.load-differs", _load, _always),
)


def faulty_transfer(random: Random, number: int) -> tuple[TransferFacts, str]:
    """Return a legal transfer with exactly one fault, and the code that must be named first."""
    code, fault, applies = FAULTS[number % len(FAULTS)]
    facts = legal_transfer(random)
    while not applies(facts):
        facts = legal_transfer(random)
    return fault(facts, random), code
