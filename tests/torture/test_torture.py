"""Every named point of the sender is in the torture, and PostgreSQL dies in it as it does outside."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path
from threading import Timer

import psycopg
import pytest

import glassbox.operations.submission
from glassbox.runtime.postgres import ClusterUrls
from tests.torture.cells import FAULTS, KILLED, UNSENT_POINTS
from tests.torture.ground import keep_commits, kill_postgres
from tests.torture.plan import grid
from tests.torture.seeded_cells import half_of_the_cells


def named_points() -> set[str]:
    """Return every point that the sender's code names."""
    folder = Path(glassbox.operations.submission.__file__).parent
    return {
        ast.literal_eval(call.args[0])
        for file in folder.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "reach"
    }


def test_the_table_kills_at_every_point_that_the_sender_names() -> None:
    kills = {f"kill -9 {point}" for point in named_points()}
    assert len(kills) >= 15
    assert kills == {*KILLED, *(f"kill -9 {point}" for point in UNSENT_POINTS)}
    assert kills <= {crash for _, crash, _, _ in grid()}


def test_the_halves_that_every_run_plays_are_forty_cells_with_every_point_and_fault() -> None:
    cells = [cell for number in (0, 1) for cell in half_of_the_cells(number)]
    assert len(cells) == 40
    assert {crash for _, crash, _, _ in cells} >= {crash for _, crash, _, _ in grid()}
    assert {fault for _, _, fault, _ in cells} == set(FAULTS)


def test_after_a_death_of_postgresql_the_superuser_is_connected_to_what_recovered(
    database: ClusterUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_slowly(pid: int, number: int) -> None:
        # As on a busy machine, where what is killed lives on until it next runs.
        Timer(0.3, kill, (pid, number)).start()

    kill = os.kill
    monkeypatch.setattr("os.kill", kill_slowly)
    superuser = psycopg.connect(database.superuser, autocommit=True)
    with psycopg.connect(database.application):
        superuser = kill_postgres(database, superuser)
    with superuser:
        time.sleep(0.6)
        assert superuser.execute("select 1").fetchone() == (1,)


def test_a_death_of_postgresql_forgets_nothing_that_was_committed(database: ClusterUrls) -> None:
    keep_commits(database)
    superuser = psycopg.connect(database.superuser, autocommit=True)
    with psycopg.connect(database.application):
        superuser.execute("create table claims as select 1 as id")
        superuser = kill_postgres(database, superuser)
    with superuser:
        assert superuser.execute("select id from claims").fetchall() == [(1,)]
