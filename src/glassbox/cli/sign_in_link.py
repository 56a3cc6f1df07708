"""`glassbox sign-in-link`: a link that sets a password, for somebody new or locked out."""

from __future__ import annotations

import argparse
import sys

from glassbox import clock
from glassbox.operations.sign_in import forget_factors, make_sign_in_link
from glassbox.rules.actor import system_actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose link it is, and whether their factors are lost."""
    parser.add_argument("--email", required=True)
    parser.add_argument(
        "--forget-factors",
        metavar="REASON",
        default="",
        help="the second factors are lost: how you made sure who asks",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the link, which works once, for 24 hours."""
    actor, now = system_actor("command line"), clock.now()
    if arguments.forget_factors:
        forget_factors(actor=actor, email=arguments.email, reason=arguments.forget_factors, now=now)
    link = make_sign_in_link(actor=actor, email=arguments.email, now=now)
    sys.stdout.write(f"{link}\n")
    return 0
