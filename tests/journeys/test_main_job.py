"""The main job, headless, undisturbed and with a worker that dies again and again."""

from __future__ import annotations

import pytest

from tests.journeys.flows import check_told, told_by


def test_every_expectation_of_the_main_job_holds() -> None:
    check_told(told_by("S01"))


@pytest.mark.parametrize("deaths", [3, pytest.param(20, marks=pytest.mark.long)])
def test_deaths_of_the_worker_change_nothing_of_the_main_job(deaths: int) -> None:
    told = told_by("S01", "--kills", str(deaths), "--seed", "7")

    texts = [row["text"] for row in told["expectations"]]
    assert f"the worker was killed {deaths} times" in texts
    assert "METRC applied no write twice" in texts
    assert told["packages"] == told_by("S01")["packages"]
