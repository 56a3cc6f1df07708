"""Subscribes to METRC's webhooks, and looks each day whether METRC still has the subscription."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.sync import MetrcSubscription
from glassbox.operations.credentials import NoKey
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.transaction import operation
from glassbox.operations.vault import seal, unseal
from glassbox.operations.wrapping_keys import KeyServiceAway
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from metrc_client.errors import MetrcError, OutcomeUnknown
from metrc_client.redaction import REMOVED
from metrc_client.rooms.connect import WEBHOOKS

OBJECT_TYPE = "Package"
PURPOSE = "subscribe to hints"


@dataclass(frozen=True, kw_only=True)
class _Ours:
    """The subscription of a licence, with its token in the clear."""

    id: int
    token: str


@dataclass(frozen=True, kw_only=True)
class _Held:
    """The subscription of a licence as the database holds it."""

    id: int
    sealed: bytes


def hints_are_set_up() -> bool:
    """Return whether METRC can be told where to post, and knows how to reach us."""
    return bool(settings.GLASSBOX_METRC_CONNECT_URL and settings.GLASSBOX_PUBLIC_URL)


def keep_subscription(*, actor: Actor, license_id: int, now: datetime) -> None:
    """See that METRC posts changed packages of a licence to us; subscribe where it does not.

    METRC's list is looked at first, and again after a write: an answer that was lost is not
    written twice without having looked. What fails is noted, shown, and tried again; without
    hints everything is still read by the timetable. A restored copy asks for none before its writes
    are open: it would be told instead of the original.
    """
    if restored_at() is not None:
        return
    try:
        ours = _open(actor=actor, license_id=license_id, now=now)
    except KeyServiceAway as away:
        said = {"is_active": False, "is_new": False, "error": away.message}
        _note(actor=actor, license_id=license_id, now=now, **said)  # type: ignore[arg-type]
        return
    try:
        with open_session(
            license_id,
            purpose=PURPOSE,
            address=settings.GLASSBOX_METRC_CONNECT_URL,
            secrets=(ours.token,),
        ) as session:
            is_active, is_new = _is_subscribed(session), False
            if not is_active:
                # METRC documents no answer to it; the look that follows is what counts.
                with suppress(OutcomeUnknown):
                    session.client.subscribe(
                        object_type=OBJECT_TYPE,
                        url=hook_url(license_id, ours.token),
                        license_number=session.number,
                    )
                is_active, is_new = _is_subscribed(session), True
        error = "" if is_active else "METRC took the subscription and does not list it as active."
    except MetrcError as problem:
        is_active, is_new, error = False, False, problem.sentence
    except NoKey as problem:
        is_active, is_new, error = False, False, problem.message
    _note(
        actor=actor,
        license_id=license_id,
        is_active=is_active,
        is_new=is_new,
        error=error,
        now=now,
    )


def hook_url(license_id: int, token: str) -> str:
    """Return the address METRC posts to."""
    return f"{settings.GLASSBOX_PUBLIC_URL}/metrc/{license_id}/{token}/"


def _is_subscribed(session: Session) -> bool:
    # Our token is taken out of all that comes back, also where METRC shows our address.
    address = hook_url(session.license.pk, REMOVED)
    return any(_is_it(raw, address, session.number) for raw in session.client.rows(WEBHOOKS))


def _is_it(raw: Any, address: str, number: str) -> bool:
    if not isinstance(raw, dict):
        return False
    numbers = raw.get("facilityLicenseNumbers")
    known = numbers.split(",") if isinstance(numbers, str) else numbers
    return (
        raw.get("url") == address
        and raw.get("objectType") == OBJECT_TYPE
        and raw.get("status") == "Active"
        and isinstance(known, list)
        and number in known
    )


def bound_to(license_id: int) -> bytes:
    """Return what the sealed token of a subscription is tied to."""
    return f"hook/v1|{settings.GLASSBOX_ENVIRONMENT}|{license_id}".encode()


def _open(*, actor: Actor, license_id: int, now: datetime) -> _Ours:
    """Return the licence's subscription, made where there is none or it does not open.

    Opened and sealed outside a transaction: a key service may be silent for seconds, and nobody
    waits for it with a row in hand.
    """
    while True:
        held = _held(actor=actor, license_id=license_id, now=now)
        if held is not None:
            # Another keyset: what METRC knows is lost to us, so it learns a new address.
            with suppress(SealDoesNotOpen):
                return _Ours(id=held.id, token=unseal(held.sealed, bound_to(license_id)))
        token = secrets.token_urlsafe(32)
        made = _put(
            actor=actor,
            license_id=license_id,
            instead_of=held,
            token_sha256=hashlib.sha256(token.encode()).hexdigest(),
            sealed=seal(token, bound_to(license_id)),
            now=now,
        )
        if made is not None:
            return _Ours(id=made, token=token)


@operation
def _held(*, actor: Actor, license_id: int, now: datetime) -> _Held | None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    return _held_now(license_id)


@operation
def _put(
    *,
    actor: Actor,
    license_id: int,
    instead_of: _Held | None,
    token_sha256: str,
    sealed: bytes,
    now: datetime,
) -> int | None:
    """Keep a new subscription in place of one that was looked at; None if it is another by now."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    if _held_now(license_id) != instead_of:
        return None
    MetrcSubscription.objects.filter(license=license).delete()
    made = MetrcSubscription.objects.create(
        company_id=license.company_id,
        license=license,
        sealed_token=sealed,
        token_sha256=token_sha256,
        made_at=now,
    )
    return made.pk


def _held_now(license_id: int) -> _Held | None:
    found = MetrcSubscription.objects.filter(license_id=license_id).first()
    return _Held(id=found.pk, sealed=bytes(found.sealed_token)) if found else None


@operation
def _note(
    *,
    actor: Actor,
    license_id: int,
    is_active: bool,
    is_new: bool,
    error: str,
    now: datetime,
) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    subscription = MetrcSubscription.objects.get(license_id=license_id)
    subscription.checked_at, subscription.is_active = now, is_active
    subscription.last_error = error[:1000]
    subscription.save(update_fields=["checked_at", "is_active", "last_error"])
    if is_new and is_active:
        ledger.append(
            type=EventType.SYNC_SUBSCRIBED,
            subject=f"license:{license_id}",
            actor=actor,
            reason="METRC posts hints of changed packages from now on",
            now=now,
        )
