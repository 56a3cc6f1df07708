"""The inbox of cases: the same ones are one line, each says what to do, and what is settled closes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.models.exception_cases import ExceptionCase
from glassbox.operations.entries import give_late_reason
from glassbox.operations.exception_cases import StillTrue, close_case, open_case_in_transaction
from glassbox.operations.transaction import short_transaction
from glassbox.queries.exception_cases import CaseFilter, CaseList, case_list, case_page
from glassbox.rules.actor import system_actor
from glassbox.rules.exception_policy import CaseClass, case_for
from tests.builders import see_package
from tests.cast import MFG, person, tag
from tests.db.reconciliation.test_comparisons import compare, put_ours, walked

OIL = tag(455)
SAME = 200


@pytest.fixture
def inbox(cast: Brand, frozen_now: datetime) -> Brand:
    walked(cast, frozen_now + timedelta(hours=1))
    return cast


def opened(brand: Brand, case_class: CaseClass, fact_key: str, what: str, now: datetime) -> int:
    advice = case_for(
        case_class,
        fact_key=fact_key,
        title=f"{fact_key}: it is so",
        what_happened=what,
        found_at=now,
    )
    with short_transaction(brand.licenses[MFG]) as license:
        return open_case_in_transaction(
            actor=system_actor("test"), license=license, advice=advice, now=now
        )


def listed(brand: Brand, now: datetime) -> CaseList:
    return case_list(
        actor=person(brand, "Fay"),
        license_ids=(brand.licenses[MFG],),
        filter=CaseFilter(),
        now=now,
    )


def test_two_hundred_same_errors_are_one_line_that_counts_them(
    inbox: Brand, frozen_now: datetime
) -> None:
    for number in range(SAME):
        what = f"The package {tag(number)} has no UnitOfMeasureName."
        opened(inbox, CaseClass.BAD_RECORD, f"bad-record:package:{tag(number)}", what, frozen_now)
    opened(inbox, CaseClass.STATE_HOLD, f"state-hold:{OIL}", "METRC flags a hold.", frozen_now)

    found = listed(inbox, frozen_now)

    assert [len(group.rows) for group in found.groups] == [1, SAME]
    assert (found.total, len(found.rows)) == (SAME + 1, SAME + 1)
    assert found.groups[0].first.severity == "CRITICAL"


def test_a_few_of_a_kind_stay_lines_of_their_own(inbox: Brand, frozen_now: datetime) -> None:
    for number in range(3):
        opened(inbox, CaseClass.BAD_RECORD, f"bad-record:package:{tag(number)}", "So.", frozen_now)

    assert [len(group.rows) for group in listed(inbox, frozen_now).groups] == [1, 1, 1]


def test_a_case_says_step_by_step_what_to_do_whose_it_is_and_what_metrc_meant(
    inbox: Brand, frozen_now: datetime
) -> None:
    what = f"METRC refused it: Package {OIL} is on hold and cannot be changed."
    case_id = opened(inbox, CaseClass.OUTCOME_BLOCKED, "action-blocked:0", what, frozen_now)

    page = case_page(
        actor=person(inbox, "Fay"),
        license_ids=(inbox.licenses[MFG],),
        case_id=case_id,
        now=frozen_now,
    )

    assert len(page.steps) == 3
    assert page.row.owner_role == "COMPLIANCE_MANAGER"
    (said,) = page.metrc_said
    assert said.original == f"Package {OIL} is on hold and cannot be changed"
    assert said.plain == f"The State holds {OIL}."


def test_what_metrc_was_read_to_have_settled_closes_with_the_next_comparison(
    inbox: Brand, frozen_now: datetime
) -> None:
    put_ours(inbox, frozen_now, OIL, "500", "500")
    opened(inbox, CaseClass.STATE_HOLD, f"state-hold:{OIL}", "METRC flags a hold.", frozen_now)
    opened(inbox, CaseClass.SYNC_FAILED, "sync-failed", "METRC is away.", frozen_now)
    failed = opened(inbox, CaseClass.TEST_FAILED, f"test-failed:{OIL}", "It failed.", frozen_now)
    see_package(inbox.licenses[MFG], OIL, now=frozen_now, lab_state="TestFailed")
    compare(inbox, frozen_now)
    assert {row.id for row in listed(inbox, frozen_now).rows if "failed:" in row.title} == {failed}

    see_package(inbox.licenses[MFG], OIL, now=frozen_now, quantity=Decimal(0), is_finished=True)
    compare(inbox, frozen_now)

    open_classes = {row.case_class for row in listed(inbox, frozen_now).rows}
    assert not open_classes & {"STATE_HOLD", "SYNC_FAILED", "TEST_FAILED"}
    with short_transaction(inbox.licenses[MFG]):
        case = ExceptionCase.objects.get(id=failed)
    assert case.closed_by_id is None
    assert "no failed goods" in case.closed_because


def test_a_late_entry_closes_by_its_reason_alone(inbox: Brand, frozen_now: datetime) -> None:
    case_id = opened(inbox, CaseClass.LATE_ENTRY, "late-entry:1", "It came late.", frozen_now)
    told: dict[str, Any] = {
        "actor": person(inbox, "Fay"),
        "license_id": inbox.licenses[MFG],
        "case_id": case_id,
        "now": frozen_now,
    }
    with pytest.raises(StillTrue, match="no reason is on record"):
        close_case(because="Nothing to see", **told)

    give_late_reason(reason="The line was down", **told)

    assert listed(inbox, frozen_now).total == 0
