"""Secrets that nobody else has, and every shape in which one could lie somewhere."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg

from glassbox.runtime.postgres import packaged_binaries


def shapes(secret: str) -> Iterator[tuple[str, bytes]]:
    """Return a secret raw and as it looks in base64, hex, addresses, JSON, pages, COPY and UTF-16."""
    raw = secret.encode()
    yield "raw", raw
    for lead in range(3):
        # Where it begins within three bytes changes its letters; the outermost hang on what is beside.
        text = base64.b64encode(b"\0" * lead + raw)
        middle = text[(lead * 8 + 5) // 6 : len(raw) * 8 // 6 + lead - 2]
        yield f"base64+{lead}", middle
        yield f"base64url+{lead}", middle.translate(bytes.maketrans(b"+/", b"-_"))
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "quoted", quote(secret, safe="").encode()
    yield "quoted+", quote_plus(secret).encode()
    yield "JSON", json.dumps(secret)[1:-1].encode()
    yield "HTML", escape(secret).encode()
    yield "COPY", raw.replace(b"\\", b"\\\\")
    yield "UTF-16LE", secret.encode("utf-16-le")
    yield "UTF-16BE", secret.encode("utf-16-be")


def views(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Return bytes as they lie, and as whoever opens them would read: mails, archives, long lines."""
    yield "", content
    if content[:2] == b"\x1f\x8b":
        yield from _inside("gzip", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _inside(f"zip {name}", archive.read(name))
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=BytesIO(content)) as tar:
            for member in tar.getmembers():
                if file := tar.extractfile(member):
                    yield from _inside(f"tar {member.name}", file.read())
    elif b"\nMIME-Version:" in content[:2000] or content.startswith(b"MIME-Version:"):
        for part in message_from_bytes(content).walk():
            if not part.is_multipart():
                yield "mail", bytes(part.get_payload(decode=True) or b"")
    # A long word of base64 or quoted-printable is broken into lines.
    yield "unfolded", re.sub(rb"=?\r?\n", b"", content)


def _inside(what: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    for view, text in views(content):
        yield f"{what} {view}".strip(), text


def hits(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Return each secret found in each place, with its shape and how the place was opened."""
    wanted = [(name, list(shapes(secret))) for name, secret in secrets.items()]
    found = {}
    for place, content in places.items():
        for view, text in views(content):
            for name, needles in wanted:
                for shape, needle in needles:
                    if needle in text:
                        found.setdefault((name, place), f"as {shape} {view}".strip())
    return [f"{name} {how} in {place}" for (name, place), how in found.items()]


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
