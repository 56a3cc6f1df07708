"""`glassbox audit witness`: watch the ledger of somebody else, on a machine of one's own."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from glassbox.audit.notes import ED25519_COSIGNATURE, NoteWrong, public_of, verifier_key
from glassbox.audit.signing_keys import KEY_FILE, make_key, read_key
from glassbox.audit.witness import STATE_FILE, Answer, Witness
from glassbox.rules.verdicts import Refused

THREADS = 4
# A request is at most 63 hashes and one checkpoint with 16 signatures.
REQUEST_BYTES_AT_MOST = 64 * 1024

Environment = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


def add_witness_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a witness does."""
    what = parser.add_subparsers(dest="witness", required=True)
    serve = what.add_parser("serve", help="answer add-checkpoint (c2sp.org/tlog-witness)")
    serve.add_argument("--folder", type=Path, required=True, help="its key and its memory")
    serve.add_argument("--name", required=True, help="as it signs: an address without https://")
    serve.add_argument(
        "--key", action="append", required=True, help="a ledger's public key, or a file with it"
    )
    serve.add_argument("--port", type=int, required=True)
    serve.add_argument("--host", default="127.0.0.1")


def run_witness(arguments: argparse.Namespace) -> int:
    """Serve until told to stop. The key is made at the first start, and its public half told."""
    folder: Path = arguments.folder
    if "+" in arguments.name or not arguments.name or " " in arguments.name:
        raise Refused(f"{arguments.name!r} is no name of a witness: no space and no plus in it.")
    keys = dict(_read_key(text) for text in arguments.key)
    key = read_key(folder) if (folder / KEY_FILE).exists() else make_key(folder)
    line = verifier_key(
        arguments.name, key.public_key().public_bytes_raw(), kind=ED25519_COSIGNATURE
    )
    sys.stdout.write(
        f"{arguments.name} watches {', '.join(sorted(keys))}. Whoever is to believe its"
        f" cosignatures needs its key:\n    {line}\n"
    )
    sys.stdout.flush()

    def open_witness() -> Witness:
        return Witness(folder / STATE_FILE, name=arguments.name, key=key, keys=keys)

    _Server(open_witness, f"{arguments.host}:{arguments.port}").run()
    return 0


def witness_application(
    witness: Witness,
) -> Callable[[Environment, StartResponse], Iterable[bytes]]:
    """Return the WSGI application of a witness: POST add-checkpoint, GET HASH/checkpoint."""

    def answer(environment: Environment, start_response: StartResponse) -> Iterable[bytes]:
        found = _answer(witness, environment)
        content = found.text.encode()
        start_response(
            f"{found.status.value} {found.status.phrase}",
            [("Content-Type", found.content_type), ("Content-Length", str(len(content)))],
        )
        return [content]

    return answer


def _answer(witness: Witness, environment: Environment) -> Answer:
    path = str(environment["PATH_INFO"]).strip("/")
    match environment["REQUEST_METHOD"], path.split("/"):
        case "POST", ["add-checkpoint"]:
            body = environment["wsgi.input"].read(REQUEST_BYTES_AT_MOST + 1)
            if len(body) > REQUEST_BYTES_AT_MOST:
                return Answer(
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text="The request is too long.\n"
                )
            return witness.add_checkpoint(body, seconds=int(time.time()))
        case "GET", [origin_sha256, "checkpoint"]:
            return witness.checkpoint(origin_sha256)
    return Answer(
        status=HTTPStatus.NOT_FOUND, text="POST add-checkpoint, or GET HASH/checkpoint.\n"
    )


def _read_key(text: str) -> tuple[str, bytes]:
    line = Path(text).read_text("utf-8") if Path(text).exists() else text
    try:
        name, _, public = public_of(line)
    except NoteWrong as wrong:
        raise Refused(f"--key {text[:60]}: {wrong}") from wrong
    return name, public


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with one process, which opens the file of heads itself, after the fork."""

    def __init__(self, open_witness: Callable[[], Witness], address: str) -> None:
        self._open_witness, self._address = open_witness, address
        super().__init__()

    def load_config(self) -> None:
        for name, value in (
            ("bind", self._address),
            ("workers", 1),
            ("threads", THREADS),
            ("worker_class", "gthread"),
            ("loglevel", "warning"),
        ):
            self.cfg.set(name, value)

    def load(self) -> Callable[[Environment, StartResponse], Iterable[bytes]]:
        return witness_application(self._open_witness())
