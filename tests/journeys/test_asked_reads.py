"""A read that somebody asks for is never lost to one that is under way."""

from __future__ import annotations

import pytest

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.jobs.tasks import AnotherRunReads, sync_license
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.operations.transaction import short_transaction
from tests.desk import Desk
from tests.journeys.story import now, read


def run_states(brand: Brand) -> list[str]:
    license_id = brand.licenses[MAKER]
    with short_transaction(license_id):
        return list(
            SyncRun.objects.filter(license_id=license_id)
            .order_by("id")
            .values_list("state", flat=True)
        )


def begin_a_run(brand: Brand) -> None:
    with short_transaction(brand.licenses[MAKER]) as license:
        SyncRun.objects.create(
            company_id=license.company_id,
            license=license,
            state=SyncRunState.RUNNING,
            trigger="timetable",
            started_at=now(),
            heartbeat_at=now(),
        )


def test_what_was_asked_for_comes_after_the_run_under_way(brand: Brand, desk: Desk) -> None:
    begin_a_run(brand)

    with pytest.raises(AnotherRunReads):
        sync_license(license_id=brand.licenses[MAKER], trigger="asked")

    strategy = sync_license.retry_strategy
    assert strategy is not None
    assert AnotherRunReads in (strategy.retry_exceptions or ())
    assert run_states(brand) == [SyncRunState.RUNNING]


def test_what_the_timetable_wants_is_spared_by_the_run_under_way(brand: Brand, desk: Desk) -> None:
    begin_a_run(brand)

    sync_license(license_id=brand.licenses[MAKER], trigger="timetable")

    assert run_states(brand) == [SyncRunState.RUNNING]


def test_without_another_run_it_reads_at_once(brand: Brand, desk: Desk) -> None:
    read(brand, MAKER)

    sync_license(license_id=brand.licenses[MAKER], trigger="asked")

    assert run_states(brand) == [SyncRunState.DONE, SyncRunState.DONE]
