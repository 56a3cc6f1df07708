"""What a row is, which kinds there are, and how rows are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "facilities",
    "users",
    "employees",
    "items",
    "brands",
    "locations",
    "tags",
    "packages",
    "lab_samples",
    "transferred",
    "adjustments",
    "lab_results",
    "lab_documents",
    "transfers",
    "outgoing",
    "incoming",
    "rejected",
    "deliveries",
    "delivery_packages",
    "delivery_transporters",
    "delivery_details",
    "delivery_wholesale",
    "templates",
    "template_deliveries",
    "template_packages",
    "template_transporters",
    "template_details",
    "drivers",
    "vehicles",
    "processing_jobs",
    "job_types",
    "sublocations",
    "strains",
    "additives_templates",
    "plant_additives",
    "plant_batches",
    "plants",
    "plant_waste",
    "plant_waste_plants",
    "harvests",
    "harvest_waste",
    "receipts",
    "sales_deliveries",
    "retailer_deliveries",
    "patients",
    "patient_checkins",
    "caregivers",
    "item_files",
    "hub_transfers",
    "retail_issuances",
    "webhooks",
)


@dataclass
class Record:
    """One row: `body` is what METRC shows, `facts` is what METRC knows and does not show.

    `list_name` is the METRC list the row stands in, `mark` a second flag it can be listed by,
    `parent` the id of the row it hangs under.
    """

    kind: str
    body: dict[str, Any]
    license_number: str = ""
    label: str = ""
    list_name: str = "active"
    mark: str = ""
    parent: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    last_modified: int = 0


@dataclass(frozen=True)
class Query:
    """Which rows of a kind are asked for; None means any. Moments in microseconds, inclusive."""

    kind: str
    license_number: str | None = None
    list_name: str | None = None
    mark: str | None = None
    parent: int | None = None
    start: int | None = None
    end: int | None = None
    as_of: int | None = None

    def where(self) -> tuple[str, list[Any]]:
        """Return the SQL condition and its values."""
        named = (
            ("license = ?", self.license_number),
            ("list = ?", self.list_name),
            ("mark = ?", self.mark),
            ("parent = ?", self.parent),
            ("last_modified >= ?", self.start),
            ("last_modified <= ?", self.end),
        )
        parts = [(text, value) for text, value in named if value is not None]
        return " AND ".join(text for text, _ in parts) or "1", [value for _, value in parts]
