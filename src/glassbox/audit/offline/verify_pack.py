"""The checks of an inspection pack: its files, the list of their hashes, the event that names the list.

Run `python3 verify.py --key KEY PACK`, with this file beside it. Nothing to install here either.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

# Checks a .tlog-proof; returns the entry it proves and the origin of its log.
Prove = Callable[[str], "tuple[bytes, str]"]


class PackWrong(ValueError):
    """Something of the pack does not hold; the message says what and where."""


def read_pack(path: Path) -> dict[str, bytes]:
    """Return the files of a pack by name, from its folder or from the zip."""
    if path.is_dir():
        found = (one for one in path.rglob("*") if one.is_file())
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in found}
    content, again = path.read_bytes(), io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, EOFError) as problem:
        raise PackWrong(f"the archive is damaged: {problem}") from problem
    with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    if again.getvalue() != content:
        raise PackWrong("the archive has bytes that belong to none of its files")
    return files


def check_pack(files: dict[str, bytes], prove: Prove) -> dict[str, object]:
    """Check a pack: its event, every file against the list the event names, every proof in it,
    and the exchanges against the events that commit to them. Returns what the list says."""
    entry, origin = prove(files["pack.tlog-proof"].decode())
    event = json.loads(entry)
    listed = files["manifest.json"]
    if event["type"] != "pack.prepared" or event["body"]["manifest_sha256"] != sha256(listed):
        raise PackWrong("manifest.json is not the one that was prepared")
    manifest: dict[str, object] = json.loads(listed)
    hashes = manifest["files"]
    if not isinstance(hashes, dict):
        raise PackWrong("manifest.json lists no files")
    for name in sorted({*hashes, *files} - {"manifest.json", "pack.tlog-proof"}):
        if name not in files or name not in hashes:
            raise PackWrong(f"{name} is {'missing' if name in hashes else 'not one of the pack'}")
        if sha256(files[name]) != hashes[name]:
            raise PackWrong(f"{name} is not as it was prepared")
    runs: dict[str, object] = {}
    proofs = [name for name in sorted(files) if name.startswith("events/")]
    for name in proofs:
        record = json.loads(prove(files[name].decode())[0])
        if "exchanges_sha256" in record["body"]:
            runs[record["subject"]] = record["body"]["exchanges_sha256"]
    for name in sorted(files):
        check_exchange(name, files, runs)
    print(f"holds  {len(files):>9,} files  prepared {event['occurred_at']}, told in {origin}")
    print(f"holds  {len(proofs):>9,} events with their proofs")
    return manifest


def check_exchange(name: str, files: dict[str, bytes], runs: dict[str, object]) -> None:
    """Check a body against the hash it is named by, and a run against the event that ended it."""
    stem = name.rpartition("/")[2].partition(".")[0]
    if name.startswith("bodies/") and sha256(files[name]) != stem:
        raise PackWrong(f"{name} does not have the hash it is named by")
    if name.startswith("exchanges/run-") and f"sync:{stem[4:]}" in runs:
        if runs[f"sync:{stem[4:]}"] != sha256(files[name]):
            raise PackWrong(f"{name} is not what the event of that run commits to")
    elif name.startswith("exchanges/"):
        exchange = json.loads(files[name])
        run = files.get(f"exchanges/run-{exchange['sync_run']}.txt", b"").decode()
        line = f"{exchange['request_sha256']} {exchange['response_sha256'] or '-'}\n"
        if run and line not in run:
            raise PackWrong(f"{name} is not among the exchanges of its run")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes, as digits."""
    return hashlib.sha256(data).hexdigest()
