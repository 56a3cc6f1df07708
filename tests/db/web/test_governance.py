"""Who signs at a licence: set on a page by its owner, and loud on every page of a small team."""

from __future__ import annotations

from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import License
from glassbox.operations.transaction import short_transaction
from glassbox.rules.policy import Policy, TeamProfile, read_policy
from tests.cast import MFG
from tests.signed_in_client import client_of

PLACE = f"/l/{MFG}/company/policy/"
LOUD = "Small team: two people"


def policy_of(brand: Brand) -> Policy:
    with short_transaction(brand.licenses[MFG]):
        return read_policy(License.objects.get(id=brand.licenses[MFG]).policy)


def test_an_owner_sets_a_small_team_with_a_deputy_and_every_page_says_so(cast: Brand) -> None:
    owner = client_of(cast, "Owen")
    assert LOUD not in owner.get(f"/l/{MFG}/packages/").content.decode()
    said = {
        "policy": "small",
        "deputies-absent": str(cast.users["Ben"]),
        "deputies-deputy": str(cast.users["Fay"]),
        "reason": "Three are away in November",
    }

    assert owner.post(PLACE, said).status_code == 302

    assert policy_of(cast) == Policy(
        profile=TeamProfile.SMALL_TEAM, deputies={cast.users["Ben"]: cast.users["Fay"]}
    )
    assert LOUD in owner.get(f"/l/{MFG}/packages/").content.decode()
    assert "Fay" in owner.get(PLACE).content.decode()
    back = {"policy": "full-3", "reason": "All are back"}
    assert owner.post(PLACE, back).status_code == 302
    assert policy_of(cast) == Policy(people_at_high=3)
    assert LOUD not in owner.get(f"/l/{MFG}/packages/").content.decode()


def test_a_policy_is_the_owners_word_and_needs_a_reason(cast: Brand) -> None:
    compliance = client_of(cast, "Fay")
    assert "may not do this" in compliance.get(PLACE).content.decode()
    refused = compliance.post(PLACE, {"policy": "small", "reason": "So be it"})
    assert refused.status_code == 403
    owner = client_of(cast, "Owen")
    assert "Fill it in" in owner.post(PLACE, {"policy": "small", "reason": " "}).content.decode()
    twice = {
        "policy": "small",
        "deputies-absent": [str(cast.users["Ben"])] * 2,
        "deputies-deputy": [str(cast.users["Fay"]), str(cast.users["Ana"])],
        "reason": "Both",
    }
    assert "same person twice" in owner.post(PLACE, twice).content.decode()
    assert policy_of(cast) == Policy()
