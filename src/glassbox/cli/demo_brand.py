"""The brand of the demo: a company with two licences, its people, their keys, its partners."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from glassbox.operations import company, credentials, terms
from glassbox.operations.roles import grant_role
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.permissions import Role
from glassbox.rules.terms import terms_sha256

MAKER, MOVER, NEIGHBOR = "CDPH-19990001", "C11-9990001-LIC", "CDPH-19990500"

# Who works where, and as what.
PEOPLE: tuple[tuple[str, str, tuple[tuple[str, Role], ...]], ...] = (
    ("Ana", "production lead", ((MAKER, Role.PRODUCTION_LEAD),)),
    ("Ben", "verifier", ((MAKER, Role.VERIFIER),)),
    ("Cy", "packager", ((MAKER, Role.PACKAGER),)),
    ("Dee", "inventory", ((MAKER, Role.INVENTORY), (MOVER, Role.INVENTORY))),
    ("Eve", "QA manager", ((MOVER, Role.QA_MANAGER),)),
    (
        "Fay",
        "compliance manager",
        ((MAKER, Role.COMPLIANCE_MANAGER), (MOVER, Role.COMPLIANCE_MANAGER)),
    ),
    ("Gus", "driver", ((MOVER, Role.DRIVER),)),
    ("Hal", "distribution manager", ((MOVER, Role.DISTRIBUTION_MANAGER),)),
    ("Ivy", "auditor, read only", ((MAKER, Role.AUDITOR), (MOVER, Role.AUDITOR))),
    ("Owen", "owner", ((MAKER, Role.OWNER), (MOVER, Role.OWNER))),
)

PARTNERS = (
    ("CDPH-19990077", "Valley Extraction Supply", "MANUFACTURING"),
    ("C8-9990001-LIC", "Clear Creek Laboratory", "LABORATORY"),
    ("C10-9990001-LIC", "Harbor Street Dispensary", "RETAIL"),
    ("C10-9990002-LIC", "Mission Row Dispensary", "RETAIL"),
    ("C10-9990003-LIC", "Redwood Corner Dispensary", "RETAIL"),
    ("C10-9990004-LIC", "Sunset Boulevard Dispensary", "RETAIL"),
    (MAKER, "Golden Poppy Manufacturing", "MANUFACTURING"),
    (MOVER, "Golden Poppy Distribution", "DISTRIBUTION"),
)


@dataclass(frozen=True, kw_only=True)
class Brand:
    """What was opened: ids by licence number and by first name."""

    licenses: dict[str, int]
    users: dict[str, int]
    passwords: dict[str, str]


def open_brand(
    *,
    metrc_users: list[dict[str, Any]],
    sync_from: datetime,
    now: datetime,
    with_passwords: bool = True,
) -> Brand:
    """Open the brand and its neighbour, with the METRC keys of the simulator's world.

    `metrc_users` is what the desk lists at /desk/api/keys. Passwords are made at random; where
    nobody signs in, none are made, for each takes half a second to hash.
    """
    machine = system_actor("set-up")
    # Grants begin a moment early: the database compares them with its own clock.
    began = now - timedelta(minutes=1)
    licenses: dict[str, int] = {}
    ours = company.open_company(actor=machine, name="Golden Poppy", now=now)
    theirs = company.open_company(actor=machine, name="Neighbor Edibles", now=now)
    for number, kind, name, holder in (
        (MAKER, "MANUFACTURING", "Golden Poppy Manufacturing", ours),
        (MOVER, "DISTRIBUTION", "Golden Poppy Distribution", ours),
        (NEIGHBOR, "MANUFACTURING", "Neighbor Edibles", theirs),
    ):
        licenses[number] = company.open_license(
            actor=machine,
            company_id=holder,
            number=number,
            kind=kind,
            legal_name=name,
            sync_from=sync_from,
            now=now,
        )
    brand = Brand(licenses=licenses, users={}, passwords={})
    if with_passwords:
        names = [name for name, _, _ in PEOPLE] + ["Nell"]
        brand.passwords.update((name, secrets.token_urlsafe(9)) for name in names)
    for name, _, roles in PEOPLE:
        _add_person(brand, ours, name, "goldenpoppy.example", roles, began)
    nell = ((NEIGHBOR, Role.COMPLIANCE_MANAGER), (NEIGHBOR, Role.OWNER))
    _add_person(brand, theirs, "Nell", "neighboredibles.example", nell, began)
    _accept_terms(brand, "Owen", MAKER, now)
    _accept_terms(brand, "Nell", NEIGHBOR, now)
    _store_keys(brand, metrc_users, now)
    for number in (MAKER, MOVER):
        for partner, name, kind in PARTNERS:
            if partner != number:
                company.add_counterparty(
                    actor=machine,
                    license_id=licenses[number],
                    license_number=partner,
                    name=name,
                    kind=kind,
                    is_active=True,
                    now=now,
                )
    return brand


def _add_person(
    brand: Brand,
    company_id: int,
    name: str,
    domain: str,
    roles: tuple[tuple[str, Role], ...],
    now: datetime,
) -> None:
    machine = system_actor("set-up")
    brand.users[name] = company.add_user(
        actor=machine,
        company_id=company_id,
        email=f"{name.lower()}@{domain}",
        name=name,
        password=brand.passwords.get(name),
        now=now,
    )
    for number, role in roles:
        grant_role(
            actor=machine,
            license_id=brand.licenses[number],
            user_id=brand.users[name],
            role=role,
            now=now,
        )


def _accept_terms(brand: Brand, name: str, number: str, now: datetime) -> None:
    terms.accept_terms(
        actor=Actor(user_id=brand.users[name], name=name, via="set-up", session=None),
        license_id=brand.licenses[number],
        sha256=terms_sha256(),
        now=now,
    )


def _store_keys(brand: Brand, metrc_users: list[dict[str, Any]], now: datetime) -> None:
    for user in metrc_users:
        for number in user["licenses"]:
            if number not in brand.licenses:
                continue
            is_for_sync = user["name"].startswith("Sync ")
            if not is_for_sync and user["name"] not in brand.users:
                continue
            credentials.add_credential(
                actor=system_actor("set-up"),
                license_id=brand.licenses[number],
                user_id=None if is_for_sync else brand.users[user["name"]],
                owner_name=user["name"],
                user_key=user["userKey"],
                is_for_sync=is_for_sync,
                now=now,
            )


def write_people_file(path: Path, brand: Brand) -> None:
    """Write the demo's people and passwords for the sign-in page, readable by us alone."""
    people = [
        {
            "name": name,
            "role": role,
            "email": f"{name.lower()}@goldenpoppy.example",
            "password": brand.passwords[name],
        }
        for name, role, _ in PEOPLE
    ]
    people.append(
        {
            "name": "Nell",
            "role": "of the neighbour company: sees nothing of ours",
            "email": "nell@neighboredibles.example",
            "password": brand.passwords["Nell"],
        }
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(people, file)
