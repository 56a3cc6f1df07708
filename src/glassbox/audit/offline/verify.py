"""Verify an audit trail offline. Python 3.9 or newer; nothing to install, no network, no database.

    python3 verify.py --key KEY DIRECTORY            every log below the directory, entry by entry
    python3 verify.py --key KEY FILE.tlog-proof      one entry, its openings, its place in the anchor
    python3 verify.py --key KEY OLD_CHECKPOINT CLAIM one checkpoint continues another
    python3 verify.py --key KEY PACK                 an inspection pack: the zip, or its folder

KEY is the ledger's public key, one line (name+id+base64) or a file that holds it. Get it from the
licensee by another way than the files you check; without --key the one beside them is used, which
proves that they belong together and not whose they are. What is checked: hashes and proofs of RFC
9162, signatures of RFC 8032, files as C2SP describes them (c2sp.org/tlog-tiles, tlog-checkpoint,
signed-note, tlog-proof); a pack's own checks are in verify_pack.py. Exit code 0 only if all holds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import runpy
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


class Wrong(ValueError):
    """Something does not hold; the message says what and where."""


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def unbase64(text: str) -> bytes:
    """Return the bytes of strict base64, in its one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong(f"{text[:30]!r} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Wrong(f"{text[:30]!r} is base64 in another spelling")
    return data


# ---- Ed25519, RFC 8032 section 5.1.7, on the twisted Edwards curve over 2^255 - 19

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """Return the sum of two points (x, y, z, t = xy/z)."""
    s, u = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    v, w = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = u - s, w - v, w + v, u + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """Return a multiple of a point, by doubling and adding."""
    found: Point = (0, 1, 1, 0)
    while number:
        found = add(found, point) if number & 1 else found
        point, number = add(point, point), number >> 1
    return found


def decode_point(data: bytes) -> Point:
    """Return the point that 32 bytes encode: y, and the sign of x."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - square) % P else x
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a signature or key is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature holds: whether s B = R + k A."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = times(int.from_bytes(digest, "little") % ORDER, decode_point(public))
    left, right = times(scalar, BASE), add(decode_point(signature[:32]), challenge)
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


# ---- Merkle trees, RFC 9162 section 2.1


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right)


def root_of(row: list[bytes]) -> bytes:
    """Return the root over the hashes of one level; an odd last one moves up as it is."""
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0] if row else sha256(b"")


def split(size: int) -> int:
    """Return how many leaves stand in the left branch of a tree: the largest power of two below."""
    return 1 << ((size - 1).bit_length() - 1)


def root_by_path(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that a leaf and its proof come to (2.1.3, from the root downwards)."""
    if (index, size, proof) == (0, 1, []):
        return leaf
    if not proof or not 0 <= index < size or size == 1:
        raise Wrong("the proof has another length than its place in the tree needs")
    left = split(size)
    if index < left:
        return node_hash(root_by_path(leaf, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_by_path(leaf, index - left, size - left, proof[:-1]))


def check_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Check that a leaf stands at an index of a tree."""
    if root_by_path(leaf, index, size, proof) != root:
        raise Wrong(f"the entry does not stand at number {index} of the {size} that were signed")


def both_roots(old: int, new: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Return the roots of the old and the new tree that a proof comes to (2.1.4). `known` is the
    old root while the old tree is a whole branch of the new one: then it is not in the proof."""
    if old == new and len(proof) == (known is None):
        root = proof[0] if known is None else known
        return root, root
    if old >= new or not proof:
        raise Wrong("the proof has another length than the two sizes need")
    left = split(new)
    if old <= left:
        first, second = both_roots(old, left, proof[:-1], known)
        return first, node_hash(second, proof[-1])
    first, second = both_roots(old - left, new - left, proof[:-1], None)
    return node_hash(proof[-1], first), node_hash(proof[-1], second)


def check_consistency(old: int, new: int, proof: list[bytes], first: bytes, second: bytes) -> None:
    """Check that one tree is the beginning of another."""
    roots = both_roots(old, new, proof, first) if old else (sha256(b""), second)
    if roots != (first, second) or (proof and not old):
        raise Wrong(f"the log of {new} entries does not continue that of {old}")


# ---- Checkpoints: three lines, an empty line, signatures


def read_key(text: str) -> bytes:
    """Return the public key of a line name+id+base64."""
    name, identity, material = (text.strip().split("+", 2) + ["", ""])[:3]
    data = unbase64(material)
    if len(data) != 33 or data[0] != 1 or sha256(f"{name}\n".encode() + data)[:4].hex() != identity:
        raise Wrong("the key is no Ed25519 verifier key, or is damaged")
    return data[1:]


@lru_cache(maxsize=256)
def read_checkpoint(note: str, public: bytes) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint, once its log's signature holds."""
    text, gap, lines = note.partition("\n\n")
    origin, size, root = text.split("\n") if text.count("\n") == 2 else ["", "", ""]
    if not gap or not note.endswith("\n") or not size.isdecimal() or str(int(size)) != size:
        raise Wrong("this is no checkpoint")
    if len(unbase64(root)) != 32:
        raise Wrong("this is no checkpoint")
    identity = sha256(origin.encode() + b"\n\x01" + public)[:4]
    for line in lines[:-1].split("\n"):
        dash, name, signed = (line.split(" ") + ["", ""])[:3]
        if dash != "\u2014" or not name or line.count(" ") != 2:
            raise Wrong("a signature line is malformed")
        data = unbase64(signed)
        if name == origin and data[:4] == identity:
            if not is_signed(public, (text + "\n").encode(), data[4:]):
                raise Wrong(f"the signature on {origin} does not hold")
            return origin, int(size), unbase64(root)
    raise Wrong(f"{origin} is not signed with the given key")


# ---- Proofs of one entry, what it commits to, and claims that a log only grew


def check_openings(entry: bytes, openings: dict[str, dict[str, str]]) -> None:
    """Check that each opened text is the one the entry committed to (salted SHA-256)."""
    record = json.loads(entry)
    for name, opening in openings.items():
        value = json.dumps(opening["value"], ensure_ascii=False).encode()
        committed = sha256(b"\x02" + bytes.fromhex(opening["salt"]) + value).hex()
        if committed != record.get(f"{name}_commit"):
            raise Wrong(f"the {name} of event {record.get('event_id')} is not the original one")


def check_proof(text: str, public: bytes) -> tuple[bytes, str, int, bytes]:
    """Check a .tlog-proof that carries its entry; return entry, origin, size and root."""
    head, _, note = text.partition("\n\n")
    kind, carried, place, *path = head.split("\n")
    if kind != "c2sp.org/tlog-proof@v1" or not carried.startswith("extra "):
        raise Wrong("this is no proof that carries its entry")
    if place != f"index {int(place[6:])}":
        raise Wrong("the proof names no index")
    content = unbase64(carried[6:])
    extra = json.loads(content)
    # One spelling only, and nothing that is not checked below.
    spelled = json.dumps(extra, sort_keys=True, ensure_ascii=False).encode()
    if spelled != content or set(extra) - {"entry", "openings", "anchor"}:
        raise Wrong("the proof carries something else than it should")
    entry = unbase64(extra["entry"])
    origin, size, root = read_checkpoint(note, public)
    check_inclusion(leaf_hash(entry), int(place[6:]), size, list(map(unbase64, path)), root)
    if extra.get("openings"):
        check_openings(entry, extra["openings"])
    if extra.get("anchor"):
        check_anchored(extra["anchor"], note, public)
    return entry, origin, size, root


def check_anchored(proof: str, note: str, public: bytes) -> None:
    """Check that the entry a proof of the anchor log carries is this checkpoint."""
    if check_proof(proof, public)[0] != note.partition("\n\n")[0].encode() + b"\n":
        raise Wrong("the anchor log holds another checkpoint than this one")


def check_claim(old: tuple[str, int, bytes], text: str, public: bytes) -> None:
    """Check that a newer checkpoint continues an older one."""
    claim, _, note = text.partition("\n\n")
    first, *path = claim.split("\n")
    new = read_checkpoint(note, public)
    if old[0] != new[0] or first != f"old {old[1]}":
        raise Wrong("the claim speaks of another log, or of another old size")
    check_consistency(old[1], new[1], list(map(unbase64, path)), old[2], new[2])


# ---- A log as files: checkpoint, tile/entries/..., tile/0/..., tile/1/...


def tile(folder: Path, level: str, index: int, width: int) -> bytes:
    """Return the content of a tile; `width` is 256, or less at the right edge."""
    parts, rest = [f"{index % 1000:03d}"], index // 1000
    while rest:
        parts, rest = [f"x{rest % 1000:03d}", *parts], rest // 1000
    name = "/".join(parts) + ("" if width == 256 else f".p/{width}")
    try:
        return (folder / "tile" / level / name).read_bytes()
    except OSError as error:
        raise Wrong(f"tile {level}/{name} is missing") from error


def entries_of(folder: Path, size: int) -> Iterator[bytes]:
    """Yield the entries of a log in order, read from its bundles: each after its length."""
    for start in range(0, size, 256):
        width = min(256, size - start)
        bundle, at = tile(folder, "entries", start // 256, width), 0
        for _ in range(width):
            end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
            if at + 2 > len(bundle) or end > len(bundle):
                raise Wrong(f"bundle {start // 256} is cut off")
            yield bundle[at + 2 : end]
            at = end
        if at != len(bundle):
            raise Wrong(f"bundle {start // 256} is longer than its entries")


def read_openings(folder: Path) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Yield the opened texts beside a log by event, in the log's order; a mirror has none."""
    path = folder / "openings.jsonl"
    if path.exists():
        with path.open(encoding="utf-8", newline="\n") as lines:
            for row in map(json.loads, lines):
                yield row.pop("event_id"), row


def check_tiles(folder: Path, row: list[bytes]) -> bytes:
    """Check that the tiles of every level are those of the leaf hashes; return the root."""
    level, edge = 0, b""
    while row:
        above = []
        for start in range(0, len(row), 256):
            part = row[start : start + 256]
            if tile(folder, str(level), start // 256, len(part)) != b"".join(part):
                raise Wrong(f"tile {start // 256} of level {level} is not that of the entries")
            if len(part) == 256:
                above.append(root_of(part))
            else:
                # What the right edge of the levels below came to stands right of this one's.
                edge = root_of([*part, edge] if edge else part)
        row, level = above, level + 1
    return edge or root_of([])


def check_log(folder: Path, public: bytes) -> tuple[str, int, str]:
    """Check one log: every entry, tile and opening, the root, its place in the anchor log.

    Returns origin, size, and the head of last year's log if this one continues it.
    """
    note = (folder / "checkpoint").read_text("utf-8")
    origin, size, root = read_checkpoint(note, public)
    openings, leaves, before = read_openings(folder), [], ""
    event_id, opened = next(openings, ("", {}))
    for index, entry in enumerate(entries_of(folder, size)):
        leaves.append(leaf_hash(entry))
        if event_id and f'"event_id":"{event_id}"'.encode() in entry:
            check_openings(entry, opened)
            event_id, opened = next(openings, ("", {}))
        elif index == 0 and "/anchor/" not in origin and not entry.startswith(b"{"):
            before = entry.decode("utf-8")
    if check_tiles(folder, leaves) != root:
        raise Wrong(f"the {size} entries do not come to the root that was signed")
    if event_id:
        raise Wrong(f"the openings of event {event_id} belong to no entry, or to an earlier one")
    if (anchor := folder / "anchor.tlog-proof").exists():
        check_anchored(anchor.read_text("utf-8"), note, public)
    return origin, size, before


def check_directory(directory: Path, public: bytes) -> int:
    """Check every log and every proof below a directory; say each, return how many."""
    heads: dict[str, str] = {}
    begun: list[tuple[str, str]] = []
    found = sorted({*directory.rglob("checkpoint"), *directory.rglob("*.tlog-proof")})
    for path in found:
        try:
            if path.name == "checkpoint":
                origin, size, before = check_log(path.parent, public)
                heads[origin] = path.read_text("utf-8").partition("\n\n")[0] + "\n"
                begun += [(origin, before)] if before else []
                print(f"holds  {size:>9,} entries  {origin}  ({path.parent})")
            elif path.name != "anchor.tlog-proof":
                entry, origin, _, _ = check_proof(path.read_text("utf-8"), public)
                print(f"holds  {sha256(entry).hex()[:16]}  in {origin}  ({path})")
        except Wrong as wrong:
            raise Wrong(f"{path}: {wrong}") from wrong
    for origin, before in begun:
        # The first entry of a new year's log is the last head of the old year's.
        old = before.split("\n")[0]
        if heads.get(old, before) != before:
            raise Wrong(f"{origin} continues another log than the {old} that is here")
    return len(found)


def check(paths: list[Path], given: str | None) -> None:
    """Check what the command line names, with the key it gives or the one that lies beside."""
    path = paths[0]
    is_pack = path.suffix == ".zip" or (path / "pack.tlog-proof").exists()
    pack = runpy.run_path(str(Path(__file__).with_name("verify_pack.py"))) if is_pack else {}
    files = pack["read_pack"](path) if is_pack else {}
    if not (key := given):
        beside = (path if path.is_dir() else path.parent) / "ledger.vkey"
        key = files["ledger.vkey"].decode() if files and not beside.exists() else str(beside)
        print(f"The key is taken from {key}: make sure that it is the licensee's.")
    public = read_key(Path(key).read_text("utf-8") if Path(key).exists() else key)
    if len(paths) == 2:
        old = read_checkpoint(path.read_text("utf-8"), public)
        check_claim(old, paths[1].read_text("utf-8"), public)
    elif is_pack:
        pack["check_pack"](files, lambda text: check_proof(text, public)[:2])
    elif path.is_dir():
        if not check_directory(path, public):
            raise Wrong(f"there is nothing to check in {path}")
    else:
        entry, origin, size, _ = check_proof(path.read_text("utf-8"), public)
        print(f"{entry.decode('utf-8', 'replace')}\nis among the {size} entries of {origin}")


if __name__ == "__main__":
    about = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=about)
    parser.add_argument("--key", help="the ledger's public key, or a file that holds it")
    parser.add_argument("paths", nargs="+", type=Path)
    arguments = parser.parse_args()
    try:
        check(arguments.paths, arguments.key)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as problem:
        sys.exit(f"DOES NOT HOLD: {problem}")
    print("All of it holds.")
