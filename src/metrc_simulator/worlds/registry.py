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
from metrc_simulator.worlds.sized.build import Size, build_sized


@dataclass(frozen=True)
class World:
    """A named world; `build` fills an empty store."""

    name: str
    summary: str
    build: Callable[[Ground], None]
    is_sized: bool = False


def _empty(ground: Ground) -> None:
    build_cast(ground, packaged_cast())


def _sized(name: str, size: Size) -> World:
    summary = f"{size.active:,} active and {size.historic:,} historic packages, {size.days} days"
    return World(name, summary, lambda ground: build_sized(ground, size), is_sized=True)


WORLDS = {
    world.name: world
    for world in (
        World("empty", "the cast with tags, items and locations, and not a single package", _empty),
        World("demo", "the cast with six weeks of history and goods in every state", build_demo),
        _sized("s", Size(active=300, historic=2_000, days=90)),
        _sized("m", Size(active=5_000, historic=200_000, days=1_095)),
        _sized("l", Size(active=50_000, historic=3_000_000, days=1_095)),
    )
}


def is_sized(name: str) -> bool:
    """Return whether a world is one of a size, which is written without a way back."""
    return name in WORLDS and WORLDS[name].is_sized


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
