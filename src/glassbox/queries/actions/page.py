"""One action: what it does, its exact payload, its gates, its steps, and every look into METRC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery

from glassbox import access
from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.documents import Document
from glassbox.models.sync import ApiRequest
from glassbox.queries.actions.gates import ask_gates, preimage_of
from glassbox.queries.actions.may import MayDo, permitted_moves
from glassbox.queries.actions.payload import PayloadLine, payload_lines, payload_text
from glassbox.queries.actions.rows import ActionRow, row_of
from glassbox.queries.actions.steps import Step, steps_of
from glassbox.queries.packages.page import ExchangeRow, exchange_row
from glassbox.rules.action_kinds.kind import Change, Instructions
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ENDS, ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.policy import read_policy
from glassbox.rules.verdicts import Finding, NotFound

EXCHANGES_AT_MOST = 200
PACKAGES_AT_MOST = 50

UNDER_WAY = (ActionState.APPROVED, ActionState.SUBMITTING, ActionState.UNCONFIRMED)
MOMENT_OF: dict[ActionState, Moment] = {
    ActionState.DRAFT: Moment.DRAFT,
    ActionState.IN_REVIEW: Moment.DRAFT,
    ActionState.APPROVED: Moment.CLAIM,
}


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """A photo or paper that came with a comment."""

    document_id: int
    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """One person's word on one exact payload, with the findings that stood then."""

    reviewer: str
    verdict: str
    comment: str
    payload_sha256: str
    is_for_this_content: bool
    findings: tuple[dict[str, Any], ...]
    reviewed_at: datetime
    evidence: EvidenceRow | None


@dataclass(frozen=True, kw_only=True)
class MetrcRow:
    """One fact of METRC's about a package: when the action was drafted, and now."""

    label: str
    name: str
    then: str
    now: str

    @property
    def has_moved(self) -> bool:
        return self.then != self.now


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One time that the gates were asked, and the digest of what they saw."""

    moment: str
    is_blocked: bool
    finding_count: int
    facts_sha256: str
    checked_at: datetime


@dataclass(frozen=True, kw_only=True)
class WaveRow:
    """The wave that an action belongs to."""

    id: int
    title: str
    state: str
    member_count: int
    void_because: str


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """One try to send. `was_begun` says whether its only ticket was used, so bytes may have left."""

    number: int
    worker: str
    claimed_at: datetime
    was_begun: bool
    ended_at: datetime | None
    http_status: int | None
    error: str
    metrc_ids: tuple[int, ...]
    response_sha256: str
    exchange_id: int | None


@dataclass(frozen=True, kw_only=True)
class ProbeRow:
    """One look into METRC and what it proved."""

    attempt_number: int
    verdict: str
    sentence: str
    looked_at: datetime


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One event of the ledger about this action. `number` is None until it has been numbered."""

    event_id: str
    number: int | None
    type: str
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ActionPage:
    """All that the page of one action shows; `next_at` is when it is sent or looked up next."""

    row: ActionRow
    tier: str
    endpoint: str
    token: str
    facts: dict[str, Any]
    changes: tuple[Change, ...]
    payload_text: str
    payload_lines: tuple[tuple[PayloadLine, ...], ...]
    payload_sha256: str
    findings: tuple[Finding, ...]
    gates_asked: bool
    steps: tuple[Step, ...]
    reviews: tuple[ReviewRow, ...]
    comments: tuple[ReviewRow, ...]
    checks: tuple[CheckRow, ...]
    gate_count: int
    metrc: tuple[MetrcRow, ...]
    metrc_moved: bool
    wave: WaveRow | None
    policy: str
    retry_rule: str
    overridable: frozenset[str]
    next_at: datetime | None
    attempts: tuple[AttemptRow, ...]
    probes: tuple[ProbeRow, ...]
    exchanges: tuple[ExchangeRow, ...]
    history: tuple[HistoryRow, ...]
    instructions: Instructions | None
    attestation: tuple[tuple[str, str], ...]
    attested_by: str
    attested_at: datetime | None
    may: dict[str, MayDo]

    @property
    def blocking_count(self) -> int:
        return sum(finding.blocks for finding in self.findings)

    @property
    def open_gate_count(self) -> int:
        """Return how many gates have nothing to say."""
        return max(0, self.gate_count - len({finding.code for finding in self.findings}))


def action_page(
    *, actor: Actor, license_ids: tuple[int, ...], action_id: int, now: datetime
) -> ActionPage:
    """Return the page of one action, its gates asked as of `now` while it can still be stopped.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        action = (
            RegulatedAction.objects.filter(license_id__in=license_ids, id=action_id)
            .select_related(
                *("license", "drafted_by", "approved_by", "attested_by", "wave", "transfer")
            )
            .first()
        )
        if action is None:
            raise NotFound("There is no such action here.")
        return _page(actor, action, now)


def _page(actor: Actor, action: RegulatedAction, now: datetime) -> ActionPage:
    kind, state = kind_named(action.kind), ActionState(action.state)
    moment = MOMENT_OF.get(state)
    asked = ask_gates(action, moment or Moment.DRAFT, approver_id=action.approved_by_id, now=now)
    findings = asked.findings if moment is not None else ()
    history, said = _history(action), _reviews(action)
    metrc = _metrc_rows(action.drafted_reading or {}, asked.metrc_now)
    return ActionPage(
        row=row_of(action, now),
        tier=kind.tier,
        endpoint=action.metrc_endpoint,
        token=action.token,
        facts=dict(action.facts),
        changes=kind.before_after(action.facts, preimage_of(action, now)),
        payload_text=payload_text(action.payload),
        payload_lines=payload_lines(action.payload),
        payload_sha256=action.payload_sha256,
        findings=findings,
        gates_asked=moment is not None,
        steps=steps_of(action, {row.type: (row.who, row.at) for row in reversed(history)}),
        reviews=tuple(one for one in said if one.verdict != "COMMENT"),
        comments=tuple(one for one in reversed(said) if one.verdict == "COMMENT"),
        checks=_checks(action),
        gate_count=len(kind.gates),
        metrc=metrc,
        metrc_moved=state not in ENDS and any(row.has_moved for row in metrc),
        wave=_wave(action),
        policy=read_policy(action.license.policy).words(),
        retry_rule=kind.retry_rule,
        overridable=frozenset(
            rule_id for rule_id, line in asked.rules.items() if line.may_be_overridden
        ),
        next_at=action.not_before_at if state in UNDER_WAY else None,
        attempts=_attempts(action),
        probes=_probes(action),
        exchanges=_exchanges(action),
        history=history,
        instructions=kind.instructions(action.facts) if kind.instructions else None,
        attestation=tuple((str(k), str(v)) for k, v in (action.attestation or {}).items()),
        attested_by=action.attested_by.name if action.attested_by else "",
        attested_at=action.attested_at,
        may=permitted_moves(
            actor,
            action,
            permissions=access.permissions_at(actor, action.license_id),
            findings=findings,
        ),
    )


def _metrc_rows(
    then: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> tuple[MetrcRow, ...]:
    return tuple(
        MetrcRow(
            label=label,
            name=name,
            then=then.get(label, {}).get(name, "not seen"),
            now=now.get(label, {}).get(name, "not seen"),
        )
        for label in sorted({*then, *now})[:PACKAGES_AT_MOST]
        for name in {**then.get(label, {}), **now.get(label, {})}
    )


def _checks(action: RegulatedAction) -> tuple[CheckRow, ...]:
    return tuple(
        CheckRow(
            moment=check.moment.lower(),
            is_blocked=check.is_blocked,
            finding_count=len(check.findings),
            facts_sha256=check.facts_sha256,
            checked_at=check.checked_at,
        )
        for check in action.gate_checks.order_by("id")
    )


def _wave(action: RegulatedAction) -> WaveRow | None:
    wave = action.wave
    if wave is None:
        return None
    return WaveRow(
        id=wave.pk,
        title=wave.title,
        state=wave.state,
        member_count=wave.actions.count(),
        void_because=wave.void_because,
    )


def _reviews(action: RegulatedAction) -> tuple[ReviewRow, ...]:
    return tuple(
        ReviewRow(
            reviewer=review.reviewer.name,
            verdict=review.verdict,
            comment=review.comment,
            payload_sha256=review.payload_sha256,
            is_for_this_content=review.payload_sha256 == action.payload_sha256,
            findings=tuple(review.findings),
            reviewed_at=review.reviewed_at,
            evidence=_evidence(review.evidence),
        )
        for review in action.reviews.select_related("reviewer", "evidence")
        .defer("evidence__content")
        .order_by("-id")
    )


def _evidence(document: Document | None) -> EvidenceRow | None:
    if document is None:
        return None
    return EvidenceRow(
        document_id=document.pk,
        name=document.name,
        sha256=document.sha256,
        size_bytes=document.size_bytes,
    )


def _attempts(action: RegulatedAction) -> tuple[AttemptRow, ...]:
    return tuple(
        AttemptRow(
            number=attempt.number,
            worker=attempt.worker,
            claimed_at=attempt.claimed_at,
            was_begun=attempt.ticket_used_at is not None,
            ended_at=attempt.ended_at,
            http_status=attempt.http_status,
            error=attempt.error,
            metrc_ids=tuple((attempt.answer or {}).get("ids", ())),
            response_sha256=attempt.response_sha256,
            exchange_id=attempt.api_request_id,
        )
        for attempt in action.attempts.order_by("number")
    )


def _probes(action: RegulatedAction) -> tuple[ProbeRow, ...]:
    return tuple(
        ProbeRow(
            attempt_number=probe.attempt_number,
            verdict=probe.verdict,
            sentence=probe.sentence,
            looked_at=probe.looked_at,
        )
        for probe in action.probes.order_by("looked_at", "id")
    )


def _exchanges(action: RegulatedAction) -> tuple[ExchangeRow, ...]:
    requests = (
        ApiRequest.objects.filter(
            license_id=action.license_id,
            purpose__in=(
                f"action {action.pk}",
                f"look up action {action.pk}",
                f"check attested action {action.pk}",
            ),
            sent_at__gte=action.drafted_at,
        )
        .select_related("hashes")
        .order_by("-sent_at")[:EXCHANGES_AT_MOST]
    )
    return tuple(exchange_row(request) for request in requests)


def _history(action: RegulatedAction) -> tuple[HistoryRow, ...]:
    def opened(field: str) -> Subquery:
        openings = AuditOpening.objects.filter(event=OuterRef("pk"), field=field)
        return Subquery(openings.values("value")[:1])

    events = (
        ComplianceEvent.objects.filter(license_id=action.license_id, subject=f"action:{action.pk}")
        .annotate(
            number=F("numbered__index"), actor_name=opened("actor_name"), why=opened("reason")
        )
        .order_by("-occurred_at", "-event_id")
    )
    return tuple(
        HistoryRow(
            event_id=str(event.event_id),
            number=event.__dict__["number"],
            type=event.type,
            who=event.__dict__["actor_name"] or "(erased)",
            reason=event.__dict__["why"] or "",
            at=event.occurred_at,
        )
        for event in events
    )
