"""Waves: which wait for their one signature, what stands under it line by line, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, Value, When

from glassbox import access
from glassbox.models.actions import ActionWave, RegulatedAction
from glassbox.models.production import Batch
from glassbox.models.transfers import Order
from glassbox.queries.actions.gates import gates_of
from glassbox.queries.actions.may import permitted_moves
from glassbox.queries.actions.rows import ActionRow, row_of
from glassbox.rules.action_lifecycle import SHOWN_AS, ActionState, WaveState
from glassbox.rules.actor import Actor
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.verdicts import Finding, NotFound
from glassbox.rules.waves import MEMBERS_AT_MOST, WAVE_KINDS, members_digest

WAVES_AT_MOST = 100


@dataclass(frozen=True, kw_only=True)
class WaveLine:
    """One wave in the list; `standing` counts its members by what the screens call their state."""

    id: int
    license_number: str
    title: str
    state: str
    about: str
    order_id: int | None
    batch_id: int | None
    member_count: int
    standing: tuple[tuple[str, int], ...]
    opened_by: str
    opened_at: datetime
    approved_by: str
    approved_at: datetime | None
    void_because: str


@dataclass(frozen=True, kw_only=True)
class MemberLine:
    """One action under the signature; `findings` and `why_not` are asked while it is still to come."""

    row: ActionRow
    findings: tuple[Finding, ...]
    why_not: str

    @property
    def blocking_count(self) -> int:
        return sum(finding.blocks for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class WavePage:
    """A wave with every line; `why_not` says why the reader cannot sign it, and is empty if they can."""

    wave: WaveLine
    members: tuple[MemberLine, ...]
    members_sha256: str
    why_not: str


@dataclass(frozen=True, kw_only=True)
class WaveChoice:
    """What a wave is made of: an order or a batch by its number, and its drafts that may join."""

    number: str
    drafts: tuple[ActionRow, ...]


def wave_list(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[WaveLine, ...]:
    """Return the waves, those that wait for a signature first, then the newest; 100 at most."""
    with access.reading(actor):
        open_first = Case(
            When(state=WaveState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        found = (
            ActionWave.objects.filter(license_id__in=license_ids)
            .select_related("license", "order", "batch", "opened_by", "approved_by")
            .prefetch_related("actions")
            .order_by(open_first, "-id")[:WAVES_AT_MOST]
        )
        return tuple(_line(wave, list(wave.actions.all())) for wave in found)


def wave_page(
    *, actor: Actor, license_ids: tuple[int, ...], wave_id: int, now: datetime
) -> WavePage:
    """Return one wave, the gates of its members asked as of `now` while it waits for its signature.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        wave = (
            ActionWave.objects.filter(license_id__in=license_ids, id=wave_id)
            .select_related("license", "order", "batch", "opened_by", "approved_by")
            .first()
        )
        if wave is None:
            raise NotFound("There is no such wave here.")
        actions = list(
            wave.actions.select_related(
                "license", "drafted_by", "approved_by", "transfer"
            ).order_by("id")
        )
        permissions = access.permissions_at(actor, wave.license_id)
        members = []
        for action in actions:
            findings: tuple[Finding, ...] = ()
            why_not = ""
            if wave.state == WaveState.OPEN:
                findings = gates_of(action, Moment.DRAFT, approver_id=None, now=now)
                may = permitted_moves(actor, action, permissions=permissions, findings=findings)
                why_not = may["approve"].why_not
            members.append(MemberLine(row=row_of(action, now), findings=findings, why_not=why_not))
    return WavePage(
        wave=_line(wave, actions),
        members=tuple(members),
        members_sha256=members_digest((one.pk, one.payload_sha256) for one in actions),
        why_not=_why_not(wave, members),
    )


def drafts_for_wave(
    *,
    actor: Actor,
    license_id: int,
    order_id: int | None = None,
    batch_id: int | None = None,
    now: datetime,
) -> WaveChoice:
    """Return the drafts of one order or one batch that may stand under one signature.

    :raises NotFound: if this licence has no such order or batch
    """
    with access.reading(actor, license_id=license_id):
        about: Order | Batch | None
        if order_id is not None:
            about = Order.objects.filter(license_id=license_id, id=order_id).first()
            belongs = Q(order_id=order_id) | Q(order__isnull=True, transfer__order_id=order_id)
        else:
            assert batch_id is not None, "a wave is of one order or one batch"
            about = Batch.objects.filter(license_id=license_id, id=batch_id).first()
            belongs = Q(batch_id=batch_id)
        if about is None:
            raise NotFound("There is no such order or batch here.")
        found = (
            RegulatedAction.objects.filter(
                belongs, license_id=license_id, state=ActionState.DRAFT, kind__in=WAVE_KINDS
            )
            .select_related("license", "drafted_by", "approved_by")
            .order_by("id")[:MEMBERS_AT_MOST]
        )
        return WaveChoice(number=about.number, drafts=tuple(row_of(one, now) for one in found))


def _line(wave: ActionWave, actions: list[RegulatedAction]) -> WaveLine:
    counted = Counter(SHOWN_AS[ActionState(action.state)] for action in actions)
    about = wave.order if wave.order is not None else wave.batch
    assert about is not None, "a wave is of one order or one batch"
    return WaveLine(
        id=wave.pk,
        license_number=wave.license.number,
        title=wave.title,
        state=wave.state,
        about=f"{'order' if wave.order_id else 'batch'} {about.number}",
        order_id=wave.order_id,
        batch_id=wave.batch_id,
        member_count=len(actions),
        standing=tuple(counted.items()),
        opened_by=wave.opened_by.name,
        opened_at=wave.opened_at,
        approved_by=wave.approved_by.name if wave.approved_by else "",
        approved_at=wave.approved_at,
        void_because=wave.void_because,
    )


def _why_not(wave: ActionWave, members: list[MemberLine]) -> str:
    if wave.state == WaveState.APPROVED:
        return "It is signed."
    if wave.state == WaveState.VOID:
        return "It is void. What METRC does not have yet went back to its drafter."
    stopped = [member for member in members if member.why_not]
    if stopped:
        return (
            f"{len(stopped)} of {len(members)} cannot be approved, so none is: {stopped[0].why_not}"
        )
    return ""
