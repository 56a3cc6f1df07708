"""The command line as a process: one line when ready, a clean end, a state that survives."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from metrc_simulator.console import main
from metrc_simulator.running import running
from tests.simulator.conftest import MFG, Metrc, adjustment

COMMAND = [
    sys.executable,
    "-c",
    "from metrc_simulator.console import main; raise SystemExit(main())",
]


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `metrc-simulator serve` and yield the process and its address."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["address"]
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_its_address_and_ends_cleanly_on_a_signal(
    small_world: str, number: signal.Signals
) -> None:
    with served("--world", small_world) as (process, address), httpx.Client() as client:
        assert client.get(f"{address}/desk/api/keys").status_code == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/desk/api/keys")


def test_a_state_file_survives_kill_minus_nine(small_world: str, tmp_path: Path) -> None:
    state = ["--world", small_world, "--state", str(tmp_path / "metrc.sqlite")]
    with served(*state) as (process, address), httpx.Client(base_url=address) as client:
        metrc = Metrc(client)
        label = metrc.stock(MFG, 10)
        keys = client.get("/desk/api/keys").json()
        metrc.desk("clock", offsetSeconds=7200)
        seen = len(metrc.journal())
        process.kill()
        process.wait(timeout=10)
    with served(*state) as (process, address), httpx.Client(base_url=address) as client:
        metrc = Metrc(client)
        assert client.get("/desk/api/keys").json() == keys
        row = metrc.package(label)
        assert row["Quantity"] == 10
        assert len(metrc.journal()) >= seen
        metrc.put("/packages/v2/note", "Ana", MFG, {"PackageLabel": label, "Note": "x"})
        assert metrc.package(label)["LastModified"] > row["LastModified"]


def test_a_write_whose_caller_never_heard_stands_in_the_journal_after_a_kill(
    small_world: str, tmp_path: Path
) -> None:
    state = ["--world", small_world, "--state", str(tmp_path / "metrc.sqlite")]
    with (
        served(*state) as (process, address),
        httpx.Client(base_url=address, timeout=0.3) as client,
    ):
        metrc = Metrc(client)
        label = metrc.stock(MFG, 10)
        metrc.desk("faults", rules=[{"kind": "slow-after", "method": "POST", "delayMs": 60_000}])
        with pytest.raises(httpx.ReadTimeout):
            metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -1))
        process.kill()
        process.wait(timeout=10)
    with served(*state) as (_, address), httpx.Client(base_url=address) as client:
        metrc = Metrc(client)
        assert metrc.package(label)["Quantity"] == 9
        [entry] = [one for one in metrc.journal() if one["path"] == "/packages/v2/adjust"]
        assert [one["quantity"] for one in entry["applied"]] == [9]
        assert (entry["fault"], entry["callerCouldKnow"]) == ("slow-after", None)
        assert metrc.http.get("/desk/api/journal").json()[0]["path"] == "/desk/api/start"
    assert main(["replay", state[-1]]) == 0


def test_the_worlds_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worlds"]) == 0
    assert capsys.readouterr().out.startswith("empty\t")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("facilities: [", "while parsing"),
        ("- 1", "not a mapping of blocks"),
        ("users: []", "block 'facilities' is missing or empty"),
        ("facilities: [{number: X}]\nusers: [{name: A}]", "facility 1 lacks 'name'"),
        ("planets: []", "block 'planets' is not known"),
    ],
)
def test_a_broken_world_file_ends_in_one_sentence(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    assert main(["serve", "--world", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert str(path) in error


def test_unknown_names_and_broken_state_end_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--world", "atlantis"]) == 2
    assert "world 'atlantis' is not known" in capsys.readouterr().err
    assert main(["serve", "--profile", "zz"]) == 2
    assert "profile zz: unknown" in capsys.readouterr().err
    broken = tmp_path / "state"
    broken.write_text("this is not a database, whatever it says" * 100, encoding="utf-8")
    assert main(["serve", "--state", str(broken)]) == 2
    assert "state file" in capsys.readouterr().err


def test_a_port_in_use_ends_in_one_sentence(
    small_world: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--world", small_world, "--port", str(port)]) == 2
    assert f"port {port}:" in capsys.readouterr().err


def test_stopping_ends_a_connection_that_waits(small_world: str) -> None:
    with httpx.Client() as client:
        with running(small_world) as server:
            address = server.address
            assert client.get(f"{address}/desk/").status_code == 200
        with pytest.raises(httpx.TransportError):
            client.get(f"{address}/desk/")
