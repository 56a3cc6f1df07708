"""`glassbox demo`: the whole product with an invented brand, on this machine alone."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from glassbox.cli.demo_outside import (
    forget_outside,
    name_places,
    wait_for_witness,
    witness_words,
)
from glassbox.rules.verdicts import Refused
from glassbox.runtime.children import die_with_parent
from glassbox.runtime.postgres import Cluster
from glassbox.runtime.supervisor import Child, Supervisor

BIN = Path(sys.executable).parent
SERVES_WITHIN_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to serve, and whether to start over."""
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away first")
    parser.add_argument("--home", type=Path, default=Path(".glassbox"), help="where its data are")


class PortTaken(Refused):
    """Something else listens where the demo should."""

    code = "demo.port-taken"


def run(arguments: argparse.Namespace) -> int:
    """Start everything, say where and who, and stop all of it on Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    _require_free(arguments.port)
    home: Path = arguments.home.resolve()
    cluster = Cluster(home)
    if arguments.fresh:
        shutil.rmtree(cluster.folder, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
    if not home.exists():
        forget_outside(home)
    home.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor([])
    simulator: subprocess.Popen[str] | None = None
    try:
        urls = cluster.start()
        simulator, address = _start_simulator(home)
        places, witness_port = name_places(home)
        environment = {**_environment(home, urls.as_environment(), address), **places}
        _prepare(home, environment)
        supervisor.add(_child("witness", environment, *witness_words(home, witness_port)))
        wait_for_witness(witness_port)
        for child in (
            _child("serve", environment, "serve", f"--port={arguments.port}"),
            _child("sequencer", environment, "sequencer"),
            _child("signer", environment, "signer"),
            _child("worker", environment, "worker"),
        ):
            supervisor.add(child)
        _wait_until_it_serves(arguments.port)
        _tell(home, arguments.port, address)
        supervisor.watch()
    except KeyboardInterrupt:
        sys.stdout.write("\nStopping.\n")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        if simulator is not None:
            simulator.terminate()
            simulator.wait(20)
        cluster.stop()
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} is taken. Say `make demo PORT=n` with another one."
            ) from error


def _start_simulator(home: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [
            str(BIN / "metrc-simulator"),
            "serve",
            "--world=demo",
            f"--state={home / 'metrc-simulator.sqlite'}",
        ],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise Refused("The METRC simulator did not start; its own sentence stands above.")
    return process, json.loads(line)["address"]


def _environment(home: Path, urls: dict[str, str], address: str) -> dict[str, str]:
    secret = home / "secret-key"
    if not secret.exists():
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    with urlopen(f"{address}/desk/api/keys", timeout=20) as answer:
        vendor_key = json.load(answer)["vendorKey"]
    return {
        **os.environ,
        **urls,
        "GLASSBOX_HOME": str(home),
        "GLASSBOX_ENVIRONMENT": "demo",
        "GLASSBOX_SECRET_KEY_FILE": str(secret),
        "GLASSBOX_METRC_URL": address,
        # The simulator is this machine's own: nobody else waits for it.
        "GLASSBOX_METRC_SHARE": "1",
        "GLASSBOX_METRC_VENDOR_KEY": vendor_key,
        "GLASSBOX_DEMO_PEOPLE_FILE": str(home / "demo-people.json"),
        "GLASSBOX_SYNC_EVERY_SECONDS": "30",
        "GLASSBOX_SETTLE_WINDOW_SECONDS": "20",
    }


def _prepare(home: Path, environment: dict[str, str]) -> None:
    """Migrate and open the brand, only when something is new: a second start must be fast."""
    stamp = home / "prepared"
    wanted = _migrations_sha256()
    if not stamp.exists() or stamp.read_text() != wanted:
        _command(environment, "migrate")
        stamp.write_text(wanted)
    if not (home / "demo-people.json").exists():
        _command(environment, "open-demo")


def _migrations_sha256() -> str:
    package = Path(__file__).parent.parent
    files = sorted([*package.glob("migrations/*.py"), *package.glob("audit/migrations/*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _command(environment: dict[str, str], name: str) -> None:
    done = subprocess.run([str(BIN / "glassbox"), name], env=environment, timeout=300, check=False)
    if done.returncode:
        raise Refused(f"`glassbox {name}` failed; its own sentence stands above.")


def _child(name: str, environment: dict[str, str], *words: str) -> Child:
    return Child(name=name, command=[str(BIN / "glassbox"), *words], environment=environment)


def _wait_until_it_serves(port: int) -> None:
    ends = time.monotonic() + SERVES_WITHIN_SECONDS
    while time.monotonic() < ends:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise Refused(f"The pages did not come up in {SERVES_WITHIN_SECONDS:.0f} s.")


def _tell(home: Path, port: int, address: str) -> None:
    people = json.loads((home / "demo-people.json").read_text())
    lines = [
        "",
        f"Glassbox serves http://127.0.0.1:{port}",
        f"METRC's desk (what people do in METRC's own pages): {address}/desk/",
        "",
        "People of the demo, who may sign in:",
        *(
            f"  {person['name']:5} {person['email']:32} {person['password']:14} {person['role']}"
            for person in people
        ),
        "",
        "Look first: sign in as Fay and see the flow; then sign in as Nell, who sees none of it.",
        "Ctrl-C stops all of it. `make demo FRESH=1` starts over.",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()
