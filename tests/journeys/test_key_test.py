"""A METRC key is tested over real HTTP by reads alone, and METRC's answer is told in its words."""

from __future__ import annotations

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.models.takeover import KeyTest
from glassbox.operations.takeover.keys import ask_for_key_test, run_key_test
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.builders import events_of
from tests.desk import Desk
from tests.journeys.story import now, person
from tests.journeys.sync_story import fault


def run(brand: Brand) -> KeyTest:
    license_id = brand.licenses[MAKER]
    with short_transaction(license_id):
        key = MetrcCredential.objects.get(is_for_sync=True, license_id=license_id)
    test_id = ask_for_key_test(
        actor=person(brand, "Owen"), license_id=license_id, credential_id=key.pk, now=now()
    )
    run_key_test(
        actor=system_actor("key test"), license_id=license_id, key_test_id=test_id, now=now()
    )
    with short_transaction(license_id):
        return KeyTest.objects.get(id=test_id)


def test_a_key_is_tested_by_reads_alone(brand: Brand, desk: Desk) -> None:
    before = len(desk.journal())
    fault(desk, "/employees/v2", "401")

    test = run(brand)

    outcomes = {one["endpoint"]: one["outcome"] for one in test.results}
    assert test.state == "DONE"
    assert outcomes["GET /packages/v2/active"] == "MAY"
    assert outcomes["GET /employees/v2/"] == "MAY_NOT"
    asked = [one for one in desk.journal()[before:] if not one["path"].startswith("/desk")]
    assert {one["method"] for one in asked} == {"GET"}
    assert len(events_of(brand.licenses[MAKER], "key.tested")) == 1


def test_metrc_away_says_nothing_of_the_key(brand: Brand, desk: Desk) -> None:
    desk.do("api", up=False)
    try:
        test = run(brand)
    finally:
        desk.do("api", up=True)

    assert (test.state, test.results) == ("FAILED", [])
    assert test.error
