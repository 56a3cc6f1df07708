"""Short words for tests of actions without METRC: a package that can be split, people, drafts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import RegulatedAction
from glassbox.operations import credentials
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import approve_action, send_for_review
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.builders import put_package
from tests.cast import MFG, person, receive_tags, tag

OIL = tag(101)
NEW_TAG = tag(455)


def give_key(brand: Brand, name: str, now: datetime, number: str = MFG) -> None:
    """Store a METRC key of a person's own, so that what they draft can be sent."""
    credentials.add_credential(
        actor=system_actor("set-up"),
        license_id=brand.licenses[number],
        user_id=brand.users[name],
        owner_name=name,
        user_key="not-a-real-key-0001",
        is_for_sync=False,
        now=now,
    )


def put_oil(brand: Brand, now: datetime, grams: str = "4669", tags: int = 30) -> None:
    """Crude oil at the maker, unused tags, and Ana's key."""
    put_package(brand.licenses[MFG], OIL, grams, now=now)
    receive_tags(brand, MFG, 455, 454 + tags, now)
    give_key(brand, "Ana", now)


def split(number: int = 455, grams: str = "500") -> dict[str, Any]:
    return {
        "tag": tag(number),
        "item": "Crude Oil",
        "quantity": grams,
        "unit": "Grams",
        "date": "2026-11-20",
        "ingredients": [{"label": OIL, "quantity": grams, "unit": "Grams"}],
    }


def draft(
    brand: Brand,
    now: datetime,
    facts: dict[str, Any] | None = None,
    *,
    kind: str = "package.create",
    name: str = "Ana",
) -> int:
    return draft_action(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        kind=kind,
        facts=facts or {"packages": [split()]},
        reason="A smaller package for the filler",
        now=now,
    )


def review(brand: Brand, now: datetime, action_id: int, name: str = "Ana") -> None:
    send_for_review(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        action_id=action_id,
        now=now,
    )


def approve(
    brand: Brand,
    now: datetime,
    action_id: int,
    name: str = "Ben",
    payload_sha256: str = "",
) -> None:
    approve_action(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        action_id=action_id,
        payload_sha256=payload_sha256,
        now=now,
    )


def stored(brand: Brand, action_id: int) -> RegulatedAction:
    with short_transaction(brand.licenses[MFG]):
        return RegulatedAction.objects.get(id=action_id)


def later(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)
