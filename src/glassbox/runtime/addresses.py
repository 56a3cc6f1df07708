"""A database's address for a program of PostgreSQL's: its password goes where others cannot see it."""

from __future__ import annotations

import os

from psycopg.conninfo import conninfo_to_dict, make_conninfo


def without_password(url: str) -> tuple[str, str]:
    """Return an address without its password, in libpq's words, and the password.

    It may stand before the machine's name or behind the question mark, and there may be several
    machines.
    """
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", "") or "")
    return make_conninfo("", **parts), password


def environment_with(password: str) -> dict[str, str]:
    """Return this process's environment with a password for libpq.

    A program's arguments are shown to everybody on the machine; its environment to its user alone.
    """
    return {**os.environ, "PGPASSWORD": password} if password else dict(os.environ)
