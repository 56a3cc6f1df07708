"""One state's reference data and switches, read once from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

import yaml

from metrc_simulator.shapes import blank

PROFILES = ("ca", "co", "ma", "mi", "ny", "ok", "mo", "nv")
# Flags of a facility type that a switch of the state gives or takes: the switch, the flag, to whom.
_SWITCHED_FLAGS = (
    (
        "external_incoming_allowed",
        "CanTransferFromExternalFacilities",
        ("Manufacturer", "Distributor"),
    ),
    ("opening_balance_allowed", "CanCreateOpeningBalancePackages", ("Manufacturer", "Cultivator")),
)


# Switches that are one word of several, and those that may be off altogether.
_CHOICES = {
    "unknown_id_status": ("401", "404"),
    "wholesale_price_per": ("package", "unit"),
    "state_after_revocation": ("NotSubmitted", "SubmittedForTesting", "TestFailed"),
}
_MAY_BE_NONE = {"window_hours_at_most", "no_window_hours"}


class ProfileBroken(Exception):
    """A profile, or a switch set for it, names something that is not there."""


@dataclass(frozen=True)
class Unit:
    """A unit of measure; `factor` turns it into the base unit of its quantity type."""

    name: str
    abbreviation: str
    quantity_type: str
    factor: Decimal


class Profile:
    """What METRC is configured to in one state; `switches` are texts that replace its own."""

    def __init__(self, name: str, switches: Mapping[str, str] | None = None) -> None:
        if name not in PROFILES:
            raise ProfileBroken(f"profile {name}: unknown; there are {', '.join(PROFILES)}")
        data = _read(name)
        self.name = name
        self.data: dict[str, Any] = data
        self.switches: dict[str, Any] = dict(data["switches"])
        for switch, text in (switches or {}).items():
            self.switches[switch] = read_switch(self.switches, switch, text)
        self.units = {
            row["name"].lower(): Unit(
                row["name"], row["abbreviation"], row["type"], Decimal(row["factor"])
            )
            for row in data["units"]["rows"]
        }
        self.categories = {row["name"].lower(): row for row in data["item_categories"]["rows"]}
        self.reasons = {row["name"].lower(): row for row in data["adjust_reasons"]["rows"]}
        self.transfer_types = {row["name"].lower(): row for row in data["transfer_types"]["rows"]}
        self.lab_tests = _lab_tests(data["lab_tests"])
        self.types_by_name = {row["name"].lower(): row for row in self.lab_tests}

    def rows(self, block: str) -> Any:
        """Return the rows of a block of the profile."""
        return self.data[block]["rows"]

    def gate(self, facility_type: str) -> list[str] | None:
        """Return the lab testing states a licence type may receive, or None when any."""
        if not self.switches["lab_state_gate_enforced"]:
            return None
        states: list[str] | None = self.data["lab_state_gate"]["recipients"].get(facility_type)
        return states

    def batches(self) -> list[str]:
        """Return the names of the lab test batches."""
        return list(self.data["lab_tests"]["matrices"])

    def types_of_batch(self, batch: str) -> list[dict[str, Any]]:
        """Return the test types of one batch."""
        return [row for row in self.lab_tests if row["batch"].lower() == batch.lower()]

    def category_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a category as METRC shows it."""
        requires = {f"Requires{name}": True for name in row.get("requires", [])}
        return blank(
            "category",
            Name=row["name"],
            ProductCategoryType=row["type"],
            QuantityType=row["quantity"],
            RequiresStrain=bool(row.get("strain", False)),
            CanBeRemediated=row["type"] != "InfusedEdible",
            CanBeDestroyed=True,
            LabTestBatchNames=list(row["batches"]),
            **requires,
        )

    def facility_flags(self, facility_type: str) -> dict[str, Any]:
        """Return the FacilityType object of a facility type."""
        flags = dict(blank("facility")["FacilityType"])
        for flag in self.data["facility_types"]["rows"][facility_type]:
            flags[flag] = True
        for switch, flag, types in _SWITCHED_FLAGS:
            flags[flag] = self.switches[switch] and (flags[flag] or facility_type in types)
        if not self.switches["processing_jobs_allowed"]:
            flags["CanRecordProcessingJobs"] = False
        return flags


def _read(name: str) -> dict[str, Any]:
    """Return a profile's data laid over its base: switches and named rows one by one."""
    folder = resources.files("metrc_simulator.profiles")
    data: dict[str, Any] = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8"))
    if "base" not in data:
        return data
    merged = _read(data.pop("base"))
    merged["switches"] |= data.pop("switches", {})
    for block, said in data.items():
        rows = said.get("rows") if isinstance(said, dict) else None
        if isinstance(rows, dict):
            said["rows"] = merged[block]["rows"] | rows
        merged[block] = said
    return merged


def read_switch(switches: Mapping[str, Any], name: str, text: str) -> Any:
    """Return what `text` sets a switch to, of the kind that the switch has.

    :raises ProfileBroken: naming the switch, the value, and what may be said
    """
    if name not in switches:
        raise ProfileBroken(f"switch {name}: unknown; there are {', '.join(sorted(switches))}")
    if name in _CHOICES:
        if text not in _CHOICES[name]:
            raise ProfileBroken(f"switch {name}: {text!r} is none of {', '.join(_CHOICES[name])}")
        return int(text) if text.isdigit() else text
    if isinstance(switches[name], bool):
        if text not in {"true", "false"}:
            raise ProfileBroken(f"switch {name}: {text!r} is neither true nor false")
        return text == "true"
    if text == "none" and name in _MAY_BE_NONE:
        return None
    least = 1 if name.endswith("_at_most") else 0
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        none = ", nor none" if name in _MAY_BE_NONE else ""
        raise ProfileBroken(
            f"switch {name}: {text!r} is not a whole number of {least} or more{none}"
        )
    return int(text)


def _lab_tests(block: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch, matrix in block["matrices"].items():
        for row in block["types"]:
            found.append(
                {
                    "id": len(found) + 1,
                    "name": f"{row['name']} ({row['unit']}) ({matrix})",
                    "batch": batch,
                    "maximum": Decimal(row["maximum"]) if "maximum" in row else None,
                    "informational": bool(row.get("informational", False)),
                    "required": not row.get("optional", False),
                }
            )
    return found


def lab_test_row(row: dict[str, Any], expiration_days: int) -> dict[str, Any]:
    """Return a lab test type as METRC shows it."""
    return blank(
        "lab_test_type",
        Id=row["id"],
        Name=row["name"],
        RequiresTestResult=row["required"],
        InformationalOnly=row["informational"],
        LabTestResultMaximum=row["maximum"],
        LabTestResultExpirationDays=expiration_days,
    )
