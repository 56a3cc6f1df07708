"""Building kinds for lists METRC keeps by name and id: create, update, archive.

A name is no natural key: METRC would take it twice. What is created by name is therefore
recognised by a row that was not there before, and two such rows are a doubled write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
    Change,
    Judgement,
    Keying,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    no_labels,
)
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import Reading, RowSeen
from glassbox.rules.gates.actions import COMMON_GATES


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Hold what METRC shall have: the body to send and what a later read must show."""

    name: str
    body: Body
    shown: Mapping[str, str]  # METRC's read-back field -> text


@dataclass(frozen=True, kw_only=True)
class RowFamily:
    """Hold one list of METRC's. `read_wanted` reads the facts of a create or an update."""

    resource: str
    title: str
    path: str
    reads: tuple[str, ...]
    read_wanted: Callable[[FactReader], Wanted]
    fields: tuple[str, ...]
    tier: Tier = Tier.ROUTINE


def named_lane(resource: str, name: str) -> str:
    """Return the lane of a named row; METRC compares names without regard to case."""
    return f"{resource}:{name.casefold()}"


def unlike(wanted: Mapping[str, str], row: RowSeen) -> str | None:
    """Return the first field METRC shows otherwise than wanted, in words, or None.

    Fields METRC did not show are not compared.
    """
    for field, value in wanted.items():
        shown = row.values.get(field)
        if shown is not None and shown.casefold() != value.casefold():
            return f'{field} is "{shown}", not "{value}"'
    return None


def judge_create(
    title: str, wanted: Wanted, preimage: Reading | None, reading: Reading
) -> Judgement:
    """Return what the rows of this name prove about a create."""
    old = {row.metrc_id for row in preimage.row_named(wanted.name)} if preimage else set()
    new = [row for row in reading.row_named(wanted.name) if row.metrc_id not in old]
    if len(new) > 1:
        return different(f'METRC has {len(new)} new {title}s named "{wanted.name}".')
    if new:
        problem = unlike(wanted.shown, new[0])
        if problem:
            return different(f'METRC has the {title} "{wanted.name}" but {problem}.')
        return applied(f'METRC has the {title} "{wanted.name}".')
    if not reading.rows_whole:
        return cannot_tell(f"METRC's list of {title}s could not be read whole.")
    return absent(f'METRC has no new {title} named "{wanted.name}".')


def judge_update(
    title: str, metrc_id: int, wanted: Wanted, preimage: Reading | None, reading: Reading
) -> Judgement:
    """Return what the row of this id proves about an update."""
    row = reading.row_numbered(metrc_id)
    if row is None:
        if reading.rows_whole:
            return different(f"METRC no longer has the {title} with id {metrc_id}.")
        return cannot_tell(f"METRC's list of {title}s could not be read whole.")
    problem = unlike({**wanted.shown}, row)
    if problem is None:
        return applied(f'METRC shows the {title} "{wanted.name}" as approved.')
    was = preimage.row_numbered(metrc_id) if preimage else None
    if was is not None and was.values != row.values:
        return different(f"METRC shows the {title} changed, but {problem}.")
    return absent(f"METRC still shows the {title} as before: {problem}.")


def judge_archive(title: str, metrc_id: int, reading: Reading) -> Judgement:
    """Return what the list of active rows proves about an archiving."""
    if reading.row_numbered(metrc_id) is not None:
        return absent(f"METRC still lists the {title} with id {metrc_id}.")
    if not reading.rows_whole:
        return cannot_tell(f"METRC's list of {title}s could not be read whole.")
    return applied(f"METRC no longer lists the {title} with id {metrc_id}.")


def row_changes(
    wanted: Wanted, metrc_id: int | None, preimage: Reading | None
) -> tuple[Change, ...]:
    """Return the before/after lines of a create (no id) or an update."""
    was = preimage.row_numbered(metrc_id) if preimage and metrc_id is not None else None
    unknown = "does not exist" if metrc_id is None else "-"
    return tuple(
        Change(
            subject=wanted.name,
            field=field,
            before=was.values.get(field, "-") if was else unknown,
            after=value,
        )
        for field, value in wanted.shown.items()
    )


def create_kind(family: RowFamily) -> ActionKind:
    """Return the kind that creates one row of the family."""

    def wanted(facts: Facts) -> Wanted:
        reader = FactReader(facts)
        reader.only(*family.fields)
        return family.read_wanted(reader)

    return ActionKind(
        name=f"{family.resource}.create",
        title=f"Create a {family.title}",
        tier=family.tier,
        license_kinds=BOTH,
        endpoint=f"POST {family.path}",
        keying=Keying.NAME,
        max_objects_per_send=1,
        build_payload=lambda facts: [wanted(facts).body],
        natural_key=lambda facts: None,
        labels=no_labels,
        lanes=lambda facts: (named_lane(family.resource, wanted(facts).name),),
        effect_sentence=lambda facts: f'Create the {family.title} "{wanted(facts).name}".',
        before_after=lambda facts, preimage: row_changes(wanted(facts), None, preimage),
        expect=no_effect,
        gates=COMMON_GATES,
        deciding_reads=lambda facts: tuple(Read(endpoint=read) for read in family.reads),
        judge_probe=lambda facts, preimage, reading: judge_create(
            family.title, wanted(facts), preimage, reading
        ),
    )


def update_kind(family: RowFamily) -> ActionKind:
    """Return the kind that replaces one row of the family; METRC's PUT replaces whole rows."""

    def wanted(facts: Facts) -> Wanted:
        reader = FactReader(facts)
        reader.only("id", *family.fields)
        read = family.read_wanted(reader)
        return Wanted(
            name=read.name, shown=read.shown, body={"Id": reader.whole("id"), **read.body}
        )

    def metrc_id(facts: Facts) -> int:
        return FactReader(facts).whole("id")

    return ActionKind(
        name=f"{family.resource}.update",
        title=f"Change a {family.title}",
        tier=family.tier,
        license_kinds=BOTH,
        endpoint=f"PUT {family.path}",
        keying=Keying.TARGET_VALUE,
        max_objects_per_send=1,
        build_payload=lambda facts: [wanted(facts).body],
        natural_key=lambda facts: None,
        labels=no_labels,
        lanes=lambda facts: (
            f"{family.resource}#{metrc_id(facts)}",
            named_lane(family.resource, wanted(facts).name),
        ),
        effect_sentence=lambda facts: (
            f'Change the {family.title} with id {metrc_id(facts)} to "{wanted(facts).name}".'
        ),
        before_after=lambda facts, preimage: row_changes(wanted(facts), metrc_id(facts), preimage),
        expect=no_effect,
        gates=COMMON_GATES,
        deciding_reads=lambda facts: tuple(
            Read(endpoint=read, key=str(metrc_id(facts))) for read in family.reads
        ),
        judge_probe=lambda facts, preimage, reading: judge_update(
            family.title, metrc_id(facts), wanted(facts), preimage, reading
        ),
    )


def archive_kind(
    *, resource: str, title: str, endpoint: str, reads: tuple[str, ...], tier: Tier
) -> ActionKind:
    """Return the kind that takes one row out of METRC's active list, by its id."""

    def row(facts: Facts) -> tuple[int, str]:
        reader = FactReader(facts)
        reader.only("id", "name")
        return reader.whole("id"), reader.text("name")

    def no_body(facts: Facts) -> list[Body]:
        row(facts)
        return []

    return ActionKind(
        name=f"{resource}.delete",
        title=f"Delete a {title}",
        tier=tier,
        license_kinds=BOTH,
        endpoint=endpoint,
        keying=Keying.TARGET_VALUE,
        max_objects_per_send=1,
        build_payload=no_body,
        natural_key=lambda facts: None,
        labels=no_labels,
        lanes=lambda facts: (
            f"{resource}#{row(facts)[0]}",
            named_lane(resource, row(facts)[1]),
        ),
        effect_sentence=lambda facts: f'Delete the {title} "{row(facts)[1]}".',
        before_after=lambda facts, preimage: (
            Change(subject=row(facts)[1], field="state", before="active", after="deleted"),
        ),
        expect=no_effect,
        gates=COMMON_GATES,
        deciding_reads=lambda facts: tuple(
            Read(endpoint=read, key=str(row(facts)[0])) for read in reads
        ),
        judge_probe=lambda facts, preimage, reading: judge_archive(title, row(facts)[0], reading),
        path_values=lambda facts: {"id": row(facts)[0]},
    )
