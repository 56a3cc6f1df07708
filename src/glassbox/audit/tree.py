"""Pure: the Merkle tree of RFC 9162, its proofs, and how they are checked. Nothing of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()
# A tile holds 256 hashes: eight levels of the tree (C2SP tlog-tiles).
TILE_HEIGHT = 8

# Reads the hash of the perfect subtree of height `level` that begins at leaf `index << level`.
ReadNode = Callable[[int, int], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 over a one byte and both children."""
    return sha256(NODE_PREFIX + left + right).digest()


@dataclass
class Frontier:
    """The right edge of a growing tree: its perfect subtrees from left to right, O(log n) hashes."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf hash; return the full tiles it completes, as (tile level, index, root)."""
        index, size, peaks, height, tiles = self.size, self.size, self.peaks, 0, []
        while size & 1:
            leaf = sha256(NODE_PREFIX + peaks.pop() + leaf).digest()
            size >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                tiles.append((height // TILE_HEIGHT - 1, index >> height, leaf))
        peaks.append(leaf)
        self.size = index + 1
        return tiles

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def copy(self) -> Frontier:
        """Return a frontier that grows on its own."""
        return Frontier(self.size, list(self.peaks))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes, folding level by level."""
    frontier = Frontier(len(leaves), list(peaks_of(leaves)))
    return frontier.root()


def peaks_of(leaves: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the roots of the perfect subtrees of these leaf hashes, the largest first."""
    start = 0
    while start < len(leaves):
        width = 1 << ((len(leaves) - start).bit_length() - 1)
        row = list(leaves[start : start + width])
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        yield row[0]
        start += width


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root of the tree of `size` leaves."""
    assert 0 <= index < size, "the leaf is in the tree"
    start, end, siblings = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [_range_root(first, last, read) for first, last in reversed(siblings)]


def consistency_proof(old: int, new: int, read: ReadNode) -> list[bytes]:
    """Return the hashes that show the tree of `old` leaves to be the beginning of that of `new`."""
    assert 0 < old <= new, "an empty tree is consistent with every tree and needs no proof"
    start, end, is_whole, ranges = 0, new, True, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        ranges.append((start, end))
    return [_range_root(first, last, read) for first, last in reversed(ranges)]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether a proof shows `leaf` at `index` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and found == root


def inclusion_steps(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> Iterator[tuple[bytes, bool, bytes]]:
    """Yield each step from a leaf to the root: the sibling, whether it stands left, the result."""
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        is_left = bool(position & 1) or position == last
        if is_left:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        position >>= 1
        last >>= 1
        yield sibling, is_left, found


def is_consistent(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Return whether a proof shows one tree to be the beginning of the other (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found_new = node_hash(found_new, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and found_old == old_root and found_new == new_root


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _range_root(start: int, end: int, read: ReadNode) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(width)
    return node_hash(_range_root(start, middle, read), _range_root(middle, end, read))
