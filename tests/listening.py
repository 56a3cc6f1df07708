"""Listens to a whole run of tests for secrets: what every process says, and what databases hold.

Only with GLASSBOX_TESTS_LISTEN, a folder; `said` in it is what the run wrote on its outputs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.journeys.canaries import dump, hits, shapes

FOLDER = os.environ.get("GLASSBOX_TESTS_LISTEN", "")
# Shorter ones are found by chance in a hundred megabytes.
LETTERS_AT_LEAST = 10
PACKED = frozenset({".gz", ".zip", ".xlsx", ".tar", ".eml"})
_OF_THE_TEST: dict[str, str] = {}


def level(usual: str) -> str:
    """Return how much a process shall say: all, when somebody listens."""
    return "DEBUG" if FOLDER else usual


def secrets_of(keys: Any, passwords: Mapping[str, str], urls: ClusterUrls) -> dict[str, str]:
    """Return every secret of one test's world: METRC's keys, people's and database passwords."""
    found = {"vendor key": keys["vendorKey"]}
    found |= {f"key of {user['name']}": user["userKey"] for user in keys["users"]}
    found |= {f"password of {name}": password for name, password in passwords.items()}
    for role, url in urls.as_environment().items():
        password = psycopg.conninfo.conninfo_to_dict(url).get("password")
        if password:
            found[f"password of {role}"] = str(password)
    return {name: one for name, one in found.items() if len(one) >= LETTERS_AT_LEAST}


def hear(keys: Any, passwords: Mapping[str, str], urls: ClusterUrls) -> None:
    """Keep what must be said nowhere, for the search at the end."""
    if not FOLDER:
        return
    found = secrets_of(keys, passwords, urls)
    with (Path(FOLDER) / "secrets.txt").open("a", encoding="utf-8") as kept:
        kept.writelines(f"{one}\n" for one in set(found.values()))
    _OF_THE_TEST.update(found)


def heard(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """Keep what a command said for the search at the end; return it without the lines of its log."""
    if FOLDER:
        sys.stderr.write(done.stdout + done.stderr)
        lines = done.stderr.splitlines(keepends=True)
        done.stderr = "".join(line for line in lines if not line.startswith("{"))
    return done


def search_database(urls: ClusterUrls) -> None:
    """Search a dump of the test's database for its secrets.

    :raises AssertionError: if one lies there
    """
    if not FOLDER or not _OF_THE_TEST:
        return
    with psycopg.connect(urls.superuser) as superuser:
        found = hits(_OF_THE_TEST, {"dump": dump(superuser)})
    _OF_THE_TEST.clear()
    must_be_empty(found)


def search_rest(cluster: Cluster) -> None:
    """Search PostgreSQL's files and log, the mails and all that was said for every secret heard.

    :raises AssertionError: if one lies there
    """
    if not FOLDER:
        return
    folder = Path(FOLDER)
    heard = set((folder / "secrets.txt").read_text(encoding="utf-8").split())
    assert heard, "no secret was heard"
    places = [cluster.data, cluster.log, folder / "mails", folder / "said", folder / "flows"]
    must_be_empty(search(heard, places))


def must_be_empty(found: list[str]) -> None:
    """Say what was found, which pytest does not for the asserts of a module like this one.

    :raises AssertionError: if anything was
    """
    assert not found, "\n".join(["Secrets lie where none belongs:", *found])


def search(heard: Iterable[str], places: Iterable[Path]) -> list[str]:
    """Return each file in which a secret lies, with the shape it lies in; the secret is not told.

    Everything is searched as it lies; what is packed or folded, such as mails, as it is read too.
    """
    secrets = {f"secret {number}": one for number, one in enumerate(sorted(heard))}
    patterns = Path(FOLDER or tempfile.gettempdir()) / f"patterns-{os.getpid()}"
    patterns.write_bytes(
        b"\n".join(sorted({needle for one in secrets.values() for _, needle in shapes(one)}))
    )
    try:
        there = [place for place in places if place.exists()]
        suspects = {Path(name) for name in files_with(patterns, there)}
    finally:
        patterns.unlink()
    for place in there:
        suspects |= {one for one in (place, *place.rglob("*")) if one.is_file() and is_packed(one)}
    return sorted(
        line for path in suspects for line in hits(secrets, {str(path): path.read_bytes()})
    )


def is_packed(path: Path) -> bool:
    """Return whether a file must be opened before it can be searched."""
    return path.suffix in PACKED or path.parent.name == "mails"


def files_with(patterns: Path, places: Iterable[Path]) -> list[str]:
    """Return the files in which one of the patterns lies."""
    done = subprocess.run(
        ["grep", "-r", "-a", "-l", "-F", "-f", str(patterns), *map(str, places)],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()
