"""What alerts are decided by is read from the tables as it stands, and walled like every row."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
from django.db import connection

from glassbox.cli.demo_brand import Brand
from glassbox.models.lab import CertificateOfAnalysis
from glassbox.models.packages import Package
from glassbox.models.reconciliation import BookCorrection, CorrectionState
from glassbox.operations.transaction import short_transaction
from tests.builders import put_package, see_package
from tests.cast import DIST, MFG, NEIGHBOR, tag
from tests.db.alerts.story import alerts, look, put_case
from tests.db.lab.story import CARTS
from tests.db.transfers.test_outgoing import Outgoing

TABLES = (
    "access_losses",
    "alert_deliveries",
    "alert_delivery_attempts",
    "alert_settings",
    "alert_watches",
    "alert_webhooks",
    "alerts",
    "watched_dates",
)


def stages(brand: Brand, prefix: str, number: str = DIST) -> list[str]:
    """The stages that hold now of facts of one kind."""
    return [
        one.stage
        for one in alerts(brand, number)
        if one.fact_key.startswith(prefix) and one.ended_at is None
    ]


def test_the_coa_of_goods_that_are_still_here_runs_out(cast: Brand, frozen_now: datetime) -> None:
    Outgoing(cast, frozen_now)
    look(cast, frozen_now, DIST)
    assert stages(cast, "expiry:coa") == []

    with short_transaction(cast.licenses[DIST]):
        CertificateOfAnalysis.objects.update(issued_date=frozen_now.date() - timedelta(days=360))
    look(cast, frozen_now, DIST)
    assert stages(cast, "expiry:coa") == ["7D_LEFT"]

    see_package(cast.licenses[DIST], CARTS, now=frozen_now, list_name="INACTIVE")
    look(cast, frozen_now, DIST)

    assert stages(cast, "expiry:coa") == []


def test_a_plan_that_leaves_within_the_hour_without_a_manifest_is_told(
    cast: Brand, frozen_now: datetime
) -> None:
    outgoing = Outgoing(cast, frozen_now)
    outgoing.plan()

    look(cast, frozen_now, DIST)
    assert stages(cast, "manifest:") == ["1H_LEFT"]
    look(cast, frozen_now + timedelta(hours=2), DIST)
    assert stages(cast, "manifest:") == ["OVERDUE"]


def test_a_correction_that_nobody_decides_is_told(cast: Brand, frozen_now: datetime) -> None:
    package_id = put_package(cast.licenses[MFG], tag(301), 10, now=frozen_now)
    with short_transaction(cast.licenses[MFG]) as license:
        BookCorrection.objects.create(
            company_id=license.company_id,
            license=license,
            package=Package.objects.get(id=package_id),
            state=CorrectionState.PROPOSED,
            difference_class="COUNT",
            quantity=-1,
            unit="Grams",
            reason="Spilled",
            evidence="photo",
            proposed_by_id=cast.users["Dee"],
            proposed_at=frozen_now - timedelta(days=2, hours=1),
        )

    look(cast, frozen_now)

    assert stages(cast, "correction:", MFG) == ["24H_LEFT"]


def test_every_table_of_alerts_is_walled_against_the_neighbour(
    cast: Brand, frozen_now: datetime, cast_superuser: psycopg.Connection
) -> None:
    walled = cast_superuser.execute(
        "SELECT relname FROM pg_class WHERE relname = ANY(%s)"
        " AND relrowsecurity AND relforcerowsecurity",
        [list(TABLES)],
    ).fetchall()
    assert sorted(name for (name,) in walled) == list(TABLES)

    put_case(cast, frozen_now)
    look(cast, frozen_now)
    with short_transaction(cast.licenses[NEIGHBOR]), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
        cursor.execute("UPDATE alerts SET title = 'seen by Nell'")
        assert cursor.rowcount == 0
