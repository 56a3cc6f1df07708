"""The facts of the invented brand that several tests start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import glassbox.rules
from glassbox.rules.gates.facts import LicenseFacts, PackageFacts
from glassbox.rules.gates.transfer_facts import CrewFacts, TransferFacts, TransferLine
from glassbox.rules.package_state import LocalState, PackageList, PackageState
from glassbox.rules.quantities import EACH, Quantity, Unit, quantity
from glassbox.rules.rule_lines import Rules, read_pack

NOON = datetime(2026, 11, 6, 20, 0, tzinfo=UTC)
MFG = LicenseFacts(number="CDPH-19990001", kind="MANUFACTURING", is_active=True)
DIST = LicenseFacts(number="C11-9990001-LIC", kind="DISTRIBUTION", is_active=True)
LAB = LicenseFacts(number="C8-9990001-LIC", kind="LABORATORY", is_active=True)
R1 = LicenseFacts(number="C10-9990001-LIC", kind="RETAIL", is_active=True)
SUP = LicenseFacts(number="CDPH-19990077", kind="MANUFACTURING", is_active=True)
ANA, BEN, DEE, EVE, FAY = 1, 2, 4, 5, 6


def tag(number: int) -> str:
    return f"1A4060300000001000{number:06d}"


CARTS = tag(301)


@cache
def rules() -> Rules:
    pack = Path(glassbox.rules.__file__).parent / "packs" / "ca.yaml"
    return read_pack(yaml.safe_load(pack.read_text()))


def metrc(
    label: str = CARTS, amount: str | int = 3980, unit: Unit = EACH, **changes: Any
) -> PackageState:
    state = PackageState(
        label=label,
        quantity=quantity(amount, unit),
        item_name="Vape cart 1 g",
        lab_testing_state="TestPassed",
        seen_in=PackageList.ACTIVE,
        seen_at=NOON,
    )
    return replace(state, **changes)


def package(
    seen: PackageState | None = None,
    *,
    ours: Quantity | None = None,
    state: LocalState = LocalState.QA_RELEASED,
    **changes: Any,
) -> PackageFacts:
    shown = seen or metrc()
    facts = PackageFacts(
        label=shown.label, metrc=shown, local_state=state, our_quantity=ours or shown.quantity
    )
    return replace(facts, **changes)


LINE = TransferLine(
    label=CARTS,
    planned_quantity=quantity(3980, EACH),
    is_released=True,
    wholesale_price=Decimal("45770.00"),
    certificate_issued_on=date(2026, 11, 3),
)
CREW = CrewFacts(name="Gus", is_on_file=True, is_active=True)


def transfer(**changes: Any) -> TransferFacts:
    """A wholesale manifest DIST to R1 that every gate lets go."""
    facts = TransferFacts(
        acting=DIST,
        packages=(package(),),
        checked_at=NOON,
        rules=rules(),
        destination=R1,
        transporter=DIST,
        transfer_type="Wholesale Manifest",
        lines=(LINE,),
        invoice_number="INV-1",
        driver=CREW,
        vehicle=replace(CREW, name="8ABC123"),
        departs_at=datetime(2026, 11, 6, 21, tzinfo=UTC),
        arrives_at=datetime(2026, 11, 6, 23, tzinfo=UTC),
        delivery_date=date(2026, 11, 6),
    )
    return replace(facts, **changes)
