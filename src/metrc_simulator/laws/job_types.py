"""Processing job types: METRC's own for the state, and those a facility makes for itself."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, id_of, optional_text, text_of
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank

_NEVER = "0001-01-01T00:00:00+00:00"


def profile_rows(profile: Profile) -> list[dict[str, Any]]:
    """Return the job types that the state brings."""
    return [
        blank(
            "job_type",
            Id=number,
            Name=row["name"],
            Description=row["steps"],
            CategoryName=row["category"],
            ForProcessingJobs=True,
            ProcessingSteps=row["steps"],
        )
        for number, row in enumerate(profile.rows("job_types"), start=1)
    ]


def category_rows(profile: Profile) -> list[dict[str, Any]]:
    """Return the categories of job types."""
    names = dict.fromkeys(row["category"] for row in profile.rows("job_types"))
    return [
        {
            "Id": number,
            "Name": name,
            "ForItems": False,
            "ForProcessingJobs": True,
            "RequiresProcessingJobAttributes": False,
        }
        for number, name in enumerate(names, start=1)
    ]


def attribute_rows(profile: Profile) -> list[dict[str, Any]]:
    """Return the attributes that a job type may carry."""
    names = profile.rows("job_type_attributes")
    return [
        {"Id": number, "Name": name, "LastModified": _NEVER}
        for number, name in enumerate(names, start=1)
    ]


def find_job_type(act: Act, name: str) -> dict[str, Any]:
    """Return a job type of the state or of this facility by name; Refused when unknown."""
    own = act.store.select(Query("job_types", act.license_number, "active"))
    for row in [*profile_rows(act.profile), *(record.body for record in own)]:
        if row["Name"].lower() == name.lower():
            return row
    raise Refused(f'Processing Job Type "{name}" is not valid.')


def create_job_type(act: Act, body: dict[str, Any]) -> int:
    """Make a job type of this facility and return its id."""
    row = _row(act, body, optional_text(body, "Category"), None)
    record = Record("job_types", row, license_number=act.license_number, label=row["Name"])
    act.add(record)
    act.effect("job type created", id=record.id, name=row["Name"])
    return record.id


def update_job_type(act: Act, body: dict[str, Any]) -> None:
    """Replace a job type of this facility; the state's own answer 401."""
    record = _own(act, id_of(body, "Id"))
    record.body = _row(act, body, optional_text(body, "CategoryName"), record.id)
    record.label = record.body["Name"]
    act.save(record)
    act.effect("job type updated", id=record.id, name=record.body["Name"])


def archive_job_type(act: Act, record_id: int) -> None:
    """Move a job type to the inactive list; Refused while a running job is of it."""
    record = _own(act, record_id)
    for job in act.store.select(Query("processing_jobs", act.license_number, "active")):
        if job.body["JobTypeId"] == record.id:
            raise Refused(
                f"Processing Job Type {record.body['Name']} cannot be archived because job "
                f"{job.body['Name']} is of it."
            )
    record.list_name = "inactive"
    act.save(record)
    act.effect("job type archived", id=record.id, name=record.body["Name"])


def _own(act: Act, record_id: int) -> Record:
    record = act.own("job_types", record_id)
    if record.list_name != "active":
        raise NotYours(f"job type {record_id}")
    return record


def _row(
    act: Act, body: dict[str, Any], category: str | None, own_id: int | None
) -> dict[str, Any]:
    name = text_of(body, "Name")
    known = [(row["Id"], row["Name"]) for row in profile_rows(act.profile)]
    own = act.store.select(Query("job_types", act.license_number, "active"))
    known += [(record.id, record.body["Name"]) for record in own]
    if any(other.lower() == name.lower() for number, other in known if number != own_id):
        raise Refused(f'Processing Job Type "{name}" already exists in the current Facility.')
    return blank(
        "job_type",
        Name=name,
        Description=optional_text(body, "Description"),
        CategoryName=_category(act, category),
        ForProcessingJobs=True,
        ProcessingSteps=text_of(body, "ProcessingSteps"),
        Attributes=_attributes(act, body.get("Attributes")),
    )


def _category(act: Act, asked: str | None) -> str:
    if asked is None:
        raise Refused("Category was not specified.")
    for row in category_rows(act.profile):
        if row["Name"].lower() == asked.lower():
            return str(row["Name"])
    raise Refused(f'Processing Job Type Category "{asked}" is not valid.')


def _attributes(act: Act, asked: Any) -> list[dict[str, Any]]:
    if asked is None:
        return []
    known = {row["Name"].lower(): row for row in attribute_rows(act.profile)}
    if not isinstance(asked, list):
        raise Refused("Attributes is not valid.")
    for name in asked:
        if not isinstance(name, str) or name.lower() not in known:
            raise Refused(f'Processing Job Attribute "{name}" is not valid.')
    return [known[name.lower()] for name in asked]
