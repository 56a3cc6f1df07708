"""Opening a simulator and running it: in this thread's process, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
from metrc_simulator.worlds.cast import Ground
from metrc_simulator.worlds.registry import build_world


def open_engine(
    profile_name: str,
    world: str,
    state_path: str | None = None,
    switches: Mapping[str, str] | None = None,
) -> Engine:
    """Open the state, building `world` when it is empty, and return the engine.

    A state file keeps its world, whatever `world` says; `reset` at the desk starts another.
    `switches` replace the profile's own, as texts: see `profiles.profile.read_switch`.
    """
    profile = Profile(profile_name, switches)
    store = Store(state_path)
    try:
        kept = store.setting("world")
        clock = MetrcClock(float(store.setting("offset_seconds") or 0))
        engine = Engine(store, profile, People(store), clock, world_name=kept or world)
        _begin(engine, kept is not None)
        engine.people.reload()
        return engine
    except BaseException:
        store.close()
        raise


def _begin(engine: Engine, is_kept: bool) -> None:
    store, now = engine.store, engine.clock.now()
    ground = ground_of(engine.profile, engine.world_name, store.ids_given())
    effect = CONTINUED if is_kept else STARTED
    entry = Entry(now, "POST", START_PATH, {}, applied=[{"effect": effect, **ground}], tells=False)
    with store.transaction():
        if not is_kept:
            build_world(engine.world_name, Ground(store, engine.profile, now))
            store.keep_setting("world", engine.world_name)
        # The run's first entry says what it stands on, for a replay.
        engine.journal.write(entry, nothing(200))


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
