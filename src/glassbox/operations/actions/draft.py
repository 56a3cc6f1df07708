"""Draft an action, edit the draft, or draft many rows as several sends."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.production import Batch
from glassbox.models.transfers import Order, Transfer
from glassbox.operations.transaction import operation
from glassbox.queries.actions.facts import metrc_words
from glassbox.queries.gate_facts import package_facts
from glassbox.rules.action_kinds.kind import ActionKind
from glassbox.rules.action_kinds.payloads import TOKEN_LENGTH, payload_sha256, token_from
from glassbox.rules.action_kinds.registry import cut_into_sends, kind_named
from glassbox.rules.action_lifecycle import ActionState, MoveNotAllowed
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import entry_due_at
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

BY_HAND = "by hand in METRC's pages"
SENDS_AT_MOST = 200
# Without its plan nobody could ask the gates of a transfer.
CARRIES_GOODS = frozenset(
    {
        *("template.create", "template.update", "manifest.register"),
        *("delivery.receive", "delivery.reject"),
    }
)
# What an action may belong to.
LINKED: dict[str, type[Transfer | Batch | Order]] = {
    "transfer": Transfer,
    "batch": Batch,
    "order": Order,
}


class SomebodyHasIt(Refused):
    """Another open action already means to make the same thing in METRC."""

    code = "action.same-key"


@operation
def draft_action(
    *,
    actor: Actor,
    license_id: int,
    kind: str,
    facts: dict[str, Any],
    reason: str,
    reason_code: str = "",
    transfer_id: int | None = None,
    batch_id: int | None = None,
    order_id: int | None = None,
    now: datetime,
) -> int:
    """Draft one action and return its id. Nothing is sent; the gates are shown, not enforced.

    :raises InvalidInput: naming the field of `facts` that cannot be used, or a blank reason
    :raises NotFound: if the transfer, batch or order is none of this licence's
    :raises SomebodyHasIt: if an open action has the same natural key
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    return _draft(
        actor=actor,
        license=License.objects.get(id=license_id),
        kind=kind_named(kind),
        facts=facts,
        reason=reason,
        reason_code=reason_code,
        links={"transfer_id": transfer_id, "batch_id": batch_id, "order_id": order_id},
        now=now,
    )


@operation
def draft_many(
    *,
    actor: Actor,
    license_id: int,
    kind: str,
    facts: dict[str, Any],
    reason: str,
    reason_code: str = "",
    transfer_id: int | None = None,
    batch_id: int | None = None,
    order_id: int | None = None,
    now: datetime,
) -> list[int]:
    """Draft many rows as sends of at most what METRC takes at once; each is its own action.

    :raises InvalidInput: if there are no rows, or more than 200 sends
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    chosen = kind_named(kind)
    sends = cut_into_sends(chosen, facts)
    if len(sends) > SENDS_AT_MOST:
        raise InvalidInput(
            field=chosen.rows_field,
            value=f"{len(sends)} sends",
            way_out=f"Draft at most {SENDS_AT_MOST} sends at a time.",
        )
    license = License.objects.get(id=license_id)
    return [
        _draft(
            actor=actor,
            license=license,
            kind=chosen,
            facts=dict(part),
            reason=reason,
            reason_code=reason_code,
            links={"transfer_id": transfer_id, "batch_id": batch_id, "order_id": order_id},
            now=now,
        )
        for part in sends
    ]


@operation
def edit_draft(
    *, actor: Actor, license_id: int, action_id: int, facts: dict[str, Any], now: datetime
) -> None:
    """Change what a draft will send. Only a draft can be edited, so no approval outlives an edit.

    :raises MoveNotAllowed: if it is no longer a draft
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state != ActionState.DRAFT:
        raise MoveNotAllowed("Only a draft can be edited. Return it to draft first.")
    kind = kind_named(action.kind)
    _fill(action, kind, _with_token(kind, facts, action.token))
    action.drafted_by_id = actor.user_id or action.drafted_by_id
    action.save()
    ledger.append(
        type=EventType.ACTION_EDITED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=action.reason,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        now=now,
    )


def locked_action(license_id: int, action_id: int) -> RegulatedAction:
    """Return an action of a licence, locked for the rest of the transaction.

    :raises NotFound: if this licence has no such action
    """
    action = (
        RegulatedAction.objects.select_for_update()
        .filter(license_id=license_id, id=action_id)
        .first()
    )
    if action is None:
        raise NotFound("There is no such action here.")
    return action


def cases_of(action_id: int) -> set[str]:
    """Return the facts of all cases that end when the action ends."""
    return {f"action-blocked:{action_id}", f"attestation:{action_id}"}


def _draft(
    *,
    actor: Actor,
    license: License,
    kind: ActionKind,
    facts: dict[str, Any],
    reason: str,
    reason_code: str,
    links: dict[str, int | None],
    now: datetime,
) -> int:
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say in words why this is done.")
    if actor.user_id is None:
        raise InvalidInput(field="drafter", value=actor.name, way_out="A person drafts.")
    if kind.name in CARRIES_GOODS and links["transfer_id"] is None:
        raise InvalidInput(
            field="transfer", value="", way_out="Name the transfer it belongs to; its gates decide."
        )
    _refuse_strange_links(license.pk, links)
    token = token_from(secrets.token_bytes(TOKEN_LENGTH))
    action = RegulatedAction(
        company_id=license.company_id,
        license=license,
        kind=kind.name,
        state=ActionState.DRAFT,
        reason=reason.strip(),
        reason_code=reason_code,
        token=token,
        drafted_by_id=actor.user_id,
        drafted_at=now,
        # Whatever the reason, METRC wants it within 24 hours of the event (CA-TT-02).
        due_at=entry_due_at(now),
        **links,
    )
    _fill(action, kind, _with_token(kind, facts, token))
    _refuse_same_key(action)
    action.save()
    ledger.append(
        type=EventType.ACTION_DRAFTED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=action.reason,
        reason_code=reason_code,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_after=action.state,
        body={"kind": kind.name, "natural_key": action.natural_key, "token": token},
        now=now,
    )
    return action.pk


def _refuse_strange_links(license_id: int, links: dict[str, int | None]) -> None:
    """Refuse what belongs to another licence in the words of what does not exist."""
    for name, model in LINKED.items():
        number = links[f"{name}_id"]
        if (
            number is not None
            and not model.objects.filter(license_id=license_id, id=number).exists()
        ):
            raise NotFound(f"There is no such {name} here.")


def _with_token(kind: ActionKind, facts: dict[str, Any], token: str) -> dict[str, Any]:
    return {**facts, "token": token} if kind.needs_token else facts


def _fill(action: RegulatedAction, kind: ActionKind, facts: dict[str, Any]) -> None:
    """Build everything that follows from the facts; building the payload checks them."""
    payload = kind.build_payload(facts)
    action.facts = facts
    action.payload = payload
    # Work by hand has no payload of its own: what is approved is what a person will enter.
    signed = payload or [{"kind": kind.name, "facts": facts}]
    action.payload_sha256 = payload_sha256(signed)
    action.metrc_endpoint = kind.endpoint or BY_HAND
    action.effect_sentence = kind.effect_sentence(facts)
    action.natural_key = kind.natural_key(facts) or ""
    action.labels = list(kind.labels(facts))
    action.drafted_reading = metrc_words(package_facts(action.license_id, action.labels))


def _refuse_same_key(action: RegulatedAction) -> None:
    if not action.natural_key:
        return
    ended = [ActionState.REJECTED, ActionState.WITHDRAWN, ActionState.ACCEPTED]
    other = (
        RegulatedAction.objects.filter(
            license_id=action.license_id, kind=action.kind, natural_key=action.natural_key
        )
        .exclude(state__in=ended)
        .first()
    )
    if other is not None:
        raise SomebodyHasIt(
            f"Action {other.pk} already means to do this. Open it, or withdraw it first."
        )
