"""The quality review: fourteen items, and what takes a release back (S01 step 8, S12, S18)."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.models.lab import QaReview
from glassbox.models.packages import Package
from glassbox.operations import roles
from glassbox.operations.following import follow_license
from glassbox.operations.lab import holds, releases
from glassbox.operations.lab.review import AlreadyReleased, EvidenceChanged, ReleaseBlocked
from glassbox.operations.transaction import short_transaction
from glassbox.queries.lab.pages import qa_page
from glassbox.rules.actor import system_actor
from glassbox.rules.exception_policy import CaseClass
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import (
    PDF,
    events_of,
    local_state_of,
    open_cases,
    put_package,
    put_results,
    see_package,
)
from tests.cast import DIST, person, tag
from tests.db.lab.story import CARTS, ITEM, PANELS, TICKS, Story
from tests.signed_in_client import client_of


def codes(refusal: ReleaseBlocked) -> set[str]:
    return {finding.code for finding in refusal.findings if finding.blocks}


def follow(story: Story) -> None:
    follow_license(actor=system_actor("follower"), license_id=story.license_id, now=story.now)


def standing(story: Story, label: str = CARTS) -> bool:
    with short_transaction(story.license_id):
        reviews = QaReview.objects.filter(package__label=label, verdict="RELEASED")
        return reviews.filter(revoked_at__isnull=True).exists()


def put_split(story: Story, number: int = 20) -> str:
    label = tag(number, DIST)
    put_package(
        story.license_id,
        label,
        900,
        now=story.now,
        unit="Each",
        item=ITEM,
        lab_state="TestPassed",
        sources=(CARTS,),
        local_state=LocalState.TEST_PASSED,
    )
    return label


def pass_on(story: Story, label: str) -> int:
    with short_transaction(story.license_id) as license:
        return releases.inherit_releases_in_transaction(
            actor=story.eve, license=license, labels=[label], now=story.now
        )


def test_a_batch_that_meets_all_fourteen_items_is_released(story: Story) -> None:
    story.up_to_the_review()

    review_id = story.release()

    (event,) = events_of(story.license_id, "qa.released")
    assert (event["body"]["review"], event["body"]["batch"]) == (review_id, "PB-V-201")
    assert local_state_of(story.license_id, CARTS) == LocalState.QA_RELEASED
    with short_transaction(story.license_id):
        checklist = QaReview.objects.get(id=review_id).checklist
    assert [item["rule_id"] for item in checklist["items"]] == [
        f"QA-{number:02d}" for number in range(1, 15)
    ]
    assert checklist["items"][3]["evidence"] == "849 mg found, 856 mg on the label: 0.82 %"
    assert checklist["items"][8]["evidence"] == "counted 3,980 units; METRC 3,980 units"
    with pytest.raises(AlreadyReleased):
        story.release()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ticks": {**TICKS, "QA-06": False}}, "qa.label-complete"),
        ({"ticks": {}}, "qa.packaging"),
        ({"label_batch_number": "PB-V-202"}, "qa.numbers"),
    ],
)
def test_an_item_that_is_not_met_blocks_the_release(
    story: Story, changes: dict[str, Any], code: str
) -> None:
    story.up_to_the_review()

    with pytest.raises(ReleaseBlocked) as refusal:
        story.release(**changes)

    assert code in codes(refusal.value)
    (event,) = events_of(story.license_id, "qa.blocked")
    assert code in event["body"]["codes"]
    assert not standing(story)


def test_one_unit_off_blocks_the_release(story: Story) -> None:
    story.up_to_the_review()
    story.count(3979)

    with pytest.raises(ReleaseBlocked) as refusal:
        story.release()

    assert codes(refusal.value) == {"qa.count"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"thc_mg_per_unit": Decimal(770)}, "qa.label-claim"),
        ({"production_batch_number": "PB-V-202"}, "qa.certificate-identity"),
        ({"panels": {**PANELS, "Residual Pesticides": False}}, "qa.results"),
        ({"panels": {"Cannabinoids": True}}, "qa.results"),
        ({"passed": False}, "qa.results"),
    ],
)
def test_a_certificate_that_disagrees_blocks_the_release(
    story: Story, changes: dict[str, Any], code: str
) -> None:
    sample_id = story.up_to_the_review()
    story.file_certificate(sample_id, content=PDF + b"2", **changes)

    with pytest.raises(ReleaseBlocked) as refusal:
        story.release()

    assert codes(refusal.value) == {code}


def test_who_made_it_can_never_release_it_even_when_trained_in_quality(story: Story) -> None:
    story.up_to_the_review()
    with pytest.raises(NotFound):
        story.release(actor=person(story.brand, "Ana"))
    roles.grant_role(
        actor=system_actor("set-up"),
        license_id=story.license_id,
        user_id=story.brand.users["Ana"],
        role=Role.QA_MANAGER,
        now=story.now - timedelta(minutes=1),
    )

    with pytest.raises(ReleaseBlocked) as refusal:
        story.release(actor=person(story.brand, "Ana"))

    assert codes(refusal.value) == {"qa.own-work"}
    (event,) = events_of(story.license_id, "qa.blocked")
    assert event["actor"]["id"] == story.brand.users["Ana"]


def test_without_a_certificate_nothing_of_it_counts_as_met(story: Story) -> None:
    story.make_batch()
    story.receive()
    story.show_result(quantity=4000)

    seen = qa_page(actor=story.eve, license_id=story.license_id, label=CARTS, now=story.now)

    on_paper = {item.rule_id: item.is_met for item in seen.items if item.rule_id <= "QA-04"}
    assert on_paper == dict.fromkeys(("QA-01", "QA-02", "QA-03", "QA-04"), False)
    assert "no certificate is filed" in {item.evidence for item in seen.items}


def test_only_quality_releases(story: Story) -> None:
    story.up_to_the_review()

    for name in ("Hal", "Fay", "Ivy"):
        with pytest.raises(NotPermitted):
            story.release(actor=person(story.brand, name))

    assert len(events_of(story.license_id, "access.denied")) == 3


def test_a_signature_binds_to_the_evidence_that_was_seen(story: Story) -> None:
    sample_id = story.up_to_the_review()
    seen = qa_page(actor=story.eve, license_id=story.license_id, label=CARTS, now=story.now)
    story.file_certificate(sample_id, content=PDF + b"2")

    with pytest.raises(EvidenceChanged):
        story.release(evidence_sha256=seen.evidence_sha256)

    now_seen = qa_page(actor=story.eve, license_id=story.license_id, label=CARTS, now=story.now)
    story.release(evidence_sha256=now_seen.evidence_sha256)


def test_a_replaced_certificate_takes_the_release_back(story: Story) -> None:
    sample_id = story.up_to_the_review()
    story.release()

    story.file_certificate(sample_id, content=PDF + b"2")

    assert not standing(story)
    assert local_state_of(story.license_id, CARTS) == LocalState.TEST_PASSED
    (event,) = events_of(story.license_id, "qa.revoked")
    assert event["new_state"] == "TEST_PASSED"


def test_a_hold_of_the_state_takes_the_release_back_and_stays_until_quality_looks(
    story: Story,
) -> None:
    story.up_to_the_review()
    story.release()
    see_package(story.license_id, CARTS, now=story.now, is_on_hold=True)

    follow(story)
    assert not standing(story)
    assert [kind for kind, _, _ in open_cases(story.license_id)] == ["STATE_HOLD"]
    with pytest.raises(holds.StateHoldStands):
        lift(story, "Hal")

    see_package(story.license_id, CARTS, now=story.now, is_on_hold=False)
    follow(story)
    assert not standing(story)
    assert open_cases(story.license_id) == []


def lift(story: Story, name: str) -> None:
    holds.lift_hold(
        actor=person(story.brand, name),
        license_id=story.license_id,
        label=CARTS,
        reason="Looked at it",
        now=story.now,
    )


def hold(story: Story, name: str) -> int:
    return holds.place_hold(
        actor=person(story.brand, name),
        license_id=story.license_id,
        label=CARTS,
        reason="Smells wrong",
        now=story.now,
    )


def test_our_own_hold_takes_the_release_back_and_lifting_does_not_give_it_again(
    story: Story,
) -> None:
    story.up_to_the_review()
    story.release()

    assert hold(story, "Dee") == hold(story, "Hal")
    assert local_state_of(story.license_id, CARTS) == LocalState.LOCAL_HOLD
    with pytest.raises(NotPermitted):
        lift(story, "Dee")
    lift(story, "Hal")

    assert local_state_of(story.license_id, CARTS) == LocalState.TEST_PASSED
    assert not standing(story)
    assert len(events_of(story.license_id, "hold.placed")) == 1
    with pytest.raises(NotFound):
        lift(story, "Hal")
    story.release()


def test_a_revoked_result_takes_the_release_back(story: Story) -> None:
    story.up_to_the_review()
    story.release()
    put_results(story.license_id, CARTS, {"Pesticides": True}, now=story.now, revoked=True)

    follow(story)

    assert not standing(story)


def test_a_release_that_stays_true_stays(story: Story) -> None:
    story.up_to_the_review()
    story.release()

    follow(story)

    assert standing(story)
    assert events_of(story.license_id, "qa.revoked") == []


def test_a_certificate_of_twelve_months_takes_the_release_back(story: Story) -> None:
    story.up_to_the_review()
    story.release()
    story.now += timedelta(days=366)
    see_package(story.license_id, CARTS, now=story.now)

    follow_license(actor=system_actor("follower"), license_id=story.license_id, now=story.now)

    assert not standing(story)


def test_a_split_of_released_goods_is_released_and_falls_with_its_parent(story: Story) -> None:
    story.up_to_the_review()
    story.release()
    split = put_split(story)

    assert (pass_on(story, split), pass_on(story, split)) == (1, 0)
    assert standing(story, split)
    follow(story)
    assert standing(story, split)

    releases.revoke_release(
        actor=story.eve,
        license_id=story.license_id,
        label=CARTS,
        because="A complaint came in",
        now=story.now,
    )
    assert not standing(story, split)
    assert pass_on(story, split) == 0
    assert open_cases(story.license_id) == []


@pytest.mark.parametrize("where", [LocalState.DISPATCHED, LocalState.DELIVERED])
def test_what_left_stays_where_it_is_when_its_release_is_taken_back(
    story: Story, where: LocalState
) -> None:
    story.up_to_the_review()
    story.release()
    split = put_split(story)
    pass_on(story, split)
    with short_transaction(story.license_id):
        Package.objects.filter(label=split).update(local_state=where)

    hold(story, "Dee")

    assert not standing(story, split)
    assert local_state_of(story.license_id, split) == where
    (*_, event) = events_of(story.license_id, "qa.revoked")
    assert (event["prev_state"], event["new_state"]) == (where, where)
    assert [one[0] for one in open_cases(story.license_id)] == [CaseClass.LEFT_UNRELEASED]
    eve = client_of(story.brand, "Eve")
    (page,) = re.findall(rf"/l/{DIST}/cases/\d+/", eve.get(f"/l/{DIST}/cases/").content.decode())
    assert f"on the way: {split}." in eve.get(page).content.decode()


def test_a_split_of_unreleased_goods_is_not_released(story: Story) -> None:
    story.up_to_the_review()

    assert pass_on(story, put_split(story)) == 0


def test_a_split_that_metrc_does_not_show_passed_is_not_released(story: Story) -> None:
    story.up_to_the_review()
    story.release()
    split = put_split(story)
    see_package(story.license_id, split, now=story.now, lab_state="SubmittedForTesting")

    assert pass_on(story, split) == 0


def test_goods_that_quality_holds_or_rejects_are_stopped(story: Story) -> None:
    story.up_to_the_review()

    story.release(verdict="HELD", reason="Label smeared")
    assert local_state_of(story.license_id, CARTS) == LocalState.LOCAL_HOLD
    story.release(verdict="REJECTED", reason="Leaking")

    assert local_state_of(story.license_id, CARTS) == LocalState.PENDING_DESTRUCTION
    assert len(events_of(story.license_id, "qa.rejected")) == 1


def test_a_person_ticks_only_what_a_person_can_judge(story: Story) -> None:
    with pytest.raises(InvalidInput, match="QA-09"):
        story.release(ticks={**TICKS, "QA-09": True})
    with pytest.raises(InvalidInput, match="verdict"):
        story.release(verdict="MAYBE")


def test_review_and_certificate_lead_to_what_metrc_said_in_one_click(story: Story) -> None:
    sample_id = story.up_to_the_review()
    hal = client_of(story.brand, "Hal")

    review = hal.get(f"/l/{DIST}/packages/{CARTS}/qa/").content.decode()
    sample = hal.get(f"/l/{DIST}/lab/{sample_id}/").content.decode()

    assert f'href="/l/{DIST}/packages/{CARTS}/exchanges/"' in review
    assert f"read {story.now:%Y-%m-%d %H:%M:%S} UTC" in review
    assert re.search(rf'href="/l/{DIST}/packages/[^"/]+/results/read/" [^>]*>METRC\'s', sample)
