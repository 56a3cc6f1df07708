"""Processing jobs: start with inputs, add inputs, pack outputs, finish with waste, reopen.

A job's name is no natural key, and adding inputs has no key at all: both are recognised by the
job's row together with what left the packages. Only the tags of outputs are natural keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.job_inputs import (
    Used,
    input_changes,
    judge_consumption,
    read_inputs,
)
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
    Booking,
    Change,
    Expectation,
    Judgement,
    Keying,
    ProbeVerdict,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    no_labels,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.named_rows import named_lane
from glassbox.rules.action_kinds.payloads import NOTE_LIMIT, Body, marked_note, number
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import COMMON_GATES, JOB_INPUT_GATES
from glassbox.rules.quantities import Quantity, QuantityType
from glassbox.rules.verdicts import InvalidInput

ACTIVE_READ = "GET /processing/v2/active"
FINISHED_READ = "GET /processing/v2/inactive"
_UNIT_FIELDS = {
    QuantityType.COUNT: "Count",
    QuantityType.VOLUME: "Volume",
    QuantityType.WEIGHT: "Weight",
}


@dataclass(frozen=True, kw_only=True)
class _Inputs:
    """A job to start, or a running one to add to (`metrc_id`), with what it takes."""

    name: str
    used: tuple[Used, ...]
    body: Body
    metrc_id: int | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(one.label for one in self.used)


def job_lane(name: str) -> str:
    """Return the lane of a job, by its name."""
    return named_lane("job", name)


def _units(used: tuple[Used, ...], suffix: str) -> Body:
    """Return the unit of each of the job's sums; inputs of one kind of quantity share a unit."""
    units: dict[QuantityType, str] = {}
    for one in used:
        unit = one.quantity.unit
        if units.setdefault(unit.quantity_type, unit.name) != unit.name:
            raise InvalidInput(
                field="packages", value=unit.name, way_out="Give all weights in one unit."
            )
    return {f"{field}{suffix}": units.get(kind) for kind, field in _UNIT_FIELDS.items()}


def _read_start(facts: Facts) -> _Inputs:
    reader = FactReader(facts)
    reader.only("name", "job_type", "date", "packages")
    used = read_inputs(reader)
    name = reader.text("name", max_length=100)
    body: Body = {
        "JobName": name,
        "JobType": reader.text("job_type"),
        "StartDate": reader.day("date"),
        **_units(used, "UnitOfMeasure"),
        "Packages": [one.body for one in used],
    }
    return _Inputs(name=name, used=used, body=body)


def _read_adjust(facts: Facts) -> _Inputs:
    reader = FactReader(facts)
    reader.only("id", "name", "reason", "note", "date", "packages", "token")
    used = read_inputs(reader)
    note = marked_note(reader.text("note", max_length=NOTE_LIMIT), reader.text("token"))
    body: Body = {
        "Id": reader.whole("id"),
        "AdjustmentReason": reader.text("reason"),
        "AdjustmentDate": reader.day("date"),
        "AdjustmentNote": note,
        **_units(used, "UnitOfMeasureName"),
        "Packages": [one.body for one in used],
    }
    return _Inputs(name=reader.text("name"), used=used, body=body, metrc_id=reader.whole("id"))


def _taken(inputs: _Inputs) -> str:
    return ", ".join(f"{one.quantity.text()} of {tail(one.label)}" for one in inputs.used)


def _input_reads(inputs: _Inputs) -> tuple[Read, ...]:
    key = "" if inputs.metrc_id is None else str(inputs.metrc_id)
    packages = (Read(endpoint="GET /packages/v2/{label}", key=one) for one in inputs.labels)
    return (Read(endpoint=ACTIVE_READ, key=key), *packages)


def _input_expectation(inputs: _Inputs) -> Expectation:
    return Expectation(
        bookings=tuple(
            Booking(label=one.label, quantity=-one.quantity, cause="USED") for one in inputs.used
        )
    )


def _judge_start(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    inputs = _read_start(facts)
    old = {row.metrc_id for row in preimage.row_named(inputs.name)} if preimage else set()
    new = [row for row in reading.row_named(inputs.name) if row.metrc_id not in old]
    if len(new) > 1:
        return different(f'METRC has {len(new)} new jobs named "{inputs.name}".')
    consumed = judge_consumption(inputs.used, preimage, reading)
    if consumed.verdict is ProbeVerdict.CANNOT_TELL or consumed.verdict is ProbeVerdict.DIFFERENT:
        return consumed
    if new and consumed.verdict is ProbeVerdict.APPLIED:
        return applied(f'METRC runs the job "{inputs.name}" with what it took.')
    if new or consumed.verdict is ProbeVerdict.APPLIED:
        return different(
            f'METRC shows the job "{inputs.name}" and what left its packages not together.'
        )
    if not reading.rows_whole:
        return cannot_tell("METRC's list of processing jobs could not be read whole.")
    return absent(f'METRC has no new job named "{inputs.name}". {consumed.sentence}')


def _judge_adjust(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    inputs = _read_adjust(facts)
    assert inputs.metrc_id is not None, "a running job has an id"
    consumed = judge_consumption(inputs.used, preimage, reading)
    if consumed.verdict is ProbeVerdict.ABSENT and reading.row_numbered(inputs.metrc_id) is None:
        return cannot_tell(f'METRC does not list the job "{inputs.name}" as running.')
    return consumed


START_JOB = ActionKind(
    name="job.start",
    title="Start a processing job",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="POST /processing/v2/start",
    keying=Keying.NAME,
    max_objects_per_send=1,
    build_payload=lambda facts: [_read_start(facts).body],
    natural_key=lambda facts: None,
    labels=lambda facts: _read_start(facts).labels,
    lanes=lambda facts: (
        job_lane(_read_start(facts).name),
        *package_lanes(_read_start(facts).labels),
    ),
    effect_sentence=lambda facts: (
        f'Start the {_read_start(facts).body["JobType"]} job "{_read_start(facts).name}" with '
        f"{_taken(_read_start(facts))}; it leaves the packages now."
    ),
    before_after=lambda facts, preimage: input_changes(_read_start(facts).used, preimage),
    expect=lambda facts, preimage: _input_expectation(_read_start(facts)),
    deciding_reads=lambda facts: _input_reads(_read_start(facts)),
    judge_probe=_judge_start,
    gates=JOB_INPUT_GATES,
)
ADJUST_JOB = ActionKind(
    name="job.adjust",
    title="Add inputs to a processing job",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="POST /processing/v2/adjust",
    keying=Keying.NONE,
    max_objects_per_send=1,
    build_payload=lambda facts: [_read_adjust(facts).body],
    natural_key=lambda facts: None,
    labels=lambda facts: _read_adjust(facts).labels,
    lanes=lambda facts: (
        job_lane(_read_adjust(facts).name),
        *package_lanes(_read_adjust(facts).labels),
    ),
    effect_sentence=lambda facts: (
        f'Add {_taken(_read_adjust(facts))} to the job "{_read_adjust(facts).name}"; it leaves '
        "the packages now."
    ),
    before_after=lambda facts, preimage: input_changes(_read_adjust(facts).used, preimage),
    expect=lambda facts, preimage: _input_expectation(_read_adjust(facts)),
    deciding_reads=lambda facts: _input_reads(_read_adjust(facts)),
    judge_probe=_judge_adjust,
    gates=JOB_INPUT_GATES,
)


def _read_ending(facts: Facts, *fields: str) -> tuple[FactReader, int, str]:
    reader = FactReader(facts)
    reader.only("id", "name", *fields)
    return reader, reader.whole("id"), reader.text("name")


def _waste(reader: FactReader) -> tuple[Quantity, ...]:
    if not reader.has_rows("waste"):
        return ()
    waste = []
    for row in reader.rows("waste", at_most=len(_UNIT_FIELDS)):
        row.only("quantity", "unit")
        waste.append(row.positive_amount())
    kinds = [one.unit.quantity_type for one in waste]
    if len(set(kinds)) != len(kinds):
        raise InvalidInput(
            field="waste", value=len(waste), way_out="Give one sum of each kind of quantity."
        )
    return tuple(waste)


def _finish_body(facts: Facts) -> list[Body]:
    reader, metrc_id, _ = _read_ending(facts, "date", "note", "waste")
    body: Body = {
        "Id": metrc_id,
        "FinishDate": reader.day("date"),
        "FinishNote": reader.text("note", max_length=NOTE_LIMIT),
    }
    sums = {one.unit.quantity_type: one for one in _waste(reader)}
    for kind, field in _UNIT_FIELDS.items():
        one = sums.get(kind)
        body[f"Total{field}Waste"] = number(one.value) if one else None
        body[f"Waste{field}UnitOfMeasureName"] = one.unit.name if one else None
    return [body]


def _finish_sentence(facts: Facts) -> str:
    reader, _, name = _read_ending(facts, "date", "note", "waste")
    waste = ", ".join(one.text() for one in _waste(reader)) or "no waste"
    return f'Finish the job "{name}" and record {waste}.'


def _reopen_body(facts: Facts) -> list[Body]:
    return [{"Id": _read_ending(facts)[1]}]


def _judge_listed(facts: Facts, reading: Reading, *, finished: bool) -> Judgement:
    """Decide by the list the job should stand in now."""
    metrc_id, name = FactReader(facts).whole("id"), FactReader(facts).text("name")
    word = "finished" if finished else "running"
    row = reading.row_numbered(metrc_id)
    if row is None:
        if not reading.rows_whole:
            return cannot_tell(f"METRC's list of {word} jobs could not be read whole.")
        return absent(f'METRC does not list the job "{name}" as {word}.')
    if finished:
        for amount in _waste(FactReader(facts)):
            field = _UNIT_FIELDS[amount.unit.quantity_type]
            shown = row.values.get(f"Total{field}Waste")
            if shown is not None and FactReader({"shown": shown}).decimal("shown") != amount.value:
                return different(
                    f'METRC shows the job "{name}" finished with waste {shown}, '
                    f"not {amount.text()}."
                )
    return applied(f'METRC lists the job "{name}" as {word}.')


def _ending_lanes(facts: Facts) -> tuple[str, ...]:
    reader = FactReader(facts)
    return (f"job#{reader.whole('id')}", job_lane(reader.text("name")))


def _state_change(facts: Facts, before: str, after: str) -> tuple[Change, ...]:
    name = FactReader(facts).text("name")
    return (Change(subject=name, field="state", before=before, after=after),)


FINISH_JOB = ActionKind(
    name="job.finish",
    title="Finish a processing job",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="PUT /processing/v2/finish",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=_finish_body,
    natural_key=lambda facts: None,
    labels=no_labels,
    lanes=_ending_lanes,
    effect_sentence=_finish_sentence,
    before_after=lambda facts, preimage: _state_change(facts, "running", "finished"),
    expect=no_effect,
    deciding_reads=lambda facts: (
        Read(endpoint=FINISHED_READ, key=str(FactReader(facts).whole("id"))),
    ),
    judge_probe=lambda facts, preimage, reading: _judge_listed(facts, reading, finished=True),
    gates=COMMON_GATES,
)
REOPEN_JOB = ActionKind(
    name="job.unfinish",
    title="Reopen a processing job",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="PUT /processing/v2/unfinish",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=_reopen_body,
    natural_key=lambda facts: None,
    labels=no_labels,
    lanes=_ending_lanes,
    effect_sentence=lambda facts: f'Reopen the job "{_read_ending(facts)[2]}".',
    before_after=lambda facts, preimage: _state_change(facts, "finished", "running"),
    expect=no_effect,
    deciding_reads=lambda facts: (
        Read(endpoint=ACTIVE_READ, key=str(FactReader(facts).whole("id"))),
    ),
    judge_probe=lambda facts, preimage, reading: _judge_listed(facts, reading, finished=False),
    gates=COMMON_GATES,
)

KINDS = (START_JOB, ADJUST_JOB, FINISH_JOB, REOPEN_JOB)
