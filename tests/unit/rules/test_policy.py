import pytest

from glassbox.rules.action_kinds.kind import Tier
from glassbox.rules.policy import Policy, TeamProfile, read_policy
from glassbox.rules.verdicts import InvalidInput


def test_what_is_not_said_is_a_full_team_with_four_eyes() -> None:
    policy = read_policy({"approved_protocols": ["P-1"]})
    assert policy == Policy()
    assert [policy.people_needed(tier) for tier in Tier] == [1, 2, 2]


def test_a_small_team_never_signs_its_own_work() -> None:
    policy = read_policy({"profile": "SMALL_TEAM", "deputies": {"6": 2}})
    assert [policy.people_needed(tier) for tier in Tier] == [2, 2, 2]
    assert (policy.stands_in_for(2), policy.stands_in_for(6)) == ((6,), ())
    assert policy.words() == (
        "Small team: two people, who never sign their own work, 1 deputy named."
    )


def test_three_people_on_what_is_risky_is_a_full_teams_choice() -> None:
    policy = read_policy({"profile": TeamProfile.FULL_TEAM, "people_at_high": 3})
    assert [policy.people_needed(tier) for tier in Tier] == [1, 2, 3]


@pytest.mark.parametrize(
    ("stored", "field"),
    [
        ({"profile": "ONE_MAN"}, "profile"),
        ({"people_at_high": 1}, "people_at_high"),
        ({"people_at_high": True}, "people_at_high"),
        ({"profile": "SMALL_TEAM", "people_at_high": 3}, "people_at_high"),
        ({"deputies": {"6": 6}}, "deputies"),
        ({"deputies": {"Fay": 2}}, "deputies"),
        ({"deputies": [6]}, "deputies"),
        ({"deputies": {str(n): n + 1 for n in range(21)}}, "deputies"),
    ],
)
def test_a_policy_that_cannot_be_used_names_its_field(
    stored: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy(stored)
    assert refused.value.field == field
