"""A licence is read from METRC over real HTTP into a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.operations.sync.run import run_sync
from glassbox.queries.package_grid.grid import PackageFilter, package_list
from glassbox.queries.package_grid.views import PackageView
from glassbox.rules.actor import Actor, system_actor
from tests.desk import Desk

SUPPLIER = "CDPH-19990077"


def person(brand: Brand, name: str) -> Actor:
    return Actor(user_id=brand.users[name], name=name, via="web", session="s")


def ship_crude_oil(desk: Desk, *grams: int) -> dict[str, object]:
    shipped: dict[str, object] = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": g, "unitOfMeasure": "Grams"} for g in grams],
    )
    return shipped


def test_received_goods_appear_beside_our_book(brand: Brand, desk: Desk) -> None:
    shipped = ship_crude_oil(desk, 5000, 4000, 3000)
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[
            {"label": label, "receivedQuantity": grams}
            for label, grams in zip(shipped["labels"], (5000, 4000, 3000), strict=True)  # type: ignore[call-overload]
        ],
    )

    run_sync(
        actor=system_actor("sync"),
        license_id=brand.licenses[MAKER],
        trigger="test",
        now=datetime.now(UTC),
    )

    grid = package_list(
        actor=person(brand, "Ana"),
        license_ids=(brand.licenses[MAKER],),
        filter=PackageFilter(view=PackageView.ACTIVE),
        now=datetime.now(UTC),
    )
    assert {row.metrc_quantity for row in grid.rows} == {
        Decimal(5000),
        Decimal(4000),
        Decimal(3000),
    }
    assert {row.our_quantity for row in grid.rows} == {Decimal(5000), Decimal(4000), Decimal(3000)}
