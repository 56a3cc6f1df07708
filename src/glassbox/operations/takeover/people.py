"""Say which person of ours METRC's employee list means; a suggestion alone decides nothing."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.catalog import MetrcEmployee
from glassbox.models.people import RoleGrant, User
from glassbox.models.takeover import PersonMatch
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound


@operation
def match_person(
    *,
    actor: Actor,
    license_id: int,
    user_id: int,
    employee_id: int | None,
    now: datetime,
) -> None:
    """Confirm whom METRC's list means by a person, or that they have no METRC login (None).

    :raises NotFound: if the person holds no role here, or METRC's list has no such row
    :raises InvalidInput: if that row is another person's already
    """
    access.require(actor, Permission.TAKEOVER_WORK, license_id=license_id)
    grant = RoleGrant.objects.filter(license_id=license_id, user_id=user_id).first()
    if grant is None:
        raise NotFound("There is no such person at this licence.")
    employee = None
    if employee_id is not None:
        employee = MetrcEmployee.objects.filter(license_id=license_id, id=employee_id).first()
        if employee is None:
            raise NotFound("METRC's employee list of this licence has no such row.")
        _require_free(license_id, user_id, employee)
    before = PersonMatch.objects.filter(license_id=license_id, user_id=user_id).first()
    said_before = before.employee.full_name if before and before.employee else ""
    PersonMatch.objects.update_or_create(
        license_id=license_id,
        user_id=user_id,
        defaults={
            "company_id": grant.company_id,
            "employee": employee,
            "confirmed_by_id": person_id(actor),
            "confirmed_at": now,
        },
    )
    ledger.append(
        type=EventType.PERSON_MATCHED,
        subject=f"user:{user_id}",
        actor=actor,
        reason=f"METRC's list has them as {employee.full_name}"
        if employee
        else "They have no METRC login",
        body={"employee": employee.full_name if employee else None},
        state_before=said_before,
        state_after=employee.full_name if employee else "no METRC login",
        now=now,
    )


def _require_free(license_id: int, user_id: int, employee: MetrcEmployee) -> None:
    taken = (
        PersonMatch.objects.filter(license_id=license_id, employee=employee)
        .exclude(user_id=user_id)
        .first()
    )
    if taken is not None:
        raise InvalidInput(
            field="METRC's name",
            value=employee.full_name,
            way_out=f"It is matched to {User.objects.get(id=taken.user_id).name}; "
            "correct that one first.",
        )
