"""Waves: one signature for the splits, moves and templates of one order or one batch.

Each member stays an action of its own with its own events; a change of any member voids all.
"""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionWave, RegulatedAction
from glassbox.operations.actions.moves import (
    check_gates_in_transaction,
    move_in_transaction,
    word_in_transaction,
)
from glassbox.operations.actions.review import (
    ContentChanged,
    GatesBlocked,
    refuse_own_work,
    remember_block_in_transaction,
    sign_in_transaction,
    signer_for,
)
from glassbox.operations.transaction import operation
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState, WaveState
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound, Refused
from glassbox.rules.waves import MEMBERS_AT_MOST, WAVE_KINDS, members_digest


class WaveClosed(Refused):
    """The wave was approved or voided before."""

    code = "wave.closed"


@operation
def open_wave(
    *,
    actor: Actor,
    license_id: int,
    title: str,
    action_ids: list[int],
    order_id: int | None = None,
    batch_id: int | None = None,
    now: datetime,
) -> int:
    """Put drafts of one order or batch under one signature to be given, and send all for review.

    :raises InvalidInput: if a draft may not stand in a wave, and why
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    if (order_id is None) == (batch_id is None):
        raise InvalidInput(field="wave", value="", way_out="Name one order or one batch.")
    if not title.strip():
        raise InvalidInput(field="title", value=title, way_out="Give the wave a name.")
    members = _drafts(license_id, action_ids, order_id=order_id, batch_id=batch_id)
    assert actor.user_id is not None, "only people hold this right"
    wave = ActionWave.objects.create(
        company_id=members[0].company_id,
        license_id=license_id,
        title=title.strip(),
        state=WaveState.OPEN,
        order_id=order_id,
        batch_id=batch_id,
        members_sha256=members_digest((one.pk, one.payload_sha256) for one in members),
        opened_by_id=actor.user_id,
        opened_at=now,
    )
    ledger.append(
        type=EventType.WAVE_OPENED,
        subject=f"wave:{wave.pk}",
        actor=actor,
        reason=title.strip(),
        body={
            "members": [one.pk for one in members],
            "members_sha256": wave.members_sha256,
            "order": order_id,
            "batch": batch_id,
        },
        now=now,
    )
    for member in members:
        member.wave = wave
        move_in_transaction(
            member,
            actor,
            "send_for_review",
            EventType.ACTION_SENT_FOR_REVIEW,
            member.reason,
            now,
            body={"wave": wave.pk},
        )
    return wave.pk


def _drafts(
    license_id: int, action_ids: list[int], *, order_id: int | None, batch_id: int | None
) -> list[RegulatedAction]:
    if not action_ids or len(set(action_ids)) > MEMBERS_AT_MOST:
        raise InvalidInput(
            field="actions",
            value=len(set(action_ids)),
            way_out=f"Choose 1 to {MEMBERS_AT_MOST} drafts.",
        )
    found = list(
        RegulatedAction.objects.select_for_update(of=("self",))
        .filter(license_id=license_id, id__in=action_ids)
        .select_related("transfer")
        .order_by("id")
    )
    if len(found) < len(set(action_ids)):
        raise NotFound("There is no such action here.")
    for action in found:
        belongs = action.batch_id if batch_id is not None else action.order_id
        if belongs is None and order_id is not None and action.transfer is not None:
            belongs = action.transfer.order_id
        problem = (
            f"is {action.state.lower()}, no draft"
            if action.state != ActionState.DRAFT
            else "keeps a signature of its own"
            if action.kind not in WAVE_KINDS
            else "belongs to another order or batch"
            if belongs != (batch_id if batch_id is not None else order_id)
            else ""
        )
        if problem:
            raise InvalidInput(
                field=f"action {action.pk}",
                value=kind_named(action.kind).title,
                way_out=f"It {problem}: take it off the wave.",
            )
    return found


def approve_wave(
    *,
    actor: Actor,
    license_id: int,
    wave_id: int,
    members_sha256: str = "",
    comment: str = "",
    now: datetime,
) -> None:
    """Approve every member of a wave under one signature, or none.

    `members_sha256` is the digest on the approver's screen; empty takes the stored one.

    :raises WaveClosed: if it was approved or voided before
    :raises ContentChanged: if the members are not those that the approver saw
    :raises OwnWork: if the approver drafted a member that asks for somebody else
    :raises GatesBlocked: if a gate stops any member; the attempt stays in the ledger
    """
    findings = _approve_wave(
        actor=actor,
        license_id=license_id,
        wave_id=wave_id,
        members_sha256=members_sha256,
        comment=comment,
        now=now,
    )
    # Raised after the commit: a rollback would erase the blocked attempt.
    if is_blocked(findings):
        raise GatesBlocked(
            "A gate blocks a member of this wave, so none is approved.", findings=findings
        )


@operation
def _approve_wave(
    *,
    actor: Actor,
    license_id: int,
    wave_id: int,
    members_sha256: str,
    comment: str,
    now: datetime,
) -> tuple[Finding, ...]:
    wave = ActionWave.objects.select_for_update().filter(license_id=license_id, id=wave_id).first()
    if wave is None:
        raise NotFound("There is no such wave here.")
    members = list(wave.actions.select_for_update().order_by("id"))
    signer = signer_for(actor, members[0], Permission.ACTION_APPROVE_STANDARD)
    access.require(signer, Permission.ACTION_APPROVE_STANDARD, license_id=license_id)
    if wave.state != WaveState.OPEN:
        raise WaveClosed(f"This wave is {wave.state.lower()}. {wave.void_because}".strip())
    now_is = members_digest((one.pk, one.payload_sha256) for one in members)
    if now_is != wave.members_sha256 or members_sha256 not in ("", now_is):
        raise ContentChanged("The members changed since you opened the wave. Look at it again.")
    for member in members:
        refuse_own_work(actor, member)
    answers = {
        member.pk: check_gates_in_transaction(
            member, actor, Moment.APPROVAL, approver_id=actor.user_id, now=now
        )
        for member in members
    }
    if any(is_blocked(found) for found in answers.values()):
        return _remember_blocked(wave, members, answers, actor, comment, now)
    for member in members:
        sign_in_transaction(
            member,
            actor,
            comment or wave.title,
            now,
            answers[member.pk],
            signer=signer,
            body={"wave": wave.pk},
        )
    wave.state, wave.approved_by_id, wave.approved_at = WaveState.APPROVED, actor.user_id, now
    wave.save()
    ledger.append(
        type=EventType.WAVE_APPROVED,
        subject=f"wave:{wave.pk}",
        actor=actor,
        reason=comment.strip() or wave.title,
        body={"members": [one.pk for one in members], "members_sha256": now_is},
        now=now,
    )
    return ()


def _remember_blocked(
    wave: ActionWave,
    members: list[RegulatedAction],
    answers: dict[int, tuple[Finding, ...]],
    actor: Actor,
    comment: str,
    now: datetime,
) -> tuple[Finding, ...]:
    stopped = [member for member in members if is_blocked(answers[member.pk])]
    for member in stopped:
        word_in_transaction(member, actor, "BLOCKED", comment, now, answers[member.pk])
        remember_block_in_transaction(member, actor, answers[member.pk], now)
    ledger.append(
        type=EventType.WAVE_BLOCKED,
        subject=f"wave:{wave.pk}",
        actor=actor,
        reason="A gate blocked a member",
        body={"members": [one.pk for one in stopped]},
        now=now,
    )
    return tuple(one for member in stopped for one in answers[member.pk] if one.blocks)
