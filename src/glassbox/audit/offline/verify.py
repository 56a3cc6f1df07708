"""Verify an audit trail offline. Python 3.9 or newer; nothing to install, no network, no database.

    python3 verify.py --key KEY DIRECTORY            every log below the directory, entry by entry
    python3 verify.py --key KEY FILE.tlog-proof      one entry, its openings, its place in the anchor
    python3 verify.py --key KEY OLD_CHECKPOINT CLAIM one checkpoint continues another
    python3 verify.py --key KEY PACK                 an inspection pack: the zip, or its folder

KEY is the ledger's public key, one line (name+id+base64) or a file that holds it. Get it from the
licensee by another way than the files you check; without --key the one beside them is used, which
proves that they belong together and not whose they are.

What is checked: hashes and proofs of RFC 9162, signatures of RFC 8032, files as C2SP describes them
(c2sp.org/tlog-tiles, tlog-checkpoint, signed-note, tlog-proof). Exit code 0 only if all of it holds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


class Wrong(Exception):
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
    """Return a multiple of a point."""
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point = add(point, point)
        number >>= 1
    return found


def decode_point(data: bytes) -> Point:
    """Return the point that 32 bytes encode."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a signature or key is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature holds."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left = times(scalar, BASE)
    right = add(decode_point(signature[:32]), times(challenge, decode_point(public)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


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
    """Return the root that a leaf and its proof come to (2.1.1, from the root downwards)."""
    if size == 1 and index == 0 and not proof:
        return leaf
    if not proof or not 0 <= index < size or size == 1:
        raise Wrong("the proof has another length than its place in the tree needs")
    left = split(size)
    if index < left:
        return node_hash(root_by_path(leaf, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_by_path(leaf, index - left, size - left, proof[:-1]))


def check_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Check that a leaf stands at an index of a tree (2.1.3)."""
    if root_by_path(leaf, index, size, proof) != root:
        raise Wrong(f"the entry does not stand at number {index} of the {size} that were signed")


def both_roots(old: int, new: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """Return the roots of the old and the new tree that a proof comes to (2.1.4).

    `known` is the old root while the old tree is a whole branch of the new one: then it is not in
    the proof.
    """
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
    if old == 0:
        holds = not proof and first == sha256(b"")
    else:
        holds = both_roots(old, new, proof, first) == (first, second)
    if not holds:
        raise Wrong(f"the log of {new} entries does not continue that of {old}")


# ---- Checkpoints: three lines, an empty line, signatures


def read_key(text: str) -> bytes:
    """Return the public key of a line name+id+base64."""
    parts = text.strip().split("+", 2)
    material = unbase64(parts[2]) if len(parts) == 3 else b""
    identity = sha256(parts[0].encode() + b"\n" + material)[:4].hex()
    if len(material) != 33 or material[0] != 1 or identity != parts[1]:
        raise Wrong("the key is no Ed25519 verifier key, or is damaged")
    return material[1:]


@lru_cache(maxsize=256)
def read_checkpoint(note: str, public: bytes) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint, once its log's signature holds."""
    text, gap, lines = note.partition("\n\n")
    parts = text.split("\n")
    if not gap or len(parts) != 3 or not note.endswith("\n") or not parts[1].isdecimal():
        raise Wrong("this is no checkpoint")
    origin, size, root = parts[0], int(parts[1]), unbase64(parts[2])
    if str(size) != parts[1] or len(root) != 32:
        raise Wrong("this is no checkpoint")
    identity = sha256(origin.encode() + b"\n\x01" + public)[:4]
    for line in lines[:-1].split("\n"):
        dash, name, signed = (line.split(" ") + ["", ""])[:3]
        if dash != "\u2014" or not name or len(line.split(" ")) != 3:
            raise Wrong("a signature line is malformed")
        data = unbase64(signed)
        if name == origin and data[:4] == identity:
            if not is_signed(public, (text + "\n").encode(), data[4:]):
                raise Wrong(f"the signature on {origin} does not hold")
            return origin, size, root
    raise Wrong(f"{origin} is not signed with the given key")


# ---- Entries and what they commit to


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
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Wrong("this is no proof that carries its entry")
    if not lines[2].startswith("index ") or str(int(lines[2][6:])) != lines[2][6:]:
        raise Wrong("the proof names no index")
    extra = json.loads(unbase64(lines[1][6:]))
    # One spelling only, and nothing that is not checked below.
    if json.dumps(extra, sort_keys=True, ensure_ascii=False).encode() != unbase64(
        lines[1][6:]
    ) or set(extra) - {
        "entry",
        "openings",
        "anchor",
    }:
        raise Wrong("the proof carries something else than it should")
    entry, index = unbase64(extra["entry"]), int(lines[2][6:])
    origin, size, root = read_checkpoint(note, public)
    check_inclusion(leaf_hash(entry), index, size, [unbase64(line) for line in lines[3:]], root)
    if extra.get("openings"):
        check_openings(entry, extra["openings"])
    if extra.get("anchor"):
        anchored, _, _, _ = check_proof(extra["anchor"], public)
        if anchored != note.partition("\n\n")[0].encode() + b"\n":
            raise Wrong("the anchor log holds another checkpoint than this one")
    return entry, origin, size, root


def check_claim(old: tuple[str, int, bytes], text: str, public: bytes) -> None:
    """Check that a newer checkpoint continues an older one."""
    claim, _, note = text.partition("\n\n")
    lines = claim.split("\n")
    new = read_checkpoint(note, public)
    if old[0] != new[0] or lines[0] != f"old {old[1]}":
        raise Wrong("the claim speaks of another log, or of another old size")
    check_consistency(old[1], new[1], [unbase64(line) for line in lines[1:]], old[2], new[2])


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
    """Yield the entries of a log in order, read from its bundles."""
    for start in range(0, size, 256):
        width = min(256, size - start)
        bundle, at = tile(folder, "entries", start // 256, width), 0
        for _ in range(width):
            length = int.from_bytes(bundle[at : at + 2], "big")
            entry = bundle[at + 2 : at + 2 + length]
            if at + 2 > len(bundle) or len(entry) != length:
                raise Wrong(f"bundle {start // 256} is cut off")
            yield entry
            at += 2 + length
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
    body = note.partition("\n\n")[0].encode() + b"\n"
    origin, size, root = read_checkpoint(note, public)
    openings = read_openings(folder)
    event_id, opened = next(openings, ("", {}))
    leaves: list[bytes] = []
    before = ""
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
    anchor = folder / "anchor.tlog-proof"
    if anchor.exists() and check_proof(anchor.read_text("utf-8"), public)[0] != body:
        raise Wrong("the anchor log holds another checkpoint than this one")
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
                if before:
                    begun.append((origin, before))
                print(f"holds  {size:>9,} entries  {origin}  ({path.parent})")
            elif path.name != "anchor.tlog-proof":
                entry, origin, _, _ = check_proof(path.read_text("utf-8"), public)
                print(f"holds  {sha256(entry).hex()[:16]}  in {origin}  ({path})")
        except Wrong as wrong:
            raise Wrong(f"{path}: {wrong}") from wrong
    for origin, before in begun:
        # The first entry of a new year's log is the last head of the old year's.
        old = before.split("\n")[0]
        if old in heads and heads[old] != before:
            raise Wrong(f"{origin} continues another log than the {old} that is here")
    return len(found)


# ---- An inspection pack: files, a list of their hashes, and the event that names the list


def read_pack(path: Path) -> dict[str, bytes]:
    """Return the files of a pack by name, from its folder or from the zip."""
    if path.is_dir():
        return {
            found.relative_to(path).as_posix(): found.read_bytes()
            for found in path.rglob("*")
            if found.is_file()
        }
    content, again = path.read_bytes(), io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, EOFError) as problem:
        raise Wrong(f"the archive is damaged: {problem}") from problem
    with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    if again.getvalue() != content:
        raise Wrong("the archive has bytes that belong to none of its files")
    return files


def check_pack(files: dict[str, bytes], public: bytes) -> dict[str, object]:
    """Check a pack: its event, every file against the list the event names, every proof in it,
    and the exchanges against the events that commit to them. Returns what the list says."""
    entry, origin, _, _ = check_proof(files["pack.tlog-proof"].decode(), public)
    event = json.loads(entry)
    listed = files["manifest.json"]
    if event["type"] != "pack.prepared" or event["body"]["manifest_sha256"] != sha256(listed).hex():
        raise Wrong("manifest.json is not the one that was prepared")
    manifest: dict[str, object] = json.loads(listed)
    hashes = manifest["files"]
    if not isinstance(hashes, dict):
        raise Wrong("manifest.json lists no files")
    for name in sorted({*hashes, *files} - {"manifest.json", "pack.tlog-proof"}):
        if name not in files or name not in hashes:
            raise Wrong(f"{name} is {'missing' if name in hashes else 'not one of the pack'}")
        if sha256(files[name]).hex() != hashes[name]:
            raise Wrong(f"{name} is not as it was prepared")
    runs: dict[str, object] = {}
    for name in sorted(files):
        if name.startswith("events/"):
            record = json.loads(check_proof(files[name].decode(), public)[0])
            if "exchanges_sha256" in record["body"]:
                runs[record["subject"]] = record["body"]["exchanges_sha256"]
    for name in sorted(files):
        check_exchange(name, files, runs)
    print(f"holds  {len(files):>9,} files  prepared {event['occurred_at']}, told in {origin}")
    print(
        f"holds  {sum(name.startswith('events/') for name in files):>9,} events with their proofs"
    )
    return manifest


def check_exchange(name: str, files: dict[str, bytes], runs: dict[str, object]) -> None:
    """Check a body against the hash it is named by, and a run against the event that ended it."""
    stem = name.rpartition("/")[2].partition(".")[0]
    if name.startswith("bodies/") and sha256(files[name]).hex() != stem:
        raise Wrong(f"{name} does not have the hash it is named by")
    if name.startswith("exchanges/run-") and f"sync:{stem[4:]}" in runs:
        if runs[f"sync:{stem[4:]}"] != sha256(files[name]).hex():
            raise Wrong(f"{name} is not what the event of that run commits to")
    elif name.startswith("exchanges/"):
        exchange = json.loads(files[name])
        run = files.get(f"exchanges/run-{exchange['sync_run']}.txt", b"").decode()
        line = f"{exchange['request_sha256']} {exchange['response_sha256'] or '-'}\n"
        if run and line not in run:
            raise Wrong(f"{name} is not among the exchanges of its run")


def main() -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--key", help="the ledger's public key, or a file that holds it")
    parser.add_argument("paths", nargs="+", type=Path)
    arguments = parser.parse_args()
    paths: list[Path] = arguments.paths
    try:
        key = arguments.key
        if not key:
            beside = paths[0] if paths[0].is_dir() else paths[0].parent
            key = str(beside / "ledger.vkey")
            if paths[0].suffix == ".zip" and not Path(key).exists():
                key = read_pack(paths[0])["ledger.vkey"].decode()
            print(f"The key is taken from {key}: make sure that it is the licensee's.")
        public = read_key(Path(key).read_text("utf-8") if Path(key).exists() else key)
        if len(paths) == 2:
            old = read_checkpoint(paths[0].read_text("utf-8"), public)
            check_claim(old, paths[1].read_text("utf-8"), public)
        elif paths[0].suffix == ".zip" or (paths[0] / "pack.tlog-proof").exists():
            check_pack(read_pack(paths[0]), public)
        elif paths[0].is_dir():
            if not check_directory(paths[0], public):
                raise Wrong(f"there is nothing to check in {paths[0]}")
        else:
            entry, origin, size, _ = check_proof(paths[0].read_text("utf-8"), public)
            print(f"{entry.decode('utf-8', 'replace')}\nis among the {size} entries of {origin}")
    except (Wrong, OSError, ValueError, KeyError, IndexError, TypeError) as problem:
        print(f"DOES NOT HOLD: {problem}", file=sys.stderr)
        return 1
    print("All of it holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
