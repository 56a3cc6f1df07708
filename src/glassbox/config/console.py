"""`glassbox`: every command on one screen. A refusal is one sentence and exit code 2."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import django

from glassbox.config.logs import log_what_nobody_catches
from glassbox.config.sentences import SAID_IN_ONE_SENTENCE, sentence_of

# Name, help, and whether Django must stand before the command's module is imported.
COMMANDS: tuple[tuple[str, str, bool], ...] = (
    ("demo", "start everything with an invented brand, on this machine alone", False),
    ("serve", "serve the pages", True),
    ("worker", "do the jobs: the only process that talks to METRC", True),
    ("sequencer", "number the events of the ledger", True),
    ("signer", "sign the heads of the ledger", True),
    ("migrate", "bring the database up to date", True),
    ("make-keys", "make the key files of a new installation", True),
    ("database", "run the embedded PostgreSQL, as the primary or a standby of it", True),
    ("backup", "take a verified, sealed backup, or receive WAL as it comes", True),
    ("restore", "bring a backup back as it was at a moment, in restore mode", True),
    ("drill", "back up, restore and look in scratch; timed, and told as an event", True),
    ("hand-over", "give a leaving customer every row and log that is theirs", True),
    ("rotate-keys", "give the vault of METRC keys new keys and destroy the old ones", True),
    ("open-company", "open a company, its licences and its first owner", True),
    ("sign-in-link", "make the link that sets a person's password", True),
    ("add-support", "add a person of the vendor's support, who holds no role anywhere", True),
    ("doctor", "say what is wrong with this installation, and the remedy", True),
    ("sync", "read METRC once, now, for one licence", True),
    ("reconcile", "compare our book with METRC's newest word", True),
    ("audit", "recompute the ledger", True),
    ("flow", "run a scenario headless, in data that are thrown away", False),
    ("open-demo", "open the demo's brand in an empty database (used by demo)", True),
)
# They put invented people or thrown-away data somewhere: not where people work.
NOT_WHERE_PEOPLE_WORK = frozenset({"demo", "flow", "open-demo"})
WHERE_PEOPLE_WORK = frozenset({"staging", "production"})
# They run unwatched; what ends them must be told without any value.
SERVICES = frozenset({"serve", "worker", "sequencer", "signer"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glassbox.config.settings")
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="glassbox", description="The workflow brain on METRC.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in words if not word.startswith("-")), "")
    here = os.environ.get("GLASSBOX_ENVIRONMENT", "")
    if chosen in NOT_WHERE_PEOPLE_WORK and here in WHERE_PEOPLE_WORK:
        return _say(f"{chosen} is for trying Glassbox out and does not run in {here}.")
    try:
        for name, help_text, needs_django in COMMANDS:
            sub_parser = commands.add_parser(name, help=help_text)
            if name == chosen:
                if needs_django:
                    django.setup()
                if name in SERVICES:
                    log_what_nobody_catches()
                module = importlib.import_module(f"glassbox.cli.{name.replace('-', '_')}")
                module.add_arguments(sub_parser)
        parsed = parser.parse_args(words)
        code: int = module.run(parsed)
        return code
    except SAID_IN_ONE_SENTENCE as problem:
        sentence = sentence_of(problem)
        if not sentence:
            raise
        return _say(sentence)


def _say(sentence: str) -> int:
    sys.stderr.write(f"glassbox: {sentence}\n")
    return 2
