"""Short words for go-lives without METRC: a licence under takeover, read whole, its key working."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from glassbox.cli.demo_brand import Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.models.packages import Movement
from glassbox.models.sync import SyncCursor
from glassbox.operations import credentials
from glassbox.operations.takeover.begin import begin_takeover
from glassbox.operations.takeover.books import open_book
from glassbox.operations.transaction import short_transaction
from glassbox.queries.freshness import ESSENTIAL_FEEDS
from glassbox.queries.takeover.points import open_points
from glassbox.rules.actor import system_actor
from glassbox.rules.takeover import OpenPoint
from tests.cast import MFG, person

MACHINE = system_actor("set-up")


def begin(brand: Brand, now: datetime, number: str = MFG) -> int:
    """Fay begins the go-live."""
    return begin_takeover(
        actor=person(brand, "Fay"),
        license_id=brand.licenses[number],
        reason="We leave the old system",
        now=now,
    )


def key_works(brand: Brand, now: datetime, number: str = MFG) -> int:
    """A key for reading is stored and METRC has taken it."""
    key = credentials.add_credential(
        actor=MACHINE,
        license_id=brand.licenses[number],
        user_id=None,
        owner_name="Sync",
        user_key="not-a-real-key-0001",
        is_for_sync=True,
        now=now,
    )
    with short_transaction(brand.licenses[number]):
        MetrcCredential.objects.filter(id=key).update(last_worked_at=now)
    return key


def read_whole(brand: Brand, now: datetime, *more: str, number: str = MFG) -> None:
    """METRC is read to the end, as the cursors say."""
    with short_transaction(brand.licenses[number]) as license:
        for feed in (*ESSENTIAL_FEEDS, *more):
            SyncCursor.objects.update_or_create(
                license=license,
                feed=feed,
                defaults={
                    "company_id": license.company_id,
                    "read_until": now,
                    "last_whole_at": now,
                    "last_tried_at": now,
                },
            )


def forget_book(brand: Brand, number: str = MFG) -> None:
    """Packages stand as METRC shows them, and nobody has booked them."""
    with short_transaction(brand.licenses[number]):
        Movement.objects.all().delete()


def book(brand: Brand, now: datetime, number: str = MFG) -> int:
    return open_book(actor=system_actor("takeover"), license_id=brand.licenses[number], now=now)


def movements(brand: Brand, label: str, number: str = MFG) -> list[tuple[Any, ...]]:
    """Cause, quantity and evidence of a package's movements."""
    with short_transaction(brand.licenses[number]):
        rows = Movement.objects.filter(package__label=label).order_by("id")
        return [(row.cause, Decimal(row.quantity), row.evidence) for row in rows]


def points(brand: Brand, now: datetime, number: str = MFG) -> dict[str, OpenPoint]:
    with short_transaction(brand.licenses[number]):
        return {one.key: one for one in open_points(brand.licenses[number], now=now)}
