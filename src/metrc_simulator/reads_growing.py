"""GET handlers of strains, plants and harvests that a plain list does not answer."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, array, value
from metrc_simulator.calls import Call, Handler
from metrc_simulator.laws.plants.tracked import phases
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.reads import bodies_page, body_of, by_id
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.windows import BadQuery, read_window
from metrc_simulator.wire import encode, read_id

_NEVER = "0001-01-01T00:00:00+00:00"


def held(kind: str, mark: str = "hold") -> Handler:
    """Return the handler of the rows that a regulator holds, whatever list they stand in."""

    def handle(call: Call) -> Answer:
        start, end = read_window(call.query, call.engine.profile.switches, call.now)
        query = Query(kind, call.license_number, mark=mark, start=start, end=end, as_of=call.as_of)
        return bodies_page(call, query)

    return handle


def plant(call: Call) -> Answer:
    """Return one plant by id (digits only) or by label."""
    text = call.segments[0]
    if text.isascii() and text.isdigit() and len(text) < 19:
        return body_of(call, by_id(call, "plants"))
    found = call.engine.store.find("plants", text)
    if found is None or found.license_number not in call.licenses():
        raise NotYours(f"plant {text}")
    return body_of(call, found)


def additives_template(call: Call) -> Answer:
    """Return one additives template, alone in an array as METRC documents it."""
    return array([body_of(call, by_id(call, "additives_templates")).body])


def growth_phases(call: Call) -> Answer:
    """Return the growth phases of this facility."""
    return value(phases(call.act()))


def harvest_waste(call: Call) -> Answer:
    """Return the waste of one harvest of this licence."""
    text = call.query.get("harvestid", "")
    if not text.isascii() or not text.isdigit():
        raise BadQuery("harvestId was not specified")
    harvest = call.engine.store.get("harvests", read_id(text))
    if harvest is None or harvest.license_number != call.license_number:
        raise NotYours(f"harvest {text}")
    return bodies_page(
        call, Query("harvest_waste", list_name="active", parent=harvest.id, as_of=call.as_of)
    )


def under_waste(kind: str) -> Handler:
    """Return the handler of the plants or packages of one plant waste."""

    def handle(call: Call) -> Answer:
        waste = by_id(call, "plant_waste")
        return bodies_page(call, Query(kind, parent=waste.id, as_of=call.as_of))

    return handle


def source_harvests(call: Call) -> Answer:
    """Return the harvests a package comes from, through all packages it was made of."""
    rows = [
        encode(_source_harvest(call, harvest))
        for harvest in _harvests(call, by_id(call, "packages"))
    ]
    return array(rows)


def _harvests(call: Call, package: Record) -> list[Record]:
    store = call.engine.store
    waiting, seen = [package], {package.id}
    found: dict[int, Record] = {}
    while waiting:
        current = waiting.pop(0)
        for row in current.facts.get("grown_from", []):
            origin = store.get(row["kind"], row["id"])
            if origin is not None and origin.kind == "harvests":
                found[origin.id] = origin
        for row in current.facts.get("ingredients", []):
            source = store.find("packages", row["label"])
            if source is not None and source.id not in seen:
                seen.add(source.id)
                waiting.append(source)
    return list(found.values())


def _source_harvest(call: Call, harvest: Record) -> dict[str, Any]:
    facility = call.engine.store.find("facilities", harvest.license_number)
    return blank(
        "source_harvest",
        HarvestedByFacilityLicenseNumber=harvest.license_number,
        HarvestedByFacilityName=facility.body["Name"] if facility else None,
        Name=harvest.body["Name"],
        HarvestStartDate=harvest.body["HarvestStartDate"],
    )


def names_of(block: str) -> Any:
    """Return the function that reads a block of plain values from a profile."""

    def rows(profile: Profile) -> list[Any]:
        return list(profile.rows(block))

    return rows


def numbered(block: str) -> Any:
    """Return the function that reads a block of names as rows with an id."""

    def rows(profile: Profile) -> list[Any]:
        return [
            {"Id": number, "Name": name} for number, name in enumerate(profile.rows(block), start=1)
        ]

    return rows


def plant_batch_type_rows(profile: Profile) -> list[Any]:
    """Return the types of plant batches."""
    return [
        {"Id": number, "Name": row["name"], "CanBeCloned": row["cloned"], "LastModified": _NEVER}
        for number, row in enumerate(profile.rows("plant_batch_types"), start=1)
    ]


def waste_reason_rows(profile: Profile) -> list[Any]:
    """Return the reasons for which plants go to waste."""
    return [
        blank(
            "waste_reason",
            Name=row["name"],
            RequiresNote=row["requires_note"],
            RequiresWasteWeight=row["requires_weight"],
            RequiresMatureWasteWeight=row["requires_weight"],
        )
        for row in profile.rows("plant_waste_reasons")
    ]


def waste_method_rows(profile: Profile) -> list[Any]:
    """Return the ways in which waste is destroyed."""
    return [
        {
            "Name": row["name"],
            "ForPlants": row["plants"],
            "ForProductDestruction": row["destruction"],
            "LastModified": _NEVER,
        }
        for row in profile.rows("waste_methods")
    ]


def harvest_waste_type_rows(profile: Profile) -> list[Any]:
    """Return the types of harvest waste."""
    return [{"Name": row["name"]} for row in profile.rows("harvest_waste_types")]


def return_reason_rows(profile: Profile) -> list[Any]:
    """Return the reasons for which a delivery comes back."""
    return [
        blank("waste_reason", Name=row["name"], RequiresNote=row["requires_note"])
        for row in profile.rows("delivery_return_reasons")
    ]
