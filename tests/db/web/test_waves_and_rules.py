"""Waves and rules on their pages: made, signed by somebody else on one page, refused, led back."""

from __future__ import annotations

import re
from datetime import datetime

from django.http import HttpResponse

from glassbox.cli.demo_brand import Brand
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import return_to_draft
from glassbox.operations.promotions import ask_promotion
from glassbox.queries.actions.waves import wave_list
from glassbox.rules.action_lifecycle import ActionState
from tests.builders import events_of
from tests.cast import MFG, person
from tests.db.actions.story import OIL, put_oil, split, stored
from tests.db.actions.test_waves_and_words import batch_of, member
from tests.signed_in_client import client_of

HERE = f"/l/{MFG}/"


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def drafts(cast: Brand, now: datetime) -> tuple[int, list[int]]:
    put_oil(cast, now)
    batch_id = batch_of(cast, now)
    return batch_id, [member(cast, now, batch_id, number) for number in (455, 456)]


def opened_wave(cast: Brand, batch_id: int, members: list[int]) -> str:
    answer = client_of(cast, "Ana").post(
        f"{HERE}batches/{batch_id}/wave/",
        {"title": "Two splits", "action_ids": [str(one) for one in members]},
    )
    assert answer.status_code == 302
    place: str = answer["Location"]
    return place


def signature(page: str) -> str:
    found = re.search(r'name="members_sha256" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_drafts_of_a_batch_are_signed_on_one_page_that_shows_every_line(
    cast: Brand, frozen_now: datetime
) -> None:
    batch_id, members = drafts(cast, frozen_now)
    offered = text(client_of(cast, "Ana").get(f"{HERE}batches/{batch_id}/wave/"))
    assert all(f'value="{one}"' in offered for one in members)

    place = opened_wave(cast, batch_id, members)

    own = text(client_of(cast, "Ana").get(place))
    assert "disabled" in own
    assert "2 of 2 cannot be approved" in own
    page = text(client_of(cast, "Ben").get(place))
    assert all(stored(cast, one).effect_sentence in page for one in members)
    assert "Sign all 2 for batch PB-D-1" in page
    seen = {"members_sha256": signature(page)}
    assert client_of(cast, "Ben").post(f"{place}approve/", seen).status_code == 302
    assert {stored(cast, one).state for one in members} == {ActionState.APPROVED}
    assert "signed by Ben" in text(client_of(cast, "Ben").get(place))
    again = client_of(cast, "Ben").post(f"{place}approve/", seen)
    assert "This wave is approved" in text(again)
    assert len(events_of(cast.licenses[MFG], "wave.approved")) == 1


def test_a_wave_that_changed_since_it_was_shown_is_not_signed(
    cast: Brand, frozen_now: datetime
) -> None:
    batch_id, members = drafts(cast, frozen_now)
    place = opened_wave(cast, batch_id, members)
    refused = client_of(cast, "Ben").post(f"{place}approve/", {"members_sha256": "0" * 64})
    assert "The members changed" in text(refused)
    assert {stored(cast, one).state for one in members} == {ActionState.IN_REVIEW}

    return_to_draft(
        actor=person(cast, "Ben"),
        license_id=cast.licenses[MFG],
        action_id=members[0],
        comment="Wrong tag",
        now=frozen_now,
    )
    page = text(client_of(cast, "Ben").get(place))
    assert "Wrong tag" in page
    assert "Sign all" not in page
    (line,) = wave_list(actor=person(cast, "Ben"), license_ids=(cast.licenses[MFG],))
    assert (line.state, line.about, line.standing) == ("VOID", "batch PB-D-1", (("draft", 2),))


def test_what_keeps_a_signature_of_its_own_is_not_offered_for_a_wave(
    cast: Brand, frozen_now: datetime
) -> None:
    batch_id, members = drafts(cast, frozen_now)
    risky = draft_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        kind="package.adjust",
        facts={
            **{"label": OIL, "quantity_before": "4669", "quantity": "4600", "unit": "Grams"},
            **{"reason": "Waste", "note": "Spilled", "date": frozen_now.date().isoformat()},
        },
        reason="Spilled",
        batch_id=batch_id,
        now=frozen_now,
    )
    elsewhere = draft_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        kind="package.create",
        facts={"packages": [split(470)]},
        reason="For no batch",
        now=frozen_now,
    )
    address = f"{HERE}batches/{batch_id}/wave/"
    offered = text(client_of(cast, "Ana").get(address))
    assert not any(f'value="{one}"' in offered for one in (risky, elsewhere))
    said = {"title": "All", "action_ids": [str(one) for one in (*members, risky)]}
    assert client_of(cast, "Ana").post(address, said).status_code == 422


def test_a_rule_is_asked_granted_and_led_back_on_its_pages(
    cast: Brand, frozen_now: datetime
) -> None:
    rules = f"{HERE}rules/"
    asker, granter = client_of(cast, "Ben"), client_of(cast, "Fay")
    before = text(asker.get(rules))
    assert "Make it block" in before
    for rule_id in ("CA-TT-15", "G5-MOVED", "ALERT-API"):
        assert f'href="{HERE}rules/{rule_id}/change/"' not in before
    assert "nobody here can make it warn" in text(asker.get(f"{rules}CA-TT-15/change/"))
    day = re.search(r'value="(\d{4}-\d\d-\d\d)"', text(asker.get(f"{rules}CA-MF-07/change/")))
    assert day is not None
    said = {"effective_from": day[1], "reason": "Read 4 CCR 15052.1 today"}
    assert asker.post(f"{rules}CA-MF-07/change/", said).status_code == 302

    assert "You asked for it" not in text(granter.get(rules))
    assert "does not let you grant it" in text(asker.get(rules))
    found = re.search(r"rules/changes/(\d+)/grant/", text(granter.get(rules)))
    assert found is not None
    assert granter.post(f"{rules}changes/{found[1]}/grant/").status_code == 302

    after = text(asker.get(rules))
    assert "decided here" in after
    assert "Let it only warn" in after
    assert "granted by Fay" in after
    assert asker.post(f"{rules}CA-MF-07/change/", said).status_code == 302
    assert "only warn again" in text(granter.get(rules))


def test_a_change_of_a_rule_is_refused_with_a_reason_and_stays_to_be_read(
    cast: Brand, frozen_now: datetime
) -> None:
    asked = ask_promotion(
        actor=person(cast, "Ben"),
        license_id=cast.licenses[MFG],
        rule_id="CA-MF-07",
        because="Heard of it",
        now=frozen_now,
    )
    place = f"{HERE}rules/changes/{asked}/"
    client = client_of(cast, "Fay")
    assert client.post(f"{place}end/", {"comment": " "}).status_code == 422
    assert client_of(cast, "Cy").post(f"{place}end/", {"comment": "No"}).status_code == 403
    assert client.post(f"{place}end/", {"comment": "Hearsay"}).status_code == 302
    assert "refused by Fay: Hearsay" in text(client.get(f"{HERE}rules/"))
