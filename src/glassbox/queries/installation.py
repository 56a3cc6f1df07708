"""What this installation is set to, gathered for the rules that say what is wrong with it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from glassbox.queries.sign_on_providers import (
    secret_file_of,
    sign_on_problem,
    sign_on_providers,
)
from glassbox.queries.surroundings import clock_apart_seconds, clock_is_in_step, tls_error
from glassbox.rules.installation import ADDRESS_OF
from glassbox.rules.installation_facts import DatabaseFacts, InstallationFacts
from glassbox.rules.key_service_address import endpoint_of
from glassbox.rules.outside_hosts import is_listed

CONNECT_SECONDS = 5
ADDRESSES = ("OWNER", "SEQUENCER", "SIGNER", "VERIFIER", "BACKUP")
# Tables with a licence or a company of which the walls are asked (decisions 8).
UNWALLED = """
    SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    AND a.attname = 'license_id' AND NOT a.attisdropped
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity) AND c.relname <> ALL(%s)
    AND c.relowner <> 'glassbox_ledger'::regrole
    ORDER BY c.relname
"""
# The ledger's tables belong to a role nobody signs in as, and open by its own functions alone.
# Read before any licence is known: who may look into which licences decides the walls themselves.
READ_WITHOUT_CONTEXT = ["facilities", "roles"]


def installation_facts(process: str) -> InstallationFacts:
    """Return everything the checks look at, as the process of that name sees it."""
    database: dict[str, Any] = settings.DATABASES["default"]
    logging: dict[str, Any] = settings.LOGGING
    facts, error = _database_facts(process)
    files = [
        path
        for folder in (
            settings.GLASSBOX_KEYS_FOLDER,
            settings.GLASSBOX_SIGNER_FOLDER,
            settings.GLASSBOX_VAULT_FOLDER,
        )
        for path in _files(folder)
    ]
    # What systemd hands over lies in its own folder, under its own rules.
    if settings.GLASSBOX_CREDENTIALS_FOLDER is None:
        files += [secret_file_of(one) for one in sign_on_providers()]
    if settings.GLASSBOX_KEK_TOKEN_FILE and settings.GLASSBOX_CREDENTIALS_FOLDER is None:
        files.append(settings.GLASSBOX_KEK_TOKEN_FILE)
    return InstallationFacts(
        process=process,
        environment=settings.GLASSBOX_ENVIRONMENT,
        metrc_url=settings.GLASSBOX_METRC_URL,
        has_vendor_key=bool(settings.GLASSBOX_METRC_VENDOR_KEY),
        secret_key_characters=len(settings.SECRET_KEY),
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        public_url=settings.GLASSBOX_PUBLIC_URL,
        ledger_origin=settings.GLASSBOX_LEDGER_ORIGIN,
        database_host=str(database["HOST"]),
        database_tls=str(database["OPTIONS"].get("sslmode", "")),
        has_mail=settings.GLASSBOX_MAIL_IS_SET_UP,
        log_level=str(logging["root"]["level"]),
        redirects_to_tls=settings.SECURE_SSL_REDIRECT,
        demo_people_file=settings.GLASSBOX_DEMO_PEOPLE_FILE,
        second_factor_is_required=settings.MFA_IS_REQUIRED,
        other_addresses=tuple(
            f"GLASSBOX_{name}_DATABASE_URL"
            for name in ADDRESSES
            if getattr(settings, f"GLASSBOX_{name}_DATABASE_URL")
            and name != ADDRESS_OF.get(process)
            and process != "doctor"
        ),
        open_files=tuple(str(path) for path in files if _others_may_read(path)),
        has_keyset=_has_keys_of(process),
        opens_vault=_may_read_any(settings.GLASSBOX_VAULT_FOLDER),
        database=facts,
        database_error=error,
        mail_is_encrypted=settings.EMAIL_USE_TLS or not settings.EMAIL_HOST,
        unlisted_hosts=_unlisted_hosts(),
        has_scanner=bool(settings.GLASSBOX_CLAMD),
        has_trial_code=any(find_spec(name) for name in ("metrc_simulator", "glassbox.cli.demo")),
        # A path is a socket of this machine.
        scanner_host=""
        if settings.GLASSBOX_CLAMD.startswith("/")
        else settings.GLASSBOX_CLAMD.rpartition(":")[0],
        has_breach_list=bool(settings.GLASSBOX_BREACHED_PASSWORDS_FILE),
        tls_error=tls_error(settings.GLASSBOX_PUBLIC_URL) if process == "doctor" else "",
        clock_is_in_step=clock_is_in_step(),
        sign_on_problem=sign_on_problem() if process in ("serve", "doctor") else "",
        kek_url=_key_service(),
        plain_key_files=_plain_key_files(),
    )


def _key_service() -> str:
    return endpoint_of(settings.GLASSBOX_KEK_URL, settings.GLASSBOX_KEK_ENDPOINT)


def _unlisted_hosts() -> tuple[str, ...]:
    """Return the machines that the settings name and the operator's list does not."""
    named = [settings.EMAIL_HOST, urlsplit(_key_service()).hostname or ""]
    named += [
        urlsplit(address).hostname or ""
        for address in (settings.GLASSBOX_METRC_CONNECT_URL, settings.GLASSBOX_TIMESTAMP_URL)
    ]
    if settings.GLASSBOX_WITNESSES_FILE and settings.GLASSBOX_WITNESSES_FILE.exists():
        lines = settings.GLASSBOX_WITNESSES_FILE.read_text("utf-8").splitlines()
        named += [urlsplit(line.partition(" ")[0]).hostname or "" for line in lines]
    named += [urlsplit(one.issuer).hostname or "" for one in sign_on_providers()]
    listed = settings.GLASSBOX_OUTSIDE_HOSTS
    return tuple(dict.fromkeys(one for one in named if one and not is_listed(one, listed)))


def _has_keys_of(process: str) -> bool:
    """Return whether a process finds what it seals for, and the worker what it opens with."""
    if process == "worker":
        return _may_read_any(settings.GLASSBOX_VAULT_FOLDER)
    has_vault = Path(settings.GLASSBOX_VAULT_PUBLIC_FILE).exists()
    return has_vault and (process != "serve" or bool(_files(settings.GLASSBOX_KEYS_FOLDER)))


def _plain_key_files() -> tuple[str, ...]:
    """Return the key files in sight that a key service should wrap and does not."""
    if not settings.GLASSBOX_KEK_URL:
        return ()
    folders = (settings.GLASSBOX_VAULT_FOLDER, settings.GLASSBOX_KEYS_FOLDER)
    files = [path for folder in folders for path in _files(folder) if path.suffix == ".json"]
    return tuple(
        str(path)
        for path in files
        if os.access(path, os.R_OK) and '"encryptedKeyset"' not in path.read_text()
    )


def _may_read_any(folder: Path) -> bool:
    return any(os.access(path, os.R_OK) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _others_may_read(path: Path) -> bool:
    """Return whether more people than its owner come to a file: both it and its folder let them.

    Files that a running process makes and removes beside its own, such as a journal, come and go.
    """
    try:
        modes = (path.stat().st_mode, path.parent.stat().st_mode)
    except OSError:
        return False
    return all(mode & 0o077 for mode in modes)


def _database_facts(process: str) -> tuple[DatabaseFacts | None, str]:
    """Return what the database says to the role of a process; the doctor asks as the application."""
    at: dict[str, Any] = settings.DATABASES["default"]
    own_url = getattr(settings, f"GLASSBOX_{ADDRESS_OF.get(process, '')}_DATABASE_URL", "")
    if process in ADDRESS_OF and not own_url:
        return None, f"GLASSBOX_{ADDRESS_OF[process]}_DATABASE_URL is not set."
    address = own_url or psycopg.conninfo.make_conninfo(
        dbname=str(at["NAME"]),
        user=str(at["USER"]),
        password=str(at["PASSWORD"]),
        host=str(at["HOST"]),
        port=str(at["PORT"]),
        **at["OPTIONS"],
    )
    try:
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
            return _asked(connection), ""
    except psycopg.OperationalError as problem:
        return None, str(problem).splitlines()[0]


def _asked(connection: psycopg.Connection) -> DatabaseFacts:
    row: tuple[str, float] | None = None
    if connection.execute("SELECT to_regclass('public.installation')").fetchone() != (None,):
        row = connection.execute(
            "SELECT environment, clock_offset_seconds FROM installation WHERE id = 1"
        ).fetchone()
    passes = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    unwalled = connection.execute(UNWALLED, [READ_WITHOUT_CONTEXT]).fetchall()
    return DatabaseFacts(
        major_version=connection.info.server_version // 10_000,
        environment=row[0] if row else None,
        clock_offset_seconds=row[1] if row else 0,
        passes_walls=bool(passes and passes[0]),
        clock_apart_seconds=clock_apart_seconds(connection),
        unwalled=tuple(name for (name,) in unwalled),
    )
