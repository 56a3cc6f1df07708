"""The page of a bulk approval: every line, and why the lot may not be approved together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.queries.actions.gates import gates_of
from glassbox.queries.actions.may import permitted_moves
from glassbox.queries.actions.rows import ActionRow, row_of
from glassbox.rules.actor import Actor
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.verdicts import NotFound

LINES_AT_MOST = 25


@dataclass(frozen=True, kw_only=True)
class BulkLine:
    """One action of the lot; `why_not` is empty if it may be approved."""

    row: ActionRow
    why_not: str


@dataclass(frozen=True, kw_only=True)
class BulkPage:
    """All lines; `why_not` says why no button is offered, and is empty if one is."""

    lines: tuple[BulkLine, ...]
    why_not: str


def bulk_page(
    *, actor: Actor, license_id: int, action_ids: tuple[int, ...], now: datetime
) -> BulkPage:
    """Return the lot as it stands now, its gates asked.

    :raises NotFound: if this licence has not every one of them
    """
    with access.reading(actor, license_id=license_id):
        permissions = access.permissions_at(actor, license_id)
        found = list(
            RegulatedAction.objects.filter(license_id=license_id, id__in=action_ids)
            .select_related("license", "drafted_by", "approved_by", "transfer")
            .order_by("id")[: LINES_AT_MOST + 1]
        )
        if len(found) < min(len(set(action_ids)), LINES_AT_MOST + 1):
            raise NotFound("There is no such action here.")
        lines = []
        for action in found[:LINES_AT_MOST]:
            findings = gates_of(action, Moment.DRAFT, approver_id=None, now=now)
            may = permitted_moves(actor, action, permissions=permissions, findings=findings)
            lines.append(BulkLine(row=row_of(action, now), why_not=may["approve"].why_not))
    return BulkPage(lines=tuple(lines), why_not=_why_not(lines, len(set(action_ids))))


def _why_not(lines: list[BulkLine], asked: int) -> str:
    if not lines:
        return "Choose at least one action in the list."
    if asked > LINES_AT_MOST:
        return f"At most {LINES_AT_MOST} actions are approved at once; {asked} are chosen."
    kinds = Counter(line.row.kind_title for line in lines)
    if len(kinds) > 1:
        return f"Only actions of one kind are approved together; these are {', '.join(kinds)}."
    stopped = sum(bool(line.why_not) for line in lines)
    if stopped:
        return f"{stopped} of {len(lines)} cannot be approved; take them off."
    return ""
