"""A difference in people's hands: our book corrected by two, explained, assessed, counted blind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.counts import CountSession
from glassbox.models.exception_cases import Assessment, ExceptionCase
from glassbox.models.packages import Count, Movement
from glassbox.models.reconciliation import BookCorrection, DifferenceExplanation
from glassbox.operations.counts import (
    CountNotWhole,
    abandon_count,
    hand_in_count,
    note_not_there,
    open_count,
    sign_count,
    write_down,
    write_down_sheet,
)
from glassbox.operations.counts import NotToSign as CountNotToSign
from glassbox.operations.differences import (
    MovedMeanwhile,
    NothingToCorrect,
    NotYourOwn,
    SeenNumbers,
    approve_correction,
    assess_difference,
    correct_our_book,
    explain_difference,
    refuse_correction,
)
from glassbox.operations.transaction import short_transaction
from glassbox.queries.counts import count_page
from glassbox.queries.package_grid.grid import PackageFilter, package_list
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, open_cases, put_package, see_package
from tests.cast import MFG, person, tag
from tests.db.reconciliation.test_comparisons import compare, put_ours, walked

OIL, WAX = tag(455), tag(456)


@pytest.fixture
def differing(cast: Brand, frozen_now: datetime) -> Brand:
    """500 g in our book, 498 g in METRC, and METRC walked whole an hour from now."""
    walked(cast, frozen_now + timedelta(hours=1))
    put_ours(cast, frozen_now, OIL, "500", "498")
    return cast


def correct(brand: Brand, now: datetime, name: str = "Dee", **changed: Any) -> int:
    said: dict[str, Any] = {
        "label": OIL,
        "seen": SeenNumbers(ours=Decimal(500), metrc=Decimal(498)),
        "reason": "The scale slip of Monday was never booked",
        "evidence": "Scale slip 12",
        **changed,
    }
    return correct_our_book(
        actor=person(brand, name), license_id=brand.licenses[MFG], now=now, **said
    )


def our_quantity(brand: Brand, label: str = OIL) -> Decimal | None:
    seen = package_list(
        actor=person(brand, "Ivy"),
        license_ids=(brand.licenses[MFG],),
        filter=PackageFilter(labels=(label,)),
        now=datetime.now(UTC),
    )
    return seen.rows[0].our_quantity


def test_our_book_is_corrected_by_two_people_and_the_case_closes(
    differing: Brand, frozen_now: datetime
) -> None:
    license_id = differing.licenses[MFG]
    compare(differing, frozen_now)
    correction_id = correct(differing, frozen_now)
    assert our_quantity(differing) == 500, "one person alone changes nothing"

    def approve(name: str) -> None:
        approve_correction(
            actor=person(differing, name),
            license_id=license_id,
            correction_id=correction_id,
            comment="The slip is here",
            now=frozen_now,
        )

    with pytest.raises(NotYourOwn):
        approve("Dee")
    with pytest.raises(NotPermitted):
        approve("Ana")
    with pytest.raises(NotFound):
        approve("Nell")
    approve("Fay")
    with pytest.raises(NotFound):
        approve("Fay")

    assert our_quantity(differing) == 498
    compare(differing, frozen_now)
    assert open_cases(license_id) == []
    with short_transaction(license_id):
        movement = Movement.objects.get(cause="CORRECTED")
        assert (movement.quantity, movement.recorded_by_id) == (-2, differing.users["Dee"])
    for event in ("correction.proposed", "correction.booked"):
        assert len(events_of(license_id, event)) == 1


def test_a_refused_correction_leaves_our_book_as_it_is(
    differing: Brand, frozen_now: datetime
) -> None:
    correction_id = correct(differing, frozen_now)
    common: dict[str, Any] = {
        "actor": person(differing, "Fay"),
        "license_id": differing.licenses[MFG],
        "correction_id": correction_id,
        "now": frozen_now,
    }
    with pytest.raises(InvalidInput):
        refuse_correction(comment=" ", **common)
    refuse_correction(comment="METRC is wrong, not we", **common)

    assert our_quantity(differing) == 500
    with short_transaction(differing.licenses[MFG]):
        assert BookCorrection.objects.get().state == "REFUSED"
    assert len(events_of(differing.licenses[MFG], "correction.refused")) == 1
    assert correct(differing, frozen_now) != correction_id, "it may be proposed anew"


def test_numbers_that_moved_are_not_corrected(differing: Brand, frozen_now: datetime) -> None:
    with pytest.raises(MovedMeanwhile, match="498 g"):
        correct(differing, frozen_now, seen=SeenNumbers(ours=Decimal(500), metrc=Decimal(497)))
    correction_id = correct(differing, frozen_now)
    with pytest.raises(NothingToCorrect, match="waits for a second"):
        correct(differing, frozen_now)
    see_package(differing.licenses[MFG], OIL, now=frozen_now, quantity="497")
    with pytest.raises(MovedMeanwhile):
        approve_correction(
            actor=person(differing, "Fay"),
            license_id=differing.licenses[MFG],
            correction_id=correction_id,
            comment="",
            now=frozen_now,
        )
    assert our_quantity(differing) == 500


@pytest.mark.parametrize("field", ["reason", "evidence"])
def test_a_correction_needs_reason_and_evidence(
    differing: Brand, frozen_now: datetime, field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        correct(differing, frozen_now, **{field: " "})


def test_what_metrc_says_was_changed_in_its_pages_is_taken_over_by_one_person(
    cast: Brand, frozen_now: datetime
) -> None:
    walked(cast, frozen_now + timedelta(hours=1))
    put_package(cast.licenses[MFG], OIL, "500", now=frozen_now)
    see_package(cast.licenses[MFG], OIL, now=frozen_now, quantity="498")
    compare(cast, frozen_now)
    assert [one for one, _, _ in open_cases(cast.licenses[MFG])] == ["CHANGED_OUTSIDE"]

    correct(cast, frozen_now)

    assert our_quantity(cast) == 498
    compare(cast, frozen_now)
    assert open_cases(cast.licenses[MFG]) == []


def test_what_is_a_matter_of_timing_is_not_corrected(cast: Brand, frozen_now: datetime) -> None:
    walked(cast, frozen_now)
    put_ours(cast, frozen_now, OIL, "500", "498")
    with pytest.raises(NothingToCorrect, match="Wait"):
        correct(cast, frozen_now)


def test_an_explanation_stands_beside_the_case_and_closes_nothing(
    differing: Brand, frozen_now: datetime
) -> None:
    compare(differing, frozen_now)

    def explain(name: str, aspect: str = "QUANTITY", text: str = "Sample in the post") -> None:
        explain_difference(
            actor=person(differing, name),
            license_id=differing.licenses[MFG],
            label=OIL,
            aspect=aspect,
            explanation=text,
            evidence="",
            now=frozen_now,
        )

    with pytest.raises(NotPermitted):
        explain("Ana")
    with pytest.raises(NothingToCorrect):
        explain("Dee", aspect="STATUS")
    with pytest.raises(InvalidInput):
        explain("Dee", text="")
    explain("Dee")

    with short_transaction(differing.licenses[MFG]):
        row = DifferenceExplanation.objects.get()
    assert (row.our_quantity, row.metrc_quantity) == (500, 498)
    assert len(events_of(differing.licenses[MFG], "difference.explained")) == 1
    compare(differing, frozen_now)
    assert len(open_cases(differing.licenses[MFG])) == 1


def test_five_percent_opens_an_audit_and_a_named_person_decides(
    cast: Brand, frozen_now: datetime
) -> None:
    license_id = cast.licenses[MFG]
    walked(cast, frozen_now + timedelta(hours=1))
    put_ours(cast, frozen_now, OIL, "475", "500")
    for _ in range(2):
        compare(cast, frozen_now)
    with short_transaction(license_id):
        (audit,) = CountSession.objects.filter(purpose="AUDIT")
        assert list(audit.lines.values_list("label", flat=True)) == [OIL]
        case_id = ExceptionCase.objects.get(case_class="SIGNIFICANT_DIFFERENCE").pk

    def assess(name: str, statement: str = "Counted twice, 25 g are gone") -> None:
        assess_difference(
            actor=person(cast, name),
            license_id=license_id,
            case_id=case_id,
            is_significant=True,
            statement=statement,
            now=frozen_now,
        )

    with pytest.raises(NotPermitted):
        assess("Dee")
    with pytest.raises(NotFound):
        assess("Nell")
    with pytest.raises(InvalidInput):
        assess("Fay", "")
    assess("Fay")
    with pytest.raises(NothingToCorrect):
        assess("Fay")
    with short_transaction(license_id):
        assert Assessment.objects.get().notice_due_at == frozen_now + timedelta(hours=24)
    assert len(events_of(license_id, "difference.assessed")) == 1


def opened(brand: Brand, now: datetime) -> dict[str, Any]:
    walked(brand, now + timedelta(hours=1))
    put_ours(brand, now, OIL, "500", "500")
    put_ours(brand, now, WAX, "80", "80")
    dee: dict[str, Any] = {
        "actor": person(brand, "Dee"),
        "license_id": brand.licenses[MFG],
        "now": now + timedelta(minutes=5),
    }
    return {"session_id": open_count(purpose="CYCLE", **dee), **dee}


def test_a_blind_count_shows_no_book_until_it_is_handed_in(
    cast: Brand, frozen_now: datetime
) -> None:
    count = opened(cast, frozen_now)
    write_down(label=OIL, counted="470", **count)

    def page(name: str = "Dee") -> Any:
        return count_page(
            actor=person(cast, name),
            license_ids=(cast.licenses[MFG],),
            session_id=count["session_id"],
        )

    assert [line.our_quantity for line in page().lines] == [None, None]
    with pytest.raises(CountNotWhole, match=WAX):
        hand_in_count(**count)
    note_not_there(label=WAX, **count)
    hand_in_count(**count)

    lines = {line.label: line for line in page().lines}
    assert (lines[OIL].counted, lines[OIL].our_quantity, lines[OIL].metrc_quantity) == (
        470,
        500,
        500,
    )
    assert lines[OIL].differs and lines[WAX].is_not_there
    compare(cast, frozen_now)
    assert {(one, key.split(":")[-1]) for one, key, _ in open_cases(cast.licenses[MFG])} == {
        ("SIGNIFICANT_DIFFERENCE", "COUNTED")
    }
    with short_transaction(cast.licenses[MFG]):
        assert Count.objects.count() == 2
    assert page().why_not_sign == "A person who did not count signs."
    with pytest.raises(CountNotToSign):
        sign_count(statement="Fine", **count)
    sign_count(**{**count, "actor": person(cast, "Fay")}, statement="Both are being looked for")
    assert page("Fay").row.signed_by == "Fay"
    for event in ("count.opened", "count.handed_in", "count.signed"):
        assert len(events_of(cast.licenses[MFG], event)) >= 1


def test_a_scale_may_be_half_a_percent_off_and_units_may_not(
    cast: Brand, frozen_now: datetime
) -> None:
    carts = tag(457)
    put_package(cast.licenses[MFG], carts, "1000", now=frozen_now, unit="Each")
    count = opened(cast, frozen_now)
    sheet = f"UID,Quantity\n{OIL},502.5\n{WAX}\t79.6\n{carts},999\n"
    write_down_sheet(text=sheet, device="Scale 2", **count)
    hand_in_count(**count)
    compare(cast, frozen_now)
    assert [key for _, key, _ in open_cases(cast.licenses[MFG])] == [
        f"difference:{WAX}:COUNTED",
        f"difference:{carts}:COUNTED",
    ]


def test_a_sheet_with_a_wrong_row_writes_nothing_down(cast: Brand, frozen_now: datetime) -> None:
    count = opened(cast, frozen_now)
    with pytest.raises(InvalidInput, match="row 2"):
        write_down_sheet(text=f"{OIL},1\n{WAX},many\n", device="", **count)
    page = count_page(
        actor=person(cast, "Dee"),
        license_ids=(cast.licenses[MFG],),
        session_id=count["session_id"],
    )
    assert page.row.counted_count == 0


def test_a_tag_nobody_expected_is_kept_and_said(cast: Brand, frozen_now: datetime) -> None:
    count = opened(cast, frozen_now)
    stranger = tag(999)
    write_down_sheet(text=f"{OIL},500\n{WAX},80\n{stranger},3\n", device="", **count)
    hand_in_count(**count)
    (event,) = events_of(cast.licenses[MFG], "count.handed_in")
    page = count_page(
        actor=person(cast, "Ivy"),
        license_ids=(cast.licenses[MFG],),
        session_id=count["session_id"],
    )
    assert event is not None
    assert [(line.label, line.is_known) for line in page.lines if not line.is_expected] == [
        (stranger, False)
    ]


def test_who_may_not_count_counts_nothing(cast: Brand, frozen_now: datetime) -> None:
    count = opened(cast, frozen_now)
    with pytest.raises(NotPermitted):
        write_down(**{**count, "actor": person(cast, "Ivy")}, label=OIL, counted="1")
    with pytest.raises(NotFound):
        write_down(**{**count, "actor": person(cast, "Nell")}, label=OIL, counted="1")
    with pytest.raises(NotFound):
        count_page(
            actor=person(cast, "Nell"),
            license_ids=(cast.licenses[MFG],),
            session_id=count["session_id"],
        )
    abandon_count(reason="The vault is locked", **count)
    assert len(events_of(cast.licenses[MFG], "count.abandoned")) == 1
    with pytest.raises(NotFound):
        write_down(label=OIL, counted="1", **count)
