"""How a licence is governed: its policy of signatures, and rules of the pack made to block."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import RulePromotion
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.operations.transaction import operation
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import read_policy
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused, Severity


class NotPromotable(Refused):
    """The rule is not there, or it blocks already."""

    code = "rule.not-promotable"


class OwnPromotion(Refused):
    """Who asked for a promotion cannot grant it."""

    code = "rule.own-promotion"


@operation
def set_policy(
    *,
    actor: Actor,
    license_id: int,
    profile: str,
    people_at_high: int = 2,
    deputies: dict[str, int] | None = None,
    because: str,
    now: datetime,
) -> None:
    """Set how many people sign at a licence and who stands in for whom.

    `deputies` maps the id of who is absent to the id of who signs instead; both work here.

    :raises InvalidInput: naming what cannot be used
    """
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it changes.")
    chosen = {"profile": profile, "people_at_high": people_at_high, "deputies": deputies or {}}
    policy = read_policy(chosen)
    here = set(
        RoleGrant.objects.filter(license_id=license_id, valid_until__isnull=True).values_list(
            "user_id", flat=True
        )
    )
    for person in (*policy.deputies.keys(), *policy.deputies.values()):
        if person not in here:
            raise InvalidInput(
                field="deputies", value=person, way_out="Name people who hold a role here."
            )
    license = License.objects.select_for_update().get(id=license_id)
    before = read_policy(license.policy)
    license.policy = {**license.policy, **chosen}
    license.save(update_fields=["policy"])
    ledger.append(
        type=EventType.POLICY_CHANGED,
        subject=f"license:{license_id}",
        actor=actor,
        reason=because.strip(),
        state_before=before.profile.value,
        state_after=policy.profile.value,
        body={
            "people_at_high": policy.people_at_high,
            "deputies": {str(one): other for one, other in policy.deputies.items()},
        },
        now=now,
    )


@operation
def ask_promotion(
    *, actor: Actor, license_id: int, rule_id: str, because: str, now: datetime
) -> int:
    """Ask that a rule which only warns shall block at this licence; it still warns until granted.

    :raises NotPromotable: if there is no such rule, it blocks already, or it was asked before
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    if not because.strip():
        raise InvalidInput(
            field="reason", value=because, way_out="Say what was checked, and where."
        )
    assert actor.user_id is not None, "only people hold this right"
    license = License.objects.get(id=license_id)
    line = rules_for(license).get(rule_id)
    if line is None:
        raise NotPromotable(f"No rule pack holds {rule_id}.")
    if line.finding_severity is Severity.BLOCKS:
        raise NotPromotable(f"{rule_id} blocks already.")
    promotion, is_new = RulePromotion.objects.get_or_create(
        license_id=license_id,
        rule_id=rule_id,
        defaults={
            "company_id": license.company_id,
            "reason": because.strip(),
            "asked_by_id": actor.user_id,
            "asked_at": now,
        },
    )
    if not is_new:
        raise NotPromotable(f"The promotion of {rule_id} was asked for before.")
    ledger.append(
        type=EventType.RULE_PROMOTION_ASKED,
        subject=f"rule:{rule_id}",
        actor=actor,
        reason=because.strip(),
        body={"promotion": promotion.pk},
        now=now,
    )
    return promotion.pk


@operation
def grant_promotion(
    *, actor: Actor, license_id: int, promotion_id: int, because: str = "", now: datetime
) -> None:
    """Make a rule block at this licence, from now on, as the second of two people.

    :raises OwnPromotion: if the actor asked for it
    :raises NotPromotable: if it was granted before
    """
    access.require(actor, Permission.ACTION_APPROVE_HIGH, license_id=license_id)
    promotion = (
        RulePromotion.objects.select_for_update()
        .filter(license_id=license_id, id=promotion_id)
        .first()
    )
    if promotion is None:
        raise NotFound("There is no such promotion here.")
    if promotion.granted_at is not None:
        raise NotPromotable(f"{promotion.rule_id} was promoted before.")
    if promotion.asked_by_id == actor.user_id:
        raise OwnPromotion("You asked for this promotion. Somebody else must grant it.")
    promotion.granted_by_id, promotion.granted_at = actor.user_id, now
    promotion.save()
    ledger.append(
        type=EventType.RULE_PROMOTED,
        subject=f"rule:{promotion.rule_id}",
        actor=actor,
        reason=because.strip() or promotion.reason,
        state_before="warns",
        state_after="blocks",
        body={"promotion": promotion.pk, "asked_by": promotion.asked_by_id},
        now=now,
    )
