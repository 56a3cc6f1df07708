"""Adjusting a package: to a final quantity (PUT), or by a difference where a state asks (POST)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
    Booking,
    Change,
    Expectation,
    Judgement,
    Keying,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.payloads import (
    NOTE_LIMIT,
    Body,
    carries_token,
    marked_note,
    number,
)
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import ADJUST_BY_GATES, SET_GATES
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import InvalidInput


@dataclass(frozen=True, kw_only=True)
class _Set:
    """A final quantity for one package. `before` is what the drafter saw."""

    label: str
    before: Quantity
    after: Quantity
    reason: str
    note: str
    date: str


@dataclass(frozen=True, kw_only=True)
class _Delta:
    """A signed difference for one package, found again by its token alone."""

    label: str
    difference: Quantity
    reason: str
    note: str
    date: str
    token: str


def _read_set(facts: Facts) -> _Set:
    reader = FactReader(facts)
    reader.only("label", "quantity_before", "quantity", "unit", "reason", "note", "date")
    chosen = _Set(
        label=reader.tag("label"),
        before=reader.amount("quantity_before"),
        after=reader.amount(),
        reason=reader.text("reason"),
        note=reader.text("note", max_length=NOTE_LIMIT),
        date=reader.day("date"),
    )
    if chosen.after.is_negative:
        raise InvalidInput(field="quantity", value=chosen.after.value, way_out="Set zero or more.")
    if chosen.after == chosen.before:
        raise InvalidInput(
            field="quantity", value=chosen.after.value, way_out="Set another quantity than now."
        )
    return chosen


def _set_body(facts: Facts) -> list[Body]:
    chosen = _read_set(facts)
    return [_body(chosen.label, chosen.after, chosen.reason, chosen.date, chosen.note)]


def _body(label: str, amount: Quantity, reason: str, date: str, note: str) -> Body:
    return {
        "Label": label,
        "Quantity": number(amount.value),
        "UnitOfMeasure": amount.unit.name,
        "AdjustmentReason": reason,
        "AdjustmentDate": date,
        "ReasonNote": note,
    }


def _signed(amount: Quantity) -> str:
    return f"+{amount.text()}" if amount.value > 0 else amount.text()


def _set_sentence(facts: Facts) -> str:
    chosen = _read_set(facts)
    return (
        f"Set package {tail(chosen.label)} from {chosen.before.text()} to {chosen.after.text()} "
        f"({_signed(chosen.after - chosen.before)}), reason {chosen.reason}."
    )


def _set_changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    chosen = _read_set(facts)
    seen = preimage.package(chosen.label) if preimage else None
    before = seen.quantity if seen else chosen.before
    return (
        Change(
            subject=chosen.label,
            field="quantity",
            before=before.text(),
            after=chosen.after.text(),
        ),
    )


def _set_expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    chosen = _read_set(facts)
    seen = preimage.package(chosen.label) if preimage else None
    before = seen.quantity if seen else chosen.before
    booked = Booking(label=chosen.label, quantity=chosen.after - before, cause="ADJUSTED")
    return Expectation(bookings=(booked,))


def _judge_set(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    chosen = _read_set(facts)
    seen = reading.package(chosen.label)
    if seen is None:
        return cannot_tell(f"METRC could not be asked about {tail(chosen.label)}.")
    if seen.quantity == chosen.after:
        return applied(f"METRC shows {tail(chosen.label)} at {seen.quantity.text()}, as approved.")
    was = preimage.package(chosen.label) if preimage else None
    before = was.quantity if was else chosen.before
    if seen.quantity == before:
        return absent(f"METRC still shows {tail(chosen.label)} at {seen.quantity.text()}.")
    return different(
        f"METRC shows {tail(chosen.label)} at {seen.quantity.text()}: neither the "
        f"{before.text()} before nor the {chosen.after.text()} approved."
    )


def _moved_set(facts: Facts, now: Mapping[str, Quantity]) -> str:
    chosen = _read_set(facts)
    held = now.get(chosen.label)
    if held is None or held.unit != chosen.before.unit or held == chosen.before:
        return ""
    return (
        f"METRC shows {tail(chosen.label)} at {held.text()} now, not at {chosen.before.text()}: "
        f"setting it to {chosen.after.text()} would change it by {_signed(chosen.after - held)}."
    )


def _read_delta(facts: Facts) -> _Delta:
    reader = FactReader(facts)
    reader.only("label", "difference", "unit", "reason", "note", "date", "token")
    chosen = _Delta(
        label=reader.tag("label"),
        difference=reader.amount("difference"),
        reason=reader.text("reason"),
        note=reader.text("note", max_length=NOTE_LIMIT),
        date=reader.day("date"),
        token=reader.text("token"),
    )
    if chosen.difference.is_zero:
        raise InvalidInput(field="difference", value="0", way_out="Give more or less than zero.")
    return chosen


def _delta_body(facts: Facts) -> list[Body]:
    chosen = _read_delta(facts)
    note = marked_note(chosen.note, chosen.token)
    return [_body(chosen.label, chosen.difference, chosen.reason, chosen.date, note)]


def _delta_sentence(facts: Facts) -> str:
    chosen = _read_delta(facts)
    return (
        f"Adjust package {tail(chosen.label)} by {_signed(chosen.difference)}, "
        f"reason {chosen.reason}."
    )


def _delta_changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    chosen = _read_delta(facts)
    seen = preimage.package(chosen.label) if preimage else None
    return (
        Change(
            subject=chosen.label,
            field="quantity",
            before=seen.quantity.text() if seen else "-",
            after=(
                (seen.quantity + chosen.difference).text() if seen else _signed(chosen.difference)
            ),
        ),
    )


def _delta_expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    chosen = _read_delta(facts)
    booked = Booking(label=chosen.label, quantity=chosen.difference, cause="ADJUSTED")
    return Expectation(bookings=(booked,))


def _judge_delta(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    chosen = _read_delta(facts)
    rows = [
        row
        for row in reading.adjustments
        if row.label == chosen.label and carries_token(row.note, chosen.token)
    ]
    if len(rows) > 1:
        return different(
            f"METRC shows {len(rows)} adjustments of {tail(chosen.label)} with our token: it "
            "was applied more than once and needs a compensating adjustment."
        )
    if rows:
        if rows[0].quantity == chosen.difference:
            return applied(f"METRC lists the adjustment of {tail(chosen.label)} with our token.")
        return different(
            f"METRC lists our token with {_signed(rows[0].quantity)}, "
            f"not {_signed(chosen.difference)}."
        )
    return _judge_unlisted_delta(chosen, preimage, reading)


def _judge_unlisted_delta(chosen: _Delta, preimage: Reading | None, reading: Reading) -> Judgement:
    """Decide when no row carries the token: only an unchanged quantity beside it proves absence."""
    seen = reading.package(chosen.label)
    was = preimage.package(chosen.label) if preimage else None
    if not reading.adjustments_whole or seen is None or was is None:
        return cannot_tell(
            f"METRC's adjustments and the quantity of {tail(chosen.label)} could not both be read."
        )
    if seen.quantity == was.quantity:
        return absent(
            f"METRC lists no adjustment with our token and still shows {tail(chosen.label)} at "
            f"{seen.quantity.text()}."
        )
    return different(
        f"METRC lists no adjustment with our token, yet {tail(chosen.label)} went from "
        f"{was.quantity.text()} to {seen.quantity.text()}."
    )


# One package a send: an adjustment has no key of its own, and one doubt must stay one doubt.
SET_QUANTITY = ActionKind(
    name="package.adjust",
    title="Adjust a package to a final quantity",
    tier=Tier.HIGH,
    license_kinds=BOTH,
    endpoint="PUT /packages/v2/adjust",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=_set_body,
    natural_key=lambda facts: None,
    labels=lambda facts: (_read_set(facts).label,),
    lanes=lambda facts: package_lanes((_read_set(facts).label,)),
    effect_sentence=_set_sentence,
    before_after=_set_changes,
    expect=_set_expectation,
    deciding_reads=lambda facts: (
        Read(endpoint="GET /packages/v2/{label}", key=_read_set(facts).label),
    ),
    judge_probe=_judge_set,
    gates=SET_GATES,
    moved_effect=_moved_set,
)
ADJUST_BY = ActionKind(
    name="package.adjust_by",
    title="Adjust a package by a difference",
    tier=Tier.HIGH,
    license_kinds=BOTH,
    endpoint="POST /packages/v2/adjust",
    keying=Keying.NONE,
    max_objects_per_send=1,
    build_payload=_delta_body,
    natural_key=lambda facts: None,
    labels=lambda facts: (_read_delta(facts).label,),
    lanes=lambda facts: package_lanes((_read_delta(facts).label,)),
    effect_sentence=_delta_sentence,
    before_after=_delta_changes,
    expect=_delta_expectation,
    deciding_reads=lambda facts: (
        Read(endpoint="GET /packages/v2/adjustments", key=_read_delta(facts).label),
        Read(endpoint="GET /packages/v2/{label}", key=_read_delta(facts).label),
    ),
    judge_probe=_judge_delta,
    gates=ADJUST_BY_GATES,
)

KINDS = (SET_QUANTITY, ADJUST_BY)
