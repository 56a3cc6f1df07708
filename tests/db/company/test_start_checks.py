"""No process starts where the doctor finds something wrong, and both say it in the same words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from glassbox.runtime.postgres import ClusterUrls

BIN = Path(sys.executable).parent


def said(urls: ClusterUrls, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "glassbox"), *words],
        env={**os.environ, **urls.as_environment(), **changed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("process", ["serve", "worker", "sequencer", "signer"])
def test_a_process_of_another_environment_does_not_start(
    database: ClusterUrls, process: str
) -> None:
    refused = said(database, process, GLASSBOX_ENVIRONMENT="demo")
    doctor = json.loads(said(database, "doctor", "--json", GLASSBOX_ENVIRONMENT="demo").stdout)

    (found,) = [one for one in doctor["problems"] if one["id"] == "DB-ENVIRONMENT"]
    assert refused.returncode == 2
    assert f"{found['id']}: {found['sentence']} {found['remedy']}" in refused.stderr


def test_the_doctor_says_nothing_where_nothing_is_wrong(
    database: ClusterUrls, superuser: psycopg.Connection
) -> None:
    sound = said(database, "doctor")
    superuser.execute("ALTER ROLE glassbox_app BYPASSRLS")
    try:
        broken = said(database, "doctor")
    finally:
        superuser.execute("ALTER ROLE glassbox_app NOBYPASSRLS")

    assert (sound.returncode, sound.stdout) == (0, "0 findings in dev.\n")
    assert (broken.returncode, "DB-ROLE" in broken.stdout) == (1, True)
