"""The papers of a flow are filed under their hash, and its pages show what happened."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.lab import QaReview
from glassbox.operations import papers
from glassbox.operations.production import record
from glassbox.operations.production.open import open_batch
from glassbox.operations.transaction import short_transaction
from glassbox.queries.documents import filed_document
from glassbox.queries.lab.pages import qa_page, qa_rows, sample_page, sample_rows
from glassbox.queries.manifest_facts import sample_facts, split_facts
from glassbox.queries.orders.pages import order_page, order_rows
from glassbox.queries.production.pages import batch_page, batch_rows
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_adjustment, put_package
from tests.cast import MFG, R1, person, tag
from tests.db.lab.story import CARTS, PANELS, SAMPLE
from tests.db.transfers.test_outgoing import SPLIT, Outgoing
from tests.unit.paperwork.test_sheets import text_of


@pytest.fixture
def outgoing(cast: Brand, frozen_now: datetime) -> Outgoing:
    return Outgoing(cast, frozen_now)


def words(outgoing: Outgoing, document_id: int) -> str:
    filed = filed_document(
        actor=person(outgoing.brand, "Ivy"),
        license_id=outgoing.license_id,
        document_id=document_id,
    )
    assert hashlib.sha256(filed.content).hexdigest() == filed.row.sha256
    return text_of(filed.content)


def test_the_packet_of_a_manifest_names_what_is_carried(outgoing: Outgoing) -> None:
    transfer_id = outgoing.plan()

    document_id = papers.print_manifest(
        actor=person(outgoing.brand, "Hal"),
        license_id=outgoing.license_id,
        transfer_id=transfer_id,
        now=outgoing.now,
    )

    text = words(outgoing, document_id)
    for expected in (SPLIT, R1, "900 units", "10,350.00", "Gus", "8ABC123", "INV-1"):
        assert expected in text
    assert events_of(outgoing.license_id, "document.filed")[-1]["body"]["kind"] == "PRINTED"


def test_the_papers_of_quality_tell_the_sample_and_the_review(outgoing: Outgoing) -> None:
    with short_transaction(outgoing.license_id):
        review = QaReview.objects.get(package__label=CARTS)
    (sample,) = sample_rows(actor=outgoing.story.eve, license_ids=(outgoing.license_id,))
    common = {"license_id": outgoing.license_id, "now": outgoing.now}

    custody = papers.print_custody(actor=outgoing.story.eve, sample_id=sample.id, **common)  # type: ignore[arg-type]
    release = papers.print_release(actor=outgoing.story.eve, review_id=review.pk, **common)  # type: ignore[arg-type]

    assert "Lou of Clear Creek drew the sample" in words(outgoing, custody)
    assert "849 mg found, 856 mg on the label: 0.82 %" in words(outgoing, release)
    with pytest.raises(NotPermitted):
        papers.print_custody(
            actor=person(outgoing.brand, "Ivy"),
            sample_id=sample.id,
            **common,  # type: ignore[arg-type]
        )
    with pytest.raises(NotFound):
        papers.print_release(actor=outgoing.story.eve, review_id=0, **common)  # type: ignore[arg-type]


def test_the_page_of_a_sample_shows_its_custody_and_results(outgoing: Outgoing) -> None:
    (row,) = sample_rows(actor=outgoing.story.eve, license_ids=(outgoing.license_id,))

    page = sample_page(actor=outgoing.story.eve, license_id=outgoing.license_id, sample_id=row.id)

    assert [link.type for link in page.custody] == ["sample.planned", "sample.taken"]
    assert [certificate.is_current for certificate in page.certificates] == [True]
    assert {result.test_type for result in page.results} == set(PANELS)
    assert sample_rows(actor=person(outgoing.brand, "Nell"), license_ids=(row.id,)) == ()


def test_the_page_of_quality_shows_every_item_and_who_made_it(outgoing: Outgoing) -> None:
    page = qa_page(
        actor=outgoing.story.eve, license_id=outgoing.license_id, label=CARTS, now=outgoing.now
    )

    assert (len(page.items), page.batch_number, page.makers) == (14, "PB-V-201", ("Ana", "Dee"))
    assert page.items[4].evidence == "not answered yet"
    assert [review.verdict for review in page.reviews] == ["RELEASED"]
    waiting = qa_rows(actor=outgoing.story.eve, license_ids=(outgoing.license_id,))
    assert [one.label for one in waiting] == [SPLIT]
    with pytest.raises(NotFound):
        qa_page(
            actor=person(outgoing.brand, "Nell"),
            license_id=outgoing.license_id,
            label=CARTS,
            now=outgoing.now,
        )


def test_the_page_of_an_order_shows_promises_and_what_is_free(outgoing: Outgoing) -> None:
    order_id = outgoing.order()
    hal = person(outgoing.brand, "Hal")

    page = order_page(
        actor=hal, license_id=outgoing.license_id, order_id=order_id, now=outgoing.now
    )

    (line,) = page.lines
    assert (line.open_quantity, line.total) == (0, Decimal("10350.00"))
    assert [row.is_split_made for row in line.allocations] == [True]
    assert [(one.label, one.free) for one in page.free_goods] == [(CARTS, 3980)]
    assert (page.may_confirm, page.may_allocate, page.findings) == (False, True, ())
    (row,) = order_rows(actor=hal, license_ids=(outgoing.license_id,))
    assert row.total == Decimal("10350.00")


def test_the_facts_of_a_sample_and_a_split_make_their_actions(outgoing: Outgoing) -> None:
    (row,) = sample_rows(actor=outgoing.story.eve, license_ids=(outgoing.license_id,))
    facts = sample_facts(
        actor=outgoing.story.eve,
        license_id=outgoing.license_id,
        sample_id=row.id,
        now=outgoing.now,
    )
    (body,) = kind_named("package.create_testing_sample").build_payload(facts)
    assert (body["Tag"], str(body["Quantity"])) == (SAMPLE, "20")

    order_id = outgoing.order()
    with pytest.raises(InvalidInput, match="split"):
        split_facts(
            actor=person(outgoing.brand, "Dee"),
            license_id=outgoing.license_id,
            order_id=order_id,
            now=outgoing.now,
        )


def test_the_page_of_a_batch_has_its_balance_on_the_rail(cast: Brand, frozen_now: datetime) -> None:
    license_id, ana = cast.licenses[MFG], person(cast, "Ana")
    put_package(license_id, tag(1), 12000, now=frozen_now)
    batch_id = open_batch(
        actor=ana,
        license_id=license_id,
        number="PB-D-101",
        product="Distillate",
        process="distillation",
        protocol_version="D-4",
        planned_quantity=Decimal(8400),
        unit="Grams",
        planned_inputs=[{"label": tag(1), "quantity": "12000", "unit": "Grams"}],
        now=frozen_now,
    )
    put_adjustment(license_id, tag(1), -36, "Loss", now=frozen_now)
    record.use_ingredient(
        actor=ana,
        license_id=license_id,
        batch_id=batch_id,
        material="Crude Oil",
        label=tag(1),
        quantity_value=Decimal(12000),
        unit="Grams",
        now=frozen_now,
    )

    page = batch_page(actor=ana, license_id=license_id, batch_id=batch_id, now=frozen_now)

    assert page.balance is not None
    assert (page.balance.inputs, page.balance.difference) == ("12,000 g", "12,000 g")
    assert {finding.code for finding in page.findings} == {"batch.not-verified", "batch.balance"}
    assert [row.kind for row in page.records] == ["plan", "ingredient"]
    assert (page.may_record, page.may_verify) == (True, False)
    ben = batch_page(
        actor=person(cast, "Ben"), license_id=license_id, batch_id=batch_id, now=frozen_now
    )
    assert (ben.may_record, ben.may_verify) == (False, True)
    assert [row.number for row in batch_rows(actor=ana, license_ids=(license_id,))] == ["PB-D-101"]
    with pytest.raises(NotFound):
        batch_page(
            actor=person(cast, "Eve"), license_id=license_id, batch_id=batch_id, now=frozen_now
        )
    assert batch_rows(actor=person(cast, "Nell"), license_ids=(license_id,)) == ()
