"""A log's tiles and bundles of entries as files (C2SP tlog-tiles), written as the log grows."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from glassbox.audit.tiles import TILE_WIDTH, TileMissing, tile_path
from glassbox.audit.tree import TILE_HEIGHT, peaks_of

LENGTH_BYTES = 2


class TileWriter:
    """Writes the tiles of one log below a folder, from `size` entries on that are there already.

    What is full is written at once and never again; what the right edge holds, by `finish`.
    `is_lasting` says whether each file must outlive a lost power, as a mirror's must.

    :raises TileMissing: if the right edge of the `size` entries is not there, or damaged
    """

    def __init__(self, folder: Path, size: int = 0, *, is_lasting: bool = True) -> None:
        self.folder, self.size = folder, size
        self._is_lasting = is_lasting
        self._levels = _edge_of(folder, size)
        self._bundle = _edge_bundle(folder, size)
        self._old_edge = _edge_paths(folder, size)

    def append(self, leaf: bytes, entry: bytes) -> None:
        """Add one entry and its leaf hash."""
        self._bundle.append(_as_in_bundle(entry))
        self.size += 1
        self._push(0, leaf)
        if len(self._bundle) == TILE_WIDTH:
            path = tile_path("entries", self.size // TILE_WIDTH - 1)
            self._write(path, self._bundle)
            self._bundle.clear()

    def finish(self) -> None:
        """Write the partial tiles of the right edge."""
        if self._bundle:
            path = tile_path("entries", self.size // TILE_WIDTH, len(self._bundle))
            self._write(path, self._bundle)
        for level, (index, hashes) in enumerate(self._levels):
            if hashes:
                path = tile_path(level, index, len(hashes))
                self._write(path, hashes)

    def forget_old_edge(self) -> None:
        """Delete the partial tiles that an older checkpoint needed and the newer one does not."""
        for path in self._old_edge - _edge_paths(self.folder, self.size):
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                # Only where nothing is left in it.
                path.parent.rmdir()

    def _write(self, path: str, parts: list[bytes]) -> None:
        write_file(self.folder / path, b"".join(parts), is_lasting=self._is_lasting)

    def _push(self, level: int, item: bytes) -> None:
        if level == len(self._levels):
            self._levels.append((0, []))
        index, hashes = self._levels[level]
        hashes.append(item)
        if len(hashes) == TILE_WIDTH:
            self._write(tile_path(level, index), hashes)
            self._levels[level] = (index + 1, [])
            self._push(level + 1, next(peaks_of(hashes)))


def write_file(path: Path, content: bytes, *, is_lasting: bool = True) -> None:
    """Write a file whole or not at all: a reader never sees half of it, nor does a lost power.

    Without `is_lasting` a lost power may: for what can be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        if is_lasting:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)


def _edge_of(folder: Path, size: int) -> list[tuple[int, list[bytes]]]:
    levels, level = [], 0
    while hashes := size >> (TILE_HEIGHT * level):
        index, width = divmod(hashes, TILE_WIDTH)
        content = _read(folder / tile_path(level, index, width)) if width else b""
        if len(content) != 32 * width:
            raise TileMissing(f"Tile {index} of level {level} in {folder} is damaged.")
        levels.append((index, [content[at : at + 32] for at in range(0, len(content), 32)]))
        level += 1
    return levels


def read_bundle(folder: Path, index: int, width: int = TILE_WIDTH) -> list[bytes]:
    """Return the entries of one bundle of a log, in their order.

    :raises TileMissing: if it is not there, or has not as many entries as it should
    """
    content, entries, at = _read(folder / tile_path("entries", index, width)), [], 0
    while at < len(content):
        end = at + LENGTH_BYTES + int.from_bytes(content[at : at + LENGTH_BYTES], "big")
        entries.append(content[at + LENGTH_BYTES : end])
        at = end
    if len(entries) != width or at != len(content):
        raise TileMissing(f"Bundle {index} in {folder} is damaged.")
    return entries


def _edge_bundle(folder: Path, size: int) -> list[bytes]:
    index, width = divmod(size, TILE_WIDTH)
    return [_as_in_bundle(entry) for entry in read_bundle(folder, index, width)] if width else []


def _as_in_bundle(entry: bytes) -> bytes:
    return len(entry).to_bytes(LENGTH_BYTES, "big") + entry


def _edge_paths(folder: Path, size: int) -> set[Path]:
    paths, level = set(), 0
    while hashes := size >> (TILE_HEIGHT * level):
        index, width = divmod(hashes, TILE_WIDTH)
        if width:
            names = (level, "entries") if level == 0 else (level,)
            paths |= {folder / tile_path(name, index, width) for name in names}
        level += 1
    return paths


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TileMissing(f"{path} cannot be read.") from error
