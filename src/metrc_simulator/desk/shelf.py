"""What stands at a licence, as a person at the desk sees it: packages, places, tags, a sample."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Refused
from metrc_simulator.desk.fields import license_of
from metrc_simulator.engine import Engine
from metrc_simulator.laws.labs import recorded_types, required_types
from metrc_simulator.laws.packages import HOLD_FIELDS
from metrc_simulator.records import Query, Record

PACKAGES_AT_MOST = 30
TAGS_AT_MOST = 20


def shelf(engine: Engine, query: dict[str, str]) -> dict[str, Any]:
    """Return the newest packages of a licence, or of all, that match `search`; and its places.

    `search` is part of a tag or of an item's name.
    """
    wanted = query.get("search", "").strip().lower()
    number = None
    if query.get("licenseNumber"):
        number = license_of(engine, dict(query))
    facilities = [row.license_number for row in engine.store.select(Query("facilities"))]
    found = [
        row
        for one in ([number] if number else facilities)
        for list_name in ("active", "intransit")
        for row in engine.store.select(Query("packages", one, list_name))
        if _matches(row, wanted)
    ]
    found.sort(key=lambda row: row.last_modified, reverse=True)
    tags = engine.store.select(Query("tags", number, "available", "package")) if number else []
    return {
        "total": len(found),
        "packages": [_package(row) for row in found[:PACKAGES_AT_MOST]],
        "locations": sorted(
            row.body["Name"] for row in engine.store.select(Query("locations", number, "active"))
        )
        if number
        else [],
        "reasons": [row["name"] for row in engine.profile.rows("adjust_reasons")],
        "tags": sorted(row.label.upper() for row in tags)[:TAGS_AT_MOST],
        "tagsAvailable": len(tags),
    }


def _matches(row: Record, wanted: str) -> bool:
    return wanted in row.body["Label"].lower() or wanted in row.body["Item"]["Name"].lower()


def _package(row: Record) -> dict[str, Any]:
    body = row.body
    holds = [kind for kind, fields in HOLD_FIELDS.items() if body[fields[0]]]
    return {
        "label": body["Label"],
        "item": body["Item"]["Name"],
        "quantity": body["Quantity"],
        "unit": body["UnitOfMeasureName"],
        "state": body["LabTestingState"],
        "location": body["LocationName"],
        "list": row.list_name,
        "license": row.license_number,
        "held": bool(holds),
        "holds": holds,
    }


def sample(engine: Engine, query: dict[str, str]) -> dict[str, Any]:
    """Return what a laboratory must still measure on a sample."""
    label = query.get("label", "")
    row = engine.store.find("packages", label)
    if row is None or not row.body["IsTestingSample"]:
        raise Refused(f"label: {label!r} is not a testing sample of this world.")
    act = engine.act(row.license_number, "Desk")
    recorded = recorded_types(act, row)
    return {
        "recorded": len(recorded),
        "sources": row.body["SourcePackageLabels"],
        "tests": [
            {
                "name": kind["name"],
                "maximum": kind["maximum"],
                "informational": kind["informational"],
            }
            for kind in required_types(act, row)
            if kind["name"].lower() not in recorded
        ],
    }
