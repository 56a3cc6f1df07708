"""What stands in METRC and on our pages after the main job was done by clicks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from glassbox.cli.demo_brand import MAKER, MOVER
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.main_job import CARTS_TAG, RETAILER, SAMPLE_TAG, Job

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_metrc_and_our_pages_show_the_numbers_of_the_scenario(
    finished_job: Job, house: House, visit: Visit
) -> None:
    assert house.metrc_package(finished_job.distillate, MAKER)["Quantity"] == 0
    assert house.metrc_package(CARTS_TAG, MOVER)["Quantity"] == Decimal(3080)
    assert house.metrc_package(SAMPLE_TAG, "C8-9990001-LIC")["Quantity"] == Decimal(20)

    hal = visit("Hal")
    hal.open(f"/l/{MOVER}/packages/{CARTS_TAG}/")
    numbers = hal.page.locator(".three-numbers .big-number").all_inner_texts()

    assert numbers[:2] == ["3,080 units", "3,080 units"]


def test_the_order_is_delivered_and_its_money_is_exact(finished_job: Job, visit: Visit) -> None:
    hal = visit("Hal")

    hal.open(finished_job.places["order"])
    hal.sees("$10,350.00")
    hal.open(finished_job.places["outgoing"])
    hal.sees(RETAILER)
    hal.sees("Accepted")
    hal.sees("900 units")


def test_the_batch_closes_to_the_last_gram(finished_job: Job, visit: Visit) -> None:
    ana = visit("Ana")

    ana.open(finished_job.places["batch"])
    ana.sees("4050 issued = 4000 applied + 38 destroyed + 12 returned")
    ana.sees("Closed")
