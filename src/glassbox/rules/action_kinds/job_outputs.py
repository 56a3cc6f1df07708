"""Packing what a running processing job made; the new tags are the natural keys."""

from __future__ import annotations

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
    Booking,
    Change,
    Expectation,
    Keying,
    NewPackage,
    Read,
    Tier,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.packages import MOST_PER_SEND, judge_made, tag_key
from glassbox.rules.action_kinds.payloads import Body, number
from glassbox.rules.action_kinds.processing_jobs import job_lane
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import JOB_OUTPUT_GATES
from glassbox.rules.verdicts import InvalidInput

ROWS = "packages"
_FIELDS = (
    *("tag", "item", "quantity", "unit", "date", "location", "sublocation", "note"),
    *("production_batch_number", "is_finished_good"),
    *("expiration_date", "sell_by_date", "use_by_date"),
)


def _read(facts: Facts) -> tuple[str, tuple[tuple[NewPackage, Body], ...]]:
    reader = FactReader(facts)
    reader.only("job_name", ROWS)
    job = reader.text("job_name", max_length=100)
    made = tuple(_one(row, job) for row in reader.rows(ROWS, at_most=MOST_PER_SEND))
    tags = [package.label for package, _ in made]
    if len(set(tags)) != len(tags):
        raise InvalidInput(field=ROWS, value=tags, way_out="A tag is used once (CA-TT-15).")
    return job, made


def _one(row: FactReader, job: str) -> tuple[NewPackage, Body]:
    row.only(*_FIELDS)
    batch = row.optional_text("production_batch_number")
    package = NewPackage(
        label=row.tag("tag"),
        item_name=row.text("item"),
        quantity=row.positive_amount(),
        # METRC took the inputs at the job's start; it names them as sources when it is read.
        sources=(),
        location_name=row.optional_text("location") or "",
        production_batch_number=batch or "",
        is_production_batch=batch is not None,
    )
    body: Body = {
        "JobName": job,
        "Tag": package.label,
        "Location": row.optional_text("location"),
        "Sublocation": row.optional_text("sublocation"),
        "Item": package.item_name,
        "Quantity": number(package.quantity.value),
        "UnitOfMeasure": package.quantity.unit.name,
        "IsFinishedGood": row.flag("is_finished_good"),
        "PatientLicenseNumber": None,
        "Note": row.optional_text("note"),
        "ProductionBatchNumber": batch,
        "FinishProcessingJob": False,
        "PackageDate": row.day("date"),
        "ExpirationDate": row.optional_day("expiration_date"),
        "SellByDate": row.optional_day("sell_by_date"),
        "UseByDate": row.optional_day("use_by_date"),
    }
    return package, body


def _packages(facts: Facts) -> tuple[NewPackage, ...]:
    return tuple(package for package, _ in _read(facts)[1])


def _labels(facts: Facts) -> tuple[str, ...]:
    return tuple(package.label for package in _packages(facts))


def _sentence(facts: Facts) -> str:
    job, made = _read(facts)
    shown = ", ".join(
        f"{tail(package.label)} with {package.quantity.text()} of {package.item_name}"
        for package, _ in made
    )
    return f'Pack out of the job "{job}": {shown}.'


def _changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    return tuple(
        Change(
            subject=package.label,
            field="package",
            before="does not exist",
            after=f"{package.quantity.text()} of {package.item_name}",
        )
        for package in _packages(facts)
    )


def _expectation(facts: Facts, preimage: Reading | None) -> Expectation:
    packages = _packages(facts)
    created = tuple(
        Booking(label=package.label, quantity=package.quantity, cause="CREATED")
        for package in packages
    )
    return Expectation(new_packages=packages, bookings=created)


CREATE_FROM_JOB = ActionKind(
    name="job.create_packages",
    title="Pack what a processing job made",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="POST /processing/v2/createpackages",
    keying=Keying.TAG,
    max_objects_per_send=MOST_PER_SEND,
    build_payload=lambda facts: [body for _, body in _read(facts)[1]],
    natural_key=lambda facts: tag_key(_packages(facts)),
    labels=_labels,
    lanes=lambda facts: (job_lane(_read(facts)[0]), *package_lanes(_labels(facts))),
    effect_sentence=_sentence,
    before_after=_changes,
    expect=_expectation,
    deciding_reads=lambda facts: tuple(
        Read(endpoint="GET /packages/v2/{label}", key=label) for label in _labels(facts)
    ),
    judge_probe=lambda facts, preimage, reading: judge_made(_packages(facts), reading),
    gates=JOB_OUTPUT_GATES,
    rows_field=ROWS,
)

KINDS = (CREATE_FROM_JOB,)
