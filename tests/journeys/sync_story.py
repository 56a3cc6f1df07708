"""Short words for what a sync leaves behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.sync import SyncCursor, SyncRun
from glassbox.operations.sync.run import run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.desk import Desk
from tests.journeys.story import now


def sync(
    brand: Brand, number: str = MAKER, at: datetime | None = None, trigger: str = "test"
) -> int:
    return run_sync(
        actor=system_actor("sync"),
        license_id=brand.licenses[number],
        trigger=trigger,
        now=at or now(),
    )


def fault(desk: Desk, path: str, kind: str, **more: Any) -> None:
    desk.do("faults", rules=[{"path": path, "kind": kind, **more}])


def labels(brand: Brand, number: str = MAKER) -> set[str]:
    with short_transaction(brand.licenses[number]):
        return set(Package.objects.values_list("label", flat=True))


def snapshot_count(brand: Brand, number: str = MAKER) -> int:
    with short_transaction(brand.licenses[number]):
        return PackageSnapshot.objects.count()


def newest(brand: Brand, label: str, number: str = MAKER) -> PackageSnapshot | None:
    with short_transaction(brand.licenses[number]):
        return PackageSnapshot.objects.filter(package__label=label, is_newest=True).first()


def cursor(brand: Brand, feed: str, number: str = MAKER) -> SyncCursor:
    with short_transaction(brand.licenses[number]):
        return SyncCursor.objects.get(feed=feed)


def runs(brand: Brand, number: str = MAKER) -> list[tuple[str, str]]:
    with short_transaction(brand.licenses[number]):
        return list(SyncRun.objects.order_by("id").values_list("state", "error"))


def open_cases(brand: Brand, number: str = MAKER) -> dict[str, str]:
    """Class and what happened of every open case."""
    with short_transaction(brand.licenses[number]):
        found = ExceptionCase.objects.filter(state=CaseState.OPEN)
        return dict(found.values_list("case_class", "what_happened"))
