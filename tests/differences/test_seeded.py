"""Five hundred differences of every class, sown into a world that both books agreed about."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, Brand, open_brand
from glassbox.models.reconciliation import ReconciliationLine, ReconciliationReport
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.sync.run import SyncFailed
from glassbox.operations.transaction import short_transaction
from glassbox.queries.freshness import freshness
from glassbox.rules.actor import system_actor
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.runtime.postgres import ClusterUrls
from tests.conftest import point_at, served_simulator
from tests.desk import Desk
from tests.differences.seeds import Field, bring_goods, sow_all, sow_timing
from tests.journeys.story import now
from tests.journeys.sync_story import sync

PER_CLASS = 42
GOODS = 460
TAGS = 200
# Of the seeds that have a class; none of them may be missed.
RIGHT_AT_LEAST = 0.95
LATER = timedelta(hours=1)
RUNS_AT_MOST = 30


@pytest.fixture
def large_desk(
    database: ClusterUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The desk of world m, which is built into a file first; no list waits for its hour to end."""
    monkeypatch.setattr("glassbox.operations.sync.planning.BUDGET_PERIOD", timedelta(0))
    state = str(tmp_path / "m.db")
    program = str(Path(sys.executable).parent / "metrc-simulator")
    subprocess.run([program, "worlds", "m", "--state", state], check=True, timeout=1200)
    with served_simulator("--state", state) as address, Desk(address) as desk:
        point_at(desk)
        settings.METRC_TIMEOUT_SECONDS = 60.0
        yield desk


def settled_field(desk: Desk, days: int) -> Field:
    """The brand in a world of METRC, its goods read, and both books in agreement."""
    labels = bring_goods(desk, GOODS)
    tags = desk.do("receive-tags", licenseNumber=MAKER, count=TAGS)["labels"]
    brand = open_brand(
        metrc_users=desk.keys()["users"],
        sync_from=now() - timedelta(days=days),
        now=now(),
        with_passwords=False,
    )
    sync(brand)
    for _ in range(RUNS_AT_MOST):
        if is_read_to_the_end(brand):
            break
        sync(brand)
    assert is_read_to_the_end(brand)
    return Field(brand=brand, desk=desk, sown_at=now(), untouched=labels, tags=tags)


def is_read_to_the_end(brand: Brand) -> bool:
    (seen,) = freshness(actor=system_actor("sync"), license_ids=(brand.licenses[MAKER],))
    return seen.as_of is not None and seen.packages_as_of is not None


def compare(field: Field, at_offset: timedelta) -> dict[str, set[str]]:
    """Return the classes found for each label."""
    report_id = reconcile_license(
        actor=system_actor("reconcile"), license_id=field.license_id, now=now() + at_offset
    )
    with short_transaction(field.license_id):
        report = ReconciliationReport.objects.get(id=report_id)
        found: dict[str, set[str]] = {}
        for label, name in ReconciliationLine.objects.filter(report=report).values_list(
            "label", "difference_class"
        ):
            found.setdefault(label, set()).add(name)
        return found


def check(field: Field, before: dict[str, set[str]], found: dict[str, set[str]]) -> None:
    new = {label: names for label, names in found.items() if label not in before}
    missed = [label for label in field.sown if label not in found]
    assert missed == [], f"{len(missed)} of {len(field.sown)} were missed"
    assert sorted(set(new) - set(field.sown)) == [], "nothing else differs"
    wrong = Counter(
        (expected.value, *sorted(found[label]))
        for label, expected in field.sown.items()
        if expected.value not in found[label]
    )
    share = 1 - sum(wrong.values()) / len(field.sown)
    assert share >= RIGHT_AT_LEAST, f"{share:.3f} are right; wrong: {dict(wrong)}"


def sow_and_compare(field: Field) -> None:
    before = compare(field, timedelta(0))
    sow_all(field, PER_CLASS)
    field.desk.do("clock", offsetSeconds=LATER.total_seconds())
    sync(field.brand, at=now() + LATER)
    sow_timing(field, PER_CLASS, now() + LATER)
    assert len(field.sown) >= 500
    assert set(field.sown.values()) == set(DifferenceClass) - {DifferenceClass.AUTHORITY}

    check(field, before, compare(field, LATER))


def test_five_hundred_seeded_differences_get_their_right_names(
    database: ClusterUrls, desk: Desk
) -> None:
    desk.do("reset", world="demo")
    point_at(desk)
    sow_and_compare(settled_field(desk, days=30))


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_five_hundred_seeded_differences_get_their_right_names_in_a_large_world(
    large_desk: Desk,
) -> None:
    sow_and_compare(settled_field(large_desk, days=366))


def test_what_a_lost_permission_hides_is_said_so_and_called_missing_by_nobody(
    brand: Brand, desk: Desk
) -> None:
    labels = bring_goods(desk, 3)
    sync(brand)
    field = Field(brand=brand, desk=desk, sown_at=now(), untouched=labels)
    desk.do("clock", offsetSeconds=LATER.total_seconds())
    desk.do("faults", rules=[{"path": "/packages/v2/active", "kind": "401", "times": 1000}])
    with pytest.raises(SyncFailed):
        sync(brand, at=now() + LATER)
    for label in labels:
        field.book(label, "-5", at=now() + LATER)

    found = compare(field, LATER)

    assert {label: names for label, names in found.items() if label in labels} == {
        label: {"AUTHORITY"} for label in labels
    }
