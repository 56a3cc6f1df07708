"""How a licence is governed: its policy of signatures."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import read_policy
from glassbox.rules.verdicts import InvalidInput


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
