"""Short words for long stories: goods arrive, a person drafts, another approves, the worker sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.actions import RegulatedAction
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import approve_action, send_for_review
from glassbox.operations.submission.attestation import settle_action
from glassbox.operations.submission.send import submit_action
from glassbox.operations.sync.run import run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import Actor, system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.ledger import make_durable

SUPPLIER = "CDPH-19990077"
SENDER = system_actor("sender")


def now() -> datetime:
    return datetime.now(UTC)


def person(brand: Brand, name: str) -> Actor:
    return Actor(user_id=brand.users[name], name=name, via="web", session="test")


def receive_oil(brand: Brand, desk: Desk, *grams: int) -> list[str]:
    """Crude oil arrives from the supplier, is received in METRC, and is read by us."""
    shipped = desk.do(
        "ship-in",
        fromLicense=SUPPLIER,
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": g, "unitOfMeasure": "Grams"} for g in grams],
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[
            {"label": label, "receivedQuantity": g}
            for label, g in zip(shipped["labels"], grams, strict=True)
        ],
    )
    read(brand, MAKER)
    labels: list[str] = shipped["labels"]
    return labels


def read(brand: Brand, number: str) -> None:
    run_sync(
        actor=system_actor("sync"),
        license_id=brand.licenses[number],
        trigger="test",
        now=now(),
    )


def split(tag: str, source: str, grams: str) -> dict[str, Any]:
    return {
        "tag": tag,
        "item": "Crude Oil",
        "quantity": grams,
        "unit": "Grams",
        "date": now().date().isoformat(),
        "ingredients": [{"label": source, "quantity": grams, "unit": "Grams"}],
    }


def draft(brand: Brand, name: str, number: str, kind: str, facts: dict[str, Any]) -> int:
    return draft_action(
        actor=person(brand, name),
        license_id=brand.licenses[number],
        kind=kind,
        facts=facts,
        reason="A test of the sender",
        now=now(),
    )


def approve(
    brand: Brand, database: ClusterUrls, drafter: str, approver: str, number: str, action_id: int
) -> None:
    license_id = brand.licenses[number]
    send_for_review(
        actor=person(brand, drafter), license_id=license_id, action_id=action_id, now=now()
    )
    approve_action(
        actor=person(brand, approver), license_id=license_id, action_id=action_id, now=now()
    )
    make_durable(database)


def send(brand: Brand, number: str, action_id: int) -> None:
    submit_action(actor=SENDER, license_id=brand.licenses[number], action_id=action_id, now=now())


def look(brand: Brand, number: str, action_id: int, at: datetime | None = None) -> None:
    settle_action(
        actor=SENDER, license_id=brand.licenses[number], action_id=action_id, now=at or now()
    )


def action_of(brand: Brand, number: str, action_id: int) -> RegulatedAction:
    with short_transaction(brand.licenses[number]):
        return RegulatedAction.objects.get(id=action_id)


def writes(desk: Desk, path: str) -> list[dict[str, Any]]:
    """Return every write to a path that METRC applied, from the simulator's journal."""
    return [
        entry
        for entry in desk.journal()
        if entry["path"].startswith(path) and entry["method"] != "GET" and entry["applied"]
    ]
