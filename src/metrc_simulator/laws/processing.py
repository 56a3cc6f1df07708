"""Processing jobs: inputs consumed at the start, outputs packed, waste stated at the finish."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import (
    Act,
    Refused,
    converted,
    date_of,
    flag_of,
    id_of,
    number_of,
    optional_date,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.creation import new_package, take
from metrc_simulator.laws.job_types import find_job_type
from metrc_simulator.laws.packages import keep, place, writable
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, plain

# The three sums of a job, by the quantity type they add up.
_SUMS = {"CountBased": "Count", "VolumeBased": "Volume", "WeightBased": "Weight"}


def start(act: Act, body: dict[str, Any]) -> int:
    """Start a job: its input quantities leave their packages. Returns the job's id."""
    name = text_of(body, "JobName")
    found = act.store.find("processing_jobs", name, act.license_number)
    if found is not None:
        raise Refused(f'Processing Job "{name}" already exists in the current Facility.')
    kind = find_job_type(act, text_of(body, "JobType"))
    row = blank(
        "processing_job",
        Name=name,
        Number=f"PJ{act.store.next_number('processing_job'):06d}",
        JobTypeId=kind["Id"],
        JobTypeName=kind["Name"],
        StartDate=_day(body, "StartDate"),
    )
    for field in _SUMS.values():
        unit_name = optional_text(body, f"{field}UnitOfMeasure")
        unit = act.unit(unit_name) if unit_name else None
        row[f"Total{field}"] = Decimal("0.0")
        row[f"{field}UnitOfMeasureName"] = unit.name if unit else None
        row[f"{field}UnitOfMeasureAbbreviation"] = unit.abbreviation if unit else None
    job = Record("processing_jobs", row, license_number=act.license_number, label=name)
    inputs = rows_of(body, "Packages")
    if not inputs:
        raise Refused("Packages were not specified.")
    for line in inputs:
        _consume(act, job, line)
    act.add(job)
    act.effect("job started", id=job.id, name=name)
    return job.id


def _day(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    # METRC's processing samples carry a time with the date; only the date counts.
    if isinstance(value, str) and "T" in value:
        value = value.partition("T")[0]
    return date_of({name: value}, name).isoformat()


def _consume(act: Act, job: Record, line: dict[str, Any]) -> None:
    source = writable(act, text_of(line, "Label"))
    unit = act.unit(text_of(line, "UnitOfMeasure"))
    amount = number_of(line, "Quantity")
    if amount <= 0:
        raise Refused("Packages Quantity must be greater than zero.")
    own_unit = act.unit(source.body["UnitOfMeasureName"])
    taken = converted(amount, unit, own_unit)
    take(act, source, taken, job.body["Name"])
    field = _SUMS[unit.quantity_type]
    total_name = job.body[f"{field}UnitOfMeasureName"]
    if total_name is None:
        raise Refused(f"{field}UnitOfMeasure was not specified.")
    added = converted(amount, unit, act.unit(total_name))
    job.body[f"Total{field}"] = plain(job.body[f"Total{field}"] + added)
    job.body["TotalQuantity"] = job.body[f"Total{field}"]
    inputs = job.facts.setdefault("inputs", [])
    inputs.append({"label": source.body["Label"], "quantity": taken})


def adjust(act: Act, body: dict[str, Any]) -> int:
    """Add further inputs to a running job; returns the job's id."""
    job = _running(act, act.own("processing_jobs", id_of(body, "Id")))
    reason = text_of(body, "AdjustmentReason")
    _day(body, "AdjustmentDate")
    for line in rows_of(body, "Packages"):
        _consume(act, job, line)
    act.save(job)
    act.effect("job adjusted", id=job.id, name=job.body["Name"], reason=reason)
    return job.id


def _running(act: Act, job: Record) -> Record:
    if job.list_name != "active":
        raise Refused(f"Processing Job {job.body['Name']} is finished.")
    return job


def create_package(act: Act, body: dict[str, Any]) -> int:
    """Pack an output of a running job; returns the package's id."""
    name = text_of(body, "JobName")
    job = act.store.find("processing_jobs", name, act.license_number)
    if job is None:
        raise Refused(f'Processing Job "{name}" does not exist in the current Facility.')
    _running(act, job)
    package = _output(act, job, body)
    job.body["Packages"] = [*job.body["Packages"], package.body["Label"]]
    act.save(job)
    if flag_of(body, "FinishProcessingJob"):
        _finish(act, job, _day(body, "FinishDate"), body, _CREATE_WASTE)
    return package.id


def _output(act: Act, job: Record, body: dict[str, Any]) -> Record:
    label = text_of(body, "Tag").upper()
    quantity = number_of(body, "Quantity")
    if quantity <= 0:
        raise Refused("Quantity must be greater than zero.")
    unit = act.unit(text_of(body, "UnitOfMeasure"))
    item_name = text_of(body, "Item")
    item = act.store.find("items", item_name, act.license_number)
    if item is None or item.list_name != "active":
        raise Refused(f'The Product "{item_name}" is invalid.')
    if item.body["QuantityType"] != unit.quantity_type:
        raise Refused(f"Unit of Measure {unit.name} does not fit Item {item.body['Name']}.")
    day = optional_date(body, "PackageDate") or act.now.date().isoformat()
    use_tag(act, label)
    package = new_package(act, label, item.body, quantity, unit, day)
    batch = optional_text(body, "ProductionBatchNumber")
    labels = dict.fromkeys(row["label"] for row in job.facts["inputs"])
    package.body.update(
        SourceProcessingJobCount=1,
        SourcePackageCount=len(labels),
        SourcePackageLabels=", ".join(labels),
        IsProductionBatch=batch is not None,
        ProductionBatchNumber=batch,
        IsFinishedGood=flag_of(body, "IsFinishedGood"),
        Note=optional_text(body, "Note"),
        ExpirationDate=optional_date(body, "ExpirationDate"),
        SellByDate=optional_date(body, "SellByDate"),
        UseByDate=optional_date(body, "UseByDate"),
        ItemFromFacilityLicenseNumber=act.license_number,
    )
    # A job's output cannot give its quantity back to packages, so it counts as used.
    package.facts["touched"] = True
    package.facts["job_id"] = job.id
    location = optional_text(body, "Location")
    if location is not None:
        place(act, package, location)
    act.add(package)
    keep(act, package)
    act.effect(
        "package created",
        id=package.id,
        label=label,
        quantity=quantity,
        unitOfMeasure=unit.name,
        item=item.body["Name"],
        job=job.body["Name"],
    )
    return package


_FINISH_WASTE = {field: f"Total{field}Waste" for field in _SUMS.values()}
_CREATE_WASTE = {field: f"Waste{field}Quantity" for field in _SUMS.values()}


def finish(act: Act, body: dict[str, Any]) -> None:
    """Finish a job and state its waste."""
    job = _running(act, act.own("processing_jobs", id_of(body, "Id")))
    _finish(act, job, _day(body, "FinishDate"), body, _FINISH_WASTE)


def _finish(
    act: Act, job: Record, day: str, body: dict[str, Any], waste_fields: dict[str, str]
) -> None:
    waste: dict[str, Any] = {}
    for field, name in waste_fields.items():
        quantity = decimal_of(body.get(name))
        if quantity is None:
            continue
        unit = act.unit(text_of(body, f"Waste{field}UnitOfMeasureName"))
        job.body[f"Total{field}Waste"] = plain(quantity)
        job.body[f"Waste{field}UnitOfMeasureName"] = unit.name
        job.body[f"Waste{field}UnitOfMeasureAbbreviation"] = unit.abbreviation
        waste[field] = plain(quantity)
    job.body.update(IsFinished=True, FinishedDate=day, FinishNote=optional_text(body, "FinishNote"))
    job.list_name = "inactive"
    act.save(job)
    act.effect("job finished", id=job.id, name=job.body["Name"], waste=waste)


def unfinish(act: Act, body: dict[str, Any]) -> None:
    """Reopen a finished job."""
    job = act.own("processing_jobs", id_of(body, "Id"))
    if job.list_name == "active":
        raise Refused(f"Processing Job {job.body['Name']} is not finished.")
    job.body.update(IsFinished=False, FinishedDate=None, FinishNote=None)
    job.list_name = "active"
    act.save(job)
    act.effect("job reopened", id=job.id, name=job.body["Name"])


def archive(act: Act, job_id: int) -> None:
    """Archive a job that packed nothing: its inputs go back to the packages they came from."""
    job = _running(act, act.own("processing_jobs", job_id))
    if job.body["Packages"]:
        raise Refused(
            f"Processing Job {job.body['Name']} cannot be archived because it has packages."
        )
    for line in job.facts["inputs"]:
        source = writable(act, line["label"])
        source.body["Quantity"] = plain(source.body["Quantity"] + line["quantity"])
        keep(act, source)
        act.effect("quantity restored", label=line["label"], quantity=line["quantity"])
    job.list_name = "archived"
    act.save(job)
    act.effect("job archived", id=job.id, name=job.body["Name"])
