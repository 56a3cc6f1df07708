from decimal import Decimal

import pytest

from glassbox.rules.action_kinds.kind import Keying, Tier
from glassbox.rules.action_kinds.payloads import (
    number,
    payload_bytes,
    payload_sha256,
    token_from,
)
from glassbox.rules.action_kinds.registry import ACTION_KINDS, kind_named
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput


def test_every_kind_the_product_needs_is_there_once() -> None:
    assert set(ACTION_KINDS) == {
        *("package.create", "package.create_production_batch", "package.create_testing_sample"),
        *("package.adjust", "package.adjust_by", "package.move", "package.finish"),
        *("package.change_item", "package.set_note", "package.set_external_id"),
        *("package.set_dates", "package.remediate", "package.unfinish", "package.discontinue"),
        *("job.start", "job.adjust", "job.create_packages", "job.finish", "job.unfinish"),
        *("lab.record_results", "lab.release_results"),
        *("item.create", "item.update"),
        *("location.create", "location.update", "location.delete"),
        *("template.create", "template.update", "template.delete"),
        *("driver.create", "driver.update", "driver.delete"),
        *("vehicle.create", "vehicle.update", "vehicle.delete"),
        *("manifest.register", "delivery.receive", "delivery.reject", "delivery.take_back"),
    }


def test_an_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"package\.adjust"):
        kind_named("package.burn")


def test_what_has_no_natural_key_goes_alone() -> None:
    for kind in ACTION_KINDS.values():
        if kind.keying in {Keying.NAME, Keying.NONE}:
            assert kind.max_objects_per_send == 1, kind.name
        assert bool(kind.endpoint) != kind.is_done_in_metrc, kind.name
        assert kind.is_done_in_metrc or kind.max_objects_per_send <= 10, kind.name


def test_what_is_risky_needs_another_person_with_the_right() -> None:
    for name in ("package.adjust", "package.adjust_by"):
        assert kind_named(name).tier is Tier.HIGH
        assert kind_named(name).approval_permission is Permission.ACTION_APPROVE_HIGH
    for kind in ACTION_KINDS.values():
        assert kind.needs_other_person == (kind.tier is not Tier.ROUTINE)
    routine = {kind.name for kind in ACTION_KINDS.values() if kind.tier is Tier.ROUTINE}
    assert routine == {
        *("package.move", "package.set_note", "package.set_external_id"),
        *("location.create", "location.update"),
    }


def test_every_kind_has_gates() -> None:
    assert all(kind.gates for kind in ACTION_KINDS.values())


@pytest.mark.parametrize("value", ["3988", "0.001", "-12.5", "3731.125", "99999999999.999"])
def test_numbers_read_back_exactly(value: str) -> None:
    assert Decimal(repr(number(Decimal(value)))) == Decimal(value)


def test_a_number_json_cannot_carry_exactly_is_refused() -> None:
    with pytest.raises(InvalidInput, match="15 digits"):
        number(Decimal("1234567890123456.789"))


def test_one_payload_has_one_spelling_and_one_hash() -> None:
    assert payload_bytes([{"b": 1, "a": "é"}]) == '[{"a":"é","b":1}]'.encode()
    assert payload_sha256([{"b": 1, "a": 2}]) == payload_sha256([{"a": 2, "b": 1}])
    assert payload_sha256([{"a": 2}]) != payload_sha256([{"a": 3}])


def test_a_token_is_eight_signs_nobody_confuses() -> None:
    token = token_from(bytes(range(8)))
    assert len(token) == 8
    assert not set(token) & set("01IO")
    assert token == token_from(bytes(range(8)))
    with pytest.raises(ValueError, match="random"):
        token_from(b"short")
