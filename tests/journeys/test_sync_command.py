"""`glassbox sync` asks the worker, follows it, and says in one sentence what went wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.runtime.postgres import ClusterUrls
from tests import listening
from tests.desk import Desk
from tests.journeys.story import receive_oil
from tests.journeys.sync_story import fault, runs, sync

GLASSBOX = str(Path(sys.executable).parent / "glassbox")


def environment(database: ClusterUrls) -> dict[str, str]:
    return {
        **os.environ,
        "GLASSBOX_DATABASE_URL": database.application,
        "GLASSBOX_METRC_URL": settings.GLASSBOX_METRC_URL,
        "GLASSBOX_METRC_VENDOR_KEY": settings.GLASSBOX_METRC_VENDOR_KEY,
        # After its first round the timetable stays silent: what follows was asked for.
        "GLASSBOX_SYNC_EVERY_SECONDS": "86400",
    }


@pytest.fixture
def worker(brand: Brand, desk: Desk, database: ClusterUrls) -> Iterator[None]:
    """A real worker. Its timetable begins with a sync of every licence."""
    connections["default"].close()
    process = subprocess.Popen([GLASSBOX, "worker"], env=environment(database))
    yield
    process.terminate()
    process.wait(60)


def command(database: ClusterUrls, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return listening.heard(
        subprocess.run(
            [GLASSBOX, *words],
            env={**environment(database), **more},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    )


def test_the_worker_reads_and_the_command_follows(
    brand: Brand, desk: Desk, database: ClusterUrls, worker: None
) -> None:
    receive_oil_by_hand(desk)
    done = command(database, "sync", "--license", MAKER, "--wait", "120")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().splitlines()[-1].startswith(f"METRC was read for {MAKER} (run ")
    compared = command(database, "reconcile", "--license", MAKER)
    assert (compared.returncode, compared.stdout) == (0, "1 of 1 packages agree.\n")

    after = desk.journal()[-1]["seq"]
    part = command(database, "sync", "--license", MAKER, "--feed", "items", "--wait", "120")
    assert part.returncode == 0
    read = {entry["path"] for entry in desk.journal(after) if entry["licenseNumber"] == MAKER}
    assert read == {"/items/v2/active"}

    fault(desk, "*", "html")
    failed = command(database, "sync", "--license", MAKER, "--wait", "120")
    assert failed.returncode == 2
    assert "GET /facilities/v2/ answered with something that is not JSON" in failed.stderr
    assert "Traceback" not in failed.stderr


def receive_oil_by_hand(desk: Desk) -> None:
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}],
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": shipped["labels"][0], "receivedQuantity": 10}],
    )


def test_without_a_worker_the_command_says_what_to_start(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    done = command(database, "sync", "--license", MAKER, "--wait", "1")

    assert done.returncode == 2
    assert "No worker showed life for 1 s. Start one with `glassbox worker`" in done.stderr
    assert runs(brand) == []


def test_a_feed_that_is_none_is_named_with_the_ones_there_are(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    done = command(database, "sync", "--license", MAKER, "--feed", "pakages")

    assert done.returncode == 2
    assert 'feed: "pakages" cannot be used. Choose among adjust_reason,' in done.stderr


def test_a_licence_that_is_not_here_is_named(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    done = command(database, "sync", "--license", "C11-0000000-LIC")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "glassbox: There is no licence C11-0000000-LIC here.\n"


def test_a_difference_is_printed_and_ends_with_one(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 1000)
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-100, reason="Waste")
    sync(brand)
    # Without a settle window nothing of ours is too young to be compared.
    found = command(database, "reconcile", "--license", MAKER, GLASSBOX_SETTLE_WINDOW_SECONDS="0")

    assert found.returncode == 1
    assert (
        f"{oil}: our book says 1,000 g, METRC says 900 g; in METRC it was adjusted" in found.stdout
    )
    assert found.stdout.endswith("0 of 1 packages agree.\n")
