"""Batch: the rows of one window or list, read whole, on their way into one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from glassbox.models.companies import License
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.metrc_mapping import content_sha256
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for


@dataclass(frozen=True, kw_only=True)
class ReadRow:
    """One row as METRC sent it, and the exchange it came in."""

    raw: Any
    api_request_id: int | None


@dataclass(kw_only=True)
class Batch:
    """What a feed hands to its store function, inside the transaction that commits it."""

    actor: Actor
    license: License
    feed: str
    rows: tuple[ReadRow, ...]
    now: datetime
    is_first_walk: bool
    is_whole_list: bool
    stored: int = 0
    tenant: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.tenant = {"company_id": self.license.company_id, "license_id": self.license.pk}

    def report_bad_row(self, row: ReadRow, problem: str) -> None:
        """Open a case for a record that cannot be read; the others go on."""
        advice = case_for(
            CaseClass.BAD_RECORD,
            fact_key=f"bad-record:{self.feed}:{content_sha256(row.raw)[:32]}",
            title=f"METRC sent a record in {self.feed} that cannot be read",
            what_happened=problem,
            found_at=self.now,
        )
        open_case_in_transaction(
            actor=self.actor, license=self.license, advice=advice, now=self.now
        )
