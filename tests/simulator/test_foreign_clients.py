"""Clients nobody here has written make the documented calls, none with a special case.

Each program gets a plan, one call a line (method, path, body), and prints one line for each
answer: status, Retry-After, body. Those that are not installed are skipped by name.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from metrc_simulator.running import running
from tests.simulator.conftest import MFG, Metrc, adjustment

PROGRAMS = Path(__file__).parent / "foreign"
IN_MFG = f"?licenseNumber={MFG}"


class Call(NamedTuple):
    """One line of a plan."""

    method: str
    path: str
    body: str = ""


class Told(NamedTuple):
    """One answer as a client tells it."""

    status: int
    retry_after: str
    body: str


class Stage(NamedTuple):
    """Where the clients are sent, and with which keys."""

    address: str
    user: str
    password: str
    room: Path


Client = Callable[[Stage, list[Call]], list[Told]]


@pytest.fixture(scope="module")
def metrc(small_world: str) -> Iterator[Metrc]:
    """One simulator for all clients; each adjusts a package of its own."""
    with (
        running(small_world) as server,
        httpx.Client(base_url=server.address, timeout=20) as client,
    ):
        made = Metrc(client)
        made.desk("faults", rules=[{"kind": "429", "path": "/items/v2/*", "delayMs": 1500}])
        yield made


def _program(*command: str) -> Client:
    def run(stage: Stage, plan: list[Call]) -> list[Told]:
        path = stage.room / "plan"
        path.write_text("".join("\t".join(call) + "\n" for call in plan), encoding="utf-8")
        arguments = [stage.address, stage.user, stage.password, str(path)]
        out, _ = _output([*command, *arguments])
        rows = [line.split("\t", 2) for line in out.splitlines()]
        return [Told(int(row[0]), row[1], row[2]) for row in rows]

    return run


def _output(command: list[str], fine: tuple[int, ...] = (0,)) -> tuple[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in fine, done.stderr
    return done.stdout, done.stderr


def _curl(stage: Stage, plan: list[Call]) -> list[Told]:
    command = ["curl", "--no-progress-meter"]
    for number, call in enumerate(plan):
        command += ["--next"] if number else []
        command += ["--anyauth", "-u", f"{stage.user}:{stage.password}"]
        # curl asks before it sends a body if it may; here it always asks.
        command += ["-H", "Content-Type: application/json", "-H", "Expect: 100-continue"]
        command += ["--head"] if call.method == "HEAD" else ["-X", call.method]
        command += ["-d", call.body] if call.body else []
        command += ["-o", str(stage.room / str(number)), stage.address + call.path]
        command += ["-w", "%{http_code}\t%header{retry-after}\t%{num_connects}\n"]
    lines = [line.split("\t") for line in _output(command)[0].splitlines()]
    assert [line[2] for line in lines] == ["1", *["0"] * (len(plan) - 1)], "one connection for all"
    bodies = [stage.room / str(number) for number in range(len(plan))]
    return [
        Told(
            int(line[0]),
            line[1],
            "" if call.method == "HEAD" or not path.exists() else path.read_text(),
        )
        for line, path, call in zip(lines, bodies, plan, strict=True)
    ]


def _wget(stage: Stage, plan: list[Call]) -> list[Told]:
    told = []
    for call in plan:
        # Exit code 8 says that the server answered with an error.
        body, heads = _output(
            [
                *("wget", "-q", "-O", "-", "--server-response", "--content-on-error", "--tries=1"),
                *(f"--user={stage.user}", f"--password={stage.password}"),
                *("--header=Content-Type: application/json", f"--method={call.method}"),
                *([f"--body-data={call.body}"] if call.body else []),
                stage.address + call.path,
            ],
            fine=(0, 8),
        )
        # The first head may be the challenge; the last is the answer's.
        head = heads.rpartition("HTTP/1.1 ")[2]
        wait = re.search(r"Retry-After: (.*)", head)
        told.append(Told(int(head[:3]), wait.group(1) if wait else "", body))
    return told


def _urllib(stage: Stage, plan: list[Call]) -> list[Told]:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, stage.address, stage.user, stage.password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    told = []
    for call in plan:
        request = urllib.request.Request(
            stage.address + call.path,
            data=call.body.encode() or None,
            headers={"Content-Type": "application/json"},
            method=call.method,
        )
        try:
            answer = opener.open(request, timeout=10)
        except urllib.error.HTTPError as problem:
            answer = problem
        with answer:
            wait = answer.headers.get("Retry-After", "")
            told.append(Told(answer.status, wait, answer.read().decode()))
    return told


def _httpx(stage: Stage, plan: list[Call]) -> list[Told]:
    with httpx.Client(base_url=stage.address, auth=(stage.user, stage.password)) as client:
        answers = [client.request(*call[:2], content=call.body or None) for call in plan]
    return [Told(one.status_code, one.headers.get("retry-after", ""), one.text) for one in answers]


CLIENTS: dict[str, Client] = {
    "curl": _curl,
    "wget": _wget,
    "node": _program("node", str(PROGRAMS / "client.mjs")),
    "perl": _program("perl", str(PROGRAMS / "client.pl")),
    "java": _program("java", str(PROGRAMS / "Client.java")),
    "urllib": _urllib,
    "httpx": _httpx,
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_written_elsewhere_makes_the_documented_calls(
    metrc: Metrc, name: str, tmp_path: Path
) -> None:
    if name not in {"urllib", "httpx"} and shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    label = metrc.stock(MFG, 1000)
    stage = Stage(str(metrc.http.base_url).rstrip("/"), *metrc.auth("Ana"), tmp_path)
    read, lost, right, empty, wrong, limited, head, allowed = CLIENTS[name](
        stage,
        [
            Call("GET", f"/packages/v2/active{IN_MFG}&pageNumber=1&pageSize=20"),
            Call("GET", "/nowhere/v2/"),
            Call("POST", f"/packages/v2/adjust{IN_MFG}", json.dumps([adjustment(label, -12)])),
            Call("PUT", f"/packages/v2/adjust{IN_MFG}", json.dumps([adjustment(label, 500)])),
            Call("POST", f"/packages/v2/adjust{IN_MFG}", json.dumps([adjustment("no", 1)])),
            Call("GET", f"/items/v2/active{IN_MFG}"),
            Call("HEAD", f"/packages/v2/active{IN_MFG}"),
            Call("OPTIONS", "/packages/v2/adjust"),
        ],
    )
    assert read[:2] == (200, "")
    assert label in [row["Label"] for row in json.loads(read.body)["Data"]]
    assert lost == (404, "", "")
    assert right.status == 200
    assert json.loads(right.body)["Warnings"] is None
    assert empty == (200, "", "")
    assert wrong.status == 400
    assert json.loads(wrong.body)[0]["row"] == 0
    assert limited == (429, "2", "")
    assert head == (200, "", "")
    assert allowed == (204, "", "")
    assert metrc.package(label)["Quantity"] == 500
