"""One state's reference data and switches, read once from YAML."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

import yaml

from metrc_simulator.shapes import blank

PROFILES = ("ca",)


class ProfileBroken(Exception):
    """A profile names something that is not there."""


@dataclass(frozen=True)
class Unit:
    """A unit of measure; `factor` turns it into the base unit of its quantity type."""

    name: str
    abbreviation: str
    quantity_type: str
    factor: Decimal


class Profile:
    """What METRC is configured to in one state."""

    def __init__(self, name: str) -> None:
        if name not in PROFILES:
            raise ProfileBroken(f"profile {name}: unknown; there are {', '.join(PROFILES)}")
        folder = resources.files("metrc_simulator.profiles")
        data = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
        self.name = name
        self.data: dict[str, Any] = data
        self.switches: dict[str, Any] = dict(data["switches"])
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
        return flags


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
