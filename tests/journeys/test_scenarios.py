"""Whole scenarios, headless: real database, real METRC over HTTP, real worker, real sequencer."""

from __future__ import annotations

from pathlib import Path

import pytest

from glassbox.cli.scenarios.killing import doubled_writes
from tests import listening
from tests.journeys.flows import check_told, flow, told_by

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


@pytest.mark.parametrize(
    "name", ["S02", "S12", "S14", "S16", "S18", *(["S01"] if listening.FOLDER else [])]
)
def test_every_expectation_of_a_scenario_holds(name: str) -> None:
    check_told(told_by(name))


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
