"""The rule packs: data files read once, handed to the rules as facts."""

from __future__ import annotations

from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from glassbox.models.actions import RulePromotion
from glassbox.models.companies import License
from glassbox.rules.procedures import Procedures, read_procedures
from glassbox.rules.rule_lines import RuleLine, Rules, promoted, read_pack
from glassbox.rules.verdicts import InvalidInput


@cache
def rules_of(state: str) -> dict[str, RuleLine]:
    """Return the rules of a state by id.

    :raises InvalidInput: if there is no pack for the state, or the pack cannot be read
    """
    return read_pack(_data_of(state, f"{state.lower()}.yaml"))


@cache
def procedures_of(state: str) -> Procedures:
    """Return what is done about each class of difference in a state.

    :raises InvalidInput: if there are none for the state, or they cannot be read
    """
    return MappingProxyType(read_procedures(_data_of(state, f"{state.lower()}_procedures.yaml")))


def _data_of(state: str, name: str) -> object:
    path = resources.files("glassbox.rules") / "packs" / name
    if not path.is_file():
        raise InvalidInput(field="state", value=state, way_out=f"There is no {name} for it.")
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise InvalidInput(field="rule pack", value=name, way_out=str(error)) from error


def rules_for(license: License) -> Rules:
    """Return the rules in force at a licence: its state's pack, with what its people promoted.

    One statement, inside the caller's transaction.
    """
    ids = RulePromotion.objects.filter(license=license, granted_at__isnull=False)
    return promoted(rules_of(license.state), ids.values_list("rule_id", flat=True))
