"""A line of the log holds fields of a fixed list, our own words, and no value of anybody else's."""

from __future__ import annotations

import ast
import base64
import io
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings

from glassbox.config.logs import (
    FIELDS,
    NOT_OURS,
    REDACTED,
    json_formatter,
    log_what_nobody_catches,
    logging_of,
)
from glassbox.rules.actor import Actor
from tests.journeys.canaries import hits, shapes
from tests.meta.source import modules


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


def test_a_line_says_when_where_who_and_what() -> None:
    request = SimpleNamespace(
        id="ab12",
        actor=Actor(user_id=12, name="Ana", via="web", session=None),
        resolver_match=SimpleNamespace(route="l/<str:license_number>/"),
    )
    told = line("glassbox.web", "refused: input.invalid", request=request, status_code=422)

    assert datetime.fromisoformat(told["timestamp"]).utcoffset() == timedelta(0)
    assert told["process"].endswith(f" {os.getpid()}") and told["environment"]
    assert (told["actor"], told["request"], told["status"]) == ("user:12", "ab12", 422)
    assert (told["event"], told["route"]) == ("refused: input.invalid", "l/<str:license_number>/")
    assert (told["level"], told["logger"]) == ("error", "glassbox.web")
    assert "Ana" not in json.dumps(told)


def test_what_nobody_catches_is_told_by_its_kind_and_places(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_what_nobody_catches()
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(json_formatter())
    logging.getLogger("glassbox").addHandler(handler)

    def breaks() -> None:
        raise ValueError("k3y")

    try:
        thread = threading.Thread(target=breaks)
        thread.start()
        thread.join()
        sys.excepthook(*raised({"a": "k3y"}))
    finally:
        logging.getLogger("glassbox").removeHandler(handler)

    lines = [json.loads(one) for one in told.getvalue().splitlines()]
    assert [one["exception"] for one in lines] == ["ValueError", "ValueError"]
    assert "breaks" in lines[0]["where"][-1] and "k3y" not in told.getvalue()


def test_lines_go_to_stderr_and_nowhere_else() -> None:
    told = logging_of("WARNING")

    assert told["handlers"] == {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}}
    assert told["root"]["handlers"] == ["stderr"]
    assert not any(one["handlers"] for one in told["loggers"].values())
    for module in modules("src/glassbox", "src/metrc_client"):
        text = ast.unparse(module.tree)
        assert not re.search(
            r"\b(FileHandler|SysLogHandler|HTTPHandler|SMTPHandler|syslog)\b", text
        )


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
