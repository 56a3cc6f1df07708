"""What a reader may do with an action, and for each no, why not, in a sentence for its button."""

from __future__ import annotations

from dataclasses import dataclass, replace

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ENDS, IN_DOUBT, SHOWN_AS, ActionState, moves_from
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import read_policy
from glassbox.rules.verdicts import Finding

_RIGHTS: dict[str, tuple[Permission, str]] = {
    "edit": (Permission.ACTION_DRAFT, "draft actions"),
    "send_for_review": (Permission.ACTION_DRAFT, "draft actions"),
    "return_to_draft": (Permission.ACTION_REVIEW, "review actions"),
    "review": (Permission.ACTION_REVIEW, "review actions"),
    "override": (Permission.ACTION_APPROVE_HIGH, "override a finding"),
    "comment": (Permission.PACKAGE_READ, "comment"),
    "urgency": (Permission.ACTION_DRAFT, "set how urgent it is"),
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
    for name in ("review", "override"):
        if not reasons[name] and actor.user_id == action.drafted_by_id:
            reasons[name] = "You drafted it; this is a second person's."
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
    elif name == "comment":
        is_open = True
    elif name == "review":
        is_open = state is ActionState.IN_REVIEW
    elif name == "override":
        is_open = state in (ActionState.DRAFT, ActionState.IN_REVIEW)
    elif name == "urgency":
        is_open = state not in ENDS
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
        permissions | _borrowed(actor, action),
        kind.approval_permission,
        "approve this kind of action",
    )
    if reason:
        return reason
    people = read_policy(action.license.policy).people_needed(kind.tier)
    if people >= 2 and actor.user_id == action.drafted_by_id:
        return "You drafted it; somebody else must approve it."
    return _gates_reason(findings)


def _borrowed(actor: Actor, action: RegulatedAction) -> frozenset[Permission]:
    """Return what a person may do as somebody's deputy; never at that one's own draft."""
    absent = read_policy(action.license.policy).stands_in_for(actor.user_id)
    return frozenset(
        permission
        for user_id in absent
        if user_id != action.drafted_by_id
        for permission in access.permissions_at(replace(actor, user_id=user_id), action.license_id)
    )


def _gates_reason(findings: tuple[Finding, ...]) -> str:
    blocking = sum(finding.blocks for finding in findings)
    if not blocking:
        return ""
    gates = "gate blocks" if blocking == 1 else "gates block"
    return f"{blocking} {gates} it; every reason stands below."
