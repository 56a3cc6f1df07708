"""Rules of the pack made to block at a licence, and made only to warn again: by two people, from a day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import RulePromotion
from glassbox.models.companies import License
from glassbox.operations.transaction import operation
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused, Severity

WORDS = {True: "blocks", False: "warns"}


class NotPromotable(Refused):
    """The rule is not there, or it stands already as was asked, or the request has ended."""

    code = "rule.not-promotable"


class OwnPromotion(Refused):
    """Who asked for a change of a rule cannot grant it."""

    code = "rule.own-promotion"


@operation
def ask_promotion(
    *,
    actor: Actor,
    license_id: int,
    rule_id: str,
    because: str,
    blocks: bool = True,
    effective_from: date | None = None,
    now: datetime,
) -> int:
    """Ask that a rule shall block at this licence from a day on, or only warn again.

    It stands as before until somebody else grants it. `effective_from` is a day of the licence;
    empty takes today.

    :raises InvalidInput: if no reason is given, or the day is past
    :raises NotPromotable: if there is no such rule, it stands so already, its pack itself blocks,
        or a change of it waits to be granted
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    if not because.strip():
        raise InvalidInput(
            field="reason", value=because, way_out="Say what was checked, and where."
        )
    assert actor.user_id is not None, "only people hold this right"
    license = License.objects.get(id=license_id)
    today = _day_at(license, now)
    since = effective_from or today
    if since < today:
        raise InvalidInput(
            field="effective from", value=since, way_out=f"Choose {today} or a later day."
        )
    _require_change(license, rule_id, since, blocks=blocks)
    promotion, is_new = RulePromotion.objects.get_or_create(
        license_id=license_id,
        rule_id=rule_id,
        granted_at__isnull=True,
        ended_at__isnull=True,
        defaults={
            "company_id": license.company_id,
            "blocks": blocks,
            "effective_from": since,
            "reason": because.strip(),
            "asked_by_id": actor.user_id,
            "asked_at": now,
        },
    )
    if not is_new:
        raise NotPromotable(f"A change of {rule_id} was asked for before and waits to be granted.")
    ledger.append(
        type=EventType.RULE_PROMOTION_ASKED,
        subject=f"rule:{rule_id}",
        actor=actor,
        reason=because.strip(),
        body={
            "promotion": promotion.pk,
            "wanted": WORDS[blocks],
            "effective_from": since.isoformat(),
        },
        now=now,
    )
    return promotion.pk


def _day_at(license: License, now: datetime) -> date:
    return now.astimezone(ZoneInfo(license.time_zone)).date()


def _require_change(license: License, rule_id: str, since: date, *, blocks: bool) -> None:
    line = rules_for(license).get(rule_id)
    if line is None:
        raise NotPromotable(f"No rule pack holds {rule_id}.")
    if not blocks and line.pack_severity is Severity.BLOCKS:
        raise NotPromotable(f"{rule_id} blocks by its pack, and nobody here can make it warn.")
    if line.pack_severity is not Severity.BLOCKS and not line.is_promotable:
        raise NotPromotable(f"{rule_id} counts days or informs: it stops nothing by its nature.")
    if (line.severity_on(since) is Severity.BLOCKS) == blocks:
        raise NotPromotable(f"{rule_id} {WORDS[blocks]} already on {since}.")


@operation
def grant_promotion(
    *, actor: Actor, license_id: int, promotion_id: int, because: str = "", now: datetime
) -> None:
    """Let a change of a rule take effect, as the second of two people.

    A day that has passed while it waited becomes today: nothing takes effect backwards.

    :raises OwnPromotion: if the actor asked for it
    :raises NotPromotable: if it was granted, refused or taken back before
    """
    access.require(actor, Permission.ACTION_APPROVE_HIGH, license_id=license_id)
    promotion = _waiting(license_id, promotion_id)
    if promotion.asked_by_id == actor.user_id:
        raise OwnPromotion("You asked for this change of a rule. Somebody else must grant it.")
    today = _day_at(promotion.license, now)
    promotion.effective_from = max(promotion.effective_from, today)
    promotion.granted_by_id, promotion.granted_at = actor.user_id, now
    promotion.save()
    ledger.append(
        type=EventType.RULE_PROMOTED if promotion.blocks else EventType.RULE_PROMOTION_UNDONE,
        subject=f"rule:{promotion.rule_id}",
        actor=actor,
        reason=because.strip() or promotion.reason,
        state_before=WORDS[not promotion.blocks],
        state_after=WORDS[promotion.blocks],
        body={
            "promotion": promotion.pk,
            "asked_by": promotion.asked_by_id,
            "effective_from": promotion.effective_from.isoformat(),
        },
        now=now,
    )


@operation
def end_promotion(
    *, actor: Actor, license_id: int, promotion_id: int, because: str, now: datetime
) -> None:
    """Refuse a change of a rule that waits, or take one's own back.

    :raises NotPromotable: if it was granted, refused or taken back before
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    if not because.strip():
        raise InvalidInput(
            field="reason", value=because, way_out="Say why the rule stays as it is."
        )
    promotion = _waiting(license_id, promotion_id)
    promotion.ended_by_id, promotion.ended_at = actor.user_id, now
    promotion.ended_because = because.strip()
    promotion.save()
    ledger.append(
        type=EventType.RULE_PROMOTION_ENDED,
        subject=f"rule:{promotion.rule_id}",
        actor=actor,
        reason=because.strip(),
        body={"promotion": promotion.pk, "asked_by": promotion.asked_by_id},
        now=now,
    )


def _waiting(license_id: int, promotion_id: int) -> RulePromotion:
    promotion = (
        RulePromotion.objects.select_for_update(of=("self",))
        .select_related("license")
        .filter(license_id=license_id, id=promotion_id)
        .first()
    )
    if promotion is None:
        raise NotFound("There is no such change of a rule here.")
    if promotion.granted_at is not None:
        raise NotPromotable(f"This change of {promotion.rule_id} was granted before.")
    if promotion.ended_at is not None:
        raise NotPromotable(
            f"This change of {promotion.rule_id} was ended before: {promotion.ended_because}"
        )
    return promotion
