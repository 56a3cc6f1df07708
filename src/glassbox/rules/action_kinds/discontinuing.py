"""Discontinuing a package: it ends, its quantity goes back to its sources, its tag stays used."""

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
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import ADJUST_GATES
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import InvalidInput


@dataclass(frozen=True, kw_only=True)
class _Ending:
    """One package, what it holds, and what each source gets back (METRC gives it back itself)."""

    metrc_id: int
    label: str
    held: Quantity
    returns: tuple[tuple[str, Quantity], ...]


def _read(facts: Facts) -> _Ending:
    reader = FactReader(facts)
    reader.only("id", "label", "quantity", "unit", "returns")
    returns = []
    for row in reader.rows("returns", at_most=200):
        row.only("label", "quantity", "unit")
        returns.append((row.tag("label"), row.positive_amount()))
    labels = [label for label, _ in returns]
    if len(set(labels)) != len(labels) or reader.tag("label") in labels:
        raise InvalidInput(field="returns", value=labels, way_out="Name every source once.")
    return _Ending(
        metrc_id=reader.whole("id"),
        label=reader.tag("label"),
        held=reader.amount(),
        returns=tuple(returns),
    )


def _labels(facts: Facts) -> tuple[str, ...]:
    ending = _read(facts)
    return (ending.label, *(label for label, _ in ending.returns))


def _payload(facts: Facts) -> list[Body]:
    _read(facts)
    return []


def _sentence(facts: Facts) -> str:
    ending = _read(facts)
    back = ", ".join(f"{amount.text()} to {tail(label)}" for label, amount in ending.returns)
    return (
        f"Discontinue package {tail(ending.label)} with {ending.held.text()}: METRC gives back "
        f"{back}. Its tag is never used again."
    )


def _changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    ending = _read(facts)
    seen = preimage.package(ending.label) if preimage else None
    lines = [
        Change(
            subject=ending.label,
            field="package",
            before=(seen.quantity if seen else ending.held).text(),
            after="discontinued",
        )
    ]
    for label, amount in ending.returns:
        source = preimage.package(label) if preimage else None
        lines.append(
            Change(
                subject=label,
                field="quantity",
                before=source.quantity.text() if source else "-",
                after=(source.quantity + amount).text() if source else f"{amount.text()} more",
            )
        )
    return tuple(lines)


def _expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    ending = _read(facts)
    back = tuple(
        Booking(label=label, quantity=amount, cause="GIVEN_BACK")
        for label, amount in ending.returns
    )
    gone = Booking(label=ending.label, quantity=-ending.held, cause="GIVEN_BACK")
    return Expectation(
        bookings=(*back, *(() if ending.held.is_zero else (gone,))),
        finished_labels=(ending.label,),
    )


def _moved(facts: Facts, now: Mapping[str, Quantity]) -> str:
    ending = _read(facts)
    held = now.get(ending.label)
    if held is None or held == ending.held:
        return ""
    return (
        f"METRC shows {tail(ending.label)} with {held.text()} now, not with {ending.held.text()}."
    )


def _judge(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    ending = _read(facts)
    seen = reading.package(ending.label)
    archived = seen.values.get("ArchivedDate") if seen else None
    if seen is None or archived is None:
        return cannot_tell(f"METRC could not be asked about {tail(ending.label)}.")
    if archived and not archived.startswith("0001"):
        return applied(f"METRC shows {tail(ending.label)} discontinued.")
    return absent(f"METRC does not show {tail(ending.label)} discontinued.")


DISCONTINUE = ActionKind(
    name="package.discontinue",
    title="Discontinue a package",
    tier=Tier.HIGH,
    license_kinds=BOTH,
    endpoint="DELETE /packages/v2/{id}",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=_payload,
    natural_key=lambda facts: f"discontinue:{_read(facts).label}",
    labels=_labels,
    lanes=lambda facts: package_lanes(_labels(facts)),
    effect_sentence=_sentence,
    before_after=_changes,
    expect=_expectation,
    deciding_reads=lambda facts: tuple(
        Read(endpoint="GET /packages/v2/{label}", key=label) for label in _labels(facts)
    ),
    judge_probe=_judge,
    gates=ADJUST_GATES,
    moved_effect=_moved,
    path_values=lambda facts: {"id": _read(facts).metrc_id},
)

KINDS = (DISCONTINUE,)
