"""Whole scenarios, headless: real database, real METRC over HTTP, real worker, real sequencer."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from glassbox.cli.scenarios.killing import doubled_writes

GLASSBOX = str(Path(sys.executable).parent / "glassbox")
SMALL = """
scenario: MY-1
title: Goods arrive
steps:
  - desk: ship-in
    with:
      fromLicense: CDPH-19990077
      toLicense: CDPH-19990001
      packages: [{item: Distillate, quantity: 100, unitOfMeasure: Grams}]
    name: oil
  - desk: receive
    with:
      licenseNumber: CDPH-19990001
      deliveryId: ${oil.deliveryId}
      packages: [{label: "${oil.labels.0}", receivedQuantity: 100}]
  - read: CDPH-19990001
  - expect:
      - metrc: {label: "${oil.labels.0}", at: CDPH-19990001, quantity: QUANTITY}
"""


def flow(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GLASSBOX, "flow", *words], capture_output=True, text=True, timeout=400, check=False
    )


@cache
def told_by(*words: str) -> dict[str, Any]:
    """Run a flow that must hold, once, and return what it tells."""
    done = flow(*words, "--json")
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", ["S01", "S02", "S12", "S14", "S16", "S18"])
def test_every_expectation_of_a_scenario_holds(name: str) -> None:
    told = told_by(name)

    assert told["expectations"] and all(row["held"] for row in told["expectations"])
    assert told["ledger"]["verified"] is True
    assert set(told) >= {"steps", "metrc_calls", "packages", "ledger", "expectations"}


def test_twenty_deaths_of_the_worker_change_nothing_of_the_main_job() -> None:
    told = told_by("S01", "--kills", "20", "--seed", "7")

    texts = [row["text"] for row in told["expectations"]]
    assert "the worker was killed 20 times" in texts
    assert "METRC applied no write twice" in texts
    assert told["packages"] == told_by("S01")["packages"]


def test_a_write_that_was_applied_twice_is_named() -> None:
    once = {
        "method": "PUT",
        "path": "/packages/v2/adjust",
        "licenseNumber": "CDPH-19990001",
        "body": [{"Label": "1A4060300000001000000455", "Quantity": 3988}],
        "applied": [{"effect": "package adjusted"}],
    }
    elsewhere = once | {"licenseNumber": "C11-9990001-LIC"}
    refused = once | {"applied": []}

    assert doubled_writes([once, elsewhere, refused]) == []
    (found,) = doubled_writes([once, elsewhere, once])
    assert found.startswith("PUT /packages/v2/adjust at CDPH-19990001")


def test_a_count_off_by_one_fails_and_says_which_expectation(tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(SMALL.replace("QUANTITY", "101"))

    done = flow(str(story))

    assert done.returncode == 1
    assert f"{story}, line 18: expected that METRC's" in done.stderr
    assert "quantity is 101; quantity is 100" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenario: [", "line 1: it is not YAML"),
        ("title: no name", "scenario is missing"),
        (SMALL.replace("- read:", "- reed:"), "a step does exactly one of"),
        (SMALL.replace("with:", "wiht:", 1), "has no 'wiht'"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_reason(tmp_path: Path, text: str, said: str) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(text)

    done = flow(str(story))

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert str(story) in done.stderr


def test_a_name_that_no_scenario_has_is_refused_with_those_there_are() -> None:
    done = flow("S99")

    assert done.returncode == 2
    assert "There are S01, S02, S12, S14, S16, S18" in done.stderr
