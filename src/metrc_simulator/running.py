"""Opening a simulator and running it: in this thread's process, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from metrc_simulator.answers import nothing
from metrc_simulator.clock import MetrcClock
from metrc_simulator.engine import Engine
from metrc_simulator.http_server import SimulatorServer
from metrc_simulator.journal import Entry
from metrc_simulator.people import People
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.recording import CONTINUED, START_PATH, STARTED, ground_of
from metrc_simulator.simulator import Simulator
from metrc_simulator.store import Store
from metrc_simulator.worlds.cast import Ground, WorldBroken
from metrc_simulator.worlds.registry import build_world, is_sized


def open_engine(
    profile_name: str,
    world: str,
    state_path: str | None = None,
    switches: Mapping[str, str] | None = None,
    seed: int = 1,
) -> Engine:
    """Open the state, building `world` when it is empty, and return the engine.

    A state file keeps its world, whatever `world` says; `reset` at the desk starts another.
    `switches` replace the profile's own, as texts: see `profiles.profile.read_switch`; `seed`
    settles what a world of a size leaves to chance.
    """
    profile = Profile(profile_name, switches)
    store = Store(state_path)
    try:
        kept = store.setting("world")
        clock = MetrcClock(float(store.setting("offset_seconds") or 0))
        engine = Engine(store, profile, People(store), clock, world_name=kept or world)
        _begin(engine, kept is not None, seed)
        engine.people.reload()
        return engine
    except BaseException:
        store.close()
        raise


def _begin(engine: Engine, is_kept: bool, seed: int) -> None:
    store, now = engine.store, engine.clock.now()
    ground = ground_of(engine.profile, engine.world_name, store.ids_given(), seed)
    effect = CONTINUED if is_kept else STARTED
    entry = Entry(now, "POST", START_PATH, {}, applied=[{"effect": effect, **ground}], tells=False)
    is_loaded = not is_kept and is_sized(engine.world_name)
    with store.loading() if is_loaded else nullcontext(), store.transaction():
        if not is_kept:
            build_world(engine.world_name, Ground(store, engine.profile, now, seed))
            store.keep_setting("world", engine.world_name)
        # The run's first entry says what it stands on, for a replay.
        engine.journal.write(entry, nothing(200))


def build_state(profile_name: str, world: str, state_path: str | None, seed: int) -> None:
    """Build a world into a file that does not exist yet; a build that breaks off leaves none.

    :raises WorldBroken: if there is no path, or a file stands there already
    """
    if state_path is None:
        raise WorldBroken(f"world {world!r}: name the file to make with --state FILE")
    path, part = Path(state_path), Path(f"{state_path}.part")
    if path.exists():
        raise WorldBroken(f"state file {path} exists already; name another or delete it")
    try:
        open_engine(profile_name, world, str(part), seed=seed).store.close()
        part.rename(path)
    finally:
        for leftover in (part, Path(f"{part}-wal"), Path(f"{part}-shm")):
            leftover.unlink(missing_ok=True)


@contextmanager
def running(
    world: str = "empty",
    profile_name: str = "ca",
    state_path: str | None = None,
    port: int = 0,
    switches: Mapping[str, str] | None = None,
) -> Iterator[SimulatorServer]:
    """Run a simulator on a loopback port (0 picks a free one) until the block ends."""
    engine = open_engine(profile_name, world, state_path, switches)
    try:
        server = SimulatorServer(
            port, Simulator(engine).answer, lambda: engine.clock.now().timestamp()
        )
    except BaseException:
        engine.store.close()
        raise
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        engine.stopping.set()
        server.stop()
        thread.join()
        engine.store.close()
