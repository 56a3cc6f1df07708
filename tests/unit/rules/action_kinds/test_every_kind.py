"""One honest set of facts for every kind, so that each part of each kind is run."""

from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.kind import ProbeVerdict
from glassbox.rules.action_kinds.payloads import payload_sha256
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.action_kinds.registry import ACTION_KINDS, cut_into_sends
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.action_kinds.test_done_in_metrc import REGISTER, S02, THREE
from tests.unit.rules.action_kinds.test_jobs_and_results import (
    ADD,
    END,
    PACK,
    RELEASE,
    REOPEN,
    RESULTS,
    START,
)
from tests.unit.rules.action_kinds.test_named_rows import LOCATION, TEMPLATE
from tests.unit.rules.action_kinds.test_package_changes import DELTA, MOVING, SET
from tests.unit.rules.action_kinds.test_package_fields import (
    DATES,
    ENDING,
    EXTERNAL,
    NOTE,
    REMEDIATION,
    REOPENING,
)
from tests.unit.rules.action_kinds.test_package_fields import ITEM as OTHER_ITEM
from tests.unit.rules.action_kinds.test_packages import row

ITEM = {"name": "Vape cart 1 g", "category": "Vape Cartridge", "unit": "Each"}
DRIVER = {"name": "Gus", "drivers_license_number": "D123", "employee_id": "E7"}
VEHICLE = {"make": "Ford", "model": "Transit", "plate": "8ABC123"}
BATCH = {"packages": [row(production_batch_number="PB-D-101")]}
GONE = {"id": 5, "name": "Old"}
FACTS: dict[str, dict[str, Any]] = {
    "package.create": BATCH,
    "package.create_production_batch": BATCH,
    "package.create_testing_sample": BATCH,
    "package.adjust": SET,
    "package.adjust_by": DELTA,
    "package.move": MOVING,
    "package.finish": {"labels": [THREE], "date": "2026-11-03"},
    "package.change_item": OTHER_ITEM,
    "package.set_note": NOTE,
    "package.set_external_id": EXTERNAL,
    "package.set_dates": DATES,
    "package.remediate": REMEDIATION,
    "package.unfinish": REOPENING,
    "package.discontinue": ENDING,
    "job.start": START,
    "job.adjust": ADD,
    "job.create_packages": PACK,
    "job.finish": END,
    "job.unfinish": REOPEN,
    "lab.record_results": RESULTS,
    "lab.release_results": RELEASE,
    "item.create": ITEM,
    "item.update": {"id": 5, **ITEM},
    "location.create": LOCATION,
    "location.update": {"id": 5, **LOCATION},
    "location.delete": GONE,
    "template.create": TEMPLATE,
    "template.update": {"id": 5, **TEMPLATE},
    "template.delete": GONE,
    "driver.create": DRIVER,
    "driver.update": {"id": 5, **DRIVER},
    "driver.delete": GONE,
    "vehicle.create": VEHICLE,
    "vehicle.update": {"id": 5, **VEHICLE},
    "vehicle.delete": GONE,
    "manifest.register": REGISTER,
    "delivery.receive": S02,
    "delivery.reject": {**S02, "packages": [{"label": THREE, "reject_reason": "damaged"}]},
    "delivery.take_back": {
        "delivery_id": 11,
        "manifest_number": "0000000042",
        "recipient_license_number": "C10-9990001-LIC",
        "labels": [THREE],
    },
}
KINDS = sorted(ACTION_KINDS)


def test_every_kind_has_facts_here() -> None:
    assert set(FACTS) == set(ACTION_KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_what_it_does_and_what_it_touches(name: str) -> None:
    kind, facts = ACTION_KINDS[name], FACTS[name]
    sentence = kind.effect_sentence(facts)
    assert sentence.endswith(".")
    assert len(sentence) <= 1000
    assert kind.lanes(facts)
    assert len(set(kind.lanes(facts))) == len(kind.lanes(facts))
    assert kind.before_after(facts, None)
    assert kind.deciding_reads(facts)
    assert len(payload_sha256(kind.build_payload(facts))) == 64
    key = kind.natural_key(facts)
    assert key is None or 0 < len(key) <= 120
    assert (kind.instructions is not None) == name.startswith(("manifest.", "delivery."))
    assert cut_into_sends(kind, facts)


@pytest.mark.parametrize("name", KINDS)
def test_a_look_that_read_nothing_never_proves_anything(name: str) -> None:
    nothing = Reading(read_at=datetime(2026, 11, 3, tzinfo=UTC))
    judged = ACTION_KINDS[name].judge_probe(FACTS[name], None, nothing)
    assert judged.verdict is ProbeVerdict.CANNOT_TELL
    assert judged.sentence.endswith(".")


@pytest.mark.parametrize("name", KINDS)
def test_a_field_nobody_would_read_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        ACTION_KINDS[name].build_payload({**FACTS[name], "colour": "red"})


@pytest.mark.parametrize("name", KINDS)
def test_empty_facts_are_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        ACTION_KINDS[name].build_payload({})
