"""What a reader may do with an action, and for each no, why not, in a sentence for its button."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.models.actions import RegulatedAction
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import IN_DOUBT, SHOWN_AS, ActionState, moves_from
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding

_RIGHTS: dict[str, tuple[Permission, str]] = {
    "edit": (Permission.ACTION_DRAFT, "draft actions"),
    "send_for_review": (Permission.ACTION_DRAFT, "draft actions"),
    "return_to_draft": (Permission.ACTION_REVIEW, "review actions"),
    "withdraw": (Permission.ACTION_WITHDRAW, "withdraw actions"),
    "attest": (Permission.ACTION_ATTEST, "attest what was done in METRC"),
    "look_again": (Permission.ACTION_REVIEW, "have METRC looked into"),
    "reject": (Permission.ACTION_APPROVE_HIGH, "end a blocked action"),
}


@dataclass(frozen=True, kw_only=True)
class MayDo:
    """Whether one button works; `why_not` is empty exactly when it does."""

    why_not: str = ""

    @property
    def is_allowed(self) -> bool:
        return not self.why_not


def permitted_moves(
    actor: Actor,
    action: RegulatedAction,
    *,
    permissions: frozenset[Permission],
    findings: tuple[Finding, ...],
) -> dict[str, MayDo]:
    """Return every move a person could ask for, with the sentence that stands on a dead button.

    `do_by_hand` is the work in METRC's own pages: not to be begun while a gate says no, though
    what was done can always be attested.
    """
    reasons = {
        name: _state_reason(action, name) or _right_reason(permissions, *right)
        for name, right in _RIGHTS.items()
    }
    reasons["approve"] = _approval_reason(actor, action, permissions, findings)
    if not reasons["reject"] and actor.user_id == action.drafted_by_id:
        reasons["reject"] = "You drafted it; somebody else must end it."
    reasons["do_by_hand"] = reasons["attest"] or _gates_reason(findings)
    return {name: MayDo(why_not=reason) for name, reason in reasons.items()}


def _state_reason(action: RegulatedAction, name: str) -> str:
    state = ActionState(action.state)
    if name == "edit":
        is_open = state is ActionState.DRAFT
    elif name == "attest":
        if not kind_named(action.kind).is_done_in_metrc:
            return "Glassbox sends this action itself; there is nothing to attest."
        is_open = state is ActionState.APPROVED
    elif name == "look_again":
        is_open = state in IN_DOUBT
    elif name == "reject":
        is_open = state is ActionState.BLOCKED
    else:
        is_open = name in moves_from(state)
    return "" if is_open else f"This action is {SHOWN_AS[state]}."


def _right_reason(permissions: frozenset[Permission], right: Permission, words: str) -> str:
    return "" if right in permissions else f"Your role here does not let you {words}."


def _approval_reason(
    actor: Actor,
    action: RegulatedAction,
    permissions: frozenset[Permission],
    findings: tuple[Finding, ...],
) -> str:
    kind = kind_named(action.kind)
    reason = _state_reason(action, "approve") or _right_reason(
        permissions, kind.approval_permission, "approve this kind of action"
    )
    if reason:
        return reason
    if kind.needs_other_person and actor.user_id == action.drafted_by_id:
        return "You drafted it; somebody else must approve it."
    return _gates_reason(findings)


def _gates_reason(findings: tuple[Finding, ...]) -> str:
    blocking = sum(finding.blocks for finding in findings)
    if not blocking:
        return ""
    gates = "gate blocks" if blocking == 1 else "gates block"
    return f"{blocking} {gates} it; every reason stands below."
