"""Moving packages to a location and finishing empty ones."""

from __future__ import annotations

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
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
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import FINISH_GATES, MOVE_GATES
from glassbox.rules.verdicts import InvalidInput

MOST_PER_SEND = 10


def chosen_labels(facts: Facts) -> tuple[str, ...]:
    """Return the tags of `labels`, at most what METRC takes in one send.

    :raises InvalidInput: if there is none, one stands twice, or there are too many
    """
    labels = FactReader(facts).tags("labels")
    if len(labels) > MOST_PER_SEND:
        raise InvalidInput(
            field="labels",
            value=f"{len(labels)} tags",
            way_out=f"METRC takes {MOST_PER_SEND} in one send.",
        )
    return labels


def named(labels: tuple[str, ...]) -> str:
    """Return the words for one package or several, by the ends of their tags."""
    if len(labels) == 1:
        return f"package {tail(labels[0])}"
    return f"{len(labels)} packages ({', '.join(tail(label) for label in labels)})"


def _reads(facts: Facts) -> tuple[Read, ...]:
    return tuple(
        Read(endpoint="GET /packages/v2/{label}", key=label) for label in chosen_labels(facts)
    )


def _move_body(facts: Facts) -> list[Body]:
    reader = FactReader(facts)
    reader.only("labels", "location", "sublocation", "date")
    return [
        {
            "Label": label,
            "Location": reader.text("location"),
            "Sublocation": reader.optional_text("sublocation"),
            "MoveDate": reader.day("date"),
        }
        for label in chosen_labels(facts)
    ]


def _move_changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    location = FactReader(facts).text("location")
    changes = []
    for label in chosen_labels(facts):
        seen = preimage.package(label) if preimage else None
        before = (seen.location_name or "no location") if seen else "-"
        changes.append(Change(subject=label, field="location", before=before, after=location))
    return tuple(changes)


def _judge_move(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    location = FactReader(facts).text("location")
    elsewhere = []
    for label in chosen_labels(facts):
        seen = reading.package(label)
        if seen is None:
            return cannot_tell(f"METRC could not be asked about {tail(label)}.")
        if seen.location_name.casefold() != location.casefold():
            elsewhere.append((label, seen.location_name))
    if not elsewhere:
        return applied(f"METRC shows {named(chosen_labels(facts))} at {location}.")
    for label, found in elsewhere:
        was = preimage.package(label) if preimage else None
        if was is not None and was.location_name.casefold() != found.casefold():
            return different(
                f"METRC shows {tail(label)} at {found}: neither {was.location_name} nor {location}."
            )
    if len(elsewhere) < len(chosen_labels(facts)):
        return different(f"METRC moved only part: {tail(elsewhere[0][0])} is not at {location}.")
    return absent(f"METRC does not show {named(chosen_labels(facts))} at {location}.")


def _finish_body(facts: Facts) -> list[Body]:
    reader = FactReader(facts)
    reader.only("labels", "date")
    return [{"Label": label, "ActualDate": reader.day("date")} for label in chosen_labels(facts)]


def _finish_changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    changes = []
    for label in chosen_labels(facts):
        seen = preimage.package(label) if preimage else None
        before = seen.quantity.text() if seen else "-"
        changes.append(Change(subject=label, field="state", before=before, after="finished"))
    return tuple(changes)


def _judge_finish(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    still_open = []
    for label in chosen_labels(facts):
        seen = reading.package(label)
        if seen is None:
            return cannot_tell(f"METRC could not be asked about {tail(label)}.")
        if not seen.is_finished:
            still_open.append(label)
    if not still_open:
        return applied(f"METRC shows {named(chosen_labels(facts))} finished.")
    if len(still_open) < len(chosen_labels(facts)):
        return different(f"METRC finished only part: {tail(still_open[0])} is still open.")
    return absent(f"METRC does not show {named(chosen_labels(facts))} finished.")


def _move_expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    location = FactReader(facts).text("location")
    return Expectation(moves=tuple((label, location) for label in chosen_labels(facts)))


def _move_sentence(facts: Facts) -> str:
    return f"Move {named(chosen_labels(facts))} to {FactReader(facts).text('location')}."


MOVE = ActionKind(
    name="package.move",
    title="Move packages to a location",
    tier=Tier.ROUTINE,
    license_kinds=BOTH,
    endpoint="PUT /packages/v2/location",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=MOST_PER_SEND,
    build_payload=_move_body,
    natural_key=lambda facts: None,
    labels=chosen_labels,
    lanes=lambda facts: package_lanes(chosen_labels(facts)),
    effect_sentence=_move_sentence,
    before_after=_move_changes,
    expect=_move_expectation,
    deciding_reads=_reads,
    judge_probe=_judge_move,
    gates=MOVE_GATES,
    rows_field="labels",
)
FINISH = ActionKind(
    name="package.finish",
    title="Finish empty packages",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="PUT /packages/v2/finish",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=MOST_PER_SEND,
    build_payload=_finish_body,
    natural_key=lambda facts: None,
    labels=chosen_labels,
    lanes=lambda facts: package_lanes(chosen_labels(facts)),
    effect_sentence=lambda facts: f"Finish {named(chosen_labels(facts))}.",
    before_after=_finish_changes,
    expect=lambda facts, preimage: Expectation(finished_labels=chosen_labels(facts)),
    deciding_reads=_reads,
    judge_probe=_judge_finish,
    gates=FINISH_GATES,
    rows_field="labels",
)

KINDS = (MOVE, FINISH)
