"""Where the nodes of a tree are found: in rows of 256 hashes, in the database or in a directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg

from glassbox.audit.tree import TILE_HEIGHT, Frontier, peaks_of

TILE_WIDTH = 1 << TILE_HEIGHT

# Reads the hashes of one tile, by tile level and index; a partial tile where the tree ends.
ReadTile = Callable[[int, int], list[bytes]]


class TileMissing(LookupError):
    """A tile is not there, or has not as many hashes as the tree needs; the message names it."""


class Nodes:
    """Any node of a tree, out of the tiles that hold it; each tile is read once."""

    def __init__(self, read_tile: ReadTile) -> None:
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def read(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree of height `level` from leaf `index << level` on.

        :raises TileMissing: if a hash of it is not there
        """
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        place = (tile_level, first // TILE_WIDTH)
        if place not in self._tiles:
            self._tiles[place] = self._read_tile(*place)
        begin = first % TILE_WIDTH
        hashes = self._tiles[place][begin : begin + (1 << height)]
        if len(hashes) != 1 << height:
            raise TileMissing(f"Tile {place[1]} of level {tile_level} is too short.")
        return next(peaks_of(hashes))

    def frontier(self, size: int) -> Frontier:
        """Return the right edge of the tree of the first `size` leaves."""
        peaks, start = [], 0
        while start < size:
            level = (size - start).bit_length() - 1
            peaks.append(self.read(level, start >> level))
            start += 1 << level
        return Frontier(size, peaks)


def database_nodes(connection: psycopg.Connection, log_id: int, size: int) -> Nodes:
    """Return the nodes of the first `size` leaves of a log, from the rows of the database."""

    def read_tile(level: int, index: int) -> list[bytes]:
        start = index * TILE_WIDTH
        end = min(start + TILE_WIDTH, size >> (TILE_HEIGHT * level))
        if level == 0:
            rows = connection.execute(
                "SELECT leaf FROM audit_leaves WHERE log_id = %s AND index >= %s AND index < %s"
                " ORDER BY index",
                [log_id, start, end],
            )
        else:
            rows = connection.execute(
                "SELECT root FROM audit_tiles WHERE log_id = %s AND level = %s AND index >= %s"
                " AND index < %s ORDER BY index",
                [log_id, level - 1, start, end],
            )
        return [bytes(row[0]) for row in rows]

    return Nodes(read_tile)


def directory_nodes(folder: Path, size: int) -> Nodes:
    """Return the nodes of the first `size` leaves of an exported log, from its tile files."""

    def read_tile(level: int, index: int) -> list[bytes]:
        path = folder / tile_path(level, index, width_of(size, level, index))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TileMissing(f"{path} cannot be read.") from error
        return [content[at : at + 32] for at in range(0, len(content), 32)]

    return Nodes(read_tile)


def width_of(size: int, level: int, index: int) -> int:
    """Return how many hashes a tile has in the tree of `size` leaves: 256, fewer at its edge."""
    return min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Return a tile's place below the log's directory; level "entries" is the bundles of entries."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"
