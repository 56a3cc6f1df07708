"""How many people sign at a licence, and who may sign for whom: the policy profiles.

Four eyes stand on everything but routine work (corrections 5). A full team may ask for three
people on what is risky (decisions 5); in a small team two people never sign their own work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from glassbox.rules.action_kinds.kind import Tier
from glassbox.rules.verdicts import InvalidInput

DEPUTIES_AT_MOST = 20


class TeamProfile(StrEnum):
    """Name how a licence's people share the signatures."""

    FULL_TEAM = "FULL_TEAM"
    SMALL_TEAM = "SMALL_TEAM"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Hold one licence's policy. `deputies` maps who is absent to who signs instead.

    `people_at_high` counts drafter, reviewer and approver of what is risky: 2 or 3.
    """

    profile: TeamProfile = TeamProfile.FULL_TEAM
    people_at_high: int = 2
    deputies: Mapping[int, int] = field(default_factory=dict)

    def people_needed(self, tier: Tier) -> int:
        """Return how many different people an action of a tier needs."""
        if tier is Tier.HIGH:
            return self.people_at_high
        if tier is Tier.STANDARD or self.profile is TeamProfile.SMALL_TEAM:
            return 2
        return 1

    def stands_in_for(self, user_id: int | None) -> tuple[int, ...]:
        """Return for whom a person signs as deputy."""
        return tuple(absent for absent, deputy in self.deputies.items() if deputy == user_id)

    def words(self) -> str:
        """Return the policy as a sentence for the page and the event."""
        if self.profile is TeamProfile.SMALL_TEAM:
            count = len(self.deputies)
            named = f", {count} {'deputy' if count == 1 else 'deputies'} named" if count else ""
            return f"Small team: two people, who never sign their own work{named}."
        people = "three people" if self.people_at_high == 3 else "two people"
        return f"Full team: {people} on what is risky, two on the rest; routine work needs one."


def read_policy(stored: Mapping[str, object]) -> Policy:
    """Return a licence's policy; what is not said is a full team with four eyes.

    :raises InvalidInput: naming the field that cannot be used
    """
    profile = stored.get("profile", TeamProfile.FULL_TEAM)
    if profile not in set(TeamProfile):
        raise InvalidInput(
            field="profile", value=profile, way_out=f"Use one of: {', '.join(TeamProfile)}."
        )
    people = stored.get("people_at_high", 2)
    if people not in (2, 3) or isinstance(people, bool):
        raise InvalidInput(field="people_at_high", value=people, way_out="Use 2 or 3.")
    if people == 3 and profile == TeamProfile.SMALL_TEAM:
        raise InvalidInput(
            field="people_at_high", value=3, way_out="A small team has two people who sign."
        )
    return Policy(
        profile=TeamProfile(str(profile)),
        people_at_high=3 if people == 3 else 2,
        deputies=_deputies(stored.get("deputies", {})),
    )


def _deputies(value: object) -> dict[int, int]:
    if not isinstance(value, Mapping) or len(value) > DEPUTIES_AT_MOST:
        raise InvalidInput(
            field="deputies",
            value=value,
            way_out=f"Name at most {DEPUTIES_AT_MOST} pairs: who is absent, who signs instead.",
        )
    try:
        named = {int(absent): int(deputy) for absent, deputy in value.items()}
    except (TypeError, ValueError):
        raise InvalidInput(
            field="deputies", value=value, way_out="Name people by their ids."
        ) from None
    for absent, deputy in named.items():
        if absent == deputy:
            raise InvalidInput(
                field="deputies", value=absent, way_out="Nobody is their own deputy."
            )
    return named
