"""Secrets that nobody else has, and every shape in which one could lie somewhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg

from glassbox.runtime.postgres import packaged_binaries


def shapes(secret: str) -> Iterator[tuple[str, bytes]]:
    """Return a secret raw and as it looks in base64, hex, addresses, JSON and UTF-16."""
    raw = secret.encode()
    yield "raw", raw
    for lead in range(3):
        # Where it begins within three bytes changes its letters; the outermost hang on what is beside.
        text = base64.b64encode(b"\0" * lead + raw)
        yield f"base64+{lead}", text[(lead * 8 + 5) // 6 : len(raw) * 8 // 6 + lead - 2]
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "quoted", quote(secret, safe="").encode()
    yield "quoted+", quote_plus(secret).encode()
    yield "JSON", json.dumps(secret)[1:-1].encode()
    yield "UTF-16LE", secret.encode("utf-16-le")
    yield "UTF-16BE", secret.encode("utf-16-be")


def hits(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Return each secret found in each place, with its shape."""
    return [
        f"{name} as {shape} in {place}"
        for name, secret in secrets.items()
        for shape, needle in shapes(secret)
        for place, text in places.items()
        if needle in text
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def dump(superuser: psycopg.Connection) -> bytes:
    """Return the whole database as pg_dump writes it, the ledger with it."""
    info = superuser.info
    return subprocess.run(
        [str(packaged_binaries() / "bin" / "pg_dump"), "--inserts", "--no-owner"],
        env={
            **os.environ,
            "PGHOST": info.host,
            "PGPORT": str(info.port),
            "PGUSER": info.user,
            "PGPASSWORD": info.password,
            "PGDATABASE": info.dbname,
        },
        capture_output=True,
        check=True,
        timeout=120,
    ).stdout
