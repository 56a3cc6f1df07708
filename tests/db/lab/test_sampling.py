"""A sample: the gates before it, custody without a gap, the result METRC shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.models.lab import LabSample
from glassbox.models.transfers import TransferState
from glassbox.operations.following import follow_license
from glassbox.operations.lab import sampling
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, open_cases, put_outgoing, see_transfer
from tests.cast import DIST, LAB, MFG, R1, SUP, person, tag
from tests.db.lab.story import CARTS, PANELS, SAMPLE, Story
from tests.signed_in_client import client_of


def codes(refusal: sampling.SamplingBlocked) -> set[str]:
    return {finding.code for finding in refusal.findings if finding.blocks}


def sample_state(story: Story, sample_id: int) -> str:
    with short_transaction(story.license_id):
        return LabSample.objects.get(id=sample_id).state


def follow(story: Story) -> None:
    follow_license(actor=system_actor("follower"), license_id=story.license_id, now=story.now)


def test_twenty_units_of_four_thousand_are_enough(story: Story) -> None:
    story.receive()

    sample_id = story.plan()

    (event,) = events_of(story.license_id, "sample.planned")
    assert event["subject"] == f"sample:{sample_id}"
    assert (event["body"]["batch"], event["body"]["quantity"]) == ("PB-V-201", "20")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sample_quantity": Decimal(19)}, "sampling.too-small"),
        ({"laboratory_license_number": R1}, "sampling.laboratory"),
        ({"laboratory_license_number": "C8-0000000-LIC"}, "sampling.laboratory"),
        ({"is_final_form": False}, "sampling.not-final-form"),
        ({"is_labelled": False}, "sampling.not-final-form"),
    ],
)
def test_a_sample_against_the_rules_is_blocked_and_remembered(
    story: Story, changes: dict[str, Any], code: str
) -> None:
    story.receive()

    with pytest.raises(sampling.SamplingBlocked) as refusal:
        story.plan(**changes)

    assert code in codes(refusal.value)
    (event,) = events_of(story.license_id, "sample.blocked")
    assert code in event["body"]["codes"]


def test_every_package_of_the_batch_is_a_source(story: Story) -> None:
    story.receive(2000)
    story.receive(2000, label=tag(13))

    with pytest.raises(sampling.SamplingBlocked) as refusal:
        story.plan()

    assert codes(refusal.value) >= {"sampling.not-a-source"}


def test_the_manufacturer_arranges_no_test(story: Story) -> None:
    with pytest.raises(NotPermitted):
        story.plan(actor=person(story.brand, "Ana"), license_id=story.brand.licenses[MFG])


def test_only_who_may_take_samples_plans_one(story: Story) -> None:
    story.receive()

    with pytest.raises(NotPermitted):
        story.plan(actor=person(story.brand, "Hal"))
    with pytest.raises(NotFound):
        story.plan(actor=person(story.brand, "Nell"))


def test_custody_begins_with_the_video_and_has_no_gap(story: Story) -> None:
    story.receive()
    sample_id = story.plan()
    common = {"actor": story.eve, "license_id": story.license_id, "sample_id": sample_id}
    hand_over = {"handed_to": "Lou", "seal_number": "S-1", "condition": "cold", "now": story.now}
    with pytest.raises(sampling.SampleIsElsewhere):
        sampling.hand_over_sample(**common, **hand_over)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="video_reference"):
        sampling.mark_sample_taken(**common, video_reference=" ", now=story.now)  # type: ignore[arg-type]

    story.take(sample_id)
    with pytest.raises(InvalidInput, match="seal_number"):
        sampling.hand_over_sample(**common, **{**hand_over, "seal_number": ""})  # type: ignore[arg-type]
    sampling.hand_over_sample(**common, **hand_over)  # type: ignore[arg-type]

    (event,) = events_of(story.license_id, "sample.handed_over")
    assert event["body"]["seal"] == "S-1"
    with pytest.raises(sampling.SampleIsElsewhere):
        story.take(sample_id)


def test_a_sample_follows_the_truck_and_the_result(story: Story) -> None:
    story.receive()
    sample_id = story.plan()
    story.take(sample_id)
    transfer_id = put_outgoing(story.license_id, {SAMPLE: 20}, LAB, now=story.now)
    see_transfer(story.license_id, transfer_id, TransferState.DEPARTED)
    follow(story)
    assert sample_state(story, sample_id) == "AT_LAB"

    story.show_result()
    follow(story)
    follow(story)

    assert sample_state(story, sample_id) == "PASSED"
    (event,) = events_of(story.license_id, "results.seen")
    assert (event["prev_state"], event["new_state"]) == ("AT_LAB", "PASSED")


def test_a_fail_stops_the_batch_and_opens_one_case(story: Story) -> None:
    story.receive()
    sample_id = story.plan()
    story.take(sample_id)

    story.show_result("TestFailed")
    follow(story)
    follow(story)

    assert sample_state(story, sample_id) == "FAILED"
    assert [(kind, key) for kind, key, _ in open_cases(story.license_id)] == [
        ("TEST_FAILED", f"test-failed:{SAMPLE}")
    ]


def test_a_certificate_is_a_pdf_of_a_sample_that_was_taken(story: Story) -> None:
    story.receive()
    sample_id = story.plan()
    with pytest.raises(sampling.SampleIsElsewhere):
        story.file_certificate(sample_id)
    story.take(sample_id)

    with pytest.raises(InvalidInput, match="Give a PDF"):
        story.file_certificate(sample_id, content=b"<html>")
    with pytest.raises(InvalidInput, match="panels"):
        story.file_certificate(sample_id, panels={})
    with pytest.raises(InvalidInput, match="5 MB"):
        story.file_certificate(sample_id, content=b"%PDF" + bytes(5 * 1024 * 1024))
    with pytest.raises(NotPermitted):
        story.file_certificate(sample_id, actor=person(story.brand, "Hal"))

    first = story.file_certificate(sample_id)
    second = story.file_certificate(sample_id, panels={**PANELS, "Terpenoids": True})
    versions = [event["body"]["version"] for event in events_of(story.license_id, "coa.filed")]
    assert (versions, first != second) == ([1, 2], True)


def test_a_filed_certificate_leads_to_the_results_that_metrc_shows(story: Story) -> None:
    story.up_to_the_review()
    eve = client_of(story.brand, "Eve")

    for place in (f"l/{DIST}", "both"):
        papers = eve.get(f"/{place}/documents/").content.decode()
        assert f'href="/{place}/packages/{CARTS}/results/read/"' in papers


def test_a_certificate_without_results_in_metrc_leads_nowhere(story: Story) -> None:
    story.receive()
    sample_id = story.plan()
    story.take(sample_id)
    story.file_certificate(sample_id)

    papers = client_of(story.brand, "Eve").get(f"/l/{DIST}/documents/").content.decode()
    assert "COA-849.pdf" in papers and "results/read/" not in papers


def test_a_supplier_is_no_laboratory(story: Story) -> None:
    story.receive()

    with pytest.raises(sampling.SamplingBlocked):
        story.plan(laboratory_license_number=SUP)
