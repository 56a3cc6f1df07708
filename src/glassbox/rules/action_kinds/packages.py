"""Creating packages out of other packages: plain, as a production batch, as a testing sample."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    DISTRIBUTION,
    MANUFACTURING,
    ActionKind,
    Booking,
    Change,
    Expectation,
    Judgement,
    Keying,
    NewPackage,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.payloads import Body, number
from glassbox.rules.action_kinds.reading import PackageSeen, Reading
from glassbox.rules.gates.actions import CREATE_GATES, SAMPLE_GATES
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import InvalidInput

ROWS = "packages"
MOST_PER_SEND = 10
_FIELDS = (
    *("tag", "item", "quantity", "unit", "date", "ingredients", "location", "sublocation"),
    *("note", "production_batch_number", "use_same_item", "is_finished_good"),
    *("expiration_date", "sell_by_date", "use_by_date", "required_lab_test_batches"),
)


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """One package to be made, as read from the facts."""

    package: NewPackage
    body: Body


def _read(facts: Facts, *, production_batch: bool, sample: bool) -> tuple[_Draft, ...]:
    reader = FactReader(facts)
    reader.only(ROWS)
    drafts = tuple(
        _read_one(row, production_batch=production_batch, sample=sample)
        for row in reader.rows(ROWS, at_most=MOST_PER_SEND)
    )
    tags = [draft.package.label for draft in drafts]
    for tag in tags:
        if tags.count(tag) > 1:
            raise InvalidInput(field=ROWS, value=tag, way_out="A tag is used once (CA-TT-15).")
    return drafts


def _read_one(row: FactReader, *, production_batch: bool, sample: bool) -> _Draft:
    row.only(*_FIELDS)
    batch_number = (
        row.text("production_batch_number")
        if production_batch
        else row.optional_text("production_batch_number")
    )
    package = NewPackage(
        label=row.tag("tag"),
        item_name=row.text("item"),
        quantity=row.positive_amount(),
        sources=_read_ingredients(row),
        location_name=row.optional_text("location") or "",
        production_batch_number=batch_number or "",
        is_production_batch=production_batch,
        is_testing_sample=sample,
    )
    if package.label in {label for label, _ in package.sources}:
        raise InvalidInput(
            field=row.where("tag"), value=package.label, way_out="A package cannot make itself."
        )
    return _Draft(package=package, body=_body(row, package))


def _read_ingredients(row: FactReader) -> tuple[tuple[str, Quantity], ...]:
    ingredients = []
    for source in row.rows("ingredients", at_most=200):
        source.only("label", "quantity", "unit")
        ingredients.append((source.tag("label"), source.positive_amount()))
    labels = [label for label, _ in ingredients]
    if len(set(labels)) != len(labels):
        raise InvalidInput(
            field=row.where("ingredients"), value=labels, way_out="Name every source once."
        )
    return tuple(ingredients)


def _body(row: FactReader, package: NewPackage) -> Body:
    batches = row.tests("required_lab_test_batches") if package.is_testing_sample else None
    return {
        "Tag": package.label,
        "Location": row.optional_text("location"),
        "Sublocation": row.optional_text("sublocation"),
        "Item": package.item_name,
        "Quantity": number(package.quantity.value),
        "UnitOfMeasure": package.quantity.unit.name,
        "PatientLicenseNumber": None,
        "Note": row.optional_text("note"),
        "IsProductionBatch": package.is_production_batch,
        # Only the batch's own package carries the number into METRC; children inherit it, and
        # giving it again would open a second batch under one number (CA-BT-16).
        "ProductionBatchNumber": (
            package.production_batch_number if package.is_production_batch else None
        ),
        "IsDonation": False,
        "IsTradeSample": False,
        "IsFinishedGood": row.flag("is_finished_good"),
        "ProductRequiresRemediation": False,
        "UseSameItem": row.flag("use_same_item"),
        "ActualDate": row.day("date"),
        "ExpirationDate": row.optional_day("expiration_date"),
        "SellByDate": row.optional_day("sell_by_date"),
        "UseByDate": row.optional_day("use_by_date"),
        "Ingredients": [
            {
                "Package": label,
                "Quantity": number(used.value),
                "UnitOfMeasure": used.unit.name,
            }
            for label, used in package.sources
        ],
        "RequiredLabTestBatches": batches,
        "ProcessingJobTypeId": None,
        "LabTestStageId": None,
    }


def tag_key(packages: tuple[NewPackage, ...]) -> str:
    """Return the natural key of packages made in one send: their tags, in one short text."""
    if len(packages) == 1:
        return packages[0].label
    joined = ",".join(sorted(package.label for package in packages))
    digest = hashlib.sha256(joined.encode()).hexdigest()[:16]
    return f"{packages[0].label}+{len(packages) - 1}:{digest}"


def _sentence(packages: tuple[NewPackage, ...], what: str) -> str:
    if len(packages) == 1:
        package = packages[0]
        sources = ", ".join(f"{used.text()} of {tail(label)}" for label, used in package.sources)
        number_words = (
            f" under batch number {package.production_batch_number}"
            if package.is_production_batch
            else ""
        )
        return (
            f"Create {what} {tail(package.label)} with {package.quantity.text()} of "
            f"{package.item_name}{number_words} out of {sources}."
        )
    labels = sorted({label for package in packages for label, _ in package.sources})
    return (
        f"Create {len(packages)} {what}s, {tail(packages[0].label)} to "
        f"{tail(packages[-1].label)}, out of {', '.join(tail(label) for label in labels)}."
    )


def _used_by_source(packages: tuple[NewPackage, ...]) -> dict[str, Quantity]:
    used: dict[str, Quantity] = {}
    for package in packages:
        for label, amount in package.sources:
            used[label] = used[label] + amount if label in used else amount
    return used


def _changes(packages: tuple[NewPackage, ...], preimage: Reading | None) -> tuple[Change, ...]:
    def lines() -> Iterator[Change]:
        for package in packages:
            yield Change(
                subject=package.label,
                field="package",
                before="does not exist",
                after=f"{package.quantity.text()} of {package.item_name}",
            )
        for label, used in _used_by_source(packages).items():
            seen = preimage.package(label) if preimage else None
            yield Change(
                subject=label,
                field="quantity",
                before=seen.quantity.text() if seen else "-",
                after=(seen.quantity - used).text() if seen else f"{used.text()} less",
            )

    return tuple(lines())


def _expectation(packages: tuple[NewPackage, ...]) -> Expectation:
    created = tuple(
        Booking(label=package.label, quantity=package.quantity, cause="CREATED")
        for package in packages
    )
    used = tuple(
        Booking(label=label, quantity=-amount, cause="USED")
        for label, amount in _used_by_source(packages).items()
    )
    return Expectation(new_packages=packages, bookings=created + used)


def _reads(packages: tuple[NewPackage, ...]) -> tuple[Read, ...]:
    labels = [package.label for package in packages] + list(_used_by_source(packages))
    return tuple(Read(endpoint="GET /packages/v2/{label}", key=label) for label in labels)


def _disagreement(package: NewPackage, seen: PackageSeen) -> str | None:
    if seen.item_name.casefold() != package.item_name.casefold():
        return f"holds {seen.item_name}, not {package.item_name}"
    if seen.quantity != package.quantity:
        return f"holds {seen.quantity.text()}, not {package.quantity.text()}"
    sources = {label for label, _ in package.sources}
    if sources and seen.source_labels and set(seen.source_labels) != sources:
        return "was made out of other packages"
    return None


def judge_made(packages: tuple[NewPackage, ...], reading: Reading) -> Judgement:
    """Return what a look proves about packages that one send makes, each recognised by its tag."""
    unread = [
        package.label
        for package in packages
        if reading.package(package.label) is None and not reading.is_absent(package.label)
    ]
    if unread:
        return cannot_tell(f"METRC could not be asked about {tail(unread[0])}.")
    seen = {package.label: reading.package(package.label) for package in packages}
    for package in packages:
        found = seen[package.label]
        problem = _disagreement(package, found) if found else None
        if problem:
            return different(f"Package {tail(package.label)} is in METRC but {problem}.")
    present = [label for label, found in seen.items() if found]
    if len(present) == len(packages):
        return applied(f"METRC has {_count_words(present)} exactly as approved.")
    if present:
        return different(
            f"METRC has {len(present)} of the {len(packages)} packages of this one send."
        )
    return absent(f"METRC does not have {_count_words(list(seen))} under this licence.")


def _count_words(labels: list[str]) -> str:
    return f"package {tail(labels[0])}" if len(labels) == 1 else f"all {len(labels)} packages"


def _kind(
    *,
    name: str,
    title: str,
    what: str,
    endpoint: str,
    license_kinds: frozenset[str],
    production_batch: bool = False,
    sample: bool = False,
) -> ActionKind:
    def drafts(facts: Facts) -> tuple[_Draft, ...]:
        return _read(facts, production_batch=production_batch, sample=sample)

    def packages(facts: Facts) -> tuple[NewPackage, ...]:
        return tuple(draft.package for draft in drafts(facts))

    def labels(facts: Facts) -> tuple[str, ...]:
        made = packages(facts)
        return tuple(package.label for package in made) + tuple(_used_by_source(made))

    return ActionKind(
        name=name,
        title=title,
        tier=Tier.STANDARD,
        license_kinds=license_kinds,
        endpoint=endpoint,
        keying=Keying.TAG,
        max_objects_per_send=MOST_PER_SEND,
        build_payload=lambda facts: [draft.body for draft in drafts(facts)],
        natural_key=lambda facts: tag_key(packages(facts)),
        labels=labels,
        lanes=lambda facts: package_lanes(labels(facts)),
        effect_sentence=lambda facts: _sentence(packages(facts), what),
        before_after=lambda facts, preimage: _changes(packages(facts), preimage),
        expect=lambda facts, preimage: _expectation(packages(facts)),
        deciding_reads=lambda facts: _reads(packages(facts)),
        judge_probe=lambda facts, preimage, reading: judge_made(packages(facts), reading),
        gates=SAMPLE_GATES if sample else CREATE_GATES,
        rows_field=ROWS,
    )


CREATE_PACKAGES = _kind(
    name="package.create",
    title="Create packages",
    what="package",
    endpoint="POST /packages/v2/",
    license_kinds=BOTH,
)
CREATE_PRODUCTION_BATCH = _kind(
    name="package.create_production_batch",
    title="Create a production batch",
    what="production batch package",
    endpoint="POST /packages/v2/",
    license_kinds=frozenset({MANUFACTURING}),
    production_batch=True,
)
# Sampling is arranged by the distributor alone (CA-LIC-07).
CREATE_TESTING_SAMPLE = _kind(
    name="package.create_testing_sample",
    title="Take a testing sample",
    what="testing sample",
    endpoint="POST /packages/v2/testing",
    license_kinds=frozenset({DISTRIBUTION}),
    sample=True,
)

KINDS = (CREATE_PACKAGES, CREATE_PRODUCTION_BATCH, CREATE_TESTING_SAMPLE)
