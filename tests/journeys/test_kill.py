"""A worker killed with -9 anywhere in a send: the next one brings the same end, and no duplicate."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

import glassbox.operations.submission
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.queries.package_grid.grid import PackageFilter, package_list
from glassbox.queries.package_grid.views import PackageView
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import ClusterUrls
from tests import listening
from tests.desk import Desk
from tests.journeys.story import action_of, approve, draft, now, person, read, receive_oil, split

POINTS = (
    "before_look",
    "inside_claim",
    "after_claim",
    "before_ticket",
    "after_ticket",
    "before_first_byte",
    "after_answer",
    "before_record",
    "inside_record",
    "after_record",
    "before_lookup",
    "after_lookup",
    "inside_settle",
    "after_settle",
)
# On the way of what METRC has already: killed at in tests/torture.
UNSENT_POINTS = ("before_settle_unsent", "inside_settle_unsent")
# No hook of ours runs there: METRC has the request, and its answer is on the way.
WHILE_METRC_WORKS = "while METRC works"
AROUND_THE_CALL = ("after_ticket", "inside_record", WHILE_METRC_WORKS)
# The seeded cells of tests/torture strike every point in each run too, with workers that begin
# faster; these are the very processes of an installation.
A_FEW = pytest.param(AROUND_THE_CALL, id="around the call")
EVERY_ONE = pytest.param((*POINTS, WHILE_METRC_WORKS), id="every point", marks=pytest.mark.long)
ONE = pytest.param((WHILE_METRC_WORKS,), id="in the call")
THREE = pytest.param(AROUND_THE_CALL, id="around the call", marks=pytest.mark.long)
SETTLE_SECONDS = 4
PATIENCE_SECONDS = 40.0


class WorkerOfATest:
    """A real worker process on the test's database and simulator."""

    def __init__(self, database: ClusterUrls, kill_at: str = "", **changes: str) -> None:
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / "glassbox"), "worker"],
            env={
                **os.environ,
                **database.as_environment(),
                "GLASSBOX_METRC_URL": settings.GLASSBOX_METRC_URL,
                "GLASSBOX_METRC_VENDOR_KEY": settings.GLASSBOX_METRC_VENDOR_KEY,
                "GLASSBOX_METRC_TIMEOUT_SECONDS": "3",
                "GLASSBOX_SETTLE_WINDOW_SECONDS": str(SETTLE_SECONDS),
                "GLASSBOX_SYNC_EVERY_SECONDS": "1000000000",
                "GLASSBOX_LOG_LEVEL": listening.level("CRITICAL"),
                "GLASSBOX_KILL_AT": kill_at,
                **changes,
            },
            stdin=subprocess.DEVNULL,
        )

    def __enter__(self) -> WorkerOfATest:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def wait_for(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.1)


def move_our_clock(superuser: psycopg.Connection[Any], seconds: int) -> None:
    superuser.execute("update installation set clock_offset_seconds = %s", [seconds])


def effects_of(desk: Desk, mark: str) -> int:
    """Return how often METRC applied a write that carries this tag or token."""
    return sum(
        1
        for entry in desk.journal()
        if entry["method"] != "GET" and entry["applied"] and mark in json.dumps(entry["body"])
    )


def kill_a_worker(
    database: ClusterUrls, desk: Desk, point: str, mark: str, write: tuple[str, str]
) -> None:
    """Let a worker begin, and see it die by SIGKILL where it was asked to."""
    if point != WHILE_METRC_WORKS:
        with WorkerOfATest(database, kill_at=point) as worker:
            wait_for(lambda: worker.process.poll() is not None, f"the worker died at {point}")
            assert worker.process.returncode == -signal.SIGKILL
        return
    method, path = write
    rule = {"method": method, "path": path, "kind": "slow-after", "times": 1, "delayMs": 2500}
    desk.do("faults", rules=[rule])
    with WorkerOfATest(database) as worker:
        wait_for(lambda: effects_of(desk, mark) == 1, "METRC has the write")
        worker.process.kill()
    desk.do("faults", rules=[])


def finish(
    brand: Brand, database: ClusterUrls, superuser: psycopg.Connection[Any], action_id: int
) -> str:
    """Start a worker once the dead one's deadline has passed; return where the action ends."""
    move_our_clock(superuser, 60)
    with WorkerOfATest(database):
        wait_for(
            lambda: (
                action_of(brand, MAKER, action_id).state
                in (ActionState.ACCEPTED, ActionState.REJECTED, ActionState.BLOCKED)
            ),
            f"action {action_id} is settled",
        )
    move_our_clock(superuser, 0)
    return str(action_of(brand, MAKER, action_id).state)


def books(brand: Brand) -> dict[str, tuple[object, object]]:
    grid = package_list(
        actor=person(brand, "Ana"),
        license_ids=(brand.licenses[MAKER],),
        filter=PackageFilter(view=PackageView.ALL),
        now=datetime.now(UTC),
    )
    return {row.label: (row.our_quantity, row.metrc_quantity) for row in grid.rows}


def prepare(brand: Brand, desk: Desk) -> str:
    (oil,) = receive_oil(brand, desk, 100_000)
    # Every licence was read once, so that the worker's timetable has nothing else to do.
    for number in brand.licenses:
        if number != MAKER:
            read(brand, number)
    return oil


def test_every_named_point_is_in_the_list_that_is_killed_at() -> None:
    folder = Path(glassbox.operations.submission.__file__).parent
    reached = {
        ast.literal_eval(call.args[0])
        for file in folder.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "reach"
    }

    assert reached == {*POINTS, *UNSENT_POINTS}


def end_of_a_killed_send(
    people: tuple[str, str],
    kind: str,
    facts: dict[str, Any],
    point: str,
    write: tuple[str, str],
    at: tuple[Brand, Desk, ClusterUrls, psycopg.Connection[Any]],
    mark: str = "",
) -> tuple[str, int]:
    """Draft, approve, kill the worker at `point`, finish; return the end and METRC's effects.

    `mark` is what the write carries; the action's own token where it is empty.
    """
    brand, desk, database, superuser = at
    drafter, approver = people
    action_id = draft(brand, drafter, MAKER, kind, facts)
    approve(brand, database, drafter, approver, MAKER, action_id)
    carried = mark or action_of(brand, MAKER, action_id).token
    kill_a_worker(database, desk, point, carried, write)
    end = finish(brand, database, superuser, action_id)
    return end, effects_of(desk, carried)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("points", [A_FEW, EVERY_ONE])
def test_a_create_survives_the_death_of_its_worker(
    points: tuple[str, ...],
    brand: Brand,
    desk: Desk,
    database: ClusterUrls,
    superuser: psycopg.Connection[Any],
) -> None:
    oil = prepare(brand, desk)
    tags = {point: f"1A4060300000001000000{455 + n}" for n, point in enumerate(points)}
    ends, at = {}, (brand, desk, database, superuser)

    for point, tag in tags.items():
        facts = {"packages": [split(tag, oil, "500")]}
        ends[point] = end_of_a_killed_send(
            ("Ana", "Ben"), "package.create", facts, point, ("POST", "/packages/v2/"), at, tag
        )

    assert ends == dict.fromkeys(points, (ActionState.ACCEPTED, 1))
    left = 100_000 - 500 * len(points)
    assert books(brand) == {oil: (left, left), **dict.fromkeys(tags.values(), (500, 500))}


@pytest.mark.parametrize("points", [ONE, THREE])
def test_a_difference_survives_the_death_of_its_worker_around_the_call(
    points: tuple[str, ...],
    brand: Brand,
    desk: Desk,
    database: ClusterUrls,
    superuser: psycopg.Connection[Any],
) -> None:
    oil = prepare(brand, desk)
    ends, at = {}, (brand, desk, database, superuser)

    for point in points:
        facts = {
            "label": oil,
            "difference": "-12",
            "unit": "Grams",
            "reason": "Waste",
            "note": "Spilled at the filler",
            "date": now().date().isoformat(),
        }
        ends[point] = end_of_a_killed_send(
            ("Ana", "Fay"), "package.adjust_by", facts, point, ("POST", "/packages/v2/adjust"), at
        )

    assert ends == dict.fromkeys(points, (ActionState.ACCEPTED, 1))
    left = 100_000 - 12 * len(points)
    assert books(brand) == {oil: (left, left)}


@pytest.mark.parametrize("points", [ONE, THREE])
def test_a_named_record_survives_the_death_of_its_worker_around_the_call(
    points: tuple[str, ...],
    brand: Brand,
    desk: Desk,
    database: ClusterUrls,
    superuser: psycopg.Connection[Any],
) -> None:
    prepare(brand, desk)
    names = {point: f"Cold Room {n}" for n, point in enumerate(points)}
    ends, at = {}, (brand, desk, database, superuser)

    for point, name in names.items():
        facts = {"name": name, "type_name": "Default Location Type"}
        ends[point] = end_of_a_killed_send(
            ("Fay", "Ben"), "location.create", facts, point, ("POST", "/locations/v2/"), at, name
        )

    assert ends == dict.fromkeys(names, (ActionState.ACCEPTED, 1))


@pytest.mark.parametrize("points", [ONE, THREE])
def test_a_set_survives_the_death_of_its_worker_around_the_call(
    points: tuple[str, ...],
    brand: Brand,
    desk: Desk,
    database: ClusterUrls,
    superuser: psycopg.Connection[Any],
) -> None:
    oil = prepare(brand, desk)
    rooms = dict(zip(points, ("Vault", "Packing Room", "Receiving"), strict=False))
    ends, at = {}, (brand, desk, database, superuser)

    for point, room in rooms.items():
        facts = {"labels": [oil], "location": room, "date": now().date().isoformat()}
        ends[point] = end_of_a_killed_send(
            ("Dee", "Fay"), "package.move", facts, point, ("PUT", "/packages/v2/location"), at, room
        )

    assert ends == dict.fromkeys(rooms, (ActionState.ACCEPTED, 1))
