"""The cast of the scenarios: licences, people, and the company they work for, ready in a database."""

from __future__ import annotations

from datetime import datetime, timedelta

from glassbox.cli.demo_brand import Brand, open_brand
from glassbox.operations import company
from glassbox.rules.actor import Actor, system_actor

MFG = "CDPH-19990001"
DIST = "C11-9990001-LIC"
LAB = "C8-9990001-LIC"
SUP = "CDPH-19990077"
R1, R2, R3, R4 = (f"C10-999000{number}-LIC" for number in (1, 2, 3, 4))
NEIGHBOR = "CDPH-19990500"

# The first fifteen characters of the tags each licence was given.
TAG_PREFIXES = {
    MFG: "1A4060300000001",
    DIST: "1A4060300000002",
    LAB: "1A4060300000003",
    SUP: "1A4060300000077",
    NEIGHBOR: "1A4060300000500",
}


def tag(number: int, license_number: str = MFG) -> str:
    """The tag of that number at a licence: `tag(455)` is 1A4060300000001000000455."""
    return f"{TAG_PREFIXES[license_number]}{number:09d}"


def open_cast(now: datetime) -> Brand:
    """The company, its licences, people and partners; no METRC keys, so no simulator is needed."""
    return open_brand(metrc_users=[], sync_from=now - timedelta(hours=3), now=now)


def person(brand: Brand, name: str) -> Actor:
    """One of the cast, signed in to a page."""
    return Actor(user_id=brand.users[name], name=name, via="web", session="test")


def receive_tags(
    brand: Brand, license_number: str, first: int, last: int, now: datetime
) -> tuple[str, ...]:
    """Take tags into the ledger of tags, and return them."""
    labels = tuple(tag(number, license_number) for number in range(first, last + 1))
    company.receive_tags(
        actor=system_actor("set-up"),
        license_id=brand.licenses[license_number],
        labels=labels,
        now=now,
    )
    return labels
