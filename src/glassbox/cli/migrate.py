"""`glassbox migrate`: bring the database up to date as its owner, and name its environment."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Migrate as the owner role, then write which environment this database belongs to."""
    migrate(settings.GLASSBOX_OWNER_DATABASE_URL, settings.GLASSBOX_ENVIRONMENT)
    sys.stdout.write("The database is up to date.\n")
    return 0


def migrate(owner_url: str, environment: str) -> None:
    """Migrate the database of `owner_url`, and mark it as one of `environment`.

    In a process of its own, because Django's one connection here belongs to the application's
    role, which may not change tables.

    :raises ImproperlyConfigured: if the owner's address is missing, the migration fails, or the
        database belongs to another environment
    """
    if not owner_url:
        raise ImproperlyConfigured("Set GLASSBOX_OWNER_DATABASE_URL: migrations run as the owner.")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "migrate",
            "--skip-checks",
            "--no-input",
            "--verbosity",
            "0",
        ],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "glassbox.config.settings",
            "GLASSBOX_DATABASE_URL": owner_url,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise ImproperlyConfigured(f"The migration failed: {done.stderr.strip()}")
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "INSERT INTO installation (id, environment, clock_offset_seconds) VALUES (1, %s, 0)"
            " ON CONFLICT (id) DO NOTHING",
            [environment],
        )
        row = connection.execute("SELECT environment FROM installation WHERE id = 1").fetchone()
        if row and row[0] != environment:
            raise ImproperlyConfigured(
                f"This database belongs to {row[0]}, and GLASSBOX_ENVIRONMENT is {environment}."
                " Point one of them elsewhere."
            )
