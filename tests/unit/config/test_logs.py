"""A line of the log holds fields of a fixed list, our own words, and no value of anybody else's."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

from django.test import override_settings

from glassbox.config.logs import FIELDS, NOT_OURS, REDACTED, json_formatter
from tests.journeys.canaries import hits, shapes


def line(name: str, message: str, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.ERROR, "/x/client.py", 7, message, (), None)
    record.__dict__.update(more)
    told: dict[str, Any] = json.loads(json_formatter().format(record))
    return told


def raised(values: Mapping[str, str]) -> Any:
    try:
        raise ValueError(f"wrong: {values}")
    except ValueError:
        return sys.exc_info()


def test_what_is_not_on_the_list_is_dropped() -> None:
    told = line(
        "glassbox.cli.worker", "Said", api_key="k3y", user="Ana", exc_info=raised({"a": "k3y"})
    )

    assert set(told) <= FIELDS
    assert (told["event"], told["exception"]) == ("Said", "ValueError")
    assert "k3y" not in json.dumps(told) and "raised" in told["where"][0]


def test_a_library_says_its_place_and_no_word() -> None:
    told = line("httpx", "GET https://host/?token=k3y")

    assert (told["event"], told["where"]) == (NOT_OURS, ["client:7"])


def test_a_secret_of_the_settings_is_struck_out_and_a_line_stays_one_line() -> None:
    with override_settings(GLASSBOX_METRC_VENDOR_KEY="vendor-k3y"):
        told = line("glassbox", 'x vendor-k3y\n{"level": "info"}')

    assert told["event"] == f'x {REDACTED}\n{{"level": "info"}}'
    assert told["level"] == "error"


def test_each_shape_of_a_secret_is_found() -> None:
    secret = "k3y of +Ana/ü"
    for shape, needle in shapes(secret):
        assert hits({"key": secret}, {"log": b"x" + needle + b"y"}), shape
    for lead in range(3):
        text = base64.b64encode(b"user:"[:lead] + secret.encode() + b"@host")
        assert hits({"key": secret}, {"log": text}), lead
    assert hits({"key": secret}, {"log": b"nothing of it"}) == []
