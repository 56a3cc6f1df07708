"""How a licence is governed: its policy of signatures."""

from __future__ import annotations

from glassbox import access
from glassbox.models.companies import License
from glassbox.rules.actor import Actor
from glassbox.rules.policy import Policy, read_policy


def policy_at(*, actor: Actor, license_id: int) -> Policy:
    """Return the policy of signatures at a licence.

    :raises NotFound: if the actor may not look into that licence
    """
    with access.reading(actor, license_id=license_id):
        return read_policy(License.objects.get(id=license_id).policy)
