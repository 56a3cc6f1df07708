"""The work queue and the page of an action, as people see and press them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.queries.drafting import DraftChoices, draft_choices
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.views.drafts import FORMS
from tests.builders import see_package
from tests.cast import MFG, person, tag
from tests.db.actions.story import OIL, draft, put_oil, review, split, stored

BASE = f"/l/{MFG}/actions/"


@pytest.fixture
def right_now() -> datetime:
    """The pages read the clock themselves, so the story happens now."""
    return datetime.now(UTC)


def browser(cast: Brand, name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=cast.users[name]))
    return client


def see(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return unescape(answer.content.decode())


def two_in_review(cast: Brand, now: datetime) -> list[int]:
    put_oil(cast, now)
    ids = [draft(cast, now, {"packages": [split(number)]}) for number in (455, 456)]
    for action_id in ids:
        review(cast, now, action_id)
    return ids


def test_the_queue_offers_what_the_reader_may_sign(cast: Brand, right_now: datetime) -> None:
    one, other = two_in_review(cast, right_now)

    bens = see(browser(cast, "Ben"), f"{BASE}?view=to-approve")
    anas = see(browser(cast, "Ana"), f"{BASE}?view=to-approve")

    assert f'name="id" value="{one}"' in bens and f'name="id" value="{other}"' in bens
    assert "Nothing waits for your signature" in anas
    for name in ("Mine", "For me to approve", "Submitted, waiting", "Outcome unknown"):
        assert name in bens
    assert "Rejected by METRC" in bens and "Done today" in bens


def test_several_of_one_kind_are_approved_together_line_by_line(
    cast: Brand, right_now: datetime
) -> None:
    ids = two_in_review(cast, right_now)
    ben = browser(cast, "Ben")
    page = see(ben, f"{BASE}bulk/?id={ids[0]}&id={ids[1]}")
    lines = [f"{one}:{stored(cast, one).payload_sha256}" for one in ids]
    assert all(f'value="{line}"' in page for line in lines)
    assert "Approve 2: Create packages" in page

    answer = ben.post(f"{BASE}bulk/", {"line": [lines[0], f"{ids[1]}:{'0' * 64}"]}, follow=True)

    assert stored(cast, ids[0]).state == ActionState.APPROVED
    assert stored(cast, ids[1]).state == ActionState.IN_REVIEW
    said = unescape(answer.content.decode())
    assert "1 approved." in said and "content changed" in said
    again = ben.post(f"{BASE}bulk/", {"line": lines}, follow=True)
    assert "1 approved." in unescape(again.content.decode())
    assert stored(cast, ids[1]).state == ActionState.APPROVED


def test_a_lot_of_several_kinds_or_of_ones_own_is_not_approved_together(
    cast: Brand, right_now: datetime
) -> None:
    ids = two_in_review(cast, right_now)
    move = draft(
        cast,
        right_now,
        {"labels": [OIL], "location": "Vault", "date": "2026-11-20"},
        kind="package.move",
    )
    review(cast, right_now, move)

    mixed = see(browser(cast, "Ben"), f"{BASE}bulk/?id={ids[0]}&id={move}")
    own = see(browser(cast, "Ana"), f"{BASE}bulk/?id={ids[0]}")

    assert "Only actions of one kind are approved together" in mixed
    assert "1 of 1 cannot be approved" in own
    for page in (mixed, own):
        assert "btn-success" not in page
    assert browser(cast, "Ben").get(f"{BASE}bulk/?id=999999").status_code == 404


def test_the_page_shows_metrc_then_and_now_the_policy_and_takes_a_comment(
    cast: Brand, right_now: datetime
) -> None:
    (action_id, _) = two_in_review(cast, right_now)
    see_package(cast.licenses[MFG], OIL, now=datetime.now(UTC), quantity="4000")
    ben = browser(cast, "Ben")

    page = see(ben, f"{BASE}{action_id}/")
    assert "METRC has moved" in page and "4,669 g" in page and "4,000 g" in page
    assert "Full team: two people on what is risky" in page
    assert 'data-key="a"' in page and 'data-key="r"' in page

    def press(what: str, **typed: Any) -> str:
        answer = ben.post(f"{BASE}{action_id}/{what}/", typed, follow=True)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    assert "Is this the same drum?" in press("comment", comment="Is this the same drum?")
    assert "Your review is noted" in press("reviewed")
    assert ben.post(f"{BASE}{action_id}/urgency/", {"priority": "0"}).status_code == 403
    urgent = browser(cast, "Ana").post(f"{BASE}{action_id}/urgency/", {"priority": "0"})
    assert urgent.status_code == 302 and stored(cast, action_id).priority == 0


def test_each_row_shows_what_the_gates_last_said(cast: Brand, right_now: datetime) -> None:
    (action_id, _) = two_in_review(cast, right_now)
    ben = browser(cast, "Ben")
    assert "✓ " in see(ben, f"{BASE}?view=review")
    assert "✕ " not in see(ben, f"{BASE}?view=review")

    see_package(cast.licenses[MFG], OIL, now=datetime.now(UTC), quantity="4669", is_on_hold=True)
    ben.post(f"{BASE}{action_id}/approve/")

    page = see(ben, f"{BASE}?view=review")
    assert page.count("✕ 1") == 1
    draft(cast, right_now, {"packages": [split(470)]})
    assert "not asked" in see(browser(cast, "Ana"), f"{BASE}?view=mine")


def test_the_pane_shows_an_action_whole_in_short(cast: Brand, right_now: datetime) -> None:
    (action_id, _) = two_in_review(cast, right_now)
    see_package(cast.licenses[MFG], OIL, now=datetime.now(UTC), quantity="4000")
    ben = browser(cast, "Ben")
    ben.post(f"{BASE}{action_id}/comment/", {"comment": "Is this the same drum?"})

    pane = see(ben, f"{BASE}{action_id}/beside/")

    action = stored(cast, action_id)
    assert action.effect_sentence in pane
    assert "Ingredients 1 › Package" in pane and action.payload_sha256 in pane
    assert "4,669 g → <strong>4,000 g</strong> moved" in pane
    assert "Is this the same drum?" in pane and "by Ana" not in pane and "Ana, " in pane
    assert 'data-key="a"' in pane
    assert "every 3s" not in pane
    assert browser(cast, "Nell").get(f"{BASE}{action_id}/beside/").status_code == 404


@pytest.mark.parametrize(
    "form",
    ["adjust", "move", "split", "finish", "note", "dates", "item", "external-id"]
    + ["remediate", "unfinish", "discontinue"],
)
def test_each_form_of_a_package_opens(cast: Brand, right_now: datetime, form: str) -> None:
    put_oil(cast, right_now)

    page = see(browser(cast, "Ana"), f"/l/{MFG}/packages/{OIL}/draft/{form}/")

    assert "Nothing goes to METRC by this" in page


def test_a_note_is_drafted_by_hand(cast: Brand, right_now: datetime) -> None:
    put_oil(cast, right_now)
    answer = browser(cast, "Ana").post(
        f"/l/{MFG}/packages/{OIL}/draft/note/", {"note": "Keep cold", "reason": "For the filler"}
    )
    assert answer.status_code == 302
    action = stored(cast, int(answer["Location"].rstrip("/").split("/")[-1]))
    assert action.kind == "package.set_note"
    assert action.payload == [{"PackageLabel": OIL, "Note": "Keep cold"}]
    assert tag(101) == OIL


NEW_QUANTITY = {"quantity": "4657.5", "metrc_reason": "Waste", "note": "Spilled"}


def test_where_metrc_takes_final_quantities_the_form_drafts_the_quantity(
    cast: Brand, right_now: datetime
) -> None:
    put_oil(cast, right_now)
    answer = browser(cast, "Ana").post(
        f"/l/{MFG}/packages/{OIL}/draft/adjust/", {**NEW_QUANTITY, "reason": "A spill"}
    )
    assert answer.status_code == 302, answer.content.decode()[:500]
    action = stored(cast, int(answer["Location"].rstrip("/").split("/")[-1]))
    assert action.kind == "package.adjust"
    assert action.payload[0]["Quantity"] == 4657.5


def choices_where_differences_are_booked(cast: Brand, now: datetime) -> DraftChoices:
    found = draft_choices(
        actor=person(cast, "Ana"), license_id=cast.licenses[MFG], label=OIL, now=now
    )
    assert found.sets_final_quantities
    return replace(found, sets_final_quantities=False)


def test_where_metrc_books_differences_the_same_form_drafts_the_difference(
    cast: Brand, right_now: datetime
) -> None:
    put_oil(cast, right_now)
    choices = choices_where_differences_are_booked(cast, right_now)
    form = FORMS["adjust"]

    facts = form.facts(NEW_QUANTITY, choices)
    action = stored(cast, draft(cast, right_now, facts, kind=form.kind_at(choices)))

    assert action.kind == "package.adjust_by"
    assert action.payload[0]["Quantity"] == -11.5
    assert "by -11.5 g, reason Waste" in action.effect_sentence


@pytest.mark.parametrize("quantity", ["", "a lot", "-1", "4669"])
def test_a_difference_is_made_only_of_another_quantity_that_can_be(
    cast: Brand, right_now: datetime, quantity: str
) -> None:
    put_oil(cast, right_now)
    choices = choices_where_differences_are_booked(cast, right_now)
    with pytest.raises(InvalidInput, match="^quantity: "):
        FORMS["adjust"].facts({**NEW_QUANTITY, "quantity": quantity}, choices)
    with pytest.raises(InvalidInput, match="^quantity: .*read METRC again"):
        FORMS["adjust"].facts(NEW_QUANTITY, replace(choices, metrc_quantity=None))
