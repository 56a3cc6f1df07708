"""`glassbox open-company`: a company, its licences and its first owner, who gets a link and no password."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from glassbox import clock
from glassbox.operations.company import (
    LICENSE_KINDS,
    add_user,
    open_company,
    open_license,
)
from glassbox.operations.roles import grant_role
from glassbox.operations.sign_in import make_sign_in_link
from glassbox.rules.actor import system_actor
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the company, its licences and its owner."""
    parser.add_argument("--name", required=True, help="the company's name")
    parser.add_argument(
        "--license",
        required=True,
        action="append",
        metavar="NUMBER=KIND",
        help=f"a licence and its kind ({', '.join(LICENSE_KINDS)}); repeat it for each",
    )
    parser.add_argument("--owner", required=True, help="the owner's name")
    parser.add_argument("--email", required=True, help="the owner's e-mail")
    parser.add_argument("--read-back-days", type=int, default=90, help="how far METRC is read back")


def run(arguments: argparse.Namespace) -> int:
    """Open everything and print the link by which the owner signs in for the first time."""
    actor, now = system_actor("command line"), clock.now()
    pairs = [text.partition("=") for text in arguments.license]
    for number, _, kind in pairs:
        if not number or kind not in LICENSE_KINDS:
            raise InvalidInput(
                field="license",
                value=f"{number}={kind}",
                way_out=f"Write NUMBER=KIND; a kind is one of {', '.join(LICENSE_KINDS)}.",
            )
    company_id = open_company(actor=actor, name=arguments.name, now=now)
    owner_id = add_user(
        actor=actor,
        company_id=company_id,
        email=arguments.email,
        name=arguments.owner,
        password=None,
        now=now,
    )
    for number, _, kind in pairs:
        license_id = open_license(
            actor=actor,
            company_id=company_id,
            number=number,
            kind=kind,
            legal_name=arguments.name,
            sync_from=now - timedelta(days=arguments.read_back_days),
            now=now,
        )
        grant_role(actor=actor, license_id=license_id, user_id=owner_id, role=Role.OWNER, now=now)
    link = make_sign_in_link(actor=actor, email=arguments.email, now=now)
    sys.stdout.write(
        f"{arguments.name} is open. {arguments.owner} signs in by this link:\n{link}\n"
    )
    return 0
