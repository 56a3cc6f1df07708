"""`glassbox database`: run the embedded PostgreSQL of an installation, as its primary or a standby."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from glassbox.rules.verdicts import InvalidInput, Refused
from glassbox.runtime.postgres import Cluster
from glassbox.runtime.standby import (
    find_running,
    follow,
    is_standby,
    promote,
    wait_for_nobody,
    wait_for_standby,
)

LOOK_SECONDS = 1.0
# What a replication slot may be called.
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose data, where, and what is done with a server that runs."""
    parser.add_argument("--home", type=Path, default=settings.GLASSBOX_HOME)
    parser.add_argument("--port", type=int, default=5432, help="on this machine alone")
    parser.add_argument("--name", default="standby", help="what the primary knows a standby by")
    parser.add_argument(
        "--binaries", type=Path, help="another PostgreSQL's programs; the embedded speak no TLS"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL's"
    )
    parser.add_argument(
        "--passwords", type=Path, help="the primary's postgres-passwords.json, if it is elsewhere"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--follow",
        metavar="HOME|ADDRESS",
        help="be the standby of that primary: its home here, or the backup role's address there",
    )
    what.add_argument("--wait-for", metavar="NAME", help="commit only what that standby has too")
    what.add_argument("--wait-for-nobody", action="store_true", help="commit without a standby")
    what.add_argument("--promote", action="store_true", help="make this standby the primary")


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop, or change a server that runs; exit 2 if it ends by itself."""
    cluster = Cluster(
        arguments.home,
        fixed_port=arguments.port,
        settings=_settings(arguments.set),
        binaries=arguments.binaries,
    )
    if arguments.promote:
        find_running(cluster)
        promote(cluster)
        return _say("This is the primary now. Never start the old one again on its data.")
    if arguments.wait_for_nobody:
        find_running(cluster)
        wait_for_nobody(cluster)
        return _say("Commits are done without a standby: a lost machine can lose some.")
    if arguments.wait_for:
        find_running(cluster)
        wait_for_standby(cluster, _name(arguments.wait_for, "--wait-for"))
        return _say(f"No commit is told as done before {arguments.wait_for} has it.")
    return _serve(cluster, arguments)


def _serve(cluster: Cluster, arguments: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if arguments.follow and not cluster.data.exists():
        address, passwords = _primary(arguments.follow, arguments.passwords)
        follow(cluster, address, name=_name(arguments.name, "--name"), passwords=passwords)
    if is_standby(cluster):
        cluster.launch()
    else:
        cluster.start()
    _say(f"PostgreSQL listens on 127.0.0.1:{cluster.port}; passwords: {cluster.secrets_file}")
    while not stop.wait(LOOK_SECONDS):
        if not cluster.is_running:
            raise Refused(f"PostgreSQL ended by itself. Read {cluster.log}.")
    cluster.stop()
    return 0


def _primary(text: str, passwords: Path | None) -> tuple[str, Path]:
    """Return the backup role's address at a primary, and where its passwords lie."""
    if "://" not in text:
        primary = Cluster(Path(text))
        find_running(primary)
        return primary.url("glassbox_backup", "postgres"), passwords or primary.secrets_file
    if passwords is None:
        raise InvalidInput(
            field="--passwords",
            value="nothing",
            way_out="Bring the primary's postgres-passwords.json here by a safe way, and name it: the "
            "standby has the same roles.",
        )
    if urlsplit(text).password or "password=" in text:
        raise InvalidInput(
            field="--follow",
            value="(not shown)",
            way_out="A command's arguments are seen by everybody here: come by a certificate "
            "(&sslcert=FILE&sslkey=FILE), or set PGPASSWORD.",
        )
    return text, passwords


def _settings(words: list[str]) -> dict[str, str]:
    split = [word.partition("=") for word in words]
    if wrong := next((name for name, equals, _ in split if not equals or not name), None):
        raise InvalidInput(field="--set", value=wrong, way_out="Write it as ssl=on.")
    return {name: value for name, _, value in split}


def _name(text: str, field: str) -> str:
    if not NAME.fullmatch(text):
        raise InvalidInput(
            field=field, value=text, way_out="Use small letters, digits and _, a letter first."
        )
    return text


def _say(sentence: str) -> int:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
    return 0
