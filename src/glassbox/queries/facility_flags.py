"""METRC's calls with the flag of a facility that each seems to need, and what a facility lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from glassbox.rules.gates.action_facts import MissingFlag

CALLS_FILE = "metrc_calls.yaml"


@cache
def metrc_calls() -> tuple[dict[str, Any], ...]:
    """Return every call of METRC with what it does, needs, and is seen or guessed to want."""
    text = (resources.files("glassbox.rules") / CALLS_FILE).read_text()
    return tuple(yaml.safe_load(text))


@cache
def flags_of(call: str) -> tuple[tuple[str, ...], bool]:
    """Return the flags of which a call needs one, and whether that is only guessed.

    What stands after a semicolon is for a form of the call that we never send.
    """
    row = next((one for one in metrc_calls() if one["call"] == call), {})
    words = row.get("flag", "").partition(";")[0]
    names = re.findall(r"\b(?:Can|Enable|Retailer)\w+", words)
    return tuple(names), row.get("flag_is") == "guessed"


def missing_flag(call: str, flags: Mapping[str, Any] | None) -> MissingFlag | None:
    """Return the flag that a facility lacks for a call; None if METRC never told its flags."""
    names, is_guessed = flags_of(call)
    if not names or not flags or any(flags.get(name) is True for name in names):
        return None
    return MissingFlag(names=names, is_guessed=is_guessed)
