"""The worlds by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from metrc_simulator.act import Refused
from metrc_simulator.worlds.cast import (
    Ground,
    WorldBroken,
    build_cast,
    cast_of_file,
    packaged_cast,
)
from metrc_simulator.worlds.demo.build import build_demo


@dataclass(frozen=True)
class World:
    """A named world; `build` fills an empty store."""

    name: str
    summary: str
    build: Callable[[Ground], None]


def _empty(ground: Ground) -> None:
    build_cast(ground, packaged_cast())


WORLDS = {
    world.name: world
    for world in (
        World("empty", "the cast with tags, items and locations, and not a single package", _empty),
        World("demo", "the cast with six weeks of history and goods in every state", build_demo),
    )
}


def build_world(name: str, ground: Ground) -> None:
    """Fill an empty store with a world by name or by a path to a `.yaml` file.

    Raises WorldBroken when there is no such world or its file cannot be used.
    """
    if name.endswith((".yaml", ".yml")):
        build_cast(ground, cast_of_file(Path(name)))
        return
    world = WORLDS.get(name)
    if world is None:
        raise WorldBroken(f"world {name!r} is not known; there are {', '.join(WORLDS)}.")
    try:
        world.build(ground)
    except Refused as refused:
        raise WorldBroken(
            f"world {name!r} cannot be built with profile {ground.profile.name!r}: {refused} "
            "World 'empty' can."
        ) from refused
