"""Numbers under stress: dense, once, and signed, whoever dies and however many write at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from glassbox.access import NotPermitted
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.offline import verify as offline
from glassbox.audit.proofs import prove_event
from glassbox.audit.sequencer import Sequencer
from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.verify import verify
from glassbox.cli.demo_brand import Brand
from glassbox.operations.erasure import erase_text
from glassbox.rules.verdicts import NotFound
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.cast import DIST, MFG, person
from tests.db.audit.raw_append import RawWriter
from tests.db.audit.sealed import write_events
from tests.ledger import ORIGIN, make_durable, number_events, sign_heads, signer_folder

WRITERS = 8
APPENDS_AT_ONCE = 10_000
ROLLED_BACK_SHARE = 0.2
WAIT_SECONDS = 60.0


def test_an_event_counts_once_its_head_is_signed(database: ClusterUrls) -> None:
    (event_id,) = write_events(1)

    assert not is_durable(event_id)
    assert number_events(database) == 1
    assert not is_durable(event_id), "a number alone can still be lost"
    assert sign_heads(database) == 2, "its log and the anchor"
    assert is_durable(event_id)
    assert not is_durable(event_id, license_id=8), "and only its own licence knows"


def is_durable(event_id: UUID, *, license_id: int = 7) -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.licenses', %s, true)", [str(license_id)])
        return ledger.is_durable(event_id)


def keep_numbering(url: str, stop: threading.Event) -> None:
    """Number without the advisory lock, as if it did not hold: the keys alone must suffice."""
    with psycopg.connect(url, autocommit=True) as numbering:
        sequencer = Sequencer(numbering, origin=ORIGIN)
        while not stop.is_set():
            try:
                if not sequencer.number_batch():
                    time.sleep(0.005)
            except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
                continue


def append_some(url: str, seed: int) -> set[UUID]:
    """Append, roll some of it back, and return the ids that were committed."""
    draw, kept = random.Random(seed), set()
    with RawWriter(url, license_id=7 + seed % 2) as writer:
        for _ in range(APPENDS_AT_ONCE // WRITERS):
            event_id = writer.append()
            if draw.random() < ROLLED_BACK_SHARE:
                writer.connection.rollback()
            else:
                writer.connection.commit()
                kept.add(event_id)
    return kept


def test_ten_thousand_at_once_with_roll_backs_and_two_sequencers(database: ClusterUrls) -> None:
    stop = threading.Event()
    numbering = [
        threading.Thread(target=keep_numbering, args=(database.sequencer, stop)) for _ in range(2)
    ]
    for thread in numbering:
        thread.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        seeds = range(WRITERS)
        committed = set().union(
            *pool.map(lambda seed: append_some(database.application, seed), seeds)
        )
    stop.set()
    for thread in numbering:
        thread.join()
    make_durable(database)

    with psycopg.connect(database.superuser) as superuser:
        rows = superuser.execute(
            "SELECT log_id, index, event_id FROM audit_leaves WHERE event_id IS NOT NULL"
            " ORDER BY log_id, index"
        ).fetchall()
    assert {row[2] for row in rows} == committed
    assert len(rows) == len(committed) > APPENDS_AT_ONCE * 0.7
    by_log: dict[int, list[int]] = {}
    for log_id, index, _ in rows:
        by_log.setdefault(log_id, []).append(index)
    assert all(indexes == list(range(len(indexes))) for indexes in by_log.values())
    assert verify(database.verifier).problem == ""


# Each step of the sequencer and of the signer, and a process that dies exactly there.
DIE_AT = {
    "sequencer": (
        "Sequencer._grow",
        "_Log.append:after",
        "Sequencer._anchor",
        "Sequencer._store",
        "Sequencer._store:after",
        "Sequencer.number_batch:after",
    ),
    "signer": (
        "Signer.sign_heads",
        "SignedHeads.write",
        "SignedHeads.write:after",
        "Signer._show",
        "Signer._show:after",
    ),
}
DYING = """
import os, signal, sys
from pathlib import Path
from glassbox.audit import sequencer, signer, signed_heads
place, after = (sys.argv[1].split(":") + [""])[:2]
owner, name = place.split(".")
holder = next(getattr(m, owner) for m in (sequencer, signer, signed_heads) if hasattr(m, owner))
whole = getattr(holder, name)
def dying(*args, **kwargs):
    if after:
        whole(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(holder, name, dying)
if sys.argv[2] == "sequencer":
    sequencer.sequence_once(sys.argv[3], sys.argv[4])
else:
    folder = Path(sys.argv[5])
    signer.sign_once(sys.argv[3], folder, folder / "ledger.vkey", sys.argv[4])
"""


def test_kill_9_at_every_step_leaves_no_gap_no_double_and_one_root_for_a_size(
    database: ClusterUrls,
) -> None:
    folder, total = signer_folder(database), 0
    make_durable(database)
    steps = [(process, step) for process, steps in DIE_AT.items() for step in steps]
    for number, (process, step) in enumerate(steps):
        write_events(3 if number else 300)
        total += 3 if number else 300
        if process == "signer":
            number_events(database)
        url = getattr(database, process)
        died = subprocess.run(
            [sys.executable, "-c", DYING, step, process, url, ORIGIN, str(folder)],
            timeout=WAIT_SECONDS,
            env={**os.environ},
        )
        assert died.returncode == -signal.SIGKILL, (process, step)
        number_events(database)
        sign_heads(database)

    found = verify(database.verifier)
    assert (found.events, found.problem) == (total, "")
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT (log_id, size)) FROM audit_checkpoints"
        ).fetchone()
    assert row is not None and row[0] == row[1]


def test_a_new_year_begins_with_the_last_word_of_the_old(database: ClusterUrls) -> None:
    write_events(3)
    make_durable(database)
    write_events(2)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE audit_pending SET ts = ts + interval '1 year'")
    make_durable(database)

    with psycopg.connect(database.superuser) as connection:
        old, new = connection.execute(
            "SELECT origin, size, root, log_id FROM audit_logs WHERE kind = 'license' ORDER BY year"
        ).fetchall()
        row = connection.execute(
            "SELECT body FROM audit_leaves WHERE log_id = %s AND index = 0", [new[3]]
        ).fetchone()
    assert row is not None
    assert bytes(row[0]).decode().split("\n")[:2] == [old[0], "3"]
    assert new[1] == 3
    assert verify(database.verifier).problem == ""


def test_a_log_that_nobody_writes_to_is_anchored_once_a_day(database: ClusterUrls) -> None:
    write_events(1)
    make_durable(database)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE audit_logs SET anchored_at = anchored_at - interval '1 day'")

    with psycopg.connect(database.sequencer, autocommit=True) as connection:
        assert Sequencer(connection, origin=ORIGIN).anchor_idle() == 1
        assert Sequencer(connection, origin=ORIGIN).anchor_idle() == 0
    sign_heads(database)
    assert verify(database.verifier).problem == ""


def test_a_stop_holds_numbers_and_signatures_until_a_person_ends_it(database: ClusterUrls) -> None:
    write_events(1)
    with psycopg.connect(database.signer, autocommit=True) as connection:
        connection.execute("INSERT INTO audit_stops (said_by, sentence) VALUES ('signer', 'Look')")

    assert number_events(database) == 0
    assert sign_heads(database) == 0
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE audit_stops SET ended_at = now(), ended_because = 'Looked'")
    assert make_durable(database) == 1


def test_a_text_goes_only_with_an_event_that_says_so_and_every_proof_stays(
    cast: Brand, cluster: Cluster, frozen_now: datetime
) -> None:
    urls = cluster.urls(str(connection.settings_dict["NAME"]))
    make_durable(urls)
    with psycopg.connect(urls.superuser) as superuser:
        row = superuser.execute(
            "SELECT event_id, license_id FROM compliance_events WHERE license_id = %s LIMIT 1",
            [cast.licenses[MFG]],
        ).fetchone()
        assert row is not None
        event_id = row[0]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="an event that says so"):
            superuser.execute("DELETE FROM audit_openings WHERE event_id = %s", [event_id])

    def erase(name: str, number: str) -> None:
        erase_text(
            actor=person(cast, name),
            license_id=cast.licenses[number],
            event_id=event_id,
            field="actor_name",
            reason="Asked to be forgotten",
            now=frozen_now,
        )

    with pytest.raises(NotPermitted):
        erase("Ana", MFG)
    with pytest.raises(NotFound):
        erase("Owen", DIST)
    erase("Owen", MFG)
    with pytest.raises(NotFound, match="no text"):
        erase("Owen", MFG)

    make_durable(urls)
    assert verify(urls.verifier).problem == ""
    with psycopg.connect(urls.verifier) as reading:
        proof = prove_event(reading, event_id)
        told = reading.execute(
            "SELECT subject FROM compliance_events WHERE type = %s", [EventType.OPENING_ERASED]
        ).fetchall()
    assert told == [(f"event:{event_id}",)]
    assert set(proof.openings) == {"reason"}
    public = read_public_key(signer_folder(urls) / "ledger.vkey")
    assert offline.check_proof(proof.text(), public)[0] == proof.entry


def test_a_long_body_is_kept_beside_the_record(database: ClusterUrls) -> None:
    write_events(1, body={"labels": ["1A4060300000001000000455"] * 4000})
    make_durable(database)

    with psycopg.connect(database.superuser) as connection:
        row = connection.execute(
            "SELECT octet_length(e.body), encode(b.sha256, 'hex') = e.record->>'body_sha256',"
            " octet_length(b.content) FROM compliance_events e, audit_blobs b"
        ).fetchone()
    assert row is not None
    assert row[0] < 65_535 < row[2]
    assert row[1] is True
    assert verify(database.verifier).problem == ""
