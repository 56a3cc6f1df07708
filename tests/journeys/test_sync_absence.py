"""What METRC no longer shows is looked for before it counts as gone; a part proves nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.reconciliation import ReconciliationReport
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.sync.run import SyncFailed
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.desk import Desk
from tests.journeys.story import now, receive_oil
from tests.journeys.sync_story import fault, newest, open_cases, snapshot_count, sync
from tests.journeys.twisted_metrc import each_row, twisted

A_DAY = timedelta(hours=25)


def compare(brand: Brand) -> dict[str, str]:
    """Compare now; return the class of difference of every label."""
    license_id = brand.licenses[MAKER]
    at = now() + A_DAY
    report_id = reconcile_license(actor=system_actor("r"), license_id=license_id, now=at)
    with short_transaction(license_id):
        lines = ReconciliationReport.objects.get(id=report_id).lines
        return dict(lines.values_list("label", "difference_class"))


def test_an_unchanged_package_is_seen_again_each_day_in_the_window_of_its_last_change(
    brand: Brand, desk: Desk
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    before, at = snapshot_count(brand), now() + A_DAY

    sync(brand, at=at)

    assert snapshot_count(brand) == before
    with short_transaction(brand.licenses[MAKER]):
        assert Package.objects.get(label=oil).confirmed_at == at


def test_a_package_that_vanished_is_missing_only_after_metrc_said_so_itself(
    brand: Brand, desk: Desk
) -> None:
    gone, stays = receive_oil(brand, desk, 100, 200)
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    looked_up = []

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith(f"/packages/v2/{gone}"):
            looked_up.append(path)
            return 401, b""
        if path.startswith("/packages/v2/active"):
            return status, each_row(body, lambda row: None if row["Label"] == gone else row)
        return status, body

    address = settings.GLASSBOX_METRC_URL
    with twisted(address, twist) as settings.GLASSBOX_METRC_URL:
        sync(brand)
        assert newest(brand, gone) is not None, "the list alone proves nothing"
        sync(brand, at=now() + A_DAY)
    settings.GLASSBOX_METRC_URL = address

    assert len(looked_up) == 1
    assert newest(brand, gone) is None
    assert newest(brand, stays) is not None
    assert compare(brand) == {gone: "UNEXPLAINED"}
    assert "MISSING_IN_METRC" in open_cases(brand)

    sync(brand, at=now() + A_DAY)
    compare(brand)
    with short_transaction(brand.licenses[MAKER]):
        case = ExceptionCase.objects.get(case_class="MISSING_IN_METRC")
    assert case.state == "OPEN", "nobody has shown it again yet"
    desk.do("adjust", licenseNumber=MAKER, label=gone, quantity=0.5, reason="Scale Variance")
    sync(brand, at=now() + A_DAY + timedelta(minutes=1))
    assert compare(brand) == {gone: "CHANGED_OUTSIDE"}
    with short_transaction(brand.licenses[MAKER]):
        assert ExceptionCase.objects.get(case_class="MISSING_IN_METRC").state == "CLOSED"


def test_a_dead_key_takes_no_package_away(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    facilities = []

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/facilities"):
            facilities.append(path)
        if path.startswith(f"/packages/v2/{oil}") or len(facilities) > 2:
            return 401, b""
        if path.startswith("/packages/v2/active"):
            return status, each_row(body, lambda row: None)
        return status, body

    address = settings.GLASSBOX_METRC_URL
    with (
        twisted(address, twist) as settings.GLASSBOX_METRC_URL,
        pytest.raises(SyncFailed, match="refuses the key"),
    ):
        sync(brand, at=now() + A_DAY)
    settings.GLASSBOX_METRC_URL = address

    assert newest(brand, oil) is not None


def test_a_partial_walk_neither_misses_a_package_nor_closes_its_case(
    brand: Brand, desk: Desk
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    # Later than the overlap, so that no window shows it once more.
    desk.do("clock", offsetSeconds=timedelta(hours=2).total_seconds())
    sync(brand, at=now() + timedelta(hours=2))
    with short_transaction(brand.licenses[MAKER]):
        # As if METRC had said that the package is not ours.
        Package.objects.get(label=oil).snapshots.update(is_newest=False)
    fault(desk, "/packages/v2/onhold", "html")
    with pytest.raises(SyncFailed):
        sync(brand, at=now() + timedelta(hours=4))

    assert compare(brand) == {oil: "TIMING"}
    with short_transaction(brand.licenses[MAKER]):
        assert ReconciliationReport.objects.get().sync_run is None

    desk.do("faults", rules=[])
    sync(brand, at=now() + timedelta(hours=4))
    assert compare(brand) == {oil: "UNEXPLAINED"}
    fault(desk, "/packages/v2/onhold", "html")
    with pytest.raises(SyncFailed):
        sync(brand, at=now() + timedelta(hours=4))
    assert compare(brand) == {oil: "TIMING"}
    assert "MISSING_IN_METRC" in open_cases(brand)
