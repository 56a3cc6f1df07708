"""Each kind of action is whole, and METRC's writes that the mission names each have one."""

from __future__ import annotations

import importlib.util

import pytest

from glassbox.rules.action_kinds.kind import ActionKind, Keying
from glassbox.rules.action_kinds.registry import ACTION_KINDS
from glassbox.rules.gates.actions import COMMON_GATES
from metrc_client.endpoints import BY_NAME
from tests.meta.source import ROOT

# The writes of the mission's API surface, and those its workflow needs besides.
MISSION_WRITES = {
    *("POST /items/v2/", "PUT /items/v2/"),
    *("POST /locations/v2/", "PUT /locations/v2/", "DELETE /locations/v2/{id}"),
    *("POST /packages/v2/", "POST /packages/v2/testing"),
    *("POST /packages/v2/adjust", "PUT /packages/v2/adjust"),
    *("PUT /packages/v2/location", "PUT /packages/v2/item", "PUT /packages/v2/note"),
    *("PUT /packages/v2/externalid", "PUT /packages/v2/usebydate"),
    *("PUT /packages/v2/finish", "PUT /packages/v2/unfinish", "PUT /packages/v2/remediate"),
    "DELETE /packages/v2/{id}",
    *("POST /labtests/v2/record", "PUT /labtests/v2/results/release"),
    *("POST /transfers/v2/templates/outgoing", "PUT /transfers/v2/templates/outgoing"),
    "DELETE /transfers/v2/templates/outgoing/{id}",
    *("POST /transporters/v2/drivers", "PUT /transporters/v2/drivers"),
    "DELETE /transporters/v2/drivers/{id}",
    *("POST /transporters/v2/vehicles", "PUT /transporters/v2/vehicles"),
    "DELETE /transporters/v2/vehicles/{id}",
    *("POST /processing/v2/start", "POST /processing/v2/adjust"),
    "POST /processing/v2/createpackages",
    *("PUT /processing/v2/finish", "PUT /processing/v2/unfinish"),
}
KINDS = list(ACTION_KINDS.values())


def test_each_write_of_the_mission_has_a_kind_and_no_other_write_has_one() -> None:
    sent = {kind.endpoint for kind in KINDS if not kind.is_done_in_metrc}

    assert sent == MISSION_WRITES


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_whole(kind: ActionKind) -> None:
    assert kind.title and kind.name.count(".") == 1
    assert kind.license_kinds and kind.retry_rule.endswith(".")
    assert set(COMMON_GATES) <= set(kind.gates)
    assert kind.is_done_in_metrc or kind.endpoint in BY_NAME
    if "{id}" in kind.endpoint:
        assert kind.path_values is not ActionKind.__dataclass_fields__["path_values"].default
    if kind.keying in (Keying.NAME, Keying.NONE):
        assert kind.max_objects_per_send == 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_that_we_send_has_a_journey_over_http(kind: ActionKind) -> None:
    if kind.is_done_in_metrc:
        return
    told = "".join(
        path.read_text() for path in (ROOT / "tests/journeys").glob("test_each_kind*.py")
    )
    played = (ROOT / "src/glassbox/cli/scenarios/files/S01.yaml").read_text()
    family, verb = kind.name.split(".")

    assert (
        f'"{kind.name}"' in told
        or f"kind: {kind.name}\n" in played
        or (f'"{family}": (' in told and f"{{family}}.{verb}" in told)
    )


def test_the_manual_lists_the_kinds_as_they_are() -> None:
    spec = importlib.util.spec_from_file_location("kinds", ROOT / "scripts/list_action_kinds.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    assert (ROOT / "docs/action-kinds.md").read_text() == script.page()
