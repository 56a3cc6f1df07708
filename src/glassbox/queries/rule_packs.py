"""The rule packs: data files read once, handed to the rules as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml
from django.db.models import OuterRef, QuerySet

from glassbox.models.actions import RulePromotion
from glassbox.models.companies import License
from glassbox.rules.procedures import Procedures, read_procedures
from glassbox.rules.rule_lines import RuleDecision, RuleLine, Rules, decided, read_pack
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
    """Return the rules in force at a licence: its state's pack, with what its people decided.

    One statement, inside the caller's transaction.
    """
    return decided(rules_of(license.state), decisions_of(granted_decisions(license).values(*SAID)))


SAID = ("rule_id", "blocks", "effective_from")


def granted_decisions(license: License | OuterRef) -> QuerySet[RulePromotion]:
    """Return what two people decided at a licence, in the order in which it takes effect."""
    granted = RulePromotion.objects.filter(license=license, granted_at__isnull=False)
    return granted.order_by("effective_from", "granted_at", "id")


def decisions_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[RuleDecision]]:
    """Return decisions by rule, from rows of `SAID` in the order in which they take effect."""
    found: dict[str, list[RuleDecision]] = {}
    for row in rows:
        since = row["effective_from"]
        day = since if isinstance(since, date) else date.fromisoformat(since)
        said = RuleDecision(effective_from=day, blocks=row["blocks"])
        found.setdefault(row["rule_id"], []).append(said)
    return found
