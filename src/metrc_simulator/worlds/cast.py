"""A world from a YAML file: facilities, people with fresh keys, tags, locations, items."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from metrc_simulator.act import Act, Refused
from metrc_simulator.laws.items import create_item
from metrc_simulator.laws.locations import create_location
from metrc_simulator.laws.tags import next_labels, receive_tags
from metrc_simulator.people import new_key, user_record
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.store import Store

_BLOCKS = {"title", "roles", "facilities", "users", "locations", "items"}
_FACILITY_FIELDS = ("number", "name", "type", "license_type", "tag_prefix", "package_tags")


class WorldBroken(Exception):
    """A world's file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Ground:
    """What a world is built on; `seed` settles what a world of a size leaves to chance."""

    store: Store
    profile: Profile
    now: datetime
    seed: int = 1

    def act(self, license_number: str) -> Act:
        """Return an act of the world's own making in one licence."""
        return Act(self.store, self.profile, self.now, license_number, "METRC")


def packaged_cast() -> dict[str, Any]:
    """Return the cast that comes with the simulator."""
    text = resources.files("metrc_simulator.worlds").joinpath("cast.yaml").read_text("utf-8")
    return read_cast(text, "cast.yaml")


def cast_of_file(path: Path) -> dict[str, Any]:
    """Return the cast of a world file; WorldBroken when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise WorldBroken(f"world file {path}: {problem}") from problem
    return read_cast(text, str(path))


def read_cast(text: str, name: str) -> dict[str, Any]:
    """Read a world's YAML; WorldBroken names the file and the line or block that is wrong."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise WorldBroken(f"world file {name}: {' '.join(str(problem).split())}") from problem
    if not isinstance(data, dict):
        raise WorldBroken(f"world file {name}: it is not a mapping of blocks.")
    unknown = set(data) - _BLOCKS
    if unknown:
        raise WorldBroken(f"world file {name}: block {sorted(unknown)[0]!r} is not known.")
    for block in ("facilities", "users"):
        if not isinstance(data.get(block), list) or not data[block]:
            raise WorldBroken(f"world file {name}: block {block!r} is missing or empty.")
    for number, row in enumerate(data["facilities"], start=1):
        missing = [field for field in _FACILITY_FIELDS if field not in row]
        if missing:
            raise WorldBroken(f"world file {name}: facility {number} lacks {missing[0]!r}.")
    return data


def build_cast(ground: Ground, cast: dict[str, Any]) -> None:
    """Fill an empty store with a cast; keys are made at random each time."""
    ground.store.keep_setting("vendor_key", new_key())
    try:
        for row in cast["facilities"]:
            _facility(ground, row)
        for number, row in enumerate(cast["users"]):
            _user(ground, cast, row, number)
        for license_number, names in cast.get("locations", {}).items():
            for name in names:
                create_location(ground.act(license_number), {"Name": name})
        for license_number, rows in cast.get("items", {}).items():
            for row in rows:
                create_item(ground.act(license_number), copy.deepcopy(row))
    except (Refused, KeyError, TypeError) as problem:
        raise WorldBroken(f"world: {problem}") from problem


def _facility(ground: Ground, row: dict[str, Any]) -> None:
    number = row["number"]
    if row["type"] not in ground.profile.rows("facility_types"):
        raise WorldBroken(f"world: facility {number} has the unknown type {row['type']!r}.")
    body = blank(
        "facility",
        Name=row["name"],
        Alias=row["name"],
        DisplayName=row["name"],
        CredentialedDate="2024-01-02",
        FacilityType=_flags(ground.profile, row),
        License={
            "Number": number,
            "EmployeeLicenseNumber": number,
            "StartDate": "2024-01-02",
            "EndDate": "2027-12-31",
            "LicenseType": row["license_type"],
        },
    )
    facility = ground.act(number).add(
        Record(
            "facilities",
            body,
            license_number=number,
            label=number,
            facts={"type": row["type"], "status": "Active", "tag_prefix": row["tag_prefix"]},
        )
    )
    facility.body["FacilityId"] = facility.id
    act = ground.act(number)
    act.save(facility)
    receive_tags(act, next_labels(act, row["package_tags"]), "package")
    receive_tags(act, next_labels(act, row.get("plant_tags", 0)), "plant")


def _flags(profile: Profile, row: dict[str, Any]) -> dict[str, Any]:
    flags = profile.facility_flags(row["type"])
    for name in row.get("extra_flags", []):
        if name not in flags:
            raise WorldBroken(f"world: facility {row['number']} has the unknown flag {name!r}.")
        flags[name] = True
    return flags


def _user(ground: Ground, cast: dict[str, Any], row: dict[str, Any], number: int) -> None:
    permissions = cast["roles"][row["role"]]
    ground.store.add(user_record(row["name"], row["licenses"], permissions), ground.now)
    for license_number in row["licenses"]:
        act = ground.act(license_number)
        employee_license = f"EMP-{number + 1:05d}"
        body = {
            "FullName": row["name"],
            "License": {
                "Number": license_number,
                "EmployeeLicenseNumber": employee_license,
                "StartDate": "2024-01-02",
                "EndDate": "2027-12-31",
                "LicenseType": act.facility().body["License"]["LicenseType"],
            },
            "IsIndustryAdmin": row["role"] == "everything",
            "IsOwner": False,
            "IsManager": row["role"] in {"everything", "production", "dispatch"},
        }
        act.add(
            Record(
                "employees",
                body,
                license_number=license_number,
                label=employee_license,
                facts={"permissions": permissions},
            )
        )
