"""LabelSheet: all that one screen, or one block of an inspector's sheet, says of a scanned label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from glassbox.queries.labels.readings import MetrcReading
from glassbox.rules.labels import ReadLabels


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days that adjustments and events are shown of, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class CertificateLine:
    """The certificate that speaks for a package. `days_left` is negative once it is too old."""

    number: str
    version: int
    issued_date: date
    expires_on: date
    days_left: int
    laboratory: str
    passed: bool
    sample_id: int


@dataclass(frozen=True, kw_only=True)
class ManifestLine:
    """A delivery that the package, or with another `label` its source, came or goes with."""

    transfer_id: int
    label: str
    direction: str
    number: str
    state: str
    other_license_number: str
    other_name: str
    quantity: Decimal | None
    unit: str
    shipment_state: str
    at: datetime | None
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """An open case about the package."""

    id: int
    title: str
    severity: str
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """One of the last things that happened, and where it is known from: METRC, book or ledger."""

    at: datetime
    source: str
    title: str
    text: str
    who: str
    event_id: str = ""


@dataclass(frozen=True, kw_only=True)
class AdjustmentLine:
    """A change of the quantity with its reason. `action_id` is our action behind it, if any."""

    on: date | None
    quantity: Decimal
    unit: str
    reason: str
    note: str
    by: str
    action_id: int | None


@dataclass(frozen=True, kw_only=True)
class CountLine:
    """What was counted last, by whom and when."""

    quantity: Decimal
    unit: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class LabelSheet:
    """One package of one licence, as our database knows it. METRC's part is as of `metrc_as_of`."""

    label: str
    license_id: int
    license_number: str
    license_name: str
    time_zone: str
    item_name: str
    place: str
    metrc_location: str
    our_quantity: Decimal
    unit: str
    metrc_quantity: Decimal | None
    metrc_unit: str
    metrc_as_of: datetime | None
    metrc_changed_at: datetime | None
    counted: CountLine | None
    local_state: str
    metrc_state: str
    lab_state: str
    release: str
    is_held_by_state: bool
    hold_reasons: tuple[str, ...]
    production_batch_number: str
    batch_id: int | None
    printed_label: str
    carried_by: tuple[str, ...]
    certificate: CertificateLine | None
    results: str
    came_with: tuple[ManifestLine, ...]
    goes_with: tuple[ManifestLine, ...]
    cases: tuple[CaseLine, ...]
    events: tuple[EventLine, ...]
    adjustments: tuple[AdjustmentLine, ...]

    @property
    def counts_differ(self) -> bool:
        return self.metrc_quantity is not None and self.our_quantity != self.metrc_quantity

    @property
    def open_manifests(self) -> tuple[ManifestLine, ...]:
        return tuple(line for line in (*self.came_with, *self.goes_with) if line.is_open)


class UnknownKind(StrEnum):
    """Why a word that was scanned opens no package here."""

    NOT_A_TAG = "NOT_A_TAG"
    UNUSED_TAG = "UNUSED_TAG"
    DAMAGED_TAG = "DAMAGED_TAG"
    USED_TAG = "USED_TAG"
    OTHER_LICENSE = "OTHER_LICENSE"
    ON_MANIFEST = "ON_MANIFEST"
    PRINTED = "PRINTED"
    SOURCE = "SOURCE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class UnknownLabel:
    """A scanned word that is no package of the licences in sight: what it is, and what to do."""

    word: str
    kind: UnknownKind
    sentence: str
    what_to_do: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def is_not_ours(self) -> bool:
        """Return whether it is known to belong to another licence or licensee."""
        return self.kind in (
            UnknownKind.OTHER_LICENSE,
            UnknownKind.ON_MANIFEST,
            UnknownKind.PRINTED,
            UnknownKind.SOURCE,
        )


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What became of a scanned text: the packages, and every word that is none."""

    read: ReadLabels
    readings: tuple[MetrcReading, ...]
    sheets: tuple[LabelSheet, ...]
    unknown: tuple[UnknownLabel, ...]
    period: Period

    @property
    def not_ours(self) -> tuple[UnknownLabel, ...]:
        return tuple(one for one in self.unknown if one.is_not_ours)

    @property
    def not_tags(self) -> tuple[UnknownLabel, ...]:
        return tuple(one for one in self.unknown if one.kind is UnknownKind.NOT_A_TAG)

    @property
    def not_known(self) -> tuple[UnknownLabel, ...]:
        others = (*self.not_ours, *self.not_tags)
        return tuple(one for one in self.unknown if one not in others)
