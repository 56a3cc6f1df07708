"""New packages from other packages: tags, ingredients, items, inherited lab states."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrc_simulator.act import (
    Act,
    Refused,
    converted,
    date_of,
    flag_of,
    number_of,
    optional_date,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.packages import (
    donation_and_sample_flags,
    keep,
    place,
    place_in_sublocation,
    required_batches,
    set_state,
    writable,
)
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.profiles.profile import Unit
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain

_PASSED = {"TestPassed", "RetestPassed"}
_FAILED = {"TestFailed", "RetestFailed"}


@dataclass(frozen=True)
class Taken:
    """What one ingredient gave: the source and the quantity in the source's unit."""

    source: Record
    quantity: Decimal


def create_package(act: Act, body: dict[str, Any]) -> int:
    """Make one package from ingredients and return its id."""
    return _create(act, body, sample=False).id


def create_sample(act: Act, body: dict[str, Any]) -> int:
    """Make one testing sample; it and its sources go to SubmittedForTesting. Returns its id."""
    package = _create(act, body, sample=True)
    labels = [row["label"] for row in package.facts["ingredients"]]
    for label in dict.fromkeys(labels):
        source = act.package(label)
        if source.body["LabTestingState"] in {"Remediated", "Decontaminated"}:
            source.facts["retest"] = True
            package.facts["retest"] = True
        set_state(act, source, "SubmittedForTesting")
        keep(act, source)
        act.effect("lab state set", label=source.body["Label"], state="SubmittedForTesting")
    package.facts["sample_of"] = labels
    keep(act, package)
    return package.id


def _create(act: Act, body: dict[str, Any], sample: bool) -> Record:
    label = text_of(body, "Tag").upper()
    quantity = number_of(body, "Quantity")
    if quantity <= 0:
        raise Refused("Quantity must be greater than zero.")
    unit = act.unit(text_of(body, "UnitOfMeasure"))
    day = date_of(body, "ActualDate")
    use_tag(act, label)
    taken = _take_ingredients(act, body, label)
    item = _item(act, body, [one.source for one in taken])
    if item["QuantityType"] != unit.quantity_type:
        raise Refused(f"Unit of Measure {unit.name} does not fit Item {item['Name']}.")
    package = new_package(act, label, item, quantity, unit, day.isoformat())
    _write_request(act, package, body, sample)
    _write_lineage(package, taken)
    if sample:
        set_state(act, package, "SubmittedForTesting")
        package.body["InitialLabTestingState"] = "SubmittedForTesting"
    else:
        _inherit_state(act, package, [one.source for one in taken])
    act.add(package)
    keep(act, package)
    act.effect(
        "package created",
        id=package.id,
        label=label,
        quantity=quantity,
        unitOfMeasure=unit.name,
        item=item["Name"],
        sample=sample,
    )
    return package


def new_package(
    act: Act, label: str, item: dict[str, Any], quantity: Decimal, unit: Unit, day: str
) -> Record:
    """Return a package row of this licence, not yet stored."""
    state = item["DefaultLabTestingState"]
    body = blank(
        "package",
        Label=label,
        Quantity=quantity,
        OriginalPackageQuantity=quantity,
        UnitOfMeasureName=unit.name,
        UnitOfMeasureAbbreviation=unit.abbreviation,
        PackagedDate=day,
        InitialLabTestingState=state,
        LabTestingState=state,
        LabTestingStateDate=act.now.date().isoformat(),
        Item=dict(item),
        ProductLabel=blank("product_label"),
    )
    return Record("packages", body, license_number=act.license_number, label=label)


def _take_ingredients(act: Act, body: dict[str, Any], label: str) -> list[Taken]:
    rows = rows_of(body, "Ingredients")
    if not rows and not act.facility().body["FacilityType"]["CanCreateOpeningBalancePackages"]:
        raise Refused("Ingredients were not specified.")
    taken = []
    for row in rows:
        source = writable(act, text_of(row, "Package"))
        amount = number_of(row, "Quantity")
        if amount <= 0:
            raise Refused("Ingredients Quantity must be greater than zero.")
        unit = act.unit(text_of(row, "UnitOfMeasure"))
        amount = converted(amount, unit, act.unit(source.body["UnitOfMeasureName"]))
        taken.append(Taken(take(act, source, amount, label), amount))
    return taken


def take(act: Act, source: Record, amount: Decimal, used_for: str) -> Record:
    """Subtract `amount` (in the source's unit) from a package; Refused when it has less."""
    left = source.body["Quantity"] - amount
    if left < 0:
        raise Refused(
            f"Package {source.body['Label']} does not have enough quantity: "
            f"{source.body['Quantity']} {source.body['UnitOfMeasureName']} available, "
            f"{amount} needed."
        )
    source.body["Quantity"] = plain(left)
    source.facts["touched"] = True
    keep(act, source)
    act.effect(
        "quantity taken", label=source.body["Label"], quantity=amount, left=left, usedFor=used_for
    )
    return source


def _item(act: Act, body: dict[str, Any], sources: list[Record]) -> dict[str, Any]:
    if flag_of(body, "UseSameItem"):
        if not sources:
            raise Refused("Use Same Item needs ingredients.")
        names = {source.body["Item"]["Name"].lower() for source in sources}
        if len(names) > 1:
            raise Refused("Use Same Item needs ingredients of one Item.")
        same: dict[str, Any] = sources[0].body["Item"]
        return same
    name = text_of(body, "Item")
    found = act.store.find("items", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'The Product "{name}" is invalid.')
    if not found.body["IsUsed"]:
        found.body["IsUsed"] = True
        act.save(found)
    return found.body


def _write_request(act: Act, package: Record, body: dict[str, Any], sample: bool) -> None:
    location = optional_text(body, "Location")
    if location is not None:
        place(act, package, location)
        place_in_sublocation(act, package, optional_text(body, "Sublocation"))
    batch = optional_text(body, "ProductionBatchNumber")
    production = flag_of(body, "IsProductionBatch")
    if production and batch is None:
        raise Refused("ProductionBatchNumber was not specified.")
    package.body.update(
        Note=optional_text(body, "Note"),
        IsProductionBatch=production,
        ProductionBatchNumber=batch if production else None,
        IsTestingSample=sample,
        ExpirationDate=optional_date(body, "ExpirationDate"),
        SellByDate=optional_date(body, "SellByDate"),
        UseByDate=optional_date(body, "UseByDate"),
        **donation_and_sample_flags(body),
    )
    if body.get("RequiredLabTestBatches"):
        package.facts["required_batches"] = required_batches(act, body["RequiredLabTestBatches"])


def _write_lineage(package: Record, taken: list[Taken]) -> None:
    sources = {one.source.body["Label"]: one.source for one in taken}
    package.body["SourcePackageCount"] = len(sources)
    package.body["SourcePackageLabels"] = ", ".join(sources)
    package.body["SourceProductionBatchNumbers"] = _joined(
        source.body["ProductionBatchNumber"] or source.body["SourceProductionBatchNumbers"]
        for source in sources.values()
    )
    package.body["SourceHarvestNames"] = _joined(
        source.body["SourceHarvestNames"] for source in sources.values()
    )
    package.body["ContainsRemediatedProduct"] = any(
        source.body["ContainsRemediatedProduct"] for source in sources.values()
    )
    package.body["ItemFromFacilityLicenseNumber"] = package.license_number
    package.facts["ingredients"] = [
        {"label": one.source.body["Label"], "quantity": one.quantity} for one in taken
    ]


def _joined(names: Any) -> str | None:
    parts = [part for name in names if name for part in name.split(", ")]
    return ", ".join(dict.fromkeys(parts)) or None


def _inherit_state(act: Act, package: Record, sources: list[Record]) -> None:
    # A production batch is a new product: it is sampled anew, whatever it was made from.
    if package.body["IsProductionBatch"] or package.body["LabTestingState"] == "NotRequired":
        return
    states = [source.body["LabTestingState"] for source in sources]
    state = inherited_state(states)
    if state is None:
        return
    parent = sources[states.index(state)]
    set_state(act, package, state)
    package.body["InitialLabTestingState"] = state
    for field in (
        "LabTestingPerformedDate",
        "LabTestingRecordedDate",
        "LabTestResultExpirationDateTime",
    ):
        package.body[field] = parent.body[field]
    package.facts["results_of"] = parent.facts.get("results_of", [])


def inherited_state(states: list[str]) -> str | None:
    """Return the lab state a new package takes from its sources, or None for its item's own.

    One failed source fails the child; all must have passed for the child to be passed.
    """
    failed = [state for state in states if state in _FAILED]
    if failed:
        return failed[0]
    if states and all(state in _PASSED for state in states):
        return states[0]
    return None
