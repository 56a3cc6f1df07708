"""The rules of the pack at a licence: what blocks and what warns, since when, and who decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from glassbox import access
from glassbox.models.actions import RulePromotion
from glassbox.models.companies import License
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.rule_lines import RuleLine
from glassbox.rules.verdicts import NotFound, Severity

CHANGES_AT_MOST = 200

EVIDENCE_WORDS = {
    "V": "read at its source",
    "V2": "read at second hand",
    "API": "seen in METRC",
    "P": "proposed text, not in force for certain",
    "M": "from memory, to be checked",
    "D": "our own control",
}


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One change of a rule: asked, and granted, refused or still waiting.

    `why_not` says why the reader cannot grant it, and is empty if they can.
    """

    id: int
    rule_id: str
    blocks: bool
    effective_from: date
    reason: str
    asked_by: str
    asked_at: datetime
    granted_by: str
    granted_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    ended_because: str
    why_not: str

    @property
    def is_waiting(self) -> bool:
        return self.granted_at is None and self.ended_at is None


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """One rule as it stands at a licence today; `to_come` is what is decided for a later day.

    `can_change` says that people may decide it: what blocks by its pack is not theirs, and what
    only counts days or informs stops nothing.
    """

    rule_id: str
    citation: str
    source: str
    evidence: str
    blocks: bool
    is_decided_here: bool
    is_in_force: bool
    can_change: bool
    is_asked: bool
    to_come: tuple[tuple[date, bool], ...]


@dataclass(frozen=True, kw_only=True)
class LicenseRules:
    """The rules of one licence, those that people may change first, and every change of them."""

    license_number: str
    state: str
    today: date
    rules: tuple[RuleRow, ...]
    waiting: tuple[ChangeRow, ...]
    history: tuple[ChangeRow, ...]
    may_ask: bool


def rules_at(
    *, actor: Actor, license_ids: tuple[int, ...], now: datetime
) -> tuple[LicenseRules, ...]:
    """Return the rules of every licence in sight, as they stand on the licence's day."""
    with access.reading(actor):
        licenses = License.objects.filter(id__in=license_ids).order_by("number")
        return tuple(_rules_of(actor, license, now) for license in licenses)


def rule_at(*, actor: Actor, license_id: int, rule_id: str, now: datetime) -> RuleRow:
    """Return one rule as it stands at a licence today.

    :raises NotFound: if no rule pack of the licence's state holds it
    """
    for here in rules_at(actor=actor, license_ids=(license_id,), now=now):
        for row in here.rules:
            if row.rule_id == rule_id:
                return row
    raise NotFound(f"No rule pack of this licence holds {rule_id}.")


def _rules_of(actor: Actor, license: License, now: datetime) -> LicenseRules:
    may = access.permissions_at(actor, license.pk)
    today = now.astimezone(ZoneInfo(license.time_zone)).date()
    changes = tuple(_change(row, actor, may) for row in _changes(license))
    asked = {change.rule_id for change in changes if change.is_waiting}
    rows = [
        _row(line, today, is_asked=line.rule_id in asked) for line in rules_for(license).values()
    ]
    return LicenseRules(
        license_number=license.number,
        state=license.state,
        today=today,
        rules=tuple(sorted(rows, key=lambda row: not row.can_change)),
        waiting=tuple(change for change in changes if change.is_waiting),
        history=tuple(change for change in changes if not change.is_waiting),
        may_ask=Permission.ACTION_REVIEW in may,
    )


def _changes(license: License) -> QuerySet[RulePromotion]:
    return (
        RulePromotion.objects.filter(license=license)
        .select_related("asked_by", "granted_by", "ended_by")
        .order_by("-id")[:CHANGES_AT_MOST]
    )


def _row(line: RuleLine, today: date, *, is_asked: bool) -> RuleRow:
    held = [one for one in line.decisions if one.effective_from <= today]
    return RuleRow(
        rule_id=line.rule_id,
        citation=line.citation,
        source=line.source,
        evidence=EVIDENCE_WORDS[line.evidence],
        blocks=line.severity_on(today) is Severity.BLOCKS,
        is_decided_here=bool(held),
        is_in_force=line.is_in_force(today),
        can_change=line.is_promotable,
        is_asked=is_asked,
        to_come=tuple(
            (one.effective_from, one.blocks) for one in line.decisions if one.effective_from > today
        ),
    )


def _change(row: RulePromotion, actor: Actor, may: frozenset[Permission]) -> ChangeRow:
    why_not = ""
    if Permission.ACTION_APPROVE_HIGH not in may:
        why_not = "Your role here does not let you grant it."
    elif row.asked_by_id == actor.user_id:
        why_not = "You asked for it; somebody else must grant it."
    return ChangeRow(
        id=row.pk,
        rule_id=row.rule_id,
        blocks=row.blocks,
        effective_from=row.effective_from,
        reason=row.reason,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        granted_by=row.granted_by.name if row.granted_by else "",
        granted_at=row.granted_at,
        ended_by=row.ended_by.name if row.ended_by else "",
        ended_at=row.ended_at,
        ended_because=row.ended_because,
        why_not=why_not,
    )
