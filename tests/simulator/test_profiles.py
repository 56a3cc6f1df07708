"""The states: what differs from California, and that each one stands."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from metrc_simulator.console import main
from metrc_simulator.profiles.profile import PROFILES, Profile, ProfileBroken
from metrc_simulator.running import open_engine
from metrc_simulator.worlds.cast import WorldBroken

OTHERS = [name for name in PROFILES if name != "ca"]


@pytest.mark.parametrize("name", PROFILES)
def test_world_empty_stands_in_every_state(name: str, small_world: str) -> None:
    engine = open_engine(name, small_world)
    assert engine.profile.data["state"] == name.upper()
    engine.store.close()


@pytest.mark.parametrize("name", OTHERS)
def test_a_state_says_where_its_own_blocks_come_from(name: str) -> None:
    own, base = Profile(name), Profile("ca")
    assert own.switches.keys() == base.switches.keys()
    changed = [block for block, said in own.data.items() if said != base.data.get(block)]
    for block in changed:
        if isinstance(own.data[block], dict) and block != "switches":
            assert own.data[block]["source"] != base.data[block]["source"], block


@pytest.mark.parametrize(
    ("name", "switch", "value"),
    [
        ("ca", "external_incoming_allowed", False),
        ("co", "external_incoming_allowed", True),
        ("ma", "external_incoming_allowed", False),
        ("ny", "external_incoming_allowed", False),
        ("nv", "external_incoming_allowed", True),
        ("ca", "retailer_deliveries_deployed", True),
        ("ok", "retailer_deliveries_deployed", False),
        ("co", "retail_id_deployed", False),
        ("mo", "retail_id_deployed", False),
        ("mi", "retail_id_deployed", True),
        ("mi", "release_step", False),
        ("ca", "employee_permissions_deployed", False),
        ("nv", "employee_permissions_deployed", True),
    ],
)
def test_a_state_has_the_switches_that_its_sources_name(
    name: str, switch: str, value: bool
) -> None:
    assert Profile(name).switches[switch] is value


def test_the_laboratories_of_two_states_have_the_flags_seen_there() -> None:
    for name in ("co", "ma"):
        flags = Profile(name).facility_flags("Laboratory")
        assert flags["CanTestPackages"] and flags["CanSubmitPackagesForTesting"]
    assert not Profile("ca").facility_flags("Laboratory")["CanSubmitPackagesForTesting"]


def test_no_facility_takes_shipments_from_outside_when_the_switch_is_off() -> None:
    def flag_of_the_laboratory(setting: str) -> bool:
        profile = Profile("co", {"external_incoming_allowed": setting})
        return bool(profile.facility_flags("Laboratory")["CanTransferFromExternalFacilities"])

    assert (flag_of_the_laboratory("true"), flag_of_the_laboratory("false")) == (True, False)


def test_a_world_that_a_state_cannot_have_is_refused_in_one_sentence() -> None:
    with pytest.raises(WorldBroken, match="world 'demo' cannot be built with profile 'co'.*empty"):
        open_engine("co", "demo")


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"windows": "1"}, "switch windows: unknown; there are children_before"),
        ({"release_step": "yes"}, "switch release_step: 'yes' is neither true nor false"),
        ({"page_size_at_most": "-1"}, "'-1' is not a whole number of 1 or more"),
        ({"page_size_at_most": "0"}, "'0' is not a whole number of 1 or more"),
        ({"read_lag_seconds": "-1"}, "'-1' is not a whole number of 0 or more"),
        ({"window_hours_at_most": "a day"}, "'a day' is not a whole number of 1 or more, nor none"),
        ({"unknown_id_status": "403"}, "switch unknown_id_status: '403' is none of 401, 404"),
    ],
)
def test_a_switch_that_cannot_be_set_is_named_with_its_value(
    switches: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ProfileBroken, match=sentence):
        Profile("ca", switches)


def _said(*arguments: str) -> tuple[int, str]:
    told: Any = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        return main(arguments), told.getvalue()


def test_the_command_line_lists_states_and_switches_and_refuses_what_is_none() -> None:
    code, told = _said("profiles")
    assert code == 0 and "ny\tNew York\n" in told
    code, told = _said("profiles", "mi")
    assert code == 0 and "release_step\tFalse\n" in told
    assert _said("profiles", "tx")[0] == 2
    code, told = _said("serve", "--switch", "release_step")
    assert code == 2 and "say NAME=VALUE" in told
