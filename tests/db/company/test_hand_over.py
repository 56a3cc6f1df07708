"""What a leaving customer is given is all of theirs, verifies offline, and nothing of anybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.cli.hand_over import SECRETS, TABLES
from glassbox.config.console import main
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of
from tests.cast import MFG
from tests.db.actions.story import draft, put_oil
from tests.db.api.calling import token_of
from tests.ledger import ORIGIN, make_durable, signer_folder

COMPANY = "Golden Poppy"


def rows_in(folder: Path) -> dict[str, list[dict[str, object]]]:
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(folder.glob("*.jsonl"))
    }


def counted(
    superuser: psycopg.Connection,
    table: str,
    company: bool,
    license: bool,
    at: tuple[int, list[int]],
) -> int:
    words = [
        *(["company_id = %(c)s"] if company else []),
        *(["license_id = ANY(%(l)s)"] if license else []),
    ]
    row = superuser.execute(
        f"SELECT count(*) FROM {table} WHERE {' OR '.join(words)}",  # type: ignore[arg-type]
        {"c": at[0], "l": at[1]},
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_company_is_given_all_of_its_rows_and_logs_and_no_row_of_another(
    cast: Brand,
    cast_urls: ClusterUrls,
    cast_superuser: psycopg.Connection,
    tmp_path: Path,
    frozen_now: datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put_oil(cast, frozen_now)
    draft(cast, frozen_now)
    token_of(cast, "Ana")
    make_durable(cast_urls)
    companies = dict(cast_superuser.execute("SELECT name, id FROM companies").fetchall())
    assert len(companies) > 1
    (name,) = [one for one in companies if one.startswith(COMPANY)]
    company_id = companies[name]
    own = [
        id
        for (id,) in cast_superuser.execute(
            "SELECT id FROM licenses WHERE company_id = %s", [company_id]
        ).fetchall()
    ]
    expected = {
        table: counted(cast_superuser, table, company, license, (company_id, own))
        for table, company, license in cast_superuser.execute(TABLES).fetchall()
    }
    out = tmp_path / "out"
    with override_settings(
        GLASSBOX_BACKUP_DATABASE_URL=cast_urls.backup,
        GLASSBOX_LEDGER_KEY_FILE=signer_folder(cast_urls) / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
    ):
        words = ["hand-over", "--out", str(out), "--because", "Owen asked in writing"]
        assert main([*words, "--company", "Nobody"]) == 2
        assert name in capsys.readouterr().err
        assert main([*words, "--company", name]) == 0
        assert main([*words, "--company", name]) == 2

    given = rows_in(out / "tables")
    assert {table: len(rows) for table, rows in given.items() if table != "companies"} == expected
    assert [row["id"] for row in given.pop("companies")] == [company_id]
    # Empty tables would prove nothing.
    assert sum(bool(rows) for rows in given.values()) > 10
    for table, rows in given.items():
        for row in rows:
            assert row.get("company_id") in (None, company_id), table
            assert row.get("license_id") in (None, *own), table
            assert not SECRETS & row.keys(), table
    text = "".join(path.read_text(errors="replace") for path in out.rglob("*") if path.is_file())
    for stranger in ("Nell", *(set(companies) - {name})):
        assert stranger not in text
    checked = subprocess.run(
        [sys.executable, str(out / "ledger" / "verify.py"), str(out / "ledger")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    told = events_of(cast.licenses[MFG], "data.handed_over")
    assert len(told) == 1
