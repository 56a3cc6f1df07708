"""Our book is opened from METRC once for each package, follows it until writing is on, and no more."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connections

from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import Tag
from glassbox.models.companies import License
from glassbox.models.packages import PackageSnapshot
from glassbox.operations.books import book_movement_in_transaction
from glassbox.operations.packages import locked_package
from glassbox.operations.transaction import short_transaction
from glassbox.rules.quantities import quantity
from tests.builders import events_of, put_package, see_package
from tests.cast import MFG, NEIGHBOR, receive_tags, tag
from tests.db.takeover.story import begin, book, forget_book, movements

OIL, CARTS = tag(101), tag(102)


def test_each_package_gets_one_opening_that_names_its_snapshot(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    put_package(cast.licenses[MFG], OIL, "500.5", now=frozen_now)
    put_package(cast.licenses[MFG], CARTS, 0, unit="Each", list_name="INACTIVE", now=frozen_now)
    forget_book(cast)

    assert [book(cast, frozen_now), book(cast, frozen_now)] == [2, 0]

    with short_transaction(cast.licenses[MFG]):
        snapshots = dict(PackageSnapshot.objects.values_list("package__label", "id"))
    assert movements(cast, OIL) == [("OPENING", Decimal("500.5"), f"snapshot:{snapshots[OIL]}")]
    assert movements(cast, CARTS) == [("OPENING", Decimal(0), f"snapshot:{snapshots[CARTS]}")]
    (event,) = events_of(cast.licenses[MFG], "book.opened")
    assert (event["body"]["opened"], event["body"]["followed"]) == (2, 0)
    assert len(event["body"]["movements_sha256"]) == 64


def test_two_at_once_open_the_book_once(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    for number in range(101, 131):
        put_package(cast.licenses[MFG], tag(number), 5, now=frozen_now)
    forget_book(cast)
    booked: list[int] = []

    def run() -> None:
        try:
            booked.append(book(cast, frozen_now))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(booked) == [0, 30]


def test_the_book_follows_metrc_while_the_old_system_is_in_charge(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    put_package(cast.licenses[MFG], OIL, 500, now=frozen_now)
    forget_book(cast)
    book(cast, frozen_now)
    see_package(cast.licenses[MFG], OIL, now=frozen_now + timedelta(hours=1), quantity=Decimal(420))

    book(cast, frozen_now + timedelta(hours=1))
    book(cast, frozen_now + timedelta(hours=2))

    assert [row[:2] for row in movements(cast, OIL)] == [
        ("OPENING", Decimal(500)),
        ("BEFORE_GO_LIVE", Decimal(-80)),
    ]


def test_what_people_have_booked_is_never_overruled(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    put_package(cast.licenses[MFG], OIL, 500, our_quantity=480, now=frozen_now)
    with short_transaction(cast.licenses[MFG]):
        book_movement_in_transaction(
            package=locked_package(cast.licenses[MFG], OIL),
            quantity=quantity("-3", "Grams"),
            cause="CORRECTION",
            reason="Counted",
            evidence="count:1",
            fact_key="correction:1",
            recorded_by_id=None,
            occurred_at=frozen_now,
            now=frozen_now,
        )

    assert book(cast, frozen_now) == 0
    assert sum(row[1] for row in movements(cast, OIL)) == Decimal(477)


def test_another_unit_is_no_quantity_to_follow(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    put_package(cast.licenses[MFG], OIL, 500, now=frozen_now)
    with short_transaction(cast.licenses[MFG]):
        PackageSnapshot.objects.update(unit="Ounces", quantity=17)

    assert book(cast, frozen_now) == 0


def test_a_licence_that_writes_is_left_alone(cast: Brand, frozen_now: datetime) -> None:
    put_package(cast.licenses[MFG], OIL, 500, now=frozen_now)
    forget_book(cast)

    assert book(cast, frozen_now) == 0
    assert movements(cast, OIL) == []


def test_no_other_licence_is_touched(cast: Brand, frozen_now: datetime) -> None:
    put_package(cast.licenses[NEIGHBOR], OIL, 500, now=frozen_now)
    forget_book(cast, NEIGHBOR)
    begin(cast, frozen_now)

    book(cast, frozen_now)

    assert movements(cast, OIL, NEIGHBOR) == []
    with short_transaction(cast.licenses[NEIGHBOR]):
        assert License.objects.get(id=cast.licenses[NEIGHBOR]).writes_are_on


def test_tags_on_our_own_packages_are_used_and_those_of_others_are_not_ours(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    receive_tags(cast, MFG, 101, 103, frozen_now)
    put_package(cast.licenses[MFG], OIL, 5, now=frozen_now)
    put_package(cast.licenses[MFG], tag(900), 5, now=frozen_now)
    put_package(
        cast.licenses[MFG],
        tag(7, NEIGHBOR),
        5,
        now=frozen_now,
        raw={"ReceivedFromManifestNumber": "0000000042"},
    )

    book(cast, frozen_now)

    with short_transaction(cast.licenses[MFG]):
        statuses = dict(Tag.objects.values_list("label", "status"))
    assert statuses == {
        OIL: "USED",
        tag(102): "RECEIVED",
        tag(103): "RECEIVED",
        tag(900): "USED",
    }
