"""`glassbox audit verify`: recompute the ledger."""

from __future__ import annotations

import argparse
import sys

from django.conf import settings

from glassbox.audit.verify import verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what may be done with the ledger."""
    parser.add_argument("what", choices=["verify"], help="recompute every hash, number and link")


def run(arguments: argparse.Namespace) -> int:
    """Recompute the ledger; exit 1 on the first thing that is wrong, naming it."""
    found = verify(settings.GLASSBOX_VERIFIER_DATABASE_URL)
    if not found.is_verified:
        sys.stderr.write(f"The ledger does not verify. {found.problem}\n")
        return 1
    sys.stdout.write(f"The ledger verifies: {found.events:,} events.\n")
    return 0
