"""Review the users of a licence every 30 days, and take out who leaves (CA-IN-01, CA-TT-12)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import RoleGrant, User
from glassbox.models.user_reviews import UserReview
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.person import person_id
from glassbox.operations.roles import close_grant_in_transaction
from glassbox.operations.transaction import enter_license_in_transaction, operation
from glassbox.queries.people import grants_in_force, people_at
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class NotYourselfOut(Refused):
    """Nobody deactivates themselves: the last one would lock everybody out."""

    code = "user.not-yourself"


@operation
def sign_user_review(
    *, actor: Actor, license_id: int, lines_sha256: str, comment: str, now: datetime
) -> int:
    """Sign exactly the list of people that was looked at; return the id of the review.

    :raises InvalidInput: if the list has changed since, or differs from METRC's without a word
        about it
    """
    access.require(actor, Permission.USER_REVIEW, license_id=license_id)
    license = License.objects.get(id=license_id)
    found = people_at(license, now)
    if found.sha256 != lines_sha256:
        raise InvalidInput(
            field="list",
            value=lines_sha256[:12],
            way_out="People or METRC's list have changed since you looked. Look again.",
        )
    differing = len(found.differences)
    if differing and not comment.strip():
        raise InvalidInput(
            field="comment",
            value=comment,
            way_out=f"{differing} lines differ from METRC's list. Say what is done about them.",
        )
    review = UserReview.objects.create(
        company_id=license.company_id,
        license=license,
        signed_by_id=person_id(actor),
        signed_at=now,
        comment=comment.strip()[:1000],
        lines=[asdict(line) for line in found.lines],
        lines_sha256=found.sha256,
        difference_count=differing,
    )
    ledger.append(
        type=EventType.USER_REVIEW_SIGNED,
        subject=f"user_review:{review.pk}",
        actor=actor,
        reason=review.comment or "The people were reviewed; nothing differs from METRC's list",
        body={
            "lines_sha256": found.sha256,
            "people": len(found.lines),
            "differences": differing,
            "list_read_at": found.read_at.isoformat() if found.read_at else None,
        },
        now=now,
    )
    return review.pk


@operation
def deactivate_person(
    *, actor: Actor, license_id: int, user_id: int, reason: str, now: datetime
) -> None:
    """Take a person out at every licence of the company: no role, no METRC key, no sign-in.

    At each licence a case asks that they be taken out of METRC too. The password goes as well,
    so no old session comes back should the person ever return. Whom another company employs too
    keeps the account, and nothing of this company.

    :raises NotYourselfOut: if it is the actor
    :raises NotFound: if they never held a role here, or are deactivated already
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.USER_DEACTIVATE, license_id=license_id)
    if user_id == actor.user_id:
        raise NotYourselfOut("You cannot deactivate yourself. Ask another owner.")
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why they leave.")
    company_id = License.objects.get(id=license_id).company_id
    user = User.objects.select_for_update().filter(id=user_id, is_active=True).first()
    held = RoleGrant.objects.filter(user_id=user_id)
    ours = held.filter(company_id=company_id)
    in_force = grants_in_force(now)
    if user is None or not ours.filter(license_id=license_id).exists():
        raise NotFound("There is no such person at work at this licence.")
    closes_account = not held.exclude(company_id=company_id).filter(in_force).exists()
    if not closes_account and not ours.filter(in_force).exists():
        raise NotFound("There is no such person at work at this licence.")
    if closes_account:
        user.is_active = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
    ledger.append(
        type=EventType.USER_DEACTIVATED,
        subject=f"user:{user_id}",
        actor=actor,
        reason=reason.strip(),
        body={"account_closed": closes_account},
        now=now,
    )
    for one in sorted(set(ours.values_list("license_id", flat=True))):
        _end_at(enter_license_in_transaction(one), user, actor, now)
    enter_license_in_transaction(license_id)


def _end_at(license: License, user: User, actor: Actor, now: datetime) -> None:
    """End everything a person has at one licence, each end an event of that licence."""
    for grant in RoleGrant.objects.filter(grants_in_force(now), license=license, user=user):
        reason = f"The role {grant.role} ended with the person's deactivation"
        close_grant_in_transaction(grant, actor=actor, reason=reason, now=now)
    keys = MetrcCredential.objects.filter(license=license, user_id=user.pk, revoked_at__isnull=True)
    for key in keys:
        key.revoked_at, key.sealed_key = now, b""
        key.save(update_fields=["revoked_at", "sealed_key"])
        ledger.append(
            type=EventType.CREDENTIAL_REVOKED,
            subject=f"credential:{key.pk}",
            actor=actor,
            reason="The key's owner was deactivated",
            now=now,
        )
    open_case_in_transaction(
        actor=actor,
        license=license,
        advice=case_for(
            CaseClass.METRC_USER_LEFT,
            fact_key=f"metrc-user:{user.pk}",
            title=f"{user.name} has left: take them out of METRC",
            what_happened=f"{user.name} was deactivated here. METRC knows nothing of it.",
            found_at=now,
        ),
        now=now,
    )
