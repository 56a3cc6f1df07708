"""Setting one thing on packages: item, note, external id, dates, remediation, and unfinishing.

METRC sets these to a value, so a look compares the value; nothing here changes a quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
from glassbox.rules.action_kinds.package_changes import MOST_PER_SEND, chosen_labels, named
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import PackageSeen, Reading
from glassbox.rules.gates import Gate
from glassbox.rules.gates.action_facts import ActionFacts
from glassbox.rules.gates.actions import ADJUST_GATES, MOVE_GATES, REMEDIATE_GATES, UNFINISH_GATES
from glassbox.rules.verdicts import InvalidInput

_DATES = (
    ("expiration_date", "ExpirationDate"),
    ("sell_by_date", "SellByDate"),
    ("use_by_date", "UseByDate"),
)


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """What is set: the body beside the label, METRC's fields that show it, and its words."""

    body: Body
    shown: Mapping[str, str]  # METRC's read-back field -> text
    words: str  # "the note to ..."


@dataclass(frozen=True, kw_only=True)
class _Family:
    """One endpoint that sets something on packages named by their label."""

    name: str
    title: str
    endpoint: str
    label_field: str
    fields: tuple[str, ...]
    read: Callable[[FactReader], _Setting]
    sentence: Callable[[str, _Setting], str]
    gates: tuple[Gate[ActionFacts], ...]
    tier: Tier
    expect: Callable[[tuple[str, ...]], Expectation]


def _shown_now(seen: PackageSeen, field: str) -> str | None:
    own = {"Item": seen.item_name, "IsFinished": str(seen.is_finished)}
    return own[field] if field in own else seen.values.get(field)


def _same(shown: str, wanted: str) -> bool:
    # METRC writes some dates with a time of midnight behind them.
    return shown.casefold() == wanted.casefold() or shown.startswith(f"{wanted}T")


def _judge(
    labels: tuple[str, ...], setting: _Setting, preimage: Reading | None, reading: Reading
) -> Judgement:
    done, waiting = [], []
    for label in labels:
        seen = reading.package(label)
        if seen is None:
            return cannot_tell(f"METRC could not be asked about {tail(label)}.")
        now = {field: _shown_now(seen, field) for field in setting.shown}
        if None in now.values():
            return cannot_tell(f"METRC does not show all that is to be set on {tail(label)}.")
        if all(_same(now[field] or "", wanted) for field, wanted in setting.shown.items()):
            done.append(label)
            continue
        was = preimage.package(label) if preimage else None
        if was is not None and any(now[f] != _shown_now(was, f) for f in setting.shown):
            return different(f"METRC shows {tail(label)} changed, but not as approved.")
        waiting.append(label)
    if not waiting:
        return applied(f"METRC shows {setting.words} on {named(labels)}.")
    if done:
        return different(f"METRC changed only part: {tail(waiting[0])} is as before.")
    return absent(f"METRC does not show {setting.words} on {named(labels)}.")


def _changes(
    labels: tuple[str, ...], setting: _Setting, preimage: Reading | None
) -> tuple[Change, ...]:
    changes = []
    for label in labels:
        seen = preimage.package(label) if preimage else None
        for field, after in setting.shown.items():
            before = (_shown_now(seen, field) if seen else None) or "-"
            changes.append(Change(subject=label, field=field, before=before, after=after))
    return tuple(changes)


def _kind(family: _Family) -> ActionKind:
    def read(facts: Facts) -> tuple[tuple[str, ...], _Setting]:
        reader = FactReader(facts)
        reader.only("labels", *family.fields)
        return chosen_labels(facts), family.read(reader)

    def payload(facts: Facts) -> list[Body]:
        labels, setting = read(facts)
        return [{family.label_field: label, **setting.body} for label in labels]

    def sentence(facts: Facts) -> str:
        labels, setting = read(facts)
        return family.sentence(named(labels), setting)

    return ActionKind(
        name=family.name,
        title=family.title,
        tier=family.tier,
        license_kinds=BOTH,
        endpoint=family.endpoint,
        keying=Keying.TARGET_VALUE,
        max_objects_per_send=MOST_PER_SEND,
        build_payload=payload,
        natural_key=lambda facts: None,
        labels=chosen_labels,
        lanes=lambda facts: package_lanes(chosen_labels(facts)),
        effect_sentence=sentence,
        before_after=lambda facts, preimage: _changes(*read(facts), preimage),
        expect=lambda facts, preimage: family.expect(chosen_labels(facts)),
        deciding_reads=lambda facts: tuple(
            Read(endpoint="GET /packages/v2/{label}", key=label) for label in chosen_labels(facts)
        ),
        judge_probe=lambda facts, preimage, reading: _judge(*read(facts), preimage, reading),
        gates=family.gates,
        rows_field="labels",
    )


def _nothing(labels: tuple[str, ...]) -> Expectation:
    return Expectation()


def _read_item(reader: FactReader) -> _Setting:
    item = reader.text("item", max_length=150)
    return _Setting(body={"Item": item}, shown={"Item": item}, words=f'the item "{item}"')


def _read_note(reader: FactReader) -> _Setting:
    note = reader.text("note", max_length=1000)
    return _Setting(body={"Note": note}, shown={"Note": note}, words="this note")


def _read_external_id(reader: FactReader) -> _Setting:
    given = reader.text("external_id", max_length=50)
    return _Setting(
        body={"ExternalId": given}, shown={"ExternalId": given}, words=f'the external id "{given}"'
    )


def _read_dates(reader: FactReader) -> _Setting:
    days = {field: reader.day(name) for name, field in _DATES if reader.has(name)}
    if not days:
        raise InvalidInput(
            field="use_by_date", value="", way_out="Give at least one of the three dates."
        )
    # What the request leaves out may become empty in METRC, so it is said, sent and checked.
    every: dict[str, str] = {field: days.get(field, "") for _, field in _DATES}
    return _Setting(
        body={field: day or None for field, day in every.items()},
        shown=every,
        words=", ".join(f"{field} {day or 'none'}" for field, day in every.items()),
    )


def _read_remediation(reader: FactReader) -> _Setting:
    method, day = reader.text("method"), reader.day("date")
    return _Setting(
        body={
            "RemediationMethodName": method,
            "RemediationDate": day,
            "RemediationSteps": reader.text("steps", max_length=1000),
        },
        shown={"ContainsRemediatedProduct": "True", "RemediationDate": day},
        words=f"the remediation by {method} on {day}",
    )


def _read_unfinish(reader: FactReader) -> _Setting:
    return _Setting(body={}, shown={"IsFinished": "False"}, words="the open state")


CHANGE_ITEM = _kind(
    _Family(
        name="package.change_item",
        title="Change the item of packages",
        endpoint="PUT /packages/v2/item",
        label_field="Label",
        fields=("item",),
        read=_read_item,
        sentence=lambda which, setting: f"Make {which} hold {setting.words}.",
        gates=ADJUST_GATES,
        tier=Tier.STANDARD,
        expect=_nothing,
    )
)
SET_NOTE = _kind(
    _Family(
        name="package.set_note",
        title="Set the note of packages",
        endpoint="PUT /packages/v2/note",
        label_field="PackageLabel",
        fields=("note",),
        read=_read_note,
        sentence=lambda which, setting: f'Set the note of {which} to "{setting.body["Note"]}".',
        gates=MOVE_GATES,
        tier=Tier.ROUTINE,
        expect=_nothing,
    )
)
SET_EXTERNAL_ID = _kind(
    _Family(
        name="package.set_external_id",
        title="Set the external id of packages",
        endpoint="PUT /packages/v2/externalid",
        label_field="PackageLabel",
        fields=("external_id",),
        read=_read_external_id,
        sentence=lambda which, setting: f"Give {which} {setting.words}.",
        gates=MOVE_GATES,
        tier=Tier.ROUTINE,
        expect=_nothing,
    )
)
SET_DATES = _kind(
    _Family(
        name="package.set_dates",
        title="Set the dates of packages",
        endpoint="PUT /packages/v2/usebydate",
        label_field="Label",
        fields=tuple(name for name, _ in _DATES),
        read=_read_dates,
        sentence=lambda which, setting: f"Set on {which}: {setting.words}.",
        gates=MOVE_GATES,
        tier=Tier.STANDARD,
        expect=_nothing,
    )
)
REMEDIATE = _kind(
    _Family(
        name="package.remediate",
        title="Record the remediation of failed packages",
        endpoint="PUT /packages/v2/remediate",
        label_field="PackageLabel",
        fields=("method", "date", "steps"),
        read=_read_remediation,
        sentence=lambda which, setting: (
            f"Record {setting.words} of {which}; each then needs a new sample."
        ),
        gates=REMEDIATE_GATES,
        tier=Tier.HIGH,
        expect=_nothing,
    )
)
UNFINISH = _kind(
    _Family(
        name="package.unfinish",
        title="Reopen finished packages",
        endpoint="PUT /packages/v2/unfinish",
        label_field="Label",
        fields=(),
        read=_read_unfinish,
        sentence=lambda which, setting: f"Reopen {which}; it stands in our quarantine then.",
        gates=UNFINISH_GATES,
        tier=Tier.STANDARD,
        expect=lambda labels: Expectation(reopened_labels=labels),
    )
)

KINDS = (CHANGE_ITEM, SET_NOTE, SET_EXTERNAL_ID, SET_DATES, REMEDIATE, UNFINISH)
