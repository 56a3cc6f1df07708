"""Wrong entries reported in time, and who may say why one came late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.people import User
from glassbox.operations.entries import give_late_reason, report_entry_error
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, open_cases, put_package
from tests.cast import MFG, person, tag

OIL = tag(455)


def report(brand: Brand, now: datetime, name: str = "Dee", **changed: Any) -> int:
    said: dict[str, Any] = {
        "label": OIL,
        "what_is_wrong": "METRC shows a 0.5 g cart, it is a 1 g cart",
        "discovered_at": now,
        **changed,
    }
    return report_entry_error(
        actor=person(brand, name), license_id=brand.licenses[MFG], now=now, **said
    )


def test_a_wrong_entry_is_due_three_days_after_its_discovery(
    cast: Brand, frozen_now: datetime
) -> None:
    put_package(cast.licenses[MFG], OIL, "500", now=frozen_now)
    seen_at = frozen_now - timedelta(hours=5)

    report(cast, frozen_now, discovered_at=seen_at)

    ((case_class, _, due_at),) = open_cases(cast.licenses[MFG])
    assert (case_class, due_at) == ("ENTRY_ERROR", seen_at + timedelta(days=3))
    assert len(events_of(cast.licenses[MFG], "entry.error_reported")) == 1


def test_a_report_says_what_is_wrong_and_when_it_was_seen(
    cast: Brand, frozen_now: datetime
) -> None:
    put_package(cast.licenses[MFG], OIL, "500", now=frozen_now)
    with pytest.raises(InvalidInput, match="what is wrong"):
        report(cast, frozen_now, what_is_wrong=" ")
    with pytest.raises(InvalidInput, match="discovered at"):
        report(cast, frozen_now, discovered_at=frozen_now + timedelta(minutes=1))
    with pytest.raises(NotPermitted):
        report(cast, frozen_now, "Ivy")
    with pytest.raises(NotFound):
        report(cast, frozen_now, "Nell")
    with pytest.raises(NotFound):
        report(cast, frozen_now, label=tag(1))
    assert open_cases(cast.licenses[MFG]) == []


def late_case(brand: Brand, now: datetime) -> int:
    with short_transaction(brand.licenses[MFG]) as license:
        advice = case_for(
            CaseClass.LATE_ENTRY,
            fact_key="late-entry:1",
            title="Action 1 was entered 52 min late",
            what_happened="24 h 52 min later",
            found_at=now,
        )
        return open_case_in_transaction(
            actor=system_actor("test"), license=license, advice=advice, now=now
        )


def test_the_reason_of_a_late_entry_closes_its_case_and_stays(
    cast: Brand, frozen_now: datetime
) -> None:
    case_id = late_case(cast, frozen_now)

    def give(name: str, reason: str = "METRC was away") -> None:
        give_late_reason(
            actor=person(cast, name),
            license_id=cast.licenses[MFG],
            case_id=case_id,
            reason=reason,
            now=frozen_now,
        )

    with pytest.raises(NotPermitted):
        give("Ivy")
    with pytest.raises(NotFound):
        give("Nell")
    with pytest.raises(InvalidInput):
        give("Dee", " ")
    give("Dee")
    with pytest.raises(NotFound):
        give("Dee")

    with short_transaction(cast.licenses[MFG]):
        case = ExceptionCase.objects.get(id=case_id)
    assert (case.state, "METRC was away" in case.closed_because) == ("CLOSED", True)
    assert len(events_of(cast.licenses[MFG], "entry.late_explained")) == 1


def test_both_are_done_through_pages(cast: Brand, frozen_now: datetime) -> None:
    put_package(cast.licenses[MFG], OIL, "500", now=frozen_now)
    case_id = late_case(cast, frozen_now)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Dee"]))
    here = f"/l/{MFG}"

    page = client.get(f"{here}/packages/{OIL}/wrong-entry/").content.decode()
    assert "3 calendar days" in page
    answer = client.post(
        f"{here}/packages/{OIL}/wrong-entry/",
        {"what_is_wrong": "The item", "discovered_at": "2026-11-01T09:00"},
    )
    assert answer.status_code == 302, answer.content.decode()[-500:]
    assert "Give the reason" in client.get(f"{here}/cases/{case_id}/").content.decode()
    assert client.post(f"{here}/cases/{case_id}/late/", {"reason": "Away"}).status_code == 302
    assert [one for one, _, _ in open_cases(cast.licenses[MFG])] == ["ENTRY_ERROR"]
