"""Our book beside METRC's: each difference once, each case once, and a signature by another."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.documents import Document
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.packages import Movement, Package
from glassbox.models.sync import ApiRequest, SyncCursor, SyncRun, SyncRunState
from glassbox.operations.exception_cases import (
    StillTrue,
    assign_case,
    close_case,
    note_case,
    recheck_case,
    snooze_case,
)
from glassbox.operations.reconciliation import NotToSign, reconcile_license, sign_report
from glassbox.operations.transaction import short_transaction
from glassbox.queries.exception_cases import CaseFilter, case_list, case_page
from glassbox.queries.freshness import ESSENTIAL_FEEDS, freshness
from glassbox.queries.package_grid.grid import PackageFilter, package_list
from glassbox.queries.reconciliation import report_list, report_page
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, open_cases, put_exchange, put_package, see_package
from tests.cast import MFG, person, tag

OIL = tag(455)


@pytest.fixture
def read_whole(cast: Brand, frozen_now: datetime) -> Brand:
    """The maker's licence, walked whole an hour from now."""
    walked(cast, frozen_now + timedelta(hours=1))
    return cast


def walked(brand: Brand, at: datetime, *, tried: datetime | None = None, error: str = "") -> None:
    """Every essential feed as a walk leaves it."""
    with short_transaction(brand.licenses[MFG]) as license:
        tenant = {"company_id": license.company_id, "license": license}
        for feed in ESSENTIAL_FEEDS:
            SyncCursor.objects.update_or_create(
                license=license,
                feed=feed,
                defaults={
                    **tenant,
                    "last_whole_at": at,
                    "last_tried_at": tried or at,
                    "last_error": error,
                },
            )
        SyncRun.objects.create(
            **tenant, state=SyncRunState.DONE, trigger="test", started_at=at, heartbeat_at=at
        )


def put_ours(brand: Brand, now: datetime, label: str, ours: str, metrc: str) -> None:
    put_package(brand.licenses[MFG], label, metrc, our_quantity=ours, now=now)


def compare(brand: Brand, now: datetime, name: str = "") -> int:
    actor = person(brand, name) if name else system_actor("reconcile")
    return reconcile_license(actor=actor, license_id=brand.licenses[MFG], now=now)


def test_books_that_agree_make_a_report_without_lines(
    read_whole: Brand, frozen_now: datetime
) -> None:
    put_ours(read_whole, frozen_now, OIL, "500", "500")
    license_id = read_whole.licenses[MFG]
    read, earlier, other = (
        put_exchange(license_id, path, {"Data": [], "of": path}, now=frozen_now)
        for path in ("/packages/v2/active", "/packages/v2/onhold", "/items/v2/active")
    )
    with short_transaction(license_id):
        run = SyncRun.objects.filter(license_id=license_id).latest("id")
        ApiRequest.objects.filter(id__in=(read, other)).update(sync_run=run)

    report_id = compare(read_whole, frozen_now)

    page = report_page(
        actor=person(read_whole, "Ivy"),
        license_ids=(read_whole.licenses[MFG],),
        report_id=report_id,
    )
    assert (page.row.package_count, page.row.agreeing_count, page.lines) == (1, 1, ())
    assert [one.id for one in page.reads] == [read], "neither items nor what another run read"
    assert page.read_count == 1 and len(page.reads[0].response_sha256) == 64
    assert page.row.metrc_was_read_whole
    assert len(events_of(read_whole.licenses[MFG], "report.written")) == 1


def test_a_difference_is_one_case_however_often_it_is_found(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")

    for hour in range(3):
        compare(read_whole, frozen_now + timedelta(hours=hour))

    assert open_cases(license_id) == [
        ("COUNT_DIFFERS", f"difference:{OIL}:QUANTITY", frozen_now + timedelta(days=3))
    ]
    assert len(events_of(license_id, "case.opened")) == 1
    shown = report_list(actor=person(read_whole, "Ivy"), license_ids=(license_id,), now=frozen_now)
    assert [row.difference_count for row in shown.rows] == [1, 1, 1]


def test_a_case_closes_with_its_difference_and_opens_again_with_it(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    compare(read_whole, frozen_now)
    see_package(license_id, OIL, now=frozen_now, quantity="500")
    compare(read_whole, frozen_now)
    assert open_cases(license_id) == []
    see_package(license_id, OIL, now=frozen_now, quantity="497")
    compare(read_whole, frozen_now)

    assert len(open_cases(license_id)) == 1
    with short_transaction(license_id):
        assert ExceptionCase.objects.count() == 1
    assert len(events_of(license_id, "case.reopened")) == 1


def test_exactly_five_percent_makes_the_open_case_graver_and_sooner_due(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    compare(read_whole, frozen_now)
    see_package(license_id, OIL, now=frozen_now, quantity="526.31")
    compare(read_whole, frozen_now)
    assert [case_class for case_class, _, _ in open_cases(license_id)] == ["COUNT_DIFFERS"]

    see_package(license_id, OIL, now=frozen_now, quantity="1000")
    with short_transaction(license_id):
        package = Package.objects.get(label=OIL)
        Movement.objects.create(
            company_id=package.company_id,
            license_id=license_id,
            package=package,
            quantity=450,
            unit="Grams",
            cause="ADJUSTED",
            reason="Found",
            evidence="test",
            fact_key="more",
            occurred_at=frozen_now,
            recorded_at=frozen_now,
        )
    compare(read_whole, frozen_now)

    assert open_cases(license_id) == [
        (
            "SIGNIFICANT_DIFFERENCE",
            f"difference:{OIL}:QUANTITY",
            frozen_now + timedelta(hours=24),
        )
    ]


def test_our_movement_newer_than_metrcs_word_is_timing_and_opens_nothing(
    cast: Brand, frozen_now: datetime
) -> None:
    walked(cast, frozen_now)
    put_ours(cast, frozen_now, OIL, "500", "498")

    report_id = compare(cast, frozen_now)

    page = report_page(
        actor=person(cast, "Ivy"), license_ids=(cast.licenses[MFG],), report_id=report_id
    )
    assert [line.difference_class for line in page.lines] == ["TIMING"]
    assert open_cases(cast.licenses[MFG]) == []


def test_a_report_is_signed_once_and_by_another_person(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    report_id = compare(read_whole, frozen_now, "Dee")

    def sign(name: str, statement: str = "Counted again; METRC is corrected today") -> None:
        sign_report(
            actor=person(read_whole, name),
            license_id=license_id,
            report_id=report_id,
            statement=statement,
            now=frozen_now,
        )

    with pytest.raises(NotToSign, match="other than the one who compared"):
        sign("Dee")
    with pytest.raises(NotPermitted):
        sign("Ana")
    with pytest.raises(NotFound):
        sign("Nell")
    with pytest.raises(InvalidInput, match="1 differences"):
        sign("Fay", "  ")
    with pytest.raises(NotToSign, match="have no owner"):
        sign("Fay")
    with short_transaction(license_id):
        case_id = ExceptionCase.objects.get().pk
    assign_case(
        actor=person(read_whole, "Fay"),
        license_id=license_id,
        case_id=case_id,
        owner_id=read_whole.users["Dee"],
        now=frozen_now,
    )
    sign("Fay")
    with pytest.raises(NotToSign, match="signed already"):
        sign("Fay")

    page = report_page(
        actor=person(read_whole, "Fay"), license_ids=(license_id,), report_id=report_id
    )
    assert (page.row.signed_by, page.row.signed_at) == ("Fay", frozen_now)
    with short_transaction(license_id):
        paper = Document.objects.get(id=page.document_id)
    assert bytes(paper.content).startswith(b"%PDF")
    assert len(events_of(license_id, "report.signed")) == 1


def test_a_comparison_with_a_part_of_metrc_cannot_be_signed(
    cast: Brand, frozen_now: datetime
) -> None:
    walked(cast, frozen_now, tried=frozen_now + timedelta(minutes=1), error="not JSON")
    report_id = compare(cast, frozen_now)

    with pytest.raises(NotToSign, match="not read whole"):
        sign_report(
            actor=person(cast, "Fay"),
            license_id=cast.licenses[MFG],
            report_id=report_id,
            statement="All well",
            now=frozen_now,
        )


def test_a_case_is_given_noted_and_closed_by_people(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    compare(read_whole, frozen_now)
    fay = person(read_whole, "Fay")
    cases = case_list(actor=fay, license_ids=(license_id,), filter=CaseFilter(), now=frozen_now)
    (row,) = cases.rows
    common = {"actor": fay, "license_id": license_id, "case_id": row.id, "now": frozen_now}

    assign_case(owner_id=read_whole.users["Dee"], **common)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        assign_case(owner_id=read_whole.users["Nell"], **common)  # type: ignore[arg-type]
    note_case(text="The scale was off", **common)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        close_case(because=" ", **common)  # type: ignore[arg-type]
    with pytest.raises(StillTrue, match="our book says 500 g, METRC says 498 g"):
        close_case(because="It looks settled", **common)  # type: ignore[arg-type]
    assert "498 g" in recheck_case(**common)  # type: ignore[arg-type]
    see_package(license_id, OIL, now=frozen_now, quantity="500")
    close_case(because="Scale repaired, METRC adjusted", **common)  # type: ignore[arg-type]

    page = case_page(actor=fay, license_ids=(license_id,), case_id=row.id, now=frozen_now)
    assert (page.row.owner, page.row.state, page.closed_by) == ("Dee", "CLOSED", "Fay")
    assert [note.text for note in page.notes] == ["The scale was off"]
    assert "Dee" in {name for _, name in page.people}
    assert "Ivy" not in {name for _, name in page.people}


def test_the_gravest_case_stands_first_and_neighbours_see_none(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    put_ours(read_whole, frozen_now, tag(456), "500", "300")
    compare(read_whole, frozen_now)
    later = frozen_now + timedelta(hours=25)

    seen = case_list(
        actor=person(read_whole, "Ivy"), license_ids=(license_id,), filter=CaseFilter(), now=later
    )

    assert [(row.severity, row.is_overdue) for row in seen.rows] == [
        ("CRITICAL", True),
        ("HIGH", False),
    ]
    nell = person(read_whole, "Nell")
    theirs = case_list(actor=nell, license_ids=(license_id,), filter=CaseFilter(), now=later)
    assert (theirs.rows, theirs.total) == ((), 0)
    with pytest.raises(NotFound):
        case_page(actor=nell, license_ids=(license_id,), case_id=seen.rows[0].id, now=later)


def test_a_package_is_as_fresh_as_the_last_walk_that_did_not_show_it_changed(
    cast: Brand, frozen_now: datetime
) -> None:
    put_ours(cast, frozen_now, OIL, "500", "500")
    walk = frozen_now + timedelta(hours=5)
    walked(cast, walk)
    ivy, ids = person(cast, "Ivy"), (cast.licenses[MFG],)

    (row,) = package_list(actor=ivy, license_ids=ids, filter=PackageFilter(), now=frozen_now).rows
    assert row.metrc_as_of == walk

    with short_transaction(ids[0]) as license:
        # Its newest record could not be read: only the last readable one counts.
        ExceptionCase.objects.create(
            company_id=license.company_id,
            license=license,
            case_class="BAD_RECORD",
            severity="MEDIUM",
            fact_key=f"bad-record:packages:{OIL}",
            title="x",
            what_happened="x",
            state="OPEN",
            opened_at=frozen_now,
        )
    (row,) = package_list(actor=ivy, license_ids=ids, filter=PackageFilter(), now=frozen_now).rows
    assert row.metrc_as_of == frozen_now


def test_freshness_is_that_of_the_oldest_essential_feed(cast: Brand, frozen_now: datetime) -> None:
    ivy, ids = person(cast, "Ivy"), (cast.licenses[MFG],)
    (never,) = freshness(actor=ivy, license_ids=ids)
    assert (never.as_of, never.packages_are_whole) == (None, False)

    walked(cast, frozen_now)
    older = frozen_now - timedelta(hours=1)
    with short_transaction(ids[0]):
        SyncCursor.objects.filter(feed="packages_inactive").update(
            last_whole_at=older, last_error="GET x answered 500"
        )
    (now,) = freshness(actor=ivy, license_ids=ids)

    assert (now.as_of, now.packages_as_of, now.error) == (older, older, "GET x answered 500")
    assert not now.packages_are_whole


def test_a_look_closes_a_case_whose_fact_is_gone(read_whole: Brand, frozen_now: datetime) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    compare(read_whole, frozen_now)
    see_package(license_id, OIL, now=frozen_now, quantity="500")
    with short_transaction(license_id):
        case_id = ExceptionCase.objects.get().pk

    said = recheck_case(
        actor=person(read_whole, "Fay"), license_id=license_id, case_id=case_id, now=frozen_now
    )

    assert said.endswith("The case is closed.")
    assert open_cases(license_id) == []


def test_a_case_waits_no_longer_than_its_clock_and_wakes_when_it_gets_graver(
    read_whole: Brand, frozen_now: datetime
) -> None:
    license_id = read_whole.licenses[MFG]
    put_ours(read_whole, frozen_now, OIL, "500", "498")
    compare(read_whole, frozen_now)
    fay = person(read_whole, "Fay")
    with short_transaction(license_id):
        case = ExceptionCase.objects.get()
    assert case.due_at == frozen_now + timedelta(days=3)

    def snooze(until: datetime, reason: str = "The scale is away", name: str = "Fay") -> None:
        snooze_case(
            actor=person(read_whole, name),
            license_id=license_id,
            case_id=case.pk,
            until=until,
            reason=reason,
            now=frozen_now,
        )

    for until in (frozen_now, frozen_now - timedelta(hours=1), frozen_now + timedelta(days=3)):
        with pytest.raises(InvalidInput, match="until"):
            snooze(until)
    with pytest.raises(InvalidInput, match="reason"):
        snooze(frozen_now + timedelta(days=1), " ")
    with pytest.raises(NotPermitted):
        snooze(frozen_now + timedelta(days=1), name="Ivy")
    snooze(frozen_now + timedelta(days=1))

    def listed(now: datetime, **chosen: bool) -> int:
        return case_list(
            actor=fay, license_ids=(license_id,), filter=CaseFilter(**chosen), now=now
        ).total

    assert (listed(frozen_now), listed(frozen_now, snoozed=True)) == (0, 1)
    assert listed(frozen_now + timedelta(days=1, seconds=1)) == 1
    assert len(events_of(license_id, "case.snoozed")) == 1
    see_package(license_id, OIL, now=frozen_now, quantity="300")
    compare(read_whole, frozen_now)
    assert listed(frozen_now) == 1, "it has become graver"
