"""Days of normal work open no case that is not true, and miss none that is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from glassbox.cli.demo_brand import MAKER, MOVER, open_brand
from glassbox.models.packages import Movement, Package
from glassbox.operations.transaction import short_transaction
from glassbox.rules.verdicts import Refused
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.differences.errands import move, produce, split, waste
from tests.differences.outside import adjust_by_hand, hold, move_by_hand, split_by_hand
from tests.differences.seeds import bring_goods
from tests.differences.shipping import bring_carts, go_home, oil_arrives, sample, sell
from tests.differences.traffic import Traffic
from tests.journeys.wholesale import hire_crew

FALSE_PER_1000_AT_MOST = 1
TAGS = 300
MINUTES_A_DAY = 24 * 60
Errand = Callable[[Traffic], None]
EVERY_DAY: tuple[Errand, ...] = (
    oil_arrives,
    split,
    produce,
    go_home,
    waste,
    sample,
    move,
    sell,
)
BY_HAND: tuple[Errand, ...] = (adjust_by_hand, split_by_hand, move_by_hand, adjust_by_hand, hold)
SHORT_DAY = (oil_arrives, adjust_by_hand, split, go_home, split_by_hand, sample)
ERRANDS_A_DAY = int(os.environ.get("ERRANDS", "2"))


@pytest.fixture
def street(database: ClusterUrls, desk: Desk, frozen_now: datetime) -> Traffic:
    """A brand with a shelf of oil that both books agree about, and a crew."""
    tags = {
        number: desk.do("receive-tags", licenseNumber=number, count=TAGS)["labels"]
        for number in (MAKER, MOVER)
    }
    bring_goods(desk, int(os.environ.get("PACKAGES", "40")))
    for number in (MAKER, MOVER):
        bring_carts(desk, number)
    brand = open_brand(
        metrc_users=desk.keys()["users"],
        sync_from=frozen_now - timedelta(hours=3),
        now=frozen_now,
        with_passwords=False,
    )
    hire_crew(desk, MAKER)
    hire_crew(desk, MOVER)
    seed = int(os.environ.get("SEED", "1"))
    street = Traffic(brand=brand, desk=desk, database=database, chance=Random(seed), tags=tags)
    street.read(MAKER)
    street.read(MOVER)
    return street


def live(street: Traffic, days: Iterable[Sequence[Errand]]) -> None:
    """Do each day's errands one after the other, take over what was done outside, and sleep.

    An errand that a gate refuses is left as it is then: that happens on a normal day too.
    """
    began = street.now()
    for day, errands in enumerate(days, start=1):
        for errand in errands:
            street.keep_fresh()
            street.errands += 1
            try:
                errand(street)
            except Refused as refusal:
                said = "; ".join(one.message for one in refusal.findings if one.blocks)
                street.refused.append(f"{errand.__name__}: {refusal.message} {said}")
        for number in (MAKER, MOVER):
            street.take_over(number)
        street.count_the_day()
        spent = (street.now() - began).total_seconds() / 60
        street.wait(max(30, day * MINUTES_A_DAY - spent))


def month(street: Traffic, days: int) -> Iterator[list[Errand]]:
    """Each day some of everything, and everything within a few days."""
    for day in range(days):
        turn = [
            EVERY_DAY[(day * ERRANDS_A_DAY + one) % len(EVERY_DAY)] for one in range(ERRANDS_A_DAY)
        ]
        yield [*turn, street.chance.choice(BY_HAND), street.chance.choice(BY_HAND)]
        sys.stderr.write(
            f"day {day + 1}: {street.package_days} package-days, {len(street.false_cases)} false\n"
        )


def judge(street: Traffic) -> None:
    sys.stdout.write(street.report())
    assert street.missed == []
    false_per_1000 = len(street.false_cases) * 1000 / street.package_days
    assert false_per_1000 <= FALSE_PER_1000_AT_MOST, street.false_cases


@pytest.mark.timeout(1200)
def test_a_day_of_normal_traffic_opens_no_false_case(street: Traffic) -> None:
    live(street, [SHORT_DAY])
    judge(street)
    assert street.refused == []
    assert street.true_cases["CHANGED_OUTSIDE"] == 3, "an edit, and both sides of a split"
    assert street.done["package.create_testing_sample"] == 1


def test_what_nobody_did_is_judged_false(street: Traffic) -> None:
    with short_transaction(street.brand.licenses[MAKER]) as license:
        package = Package.objects.order_by("id").first()
        assert package is not None
        Movement.objects.create(
            company_id=license.company_id,
            license=license,
            package=package,
            quantity=Decimal(-50),
            unit=package.unit,
            cause="ADJUSTED",
            reason="Nobody did this in METRC",
            evidence="test",
            fact_key="nobody",
            occurred_at=street.now(),
            recorded_at=street.now(),
        )
    street.wait(30)
    street.read(MAKER)

    street.count_the_day()
    with pytest.raises(AssertionError, match="SIGNIFICANT_DIFFERENCE|COUNT_DIFFERS"):
        judge(street)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_thirty_days_of_normal_traffic_open_hardly_a_false_case(street: Traffic) -> None:
    live(street, month(street, int(os.environ.get("DAYS", "30"))))
    judge(street)
    assert street.package_days >= 1000
    assert len(street.refused) * 10 <= street.errands, street.refused
