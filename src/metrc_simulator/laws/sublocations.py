"""Sublocations: shelves and cages of a facility, unique by name, archived rather than deleted."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, id_of, text_of
from metrc_simulator.records import Query, Record


def create_sublocation(act: Act, body: dict[str, Any]) -> int:
    """Make a sublocation and return its id."""
    name = text_of(body, "Name")
    _refuse_double(act, name, None)
    row = {"Id": 0, "Name": name}
    made = act.add(Record("sublocations", row, license_number=act.license_number, label=name))
    act.effect("sublocation created", id=made.id, name=name)
    return made.id


def update_sublocation(act: Act, body: dict[str, Any]) -> None:
    """Rename a sublocation; packages standing there show the new name."""
    sublocation = act.own("sublocations", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double(act, name, sublocation.id)
    sublocation.body["Name"] = name
    sublocation.label = name
    act.save(sublocation)
    for package in _standing(act, sublocation.id):
        package.body["SublocationName"] = name
        act.save(package)
    act.effect("sublocation updated", id=sublocation.id, name=name)


def archive_sublocation(act: Act, sublocation_id: int) -> None:
    """Move a sublocation to the inactive list; Refused while a package stands there."""
    sublocation = act.own("sublocations", sublocation_id)
    name = sublocation.body["Name"]
    if sublocation.list_name != "active":
        raise Refused(f"Sublocation {name} is not active.")
    standing = _standing(act, sublocation_id)
    if standing:
        raise Refused(
            f"Sublocation {name} cannot be archived because package "
            f"{standing[0].body['Label']} stands there."
        )
    sublocation.list_name = "inactive"
    act.save(sublocation)
    act.effect("sublocation archived", id=sublocation.id, name=name)


def _standing(act: Act, sublocation_id: int) -> list[Record]:
    active = act.store.select(Query("packages", act.license_number, "active"))
    return [package for package in active if package.body["SublocationId"] == sublocation_id]


def _refuse_double(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("sublocations", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Sublocation "{name}" already exists in the current Facility.')
