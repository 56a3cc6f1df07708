"""What the gates cost: a fixed number of statements, and time that grows slower than the goods."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import RegulatedAction
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Movement, Package, PackageLineage, PackageSnapshot
from glassbox.models.transfers import (
    Driver,
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
    Vehicle,
)
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.transaction import short_transaction
from glassbox.queries.actions.gates import ask_gates
from glassbox.queries.gate_facts import transfer_facts
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.gates.transfers import TRANSFER_GATES
from glassbox.rules.package_state import LocalState
from tests.builders import put_crew
from tests.cast import DIST, R1, person, tag
from tests.db.actions.story import give_key

STATEMENTS_AT_MOST = 12
TIMES_ONE_AT_MOST = 15
CART = "Blue Dream Vape Cart 1 g"


def put_goods(cast: Brand, count: int, now: datetime) -> list[str]:
    """Released carts at the distributor, each with a parent, in a few statements."""
    labels = [tag(100_000 + number, DIST) for number in range(count)]
    with short_transaction(cast.licenses[DIST]) as license:
        tenant = {"company_id": license.company_id, "license_id": license.pk}
        goods = Package.objects.bulk_create(
            Package(
                **tenant,
                label=label,
                item_name=CART,
                unit="Each",
                local_state=LocalState.QA_RELEASED,
                confirmed_at=now,
                opened_at=now,
            )
            for label in labels
        )
        Movement.objects.bulk_create(
            Movement(
                **tenant,
                package=one,
                quantity=Decimal(10),
                unit="Each",
                cause="OPENING",
                reason="Set up",
                evidence="test",
                fact_key="opening",
                occurred_at=now,
                recorded_at=now,
            )
            for one in goods
        )
        PackageSnapshot.objects.bulk_create(
            PackageSnapshot(
                **tenant,
                package=one,
                metrc_id=place,
                list_name="ACTIVE",
                item_name=CART,
                quantity=Decimal(10),
                unit="Each",
                lab_state="TestPassed",
                last_modified_at=now,
                seen_at=now,
                content_sha256=f"{place:064x}",
                raw={},
            )
            for place, one in enumerate(goods)
        )
        PackageLineage.objects.bulk_create(
            PackageLineage(**tenant, parent_label=tag(7, DIST), child_label=label)
            for label in labels
        )
        QaReview.objects.bulk_create(
            QaReview(
                **tenant,
                package=one,
                verdict=QaVerdict.RELEASED,
                checklist=[],
                content_sha256="0" * 64,
                reason="In order",
                reviewed_by_id=cast.users["Eve"],
                reviewed_at=now,
            )
            for one in goods
        )
    return labels


def put_plan(cast: Brand, labels: list[str], now: datetime) -> int:
    with short_transaction(cast.licenses[DIST]) as license:
        tenant = {"company_id": license.company_id, "license_id": license.pk}
        transfer = Transfer.objects.create(
            **tenant,
            direction=TransferDirection.OUTGOING,
            state=TransferState.PLANNED,
            transfer_type="Wholesale Manifest",
            shipper_license_number=DIST,
            receiver_license_number=R1,
            transporter_license_number=DIST,
            driver=Driver.objects.get(license=license),
            vehicle=Vehicle.objects.get(license=license),
            invoice_number="INV-1",
            planned_route="Down the coast road.",
            departs_at=now + timedelta(hours=1),
            arrives_at=now + timedelta(hours=3),
            opened_at=now,
        )
        TransferPackage.objects.bulk_create(
            TransferPackage(
                **tenant,
                transfer=transfer,
                label=label,
                item_name=CART,
                shipped_quantity=Decimal(10),
                unit="Each",
                wholesale_price=Decimal("115.00"),
            )
            for label in labels
        )
        return transfer.pk


def measured(cast: Brand, ask: Callable[[], int]) -> tuple[int, float]:
    """Return the statements of one asking, and the seconds of the fastest of five."""
    with short_transaction(cast.licenses[DIST]):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            blocking = ask()
        assert blocking == 0
        best = min(_seconds(ask) for _ in range(5))
    return len(seen.captured_queries), best


def _seconds(ask: Callable[[], int]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


@pytest.fixture
def labels(cast: Brand, frozen_now: datetime) -> list[str]:
    put_crew(cast.licenses[DIST], now=frozen_now)
    give_key(cast, "Hal", frozen_now, DIST)
    return put_goods(cast, 1_111, frozen_now)


def test_a_transfer_of_a_thousand_packages_costs_the_statements_of_one(
    cast: Brand, frozen_now: datetime, labels: list[str]
) -> None:
    found = {}
    for first, count in ((0, 1), (1, 100), (101, 1_000)):
        transfer_id = put_plan(cast, labels[first : first + count], frozen_now)

        def ask(transfer_id: int = transfer_id) -> int:
            transfer = Transfer.objects.select_related("license").get(id=transfer_id)
            facts = transfer_facts(transfer.license, transfer, frozen_now)
            return sum(one.blocks for one in run_gates(TRANSFER_GATES, facts))

        found[count] = measured(cast, ask)

    statements = {count: number for count, (number, _) in found.items()}
    times = {count: seconds / found[1][1] for count, (_, seconds) in found.items()}
    assert len(set(statements.values())) == 1
    assert statements[100] <= STATEMENTS_AT_MOST
    assert times[100] <= TIMES_ONE_AT_MOST


def test_an_action_of_a_hundred_packages_costs_the_statements_of_one(
    cast: Brand, frozen_now: datetime, labels: list[str]
) -> None:
    found = {}
    for first, count in ((0, 1), (1, 100)):
        chosen = labels[first : first + count]
        transfer_id = put_plan(cast, chosen, frozen_now)
        action_id = draft_action(
            actor=person(cast, "Hal"),
            license_id=cast.licenses[DIST],
            kind="template.create",
            facts=template(chosen, frozen_now),
            reason="Order 1",
            transfer_id=transfer_id,
            now=frozen_now,
        )

        def ask(action_id: int = action_id) -> int:
            action = RegulatedAction.objects.select_related("license", "transfer").get(id=action_id)
            asked = ask_gates(action, Moment.DRAFT, approver_id=None, now=frozen_now)
            return sum(one.blocks for one in asked.findings)

        found[count] = measured(cast, ask)

    statements = {count: number for count, (number, _) in found.items()}
    ratio = found[100][1] / found[1][1]
    assert statements[1] == statements[100] <= STATEMENTS_AT_MOST
    assert ratio <= TIMES_ONE_AT_MOST


def template(labels: list[str], now: datetime) -> dict[str, object]:
    return {
        "name": f"T-{labels[0][-6:]}",
        "recipient_license_number": R1,
        "transfer_type": "Wholesale Manifest",
        "transporter_license_number": DIST,
        "invoice_number": "INV-1",
        "planned_route": "Down the coast road.",
        "departs_at": (now + timedelta(hours=1)).isoformat(),
        "arrives_at": (now + timedelta(hours=3)).isoformat(),
        "time_zone": "America/Los_Angeles",
        "driver": {"name": "Gus", "employee_id": "E7", "drivers_license_number": "D123"},
        "vehicle": {"make": "Ford", "model": "Transit", "plate": "8ABC123"},
        "packages": [{"label": label, "wholesale_price": "115.00"} for label in labels],
    }
