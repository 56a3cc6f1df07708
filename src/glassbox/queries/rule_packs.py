"""The rule packs: data files read once, handed to the rules as facts."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from glassbox.rules.rule_lines import RuleLine, read_pack
from glassbox.rules.verdicts import InvalidInput


@cache
def rules_of(state: str) -> dict[str, RuleLine]:
    """Return the rules of a state by id.

    :raises InvalidInput: if there is no pack for the state, or the pack cannot be read
    """
    path = resources.files("glassbox.rules") / "packs" / f"{state.lower()}.yaml"
    if not path.is_file():
        raise InvalidInput(field="state", value=state, way_out="There is no rule pack for it.")
    try:
        return read_pack(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise InvalidInput(field="rule pack", value=path.name, way_out=str(error)) from error
