"""What the gates of a transfer look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from glassbox.rules.gates.facts import GateFacts, LicenseFacts
from glassbox.rules.quantities import Quantity


@dataclass(frozen=True, kw_only=True)
class TransferLine:
    """Hold what a transfer says of one package, beside the PackageFacts of the same label.

    `planned_quantity` is what the plan was made with; `released` whether a QA release stands;
    `wholesale_price` is US dollars for the whole package (corrections 6); `other_transfer`
    names another open manifest or template that carries it.
    """

    label: str
    planned_quantity: Quantity | None
    is_released: bool = False
    is_testing_sample: bool = False
    wholesale_price: Decimal | None = None
    certificate_issued_on: date | None = None
    metrc_result_expires_on: date | None = None
    expires_on: date | None = None
    other_transfer: str = ""


@dataclass(frozen=True, kw_only=True)
class CrewFacts:
    """Hold a driver or a vehicle as METRC and our file know them."""

    name: str
    is_on_file: bool
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class TransferFacts(GateFacts):
    """Hold one outgoing transfer. `acting` is the shipper; one destination, one transporter.

    `delivery_date` is the day of `arrives_at` in the facility's own time zone.
    `loaded_labels` is the scan at the dock, None before loading. `correction_is_approved` says
    that DCC's approval of a corrective action plan is on file (CA-BT-27). `access_is_lost` is a
    person's declaration, never the mere silence of METRC's API (corrections 4).
    """

    destination: LicenseFacts
    transporter: LicenseFacts
    transfer_type: str
    lines: tuple[TransferLine, ...]
    invoice_number: str
    driver: CrewFacts | None
    vehicle: CrewFacts | None
    departs_at: datetime
    arrives_at: datetime
    delivery_date: date
    loaded_labels: frozenset[str] | None = None
    correction_is_approved: bool = False
    access_is_lost: bool = False

    def line(self, label: str) -> TransferLine | None:
        """Return what the transfer says of a package."""
        return self._lines_by_label.get(label)

    @cached_property
    def _lines_by_label(self) -> dict[str, TransferLine]:
        return {line.label: line for line in self.lines}
