"""Reading: what a look into METRC showed, for a pre-image, a read-back or a probe alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from glassbox.rules.quantities import Quantity


def field_texts(raw: Mapping[str, object]) -> dict[str, str]:
    """Return METRC's plain fields of one row as texts; what is null reads as empty."""
    return {
        name: "" if value is None else str(value)
        for name, value in raw.items()
        if value is None or isinstance(value, str | int | float | Decimal)
    }


@dataclass(frozen=True, kw_only=True)
class PackageSeen:
    """Hold one package as METRC showed it under the acting licence.

    `values` are METRC's plain fields of the row as texts.
    """

    label: str
    quantity: Quantity
    item_name: str
    location_name: str = ""
    production_batch_number: str = ""
    lab_testing_state: str = ""
    source_labels: tuple[str, ...] = ()
    is_finished: bool = False
    is_testing_sample: bool = False
    last_modified_at: datetime | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AdjustmentSeen:
    """Hold one row of METRC's adjustments; `quantity` is signed, the day is the facility's."""

    label: str
    quantity: Quantity
    reason: str
    note: str
    adjusted_date: date | None = None
    adjusted_by: str = ""


@dataclass(frozen=True, kw_only=True)
class RowSeen:
    """Hold one row of a list kept by name or id: item, location, template, driver, vehicle.

    `values` are METRC's read-back fields as plain texts.
    """

    metrc_id: int
    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LabResultSeen:
    """Hold one result row of a sample: a test, its level, and the laboratory's comment."""

    test_name: str
    level: Decimal | None
    passed: bool
    comment: str = ""
    is_released: bool = False


@dataclass(frozen=True, kw_only=True)
class TransferSeen:
    """Hold one outgoing transfer (a registered manifest) with the labels it carries."""

    transfer_id: int
    manifest_number: str
    recipient_license_number: str
    labels: frozenset[str]
    is_voided: bool = False


@dataclass(frozen=True, kw_only=True)
class DeliveryPackageSeen:
    """Hold one package of a delivery; state is Shipped, Accepted, Rejected or Returned."""

    label: str
    shipment_state: str
    shipped_quantity: Quantity | None = None
    received_quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Hold everything one look into METRC showed, and how far it may be trusted.

    A label in neither `packages` nor `absent_labels` was not readable. `absent_labels` are
    labels METRC refused (401) while the same key read the facility well: not ours, not made.
    A list counts as proof of absence only if its `..._whole` flag says that every page of it
    was read; a partial walk proves nothing.
    """

    read_at: datetime
    packages: Mapping[str, PackageSeen] = field(default_factory=dict)
    absent_labels: frozenset[str] = frozenset()
    adjustments: tuple[AdjustmentSeen, ...] = ()
    adjustments_whole: bool = False
    rows: tuple[RowSeen, ...] = ()
    rows_whole: bool = False
    transfers: tuple[TransferSeen, ...] = ()
    transfers_whole: bool = False
    delivery_packages: Mapping[str, DeliveryPackageSeen] = field(default_factory=dict)
    delivery_whole: bool = False
    lab_results: tuple[LabResultSeen, ...] = ()
    lab_results_whole: bool = False

    def package(self, label: str) -> PackageSeen | None:
        """Return a package if it was seen."""
        return self.packages.get(label)

    def is_absent(self, label: str) -> bool:
        """Return whether METRC said plainly that this licence has no such package."""
        return label in self.absent_labels

    def row_named(self, name: str) -> tuple[RowSeen, ...]:
        """Return all rows of that name; METRC compares names without regard to case."""
        wanted = name.casefold()
        return tuple(row for row in self.rows if row.name.casefold() == wanted)

    def row_numbered(self, metrc_id: int) -> RowSeen | None:
        """Return the row of that id if it was seen."""
        return next((row for row in self.rows if row.metrc_id == metrc_id), None)
