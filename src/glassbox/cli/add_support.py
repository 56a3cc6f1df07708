"""`glassbox add-support`: a person of the vendor's support, who sees nothing until a customer says so."""

from __future__ import annotations

import argparse
import sys

from glassbox import clock
from glassbox.operations.sign_in import make_sign_in_link
from glassbox.operations.support import add_support_person
from glassbox.rules.actor import system_actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whom to add."""
    parser.add_argument("--name", required=True)
    parser.add_argument("--email", required=True)


def run(arguments: argparse.Namespace) -> int:
    """Add the person and print the link that sets their password."""
    actor, now = system_actor("command line"), clock.now()
    add_support_person(actor=actor, email=arguments.email, name=arguments.name, now=now)
    link = make_sign_in_link(actor=actor, email=arguments.email, now=now)
    sys.stdout.write(f"{link}\n")
    return 0
