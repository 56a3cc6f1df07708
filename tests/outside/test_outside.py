"""Everything that we hash, sign and export, judged by code that others wrote in another language."""

from __future__ import annotations

import binascii
import json
import random
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import psycopg
import pytest

from glassbox.audit.chain import leaf_hash
from glassbox.audit.export import export_logs, log_names
from glassbox.audit.offline import verify as offline
from glassbox.audit.proofs import prove_event, prove_growth
from glassbox.audit.tiles import Nodes
from glassbox.audit.tree import consistency_proof, inclusion_proof, root_of
from glassbox.runtime.postgres import Cluster
from tests.db.audit.sealed import Sealed, sealed_ledger
from tests.ledger import signer_folder
from tests.outside.go_verifier import ask, build

SMALL_TREES_AT_MOST = 130
LARGE_TREE_LEAVES = 70_003


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("outside"))


@pytest.fixture(scope="module")
def sealed(cluster: Cluster) -> Iterator[Sealed]:
    # Two signed heads of one log, tiles of two levels, and a second licence beside it.
    with sealed_ledger(cluster, before=300, elsewhere=5, after=13) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def bundle(sealed: Sealed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "bundle"
    line = (signer_folder(sealed.urls) / "ledger.vkey").read_text()
    with psycopg.connect(sealed.urls.verifier) as reading:
        names = log_names(reading, {7: "CDPH-19990001", 8: "C11-19990002"}, with_shared=True)
        assert export_logs(reading, folder, names, line) == 318 + 3
        (folder / "event.tlog-proof").write_text(prove_event(reading, sealed.event_ids[77]).text())
        log_id = next(log_id for log_id, name in names.items() if name.startswith("CDPH"))
        row = reading.execute(
            "SELECT size, note FROM audit_checkpoints WHERE log_id = %s AND number = 1", [log_id]
        ).fetchone()
        assert row is not None and row[0] == 300
        (folder / "older-checkpoint").write_text(row[1])
        (folder / "growth").write_text(prove_growth(reading, log_id, 300))
    return folder


def test_every_small_tree_and_proof_is_that_of_the_outside_code(outside: Path) -> None:
    leaves = [leaf_hash(b"entry %d" % number) for number in range(SMALL_TREES_AT_MOST)]
    nodes = Nodes(lambda level, index: leaves[index * 256 : index * 256 + 256])
    (answer,) = ask(outside, [f"all {SMALL_TREES_AT_MOST}"])

    ours = [
        f"{new} {old} {root_of(leaves[:new]).hex()} {_hexes(old, new, nodes)}"
        for new in range(1, SMALL_TREES_AT_MOST + 1)
        for old in range(1, new + 1)
    ]

    assert len(ours) == 8515
    assert [*ours, "ok"] == answer


def test_random_large_trees_are_those_of_the_outside_code(outside: Path, tmp_path: Path) -> None:
    draw = random.Random(20261128)
    questions, ours = [], []
    for size in (255, 256, 257, 65_536, LARGE_TREE_LEAVES):
        leaves = [draw.randbytes(32) for _ in range(size)]
        rows: dict[int, list[bytes]] = {0: leaves}
        for level in (1, 2):
            below = rows[level - 1]
            full = len(below) // 256 * 256
            rows[level] = [root_of(below[at : at + 256]) for at in range(0, full, 256)]
        nodes = Nodes(lambda level, index, rows=rows: rows[level][index * 256 : index * 256 + 256])
        sizes = [draw.randrange(1, size + 1) for _ in range(40)]
        path = tmp_path / f"leaves-{size}"
        path.write_text("\n".join(leaf.hex() for leaf in leaves))
        questions.append(f"tree {path} {' '.join(map(str, sizes))}")
        root = root_of(leaves).hex()
        ours.append([*(f"{size} {old} {root} {_hexes(old, size, nodes)}" for old in sizes), "ok"])

    assert ask(outside, questions) == ours


def _hexes(old: int, new: int, nodes: Nodes) -> str:
    path = inclusion_proof(old - 1, new, nodes.read)
    growth = consistency_proof(old, new, nodes.read)
    return ";".join(",".join(item.hex() for item in proof) for proof in (path, growth))


def test_a_machine_with_nothing_but_python_finds_the_bundle_whole(bundle: Path) -> None:
    for paths in ([bundle], [bundle / "event.tlog-proof"]):
        done = _run_alone(bundle, *paths)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("All of it holds.\n")
    key = bundle / "ledger.vkey"
    grown = _run_alone(bundle, "--key", key, bundle / "older-checkpoint", bundle / "growth")
    assert grown.returncode == 0, grown.stderr
    foreign = "x+00000000+" + "A" * 44
    assert _run_alone(bundle, "--key", foreign, bundle).returncode == 1


def _run_alone(bundle: Path, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    # -I -S: no site-packages, no environment, nothing beside the standard library.
    return subprocess.run(
        [sys.executable, "-I", "-S", str(bundle / "verify.py"), *map(str, arguments)],
        env={},
        cwd=bundle,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_outside_verifier_finds_the_bundle_whole(outside: Path, bundle: Path) -> None:
    logs = sorted(path.parent for path in bundle.rglob("checkpoint"))

    answers = ask(
        outside,
        [
            *(f"log {_key(bundle)} {log}" for log in logs),
            *(f"proof {_key(bundle)} {path}" for path in sorted(bundle.rglob("*.tlog-proof"))),
            f"claim {_key(bundle)} {bundle / 'older-checkpoint'} {bundle / 'growth'}",
        ],
    )

    assert len(logs) == 3
    assert answers == [["ok"]] * len(answers)


def _is_spare(text: bytes, at: int) -> bool:
    """Whether the flip changes only bits that base64 leaves over at a word's end: Go ignores them."""
    rest = text[at + 1 :].split(b"\n", 1)[0]
    if not rest or rest.strip(b"="):
        return False
    word = text[:at].rsplit(b"\n", 1)[-1].rsplit(b" ", 1)[-1]
    try:
        changed = b64decode(word + bytes([text[at] ^ 1]) + rest)
    except binascii.Error:
        return False
    return changed == b64decode(word + text[at : at + 1] + rest)


def test_no_changed_byte_of_a_proof_is_accepted_by_either(
    outside: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same signature over the same bytes need not be computed two thousand times.
    monkeypatch.setattr(offline, "is_signed", lru_cache(None)(offline.is_signed))
    text = (bundle / "event.tlog-proof").read_bytes()
    public = offline.read_key(_key(bundle))
    offline.check_proof(text.decode(), public)
    questions, accepted = [], []
    for at in range(len(text)):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        path = tmp_path / str(at)
        path.write_bytes(changed)
        questions.append(f"proof {_key(bundle)} {path}")
        if _accepts(lambda changed=changed: offline.check_proof(changed.decode(), public)):
            accepted.append(at)

    assert accepted == []
    answers = ask(outside, questions)
    passed = [at for at, answer in enumerate(answers) if answer == ["ok"]]
    assert [at for at in passed if not _is_spare(text, at)] == []
    assert len(answers) == len(text) > 2000


def test_no_changed_byte_of_a_claim_is_accepted_by_either(
    outside: Path, bundle: Path, tmp_path: Path
) -> None:
    public, old = offline.read_key(_key(bundle)), (bundle / "older-checkpoint").read_text()
    text = (bundle / "growth").read_bytes()
    before = offline.read_checkpoint(old, public)
    questions, accepted = [], []
    for at in range(len(text)):
        path = tmp_path / str(at)
        path.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        questions.append(f"claim {_key(bundle)} {bundle / 'older-checkpoint'} {path}")
        if _accepts(lambda path=path: offline.check_claim(before, path.read_text("utf-8"), public)):
            accepted.append(at)

    assert accepted == []
    passed = [at for at, answer in enumerate(ask(outside, questions)) if answer == ["ok"]]
    assert [at for at in passed if not _is_spare(text, at)] == []


def test_both_refuse_every_damaged_log(outside: Path, bundle: Path, tmp_path: Path) -> None:
    draw = random.Random(7)
    public = offline.read_key(_key(bundle))
    source = next(bundle.glob("CDPH-*"))
    files = sorted(
        path.relative_to(source)
        for path in source.rglob("*")
        if path.is_file() and path.name not in {"vkey", "openings.jsonl", "anchor.tlog-proof"}
    )
    questions, accepted = [], []
    for number in range(60):
        damaged = tmp_path / str(number)
        shutil.copytree(source, damaged)
        path = damaged / files[number % len(files)]
        _damage(path, draw, ("flip", "cut", "lose", "grow")[number // len(files) % 4])
        questions.append(f"log {_key(bundle)} {damaged}")
        if _accepts(lambda damaged=damaged: offline.check_log(damaged, public)):
            accepted.append(str(path))

    assert accepted == []
    assert ["ok"] not in ask(outside, questions)


def test_swapped_erased_and_foreign_openings_are_told_apart(bundle: Path, tmp_path: Path) -> None:
    public = offline.read_key(_key(bundle))
    log = tmp_path / "log"
    shutil.copytree(next(bundle.glob("CDPH-*")), log)
    openings = log / "openings.jsonl"
    lines = openings.read_text().split("\n")
    rows = [json.loads(line) for line in lines[:2]]

    openings.write_text("\n".join(lines[1:]))
    assert _accepts(lambda: offline.check_log(log, public)), "an erased text changes no proof"
    openings.write_text("\n".join([lines[0].replace("short", "long"), *lines[1:]]))
    assert not _accepts(lambda: offline.check_log(log, public))
    rows[0]["event_id"], rows[1]["event_id"] = rows[1]["event_id"], rows[0]["event_id"]
    swapped = [*(json.dumps(row, ensure_ascii=False) for row in rows), *lines[2:]]
    openings.write_text("\n".join(swapped))
    assert not _accepts(lambda: offline.check_log(log, public))


def _damage(path: Path, draw: random.Random, how: str) -> None:
    content = path.read_bytes()
    at = draw.randrange(len(content))
    if how == "lose":
        path.unlink()
    else:
        path.write_bytes(
            {
                "flip": content[:at]
                + bytes([content[at] ^ (1 << draw.randrange(8))])
                + content[at + 1 :],
                "cut": content[:at],
                "grow": content + b"\x00",
            }[how]
        )


def _key(bundle: Path) -> str:
    return (bundle / "ledger.vkey").read_text().strip()


def _accepts(check: Callable[[], object]) -> bool:
    try:
        check()
    except (offline.Wrong, OSError, ValueError, KeyError, IndexError, TypeError):
        return False
    return True
