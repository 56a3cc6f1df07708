"""The anchors outside: a mirror, a witness as a process of its own, a time stamping authority."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from glassbox.audit.anchors import contradiction, places_outside
from glassbox.audit.mirror import MirrorRefuses, held_heads, place_of, update_mirror
from glassbox.audit.notes import sign_head, verifier_key
from glassbox.audit.outside import heads_outside
from glassbox.audit.signing_keys import read_key, read_public_key
from glassbox.audit.standing import open_stop
from glassbox.audit.tiles import TileMissing
from glassbox.audit.verify import recompute
from glassbox.audit.witness_client import Contradicted, NoAnswer, ask_witness, read_witnesses
from glassbox.cli.sequencer import stop_if_contradicted
from glassbox.operations.anchoring import anchor_outside
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.db.audit.attacks import CUT, PLACE, fork, public_key
from tests.db.audit.sealed import Sealed, write_events
from tests.ledger import ORIGIN, make_durable, number_events, signer_folder
from tests.tsa import TestAuthority

NAME = "witness.redwood.example/w1"
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANCHORS = system_actor("anchors")


def key_line(sealed: Sealed | ClusterUrls) -> str:
    urls = sealed.urls if isinstance(sealed, Sealed) else sealed
    return (signer_folder(urls) / "ledger.vkey").read_text()


@dataclass
class WitnessProcess:
    """`glassbox audit witness serve`, and what its client needs to know of it."""

    folder: Path
    key: str
    port: int
    process: subprocess.Popen[str] | None = None
    line: str = ""

    def start(self) -> None:
        glassbox = Path(sys.executable).parent / "glassbox"
        command = f"audit witness serve --folder {self.folder} --name {NAME} --port {self.port}"
        self.process = subprocess.Popen(
            [str(glassbox), *command.split(), "--key", self.key], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.process.stdout.readline()
        self.line = self.process.stdout.readline().strip()
        self.process.stdout.close()
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                httpx.get(f"{self.url}/x")
                return
            except httpx.ConnectError:
                time.sleep(0.05)
        raise AssertionError("the witness does not answer")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        path = self.folder / "witnesses"
        path.write_text(f"# watched from afar\n\n{self.url} {self.line}\n")
        return path


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def witness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WitnessProcess]:
    held = "sealed" if "sealed" in request.fixturenames else "database"
    folder = tmp_path / "witness"
    folder.mkdir()
    made = request.getfixturevalue(held)
    if held == "database":
        write_events(3)
        make_durable(made)
    found = WitnessProcess(folder=folder, key=key_line(made).strip(), port=free_port())
    found.start()
    yield found
    assert found.process
    # gunicorn ends its child when it is asked to end.
    found.process.terminate()
    found.process.wait(20)


def anchor_log(reading: psycopg.Connection) -> int:
    row = reading.execute("SELECT log_id FROM audit_logs WHERE kind = 'anchor'").fetchone()
    assert row is not None
    return int(row[0])


def test_a_mirror_grows_with_the_ledger_and_anybody_can_check_it(
    database: ClusterUrls, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    for count in (3, 250, 10, 300, 1):
        write_events(count)
        make_durable(database)
        with psycopg.connect(database.verifier) as reading:
            taken = update_mirror(reading, mirror, key_line(database))
            again = update_mirror(reading, mirror, key_line(database))
        assert max(one.new_entries for one in taken) == count
        assert {one.new_entries for one in again} == {0}
        # Whatever was partial before is gone, and what is there is exactly what is needed.
        verifier = Path("src/glassbox/audit/offline/verify.py")
        checked = subprocess.run(
            [sys.executable, "-I", "-S", str(verifier), "--key", key_line(database), str(mirror)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
    heads = held_heads(mirror, read_public_key(signer_folder(database) / "ledger.vkey"))
    (license_head,) = [head for head in heads if "/anchor/" not in head.origin]
    assert license_head.size == 564
    place = place_of(mirror, license_head.origin)
    assert sorted(path.name for path in place.rglob("*.p")) == ["000.p", "002.p", "002.p"]


def test_a_fork_with_the_real_key_is_refused_by_the_mirror(
    sealed: Sealed, attacker: psycopg.Connection, tmp_path: Path
) -> None:
    update_mirror(attacker, tmp_path, key_line(sealed))
    held = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    fork(attacker, read_key(signer_folder(sealed.urls)))

    assert recompute(attacker, public_key=public_key(sealed)).problem == "", (
        "the database is fooled"
    )
    with pytest.raises(MirrorRefuses, match="does not continue"):
        update_mirror(attacker, tmp_path, key_line(sealed))
    assert held == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    who = [(f"The mirror {tmp_path}", head) for head in held_heads(tmp_path, public_key(sealed))]
    assert "another history" in contradiction(attacker, who)


def test_a_fork_with_the_real_key_is_refused_by_the_witness(
    sealed: Sealed, attacker: psycopg.Connection, witness: WitnessProcess
) -> None:
    (address,) = read_witnesses(witness.file)
    log_id = anchor_log(attacker)
    before = ask_witness(attacker, address, log_id=log_id, known_size=0)
    assert abs(before.at - datetime.now(UTC)) < timedelta(minutes=5)

    fork(attacker, read_key(signer_folder(sealed.urls)))

    with pytest.raises(Contradicted, match="does not continue what it cosigned"):
        ask_witness(attacker, address, log_id=log_id, known_size=0)
    held = heads_outside(
        public=public_key(sealed),
        origin=ORIGIN,
        year=datetime.now(UTC).year,
        mirror=None,
        witnesses_file=witness.file,
    )
    assert "another history" in contradiction(attacker, held)


def test_a_mirror_refuses_what_else_does_not_continue(
    sealed: Sealed, attacker: psycopg.Connection, tmp_path: Path
) -> None:
    update_mirror(attacker, tmp_path, key_line(sealed))
    foreign = verifier_key(ORIGIN, bytes(range(32)))
    with pytest.raises(MirrorRefuses, match="another one than the mirror's"):
        update_mirror(attacker, tmp_path, foreign)

    attacker.execute("SAVEPOINT whole")
    attacker.execute(  # type: ignore[call-overload]
        f"{CUT}; DELETE FROM audit_checkpoints WHERE {PLACE} AND number = 2"
    )
    with pytest.raises(MirrorRefuses, match="set back to an older state"):
        update_mirror(attacker, tmp_path, key_line(sealed))
    attacker.execute("ROLLBACK TO whole")

    fresh = tmp_path / "fresh"
    attacker.execute("UPDATE compliance_events SET body = body || ' '::bytea")
    with pytest.raises(MirrorRefuses, match="not those that were signed"):
        update_mirror(attacker, fresh, key_line(sealed))
    attacker.execute("ROLLBACK TO whole")

    attacker.execute(f"DELETE FROM audit_checkpoints WHERE {PLACE}")  # type: ignore[arg-type]
    with pytest.raises(MirrorRefuses, match="shows no such log"):
        update_mirror(attacker, tmp_path, key_line(sealed))
    attacker.execute("ROLLBACK TO whole")

    for path in tmp_path.rglob("tile/0/*.p/*"):
        path.write_bytes(bytes(len(path.read_bytes())))
    row = attacker.execute(
        "SELECT origin, size FROM audit_logs WHERE kind = 'license' AND license_id = 7"
    ).fetchone()
    assert row is not None
    shutil.copy(place_of(tmp_path, row[0]) / "checkpoint", tmp_path / "older")
    older = [head for head in held_heads(tmp_path, public_key(sealed)) if head.origin == row[0]][0]
    # The mirror's own damage is told as such, and not as a fork.
    attacker.execute(
        "INSERT INTO audit_leaves (log_id, index, leaf, chain, body)"
        f" SELECT log_id, {row[1]}, sha256('x'), chain, 'x' FROM audit_logs WHERE {PLACE}"  # type: ignore[arg-type]
    )
    grown = sign_head(
        type(older)(origin=older.origin, size=older.size + 1, root=bytes(32)),
        read_key(signer_folder(sealed.urls)),
    )
    attacker.execute(
        "INSERT INTO audit_checkpoints (log_id, number, size, root, note)"
        f" SELECT log_id, 9, {row[1]} + 1, root, %s FROM audit_logs WHERE {PLACE}",  # type: ignore[arg-type]
        [grown],
    )
    with pytest.raises(TileMissing):
        update_mirror(attacker, tmp_path, key_line(sealed))


def test_a_witness_that_was_killed_remembers_what_it_cosigned(
    database: ClusterUrls, witness: WitnessProcess
) -> None:
    with psycopg.connect(database.verifier, autocommit=True) as reading:
        (address,) = read_witnesses(witness.file)
        log_id = anchor_log(reading)
        ask_witness(reading, address, log_id=log_id, known_size=0)
        pids = _children(witness)
        witness.kill()
        _wait_until_gone(pids)
        with pytest.raises(NoAnswer):
            ask_witness(reading, address, log_id=log_id, known_size=0)
        line = witness.line
        witness.start()
        assert witness.line == line, "and its key is the same"

        write_events(2)
        make_durable(database)
        # It says by itself how far it was, so a client that forgot it all is served too.
        said = ask_witness(reading, address, log_id=log_id, known_size=0)
        assert NAME in said.lines


def _children(witness: WitnessProcess) -> list[int]:
    assert witness.process
    path = Path(f"/proc/{witness.process.pid}/task/{witness.process.pid}/children")
    return [int(text) for text in path.read_text().split()]


def _wait_until_gone(pids: list[int]) -> None:
    # gunicorn's child looks once a second whether its parent lives.
    ends = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < ends
        time.sleep(0.1)


class _Stamps(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _StampServer)
        request = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        answer = self.server.authority.answer(request)
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _StampServer(HTTPServer):
    authority: TestAuthority


@pytest.fixture
def stamps() -> Iterator[_StampServer]:
    server = _StampServer(("127.0.0.1", 0), _Stamps)
    server.authority = TestAuthority(NOON)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def outside(
    database: ClusterUrls, witness: WitnessProcess, stamps: _StampServer, tmp_path: Path
) -> Iterator[Path]:
    """Settings that name all three, and the folder of the mirror."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(stamps.authority.roots_pem())
    with override_settings(
        GLASSBOX_MIRROR_FOLDER=tmp_path / "mirror",
        GLASSBOX_WITNESSES_FILE=witness.file,
        GLASSBOX_TIMESTAMP_URL=f"http://127.0.0.1:{stamps.server_port}",
        GLASSBOX_TIMESTAMP_ROOTS_FILE=roots,
        GLASSBOX_LEDGER_KEY_FILE=signer_folder(database) / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
        GLASSBOX_VERIFIER_DATABASE_URL=database.verifier,
        GLASSBOX_SEQUENCER_DATABASE_URL=database.sequencer,
    ):
        yield tmp_path / "mirror"


def seen_outside() -> dict[str, tuple[int, str]]:
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection)
    return {place.kind: (place.size, place.problem) for place in places_outside(raw)}


def test_a_head_is_given_outside_and_what_comes_back_is_kept(
    database: ClusterUrls, outside: Path, witness: WitnessProcess, stamps: _StampServer
) -> None:
    anchor_outside(actor=ANCHORS, now=NOON)
    assert seen_outside() == {"mirror": (1, ""), "witness": (1, ""), "timestamp": (1, "")}

    write_events(4)
    make_durable(database)
    anchor_outside(actor=ANCHORS, now=NOON + timedelta(minutes=10))
    # A stamp is asked for once an hour.
    assert seen_outside() == {"mirror": (2, ""), "witness": (2, ""), "timestamp": (1, "")}
    stamps.authority = TestAuthority(NOON)
    anchor_outside(actor=ANCHORS, now=NOON + timedelta(minutes=70))
    found = seen_outside()
    assert found["timestamp"][0] == 1 and "does not hold" in found["timestamp"][1]

    pids = _children(witness)
    witness.kill()
    _wait_until_gone(pids)
    anchor_outside(actor=ANCHORS, now=NOON + timedelta(minutes=80))
    found = seen_outside()
    assert found["witness"][0] == 2 and "Connect" in found["witness"][1]
    with psycopg.connect(database.verifier) as reading:
        assert open_stop(reading) == "", "whoever is away stops nothing"


def test_a_restored_old_backup_is_not_numbered_on(
    database: ClusterUrls, outside: Path, witness: WitnessProcess
) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        before = {
            table: superuser.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            for table in ("audit_leaves", "audit_checkpoints")
        }
        write_events(4)
        make_durable(database)
        anchor_outside(actor=ANCHORS, now=NOON)
        stop_if_contradicted()
        assert open_stop(superuser) == ""

        _set_back(superuser)
        assert before == {
            table: superuser.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            for table in before
        }
        for mirror, who in ((outside, "mirror"), (outside / "away", "witness")):
            with override_settings(GLASSBOX_MIRROR_FOLDER=mirror):
                stop_if_contradicted()
            assert "set back to an older state" in open_stop(superuser)
            assert who in open_stop(superuser)
            write_events(1)
            assert number_events(database) == 0, "nothing is numbered on top of it"
            superuser.execute("UPDATE audit_stops SET ended_at = now(), ended_because = 'x'")
        # The mirror says so too when it is to take over a shorter log.
        anchor_outside(actor=ANCHORS, now=NOON + timedelta(hours=2))
        assert "set back" in seen_outside()["mirror"][1]
        assert "set back" in open_stop(superuser)


def _set_back(superuser: psycopg.Connection) -> None:
    """Bring every table of the ledger to where it was at the first signed heads."""
    tables = ("compliance_events", "audit_leaves", "audit_checkpoints", "audit_logs")
    for table in tables:
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
    superuser.execute(
        "DELETE FROM audit_checkpoints WHERE number > 1;"
        " DELETE FROM audit_leaves l USING audit_checkpoints c"
        "  WHERE c.log_id = l.log_id AND l.index >= c.size;"
        " DELETE FROM compliance_events e WHERE NOT EXISTS"
        "  (SELECT 1 FROM audit_leaves l WHERE l.event_id = e.event_id);"
        " UPDATE audit_logs g SET size = c.size, root = c.root, chain = (SELECT chain FROM"
        "  audit_leaves l WHERE l.log_id = g.log_id ORDER BY index DESC LIMIT 1)"
        "  FROM audit_checkpoints c WHERE c.log_id = g.log_id"
    )
    for table in tables:
        superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")  # type: ignore[arg-type]
