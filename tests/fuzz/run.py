"""One run of fuzzed writes against a world, with every law held and the journal believed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from metrc_simulator.answers import Answer
from metrc_simulator.contract.operations import Operation
from metrc_simulator.engine import Engine
from metrc_simulator.http_server import Request
from metrc_simulator.recording import fingerprint
from metrc_simulator.replay import Recording, replay
from metrc_simulator.running import open_engine
from metrc_simulator.simulator import Simulator
from metrc_simulator.wire import decode
from tests.fuzz.laws import Books, digest
from tests.fuzz.writer import WRITES, Writer

# A world that is fuzzed for long has little left that a write could still be about.
WRITES_PER_WORLD = 4_000
WRITES_BETWEEN_CHECKS = 1_000
# A refused call must leave no trace. Looking at the whole world costs more than the call.
CALLS_BETWEEN_TRACE_LOOKS = 97


@dataclass
class Findings:
    """What a run came to: calls by status, and by operation those that were done."""

    statuses: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def never_done(self) -> list[str]:
        """Return the operations of which no call was done."""
        return [str(one) for one in WRITES if str(one) not in self.done]


def fuzz(writes: int, seed: int) -> Findings:
    """Make that many writes, a new world demo after every so many; return what came of them.

    :raises AssertionError: at the first answer or row that breaks a law, with the call's bytes
    """
    findings = Findings()
    for begun in range(0, writes, WRITES_PER_WORLD):
        engine = open_engine("ca", "demo")
        try:
            count = min(WRITES_PER_WORLD, writes - begun)
            found = _fuzz_world(engine, count, seed + begun)
        finally:
            engine.stopping.set()
            engine.store.close()
        findings.statuses += found.statuses
        findings.done += found.done
    return findings


def _fuzz_world(engine: Engine, writes: int, seed: int) -> Findings:
    simulator, writer, books = Simulator(engine), Writer(engine, seed), Books(engine)
    findings = Findings()
    for number in range(1, writes + 1):
        operation, request = writer.next()
        is_watched = number % CALLS_BETWEEN_TRACE_LOOKS == 0
        before = digest(engine) if is_watched else ""
        answer = _answer(simulator, operation, request)
        findings.statuses[answer.status] += 1
        if answer.status == 200:
            findings.done[str(operation)] += 1
        elif is_watched:
            assert digest(engine) == before, f"{_told(request)} was refused and left a trace"
        if number % WRITES_BETWEEN_CHECKS == 0:
            books.check()
    books.check()
    _check_journal(engine, books, findings, writes)
    _check_replay(engine)
    return findings


def _answer(simulator: Simulator, operation: Operation, request: Request) -> Answer:
    try:
        answer = simulator.answer(request)
    except Exception as problem:
        raise AssertionError(f"{_told(request)} broke the simulator") from problem
    assert answer.status in {200, 204, 400, 401, 404, 413}, (answer.status, _told(request))
    if answer.status == 400:
        found = json.loads(answer.body)
        rows = found if isinstance(found, list) else [found]
        assert rows and all(row.get("message") or row.get("Message") for row in rows), found
    return answer


def _told(request: Request) -> str:
    body = request.body.decode("utf-8", errors="replace")
    return f"{request.method} {request.path}?{request.query} {body[:600]}"


def _check_journal(engine: Engine, books: Books, findings: Findings, writes: int) -> None:
    entries: list[dict[str, Any]] = json.loads(
        engine.journal.json(books.first_entry), parse_float=Decimal
    )
    assert len(entries) == writes
    assert Counter(one["status"] for one in entries) == findings.statuses
    for entry in entries:
        assert entry["status"] == 200 or not entry["applied"], entry
    told = books.journal_quantities(entries)
    assert not told, f"quantities the journal does not explain (told, is): {told}"


def _check_replay(engine: Engine) -> None:
    """Do the journal again on a new world: what it tells must lead to the same rows."""
    entries = decode(engine.journal.json(0))
    replayed = replay(Recording(entries, fingerprint(engine.store)))
    assert replayed.difference is None, replayed.difference
