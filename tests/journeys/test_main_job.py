"""The main job, headless, undisturbed and with a worker that dies twenty times."""

from __future__ import annotations

from tests.journeys.flows import check_told, told_by


def test_every_expectation_of_the_main_job_holds() -> None:
    check_told(told_by("S01"))


def test_twenty_deaths_of_the_worker_change_nothing_of_the_main_job() -> None:
    told = told_by("S01", "--kills", "20", "--seed", "7")

    texts = [row["text"] for row in told["expectations"]]
    assert "the worker was killed 20 times" in texts
    assert "METRC applied no write twice" in texts
    assert told["packages"] == told_by("S01")["packages"]
