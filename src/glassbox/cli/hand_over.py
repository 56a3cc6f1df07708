"""`glassbox hand-over`: give a leaving customer every row and every log that is theirs."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from glassbox import clock
from glassbox.audit.export import export_logs, log_names
from glassbox.audit.proofs import NotProvable
from glassbox.audit.signing_keys import SigningKeyMissing, read_public_key
from glassbox.operations.handing_over import tell_handed_over
from glassbox.queries.licenses import license_numbers_of_company
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, Refused

ROWS_AT_ONCE = 5000
# What opens something, or was sealed so that nobody reads it. A key is METRC's to give again.
SECRETS = frozenset({"password", "sealed_key", "sealed_secret", "sealed_token"})
TABLES = """
    SELECT c.relname, bool_or(a.attname = 'company_id'), bool_or(a.attname = 'license_id')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    AND a.attname IN ('company_id', 'license_id') GROUP BY c.relname ORDER BY c.relname
"""
READ_ME = """Everything that was kept for {company}, as of {at}.

tables/NAME.jsonl   one row a line, every column, times in UTC, bytes in hexadecimal
ledger/             the logs of each licence; check them with: python3 ledger/verify.py ledger
manifest.json       rows and SHA-256 of each file

Left out, for they open something or nobody can read them: {secrets}.
What METRC holds is METRC's to give. Keep this for as long as your records must be kept (7 years in
California), where only you read it: it holds names of people and prices.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose data, where they go, and why."""
    parser.add_argument("--company", required=True, help="its name, as the company page shows it")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is new or empty")
    parser.add_argument("--because", required=True, help="who asked for it; it is kept")


def run(arguments: argparse.Namespace) -> int:
    """Write all of it, and tell the ledger of each licence that it was given."""
    if not arguments.because.strip():
        raise InvalidInput(
            field="--because", value=arguments.because, way_out="Say who asked for it; it is kept."
        )
    out: Path = arguments.out
    if out.exists() and any(out.iterdir()):
        raise InvalidInput(field="--out", value=out, way_out="Name a folder that is new or empty.")
    actor, now = system_actor("hand-over"), clock.now()
    company_id, numbers = license_numbers_of_company(actor=actor, name=arguments.company)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    out.chmod(0o700)
    try:
        with psycopg.connect(settings.GLASSBOX_BACKUP_DATABASE_URL) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute("SET LOCAL timezone = 'UTC'")
            rows = write_rows(connection, out / "tables", company_id, sorted(numbers))
            entries = _write_ledger(connection, out / "ledger", numbers)
    except (NotProvable, SigningKeyMissing) as problem:
        raise Refused(str(problem)) from problem
    (out / "README.txt").write_text(
        READ_ME.format(
            company=arguments.company, at=now.isoformat(), secrets=", ".join(sorted(SECRETS))
        )
    )
    manifest = _manifest(out, rows)
    (out / "manifest.json").write_text(manifest)
    tell_handed_over(
        actor=actor,
        license_ids=sorted(numbers),
        because=arguments.because,
        manifest_sha256=hashlib.sha256(manifest.encode()).hexdigest(),
        rows=sum(rows.values()),
        now=now,
    )
    sys.stdout.write(
        f"{sum(rows.values()):,} rows of {len(rows)} tables and {entries:,} entries of the ledger are"
        f" in {out}.\n"
    )
    return 0


def write_rows(
    connection: psycopg.Connection[Any], folder: Path, company_id: int, license_ids: list[int]
) -> dict[str, int]:
    """Write each row of a company or one of its licences below `folder`; return how many a table."""
    folder.mkdir()
    tables = connection.execute(TABLES).fetchall()
    written = {
        "companies": _write(
            connection, folder, "companies", sql.SQL("id = %(company)s"), company_id, license_ids
        )
    }
    for name, has_company, has_license in tables:
        conditions = [
            *([sql.SQL("company_id = %(company)s")] if has_company else []),
            *([sql.SQL("license_id = ANY(%(licenses)s)")] if has_license else []),
        ]
        whose = sql.SQL(" OR ").join(conditions)
        written[name] = _write(connection, folder, name, whose, company_id, license_ids)
    return written


def _write(
    connection: psycopg.Connection[Any],
    folder: Path,
    table: str,
    whose: sql.Composable,
    company_id: int,
    license_ids: list[int],
) -> int:
    command = sql.SQL("SELECT (to_jsonb(t) - %(secrets)s::text[])::text FROM {} t WHERE {}").format(
        sql.Identifier(table), whose
    )
    count = 0
    with (
        connection.cursor(name="rows") as cursor,
        (folder / f"{table}.jsonl").open("w", encoding="utf-8", newline="\n") as file,
    ):
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            command,
            {"secrets": sorted(SECRETS), "company": company_id, "licenses": license_ids},
        )
        for (line,) in cursor:
            file.write(f"{line}\n")
            count += 1
    return count


def _write_ledger(
    connection: psycopg.Connection[Any], folder: Path, numbers: dict[int, str]
) -> int:
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    read_public_key(key_file)
    names = log_names(connection, numbers, with_shared=False)
    return export_logs(connection, folder, names, key_file.read_text())


def _manifest(out: Path, rows: dict[str, int]) -> str:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    sums = {}
    for path in files:
        with path.open("rb") as file:
            sums[str(path.relative_to(out))] = hashlib.file_digest(file, "sha256").hexdigest()
    return json.dumps({"rows": rows, "sha256": sums}, indent=2) + "\n"
