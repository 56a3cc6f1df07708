"""Deliveries, which METRC lets only people settle: receive, reject, take back (ME-01).

For these kinds a reading that shows nothing yet is ABSENT: METRC may lag behind the person.
It contradicts the attestation once the settle window has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    DONE_AT,
    METRC_NOTE,
    ActionKind,
    Booking,
    Change,
    Expectation,
    Instructions,
    Judgement,
    Keying,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import DeliveryPackageSeen, Reading
from glassbox.rules.gates.actions import COMMON_GATES, DELIVERY_GATES
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import InvalidInput

MOST_PACKAGES = 500
DELIVERY_READ = "GET /transfers/v2/deliveries/{id}/packages"


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One package of a delivery and what becomes of it; `received` is None when rejected."""

    label: str
    received: Quantity | None
    reason: str

    @property
    def wanted_state(self) -> str:
        return "Rejected" if self.received is None else "Accepted"


def _lines(facts: Facts, *, rejecting: bool) -> tuple[_Line, ...]:
    reader = FactReader(facts)
    reader.only("delivery_id", "manifest_number", "shipper_license_number", "packages")
    return tuple(
        _line(row, rejecting=rejecting) for row in reader.rows("packages", at_most=MOST_PACKAGES)
    )


def _line(row: FactReader, *, rejecting: bool) -> _Line:
    row.only("label", "received_quantity", "unit", "reject_reason")
    if row.has("reject_reason") == row.has("received_quantity"):
        raise InvalidInput(
            field=row.where("received_quantity"),
            value="both" if row.has("reject_reason") else "neither",
            way_out="A package is received whole or rejected whole: give one of the two.",
        )
    if rejecting and row.has("received_quantity"):
        raise InvalidInput(
            field=row.where("received_quantity"),
            value=row.decimal("received_quantity"),
            way_out="To receive part of a delivery, use receiving instead.",
        )
    received = row.positive_amount("received_quantity") if row.has("received_quantity") else None
    return _Line(
        label=row.tag("label"),
        received=received,
        reason=row.optional_text("reject_reason") or "",
    )


def _delivery_id(facts: Facts) -> int:
    return FactReader(facts).whole("delivery_id")


def _manifest(facts: Facts) -> str:
    return FactReader(facts).text("manifest_number")


def _receive_instructions(facts: Facts, *, rejecting: bool) -> Instructions:
    shipper = FactReader(facts).text("shipper_license_number")
    values = [("Manifest", _manifest(facts)), ("From", shipper)]
    for line in _lines(facts, rejecting=rejecting):
        entry = f"reject whole: {line.reason}" if line.received is None else line.received.text()
        values.append((f"Package {line.label}", entry))
    return Instructions(
        page="Transfers › Licensed › Incoming",
        steps=(
            f"Find manifest {_manifest(facts)} and press Receive.",
            "Enter each package exactly as below. METRC settles the delivery in one step.",
            "Check the totals and press Receive Transfer.",
        ),
        values=tuple(values),
        attestation_fields=(DONE_AT, METRC_NOTE),
    )


def _receive_sentence(facts: Facts, *, rejecting: bool) -> str:
    lines = _lines(facts, rejecting=rejecting)
    accepted = [line for line in lines if line.received is not None]
    rejected = [line for line in lines if line.received is None]
    parts = []
    if accepted:
        shown = ", ".join(
            f"{tail(line.label)} with {line.received.text()}" for line in accepted if line.received
        )
        parts.append(f"receive {shown}")
    if rejected:
        shown = ", ".join(f"{tail(line.label)} ({line.reason})" for line in rejected)
        parts.append(f"reject {shown} whole")
    return f"In METRC, on manifest {_manifest(facts)}: {'; '.join(parts)}."


def _judge_delivery(
    wanted: Mapping[str, Callable[[DeliveryPackageSeen], str | None]],
    undecided: frozenset[str],
    reading: Reading,
) -> Judgement:
    """Compare each package with what it should have become; `undecided` states mean not yet."""
    waiting = []
    for label, disagrees in wanted.items():
        seen = reading.delivery_packages.get(label)
        if seen is None:
            if not reading.delivery_whole:
                return cannot_tell("The packages of the delivery could not be read whole.")
            return different(f"Package {tail(label)} is not on this delivery in METRC.")
        problem = disagrees(seen)
        if problem and seen.shipment_state in undecided:
            waiting.append(label)
        elif problem:
            return different(f"METRC shows {tail(label)} {problem}.")
    if waiting:
        return absent(f"METRC still shows {tail(waiting[0])} undecided.")
    return applied(f"METRC shows all {len(wanted)} packages of the delivery as approved.")


def _line_check(line: _Line) -> Callable[[DeliveryPackageSeen], str | None]:
    def disagrees(seen: DeliveryPackageSeen) -> str | None:
        if seen.shipment_state != line.wanted_state:
            return f"{seen.shipment_state.lower()}, not {line.wanted_state.lower()}"
        if line.received is not None and seen.received_quantity != line.received:
            shown = seen.received_quantity.text() if seen.received_quantity else "no quantity"
            return f"received with {shown}, not {line.received.text()}"
        return None

    return disagrees


def _judge_receive(facts: Facts, reading: Reading, *, rejecting: bool) -> Judgement:
    lines = _lines(facts, rejecting=rejecting)
    wanted = {line.label: _line_check(line) for line in lines}
    return _judge_delivery(wanted, frozenset({"Shipped"}), reading)


def _receive_changes(facts: Facts, *, rejecting: bool) -> tuple[Change, ...]:
    return tuple(
        Change(
            subject=line.label,
            field="shipment",
            before="shipped",
            after="rejected" if line.received is None else f"received, {line.received.text()}",
        )
        for line in _lines(facts, rejecting=rejecting)
    )


def _receive_expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    return Expectation(
        bookings=tuple(
            Booking(label=line.label, quantity=line.received, cause="RECEIPT")
            for line in _lines(facts, rejecting=False)
            if line.received is not None
        )
    )


def _receive_kind(*, name: str, title: str, rejecting: bool) -> ActionKind:
    def labels(facts: Facts) -> tuple[str, ...]:
        return tuple(line.label for line in _lines(facts, rejecting=rejecting))

    def payload(facts: Facts) -> list[Body]:
        _receive_instructions(facts, rejecting=rejecting)
        _delivery_id(facts)
        return []

    return ActionKind(
        name=name,
        title=title,
        tier=Tier.STANDARD,
        license_kinds=BOTH,
        endpoint="",
        keying=Keying.TARGET_VALUE,
        max_objects_per_send=MOST_PACKAGES,
        build_payload=payload,
        natural_key=lambda facts: f"delivery:{_delivery_id(facts)}",
        labels=labels,
        lanes=lambda facts: (f"delivery:{_delivery_id(facts)}", *package_lanes(labels(facts))),
        effect_sentence=lambda facts: _receive_sentence(facts, rejecting=rejecting),
        before_after=lambda facts, preimage: _receive_changes(facts, rejecting=rejecting),
        expect=no_effect if rejecting else _receive_expectation,
        deciding_reads=lambda facts: (Read(endpoint=DELIVERY_READ, key=str(_delivery_id(facts))),),
        judge_probe=lambda facts, preimage, reading: _judge_receive(
            facts, reading, rejecting=rejecting
        ),
        gates=DELIVERY_GATES,
        instructions=lambda facts: _receive_instructions(facts, rejecting=rejecting),
    )


def _return_labels(facts: Facts) -> tuple[str, ...]:
    reader = FactReader(facts)
    reader.only("delivery_id", "manifest_number", "recipient_license_number", "labels")
    return reader.tags("labels")


def _return_instructions(facts: Facts) -> Instructions:
    labels = _return_labels(facts)
    recipient = FactReader(facts).text("recipient_license_number")
    return Instructions(
        page="Transfers › Licensed › Rejected",
        steps=(
            f"Find manifest {_manifest(facts)} and press Receive.",
            "Take back exactly the packages below, once they stand in our quarantine.",
        ),
        values=(
            ("Manifest", _manifest(facts)),
            ("Rejected by", recipient),
            *(("Package", label) for label in labels),
        ),
        attestation_fields=(DONE_AT, METRC_NOTE),
    )


def _return_payload(facts: Facts) -> list[Body]:
    _return_instructions(facts)
    _delivery_id(facts)
    return []


def _not_returned(seen: DeliveryPackageSeen) -> str | None:
    state = seen.shipment_state
    return None if state == "Returned" else f"{state.lower()}, not returned"


def _judge_return(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    wanted = dict.fromkeys(_return_labels(facts), _not_returned)
    return _judge_delivery(wanted, frozenset({"Rejected"}), reading)


def _return_sentence(facts: Facts) -> str:
    shown = ", ".join(tail(label) for label in _return_labels(facts))
    return f"Take back in METRC what manifest {_manifest(facts)} brought home rejected: {shown}."


RECEIVE_DELIVERY = _receive_kind(
    name="delivery.receive", title="Receive a delivery in METRC", rejecting=False
)
REJECT_DELIVERY = _receive_kind(
    name="delivery.reject", title="Reject a whole delivery in METRC", rejecting=True
)
TAKE_BACK = ActionKind(
    name="delivery.take_back",
    title="Take rejected packages back in METRC",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=MOST_PACKAGES,
    build_payload=_return_payload,
    natural_key=lambda facts: f"return:{_delivery_id(facts)}",
    labels=_return_labels,
    lanes=lambda facts: (
        f"delivery:{_delivery_id(facts)}",
        *package_lanes(_return_labels(facts)),
    ),
    effect_sentence=_return_sentence,
    before_after=lambda facts, preimage: tuple(
        Change(subject=label, field="shipment", before="rejected", after="returned")
        for label in _return_labels(facts)
    ),
    expect=no_effect,
    deciding_reads=lambda facts: (Read(endpoint=DELIVERY_READ, key=str(_delivery_id(facts))),),
    judge_probe=_judge_return,
    gates=COMMON_GATES,
    instructions=_return_instructions,
)

KINDS = (RECEIVE_DELIVERY, REJECT_DELIVERY, TAKE_BACK)
