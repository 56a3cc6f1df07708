"""The calls that people look up are the client's own, and name the permissions it names."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

from glassbox.operations.sync.feeds import FEEDS
from metrc_client import endpoints

FLAG_IS = {"seen", "named", "guessed"}


def calls() -> list[dict[str, Any]]:
    text = (resources.files("glassbox.rules") / "metrc_calls.yaml").read_text()
    return list(yaml.safe_load(text))


def test_the_calls_are_those_of_the_client_each_once() -> None:
    named = [call["call"] for call in calls()]

    assert sorted(named) == sorted(endpoints.BY_NAME)


def test_each_call_needs_what_the_client_says_it_needs() -> None:
    differing = {
        call["call"]: (call.get("needs", []), list(endpoints.BY_NAME[call["call"]].permissions))
        for call in calls()
        if set(call.get("needs", [])) != set(endpoints.BY_NAME[call["call"]].permissions)
    }

    assert differing == {}


def test_each_call_says_what_it_does_and_how_sure_its_flag_is() -> None:
    for call in calls():
        assert call["about"] and call["does"], call["call"]
        assert ("flag" in call) == ("flag_is" in call), call["call"]
        assert call.get("flag_is", "seen") in FLAG_IS, call["call"]


def test_every_feed_is_among_them() -> None:
    named = {call["call"] for call in calls()}

    assert {str(feed.endpoint) for feed in FEEDS} <= named
