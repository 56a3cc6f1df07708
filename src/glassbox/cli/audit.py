"""`glassbox audit`: recompute the ledger, export or mirror it, prove parts of it, watch one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings

from glassbox import clock
from glassbox.audit.export import export_logs, log_names
from glassbox.audit.mirror import MirrorRefuses, update_mirror
from glassbox.audit.notes import NoteWrong, open_checkpoint
from glassbox.audit.proofs import NotProvable, prove_event, prove_growth
from glassbox.audit.reimport import WillNotReimport, bring_back
from glassbox.audit.signing_keys import SigningKeyMissing, read_public_key
from glassbox.audit.standing import end_stop
from glassbox.audit.tiles import TileMissing
from glassbox.audit.verify import verify
from glassbox.cli.witness import add_witness_arguments, run_witness
from glassbox.operations.ledger_restored import tell_of_what_came_back
from glassbox.operations.lost_sends import take_up_lost_sends
from glassbox.queries.licenses import license_numbers
from glassbox.queries.restore_mode import licenses_not_read
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what may be done with the ledger."""
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("verify", help="recompute every hash, number, link, root and signature")
    export = what.add_parser("export", help="write logs as files that anybody can verify offline")
    export.add_argument("--license", default="", help="one licence's number; without it, every log")
    export.add_argument("--out", type=Path, required=True, help="a folder that is new or empty")
    proof = what.add_parser("proof", help="write one event's offline proof")
    proof.add_argument("event", type=UUID)
    proof.add_argument("--out", type=Path, required=True)
    claim = what.add_parser("claim", help="prove that a log only grew since an older checkpoint")
    claim.add_argument("checkpoint", type=Path, help="the older checkpoint, a file")
    claim.add_argument("--out", type=Path, required=True)
    mirror = what.add_parser("mirror", help="copy every log into a folder that refuses a fork")
    mirror.add_argument("--to", type=Path, required=True, help="the mirror's folder")
    back = what.add_parser("bring-back", help="after a restore: what only a mirror still holds")
    back.add_argument("--from", dest="mirror", type=Path, required=True, help="the mirror's folder")
    back.add_argument("--because", required=True, help="what happened; it is kept")
    add_witness_arguments(what.add_parser("witness", help="cosign heads of a ledger as a witness"))
    resume = what.add_parser("resume", help="end a stop of the ledger, once its cause is mended")
    resume.add_argument("--because", required=True, help="what was wrong and how it was mended")
    resume.add_argument(
        "--unreadable",
        action="append",
        default=[],
        metavar="NUMBER",
        help="after a restore: a licence that METRC lets nobody read any more",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it; exit 1 where something does not verify, naming it."""
    try:
        return {
            "verify": _verify,
            "export": _export,
            "proof": _prove,
            "claim": _claim,
            "mirror": _mirror,
            "witness": run_witness,
            "bring-back": _bring_back,
            "resume": _resume,
        }[arguments.what](arguments)
    except (
        *(NotProvable, NoteWrong, SigningKeyMissing),
        *(TileMissing, WillNotReimport, OSError),
    ) as problem:
        raise Refused(str(problem)) from problem


def _verify(arguments: argparse.Namespace) -> int:
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    public_key = read_public_key(key_file) if key_file.exists() else None
    found = verify(settings.GLASSBOX_VERIFIER_DATABASE_URL, public_key=public_key)
    if not found.is_verified:
        sys.stderr.write(f"The ledger does not verify. {found.problem}\n")
        return 1
    sys.stdout.write(f"The ledger verifies: {found.events:,} events.\n")
    if public_key is None:
        sys.stdout.write(f"No signature was checked: there is no public key at {key_file}.\n")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    told = export(arguments.out, license_number=arguments.license)
    sys.stdout.write(told)
    return 0


def export(folder: Path, *, license_number: str = "") -> str:
    """Write the logs of one licence, or every log, below `folder`; return what to say of it.

    :raises Refused: if there is no such licence
    :raises NotProvable: if the folder has other content, or a log was never signed
    """
    numbers = license_numbers(actor=system_actor("audit"))
    wanted = {id: number for id, number in numbers.items() if license_number in ("", number)}
    if not wanted:
        known = ", ".join(sorted(numbers.values())) or "none yet"
        raise Refused(f"There is no licence {license_number!r}. Known: {known}.")
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    read_public_key(key_file)
    with _reading() as connection:
        names = log_names(connection, wanted, with_shared=not license_number)
        entries = export_logs(connection, folder, names, key_file.read_text())
    return (
        f"{entries:,} entries of {len(names)} logs are in {folder}. Check them with\n"
        f"    python3 {folder}/verify.py {folder}\n"
    )


def _prove(arguments: argparse.Namespace) -> int:
    with _reading() as connection:
        arguments.out.write_text(prove_event(connection, arguments.event).text())
    sys.stdout.write(f"The proof is in {arguments.out}.\n")
    return 0


def _claim(arguments: argparse.Namespace) -> int:
    public = read_public_key(settings.GLASSBOX_LEDGER_KEY_FILE)
    head = open_checkpoint(arguments.checkpoint.read_text(), public)
    with _reading() as connection:
        row = connection.execute(
            "SELECT log_id FROM audit_logs WHERE origin = %s", [head.origin]
        ).fetchone()
        if row is None:
            raise NotProvable(f"There is no log {head.origin} here.")
        arguments.out.write_text(prove_growth(connection, row[0], head.size))
    sys.stdout.write(f"The claim is in {arguments.out}.\n")
    return 0


def _mirror(arguments: argparse.Namespace) -> int:
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    read_public_key(key_file)
    try:
        with _reading() as connection:
            taken = update_mirror(connection, arguments.to, key_file.read_text())
    except MirrorRefuses as refusal:
        sys.stderr.write(f"The mirror took nothing over. {refusal}\n")
        return 1
    new = sum(one.new_entries for one in taken)
    sys.stdout.write(f"{new:,} new entries of {len(taken)} logs are in {arguments.to}.\n")
    return 0


def _bring_back(arguments: argparse.Namespace) -> int:
    if not arguments.because.strip():
        raise InvalidInput(
            field="--because", value=arguments.because, way_out="Say what happened; it is kept."
        )
    public = read_public_key(settings.GLASSBOX_LEDGER_KEY_FILE)
    with psycopg.connect(settings.GLASSBOX_OWNER_DATABASE_URL, autocommit=True) as connection:
        back = bring_back(connection, arguments.mirror, public)
    tell_of_what_came_back(
        actor=system_actor("audit"), back=back, because=arguments.because, now=clock.now()
    )
    taken = take_up_lost_sends(actor=system_actor("audit"), back=back, now=clock.now())
    for one in back:
        sys.stdout.write(f"{one.size - one.first:,} entries of {one.origin} are here again.\n")
    for sends in taken:
        sys.stdout.write(
            f"Licence {sends.license_id}: {len(sends.looked_up)} lost sends are looked up in METRC"
            f" before anything is sent again, {len(sends.given_to_people)} are cases for a person.\n"
        )
    sys.stdout.write(
        "What these events did to packages and papers is not: METRC is read anew, and people look\n"
        "at the differences. Next: `glassbox signer --adopt`, then `glassbox audit resume --because ...`.\n"
        if back
        else "The database holds all that the mirror holds; nothing was brought back.\n"
    )
    return 0


def _resume(arguments: argparse.Namespace) -> int:
    if not arguments.because.strip():
        raise InvalidInput(
            field="--because",
            value=arguments.because,
            way_out="Say what was wrong and how it was mended; it is kept.",
        )
    _require_read(arguments.unreadable)
    with psycopg.connect(settings.GLASSBOX_OWNER_DATABASE_URL, autocommit=True) as connection:
        ended = end_stop(connection, because=arguments.because)
    if not ended:
        sys.stdout.write("Nothing had stopped the ledger; there was nothing to end.\n")
        return 0
    sys.stdout.write(f"{ended} stops ended. The signer looks at the past before it signs.\n")
    return 0


def _require_read(unreadable: list[str]) -> None:
    """Refuse to open the writes of a restored database that METRC was not read into whole."""
    unread = set(licenses_not_read(actor=system_actor("audit"))) - set(unreadable)
    if unread:
        raise Refused(
            f"METRC was not read whole since the restore for {', '.join(sorted(unread))}. Say"
            " `glassbox sync --license NUMBER` for each, and close the differences. For a licence"
            " that METRC lets nobody read any more, add --unreadable NUMBER."
        )


def _reading() -> psycopg.Connection:
    connection = psycopg.connect(settings.GLASSBOX_VERIFIER_DATABASE_URL)
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return connection
