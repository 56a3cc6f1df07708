"""Locations: unique names per facility, archived rather than deleted."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, id_of, optional_text, text_of
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank


def create_location(act: Act, body: dict[str, Any]) -> int:
    """Make a location and return its id."""
    name = text_of(body, "Name")
    _refuse_double(act, name, None)
    row = blank(
        "location",
        Name=name,
        LocationTypeId=1,
        LocationTypeName=_type(act, body),
        ForPlantBatches=True,
        ForPlants=True,
        ForHarvests=True,
        ForPackages=True,
    )
    location = act.add(Record("locations", row, license_number=act.license_number, label=name))
    act.effect("location created", id=location.id, name=name)
    return location.id


def update_location(act: Act, body: dict[str, Any]) -> None:
    """Rename a location; packages standing there show the new name."""
    location = act.own("locations", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double(act, name, location.id)
    location.body["Name"] = name
    location.body["LocationTypeName"] = _type(act, body)
    location.label = name
    act.save(location)
    for package in _standing(act, location.id):
        package.body["LocationName"] = name
        act.save(package)
    act.effect("location updated", id=location.id, name=name)


def archive_location(act: Act, location_id: int) -> None:
    """Move a location to the inactive list; Refused while a package stands there."""
    location = act.own("locations", location_id)
    if location.list_name != "active":
        raise Refused(f"Location {location.body['Name']} is not active.")
    standing = _standing(act, location_id)
    if standing:
        raise Refused(
            f"Location {location.body['Name']} cannot be archived because package "
            f"{standing[0].body['Label']} stands there."
        )
    location.list_name = "inactive"
    act.save(location)
    act.effect("location archived", id=location.id, name=location.body["Name"])


def _standing(act: Act, location_id: int) -> list[Record]:
    active = act.store.select(Query("packages", act.license_number, "active"))
    return [package for package in active if package.body["LocationId"] == location_id]


def _refuse_double(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("locations", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Location "{name}" already exists in the current Facility.')


def _type(act: Act, body: dict[str, Any]) -> str:
    types: list[str] = act.profile.rows("location_types")
    asked = optional_text(body, "LocationTypeName") or types[0]
    for name in types:
        if name.lower() == asked.lower():
            return name
    raise Refused(f'Location Type "{asked}" is not valid.')
