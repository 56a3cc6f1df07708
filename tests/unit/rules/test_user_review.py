"""The review of users: what differs between our people and METRC's list, and when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from glassbox.rules.user_review import (
    OurPerson,
    ReviewLight,
    lines_sha256,
    review_due_at,
    review_light,
    review_lines,
)

ANA = OurPerson(
    user_id=1, name="Ana", is_active=True, roles=("PRODUCTION_LEAD",), acts_in_metrc=True
)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def differences(
    *people: OurPerson, employees: tuple[str, ...] = (), read: bool = True
) -> list[str]:
    lines = review_lines(people, employees, list_was_read=read)
    return [line.difference for line in lines if line.difference]


def test_a_person_matched_to_the_list_differs_in_nothing() -> None:
    assert differences(replace(ANA, employee="Ana Lopez"), employees=("Ana Lopez",)) == []


@pytest.mark.parametrize(
    ("person", "employees", "read", "word"),
    [
        (ANA, (), True, "does not list them"),
        (ANA, (), False, "has not been read"),
        (ANA, ("ANA",), True, "nobody has said"),
        (replace(ANA, employee="Ana Lopez"), ("Bo",), True, "does not list them"),
        (replace(ANA, is_active=False), ("Ana",), True, "No longer at work"),
        (replace(ANA, roles=(), employee="Ana L."), ("Ana L.",), True, "No longer at work"),
    ],
)
def test_each_difference_is_named(
    person: OurPerson, employees: tuple[str, ...], read: bool, word: str
) -> None:
    assert any(word in said for said in differences(person, employees=employees, read=read))


def test_whoever_needs_no_metrc_login_is_not_missed_on_the_list() -> None:
    assert differences(replace(ANA, acts_in_metrc=False)) == []


def test_an_employee_who_is_nobody_of_ours_is_named() -> None:
    (said,) = differences(replace(ANA, employee="Ana"), employees=("Ana", "Mallory"))

    assert "nobody of ours" in said


def test_the_digest_binds_roles_and_list() -> None:
    first = review_lines([ANA], ["Ana"], list_was_read=True)

    assert lines_sha256(first) == lines_sha256(review_lines([ANA], ["Ana"], list_was_read=True))
    for other in (
        review_lines([replace(ANA, roles=("OWNER",))], ["Ana"], list_was_read=True),
        review_lines([ANA], ["Ana", "Bo"], list_was_read=True),
    ):
        assert lines_sha256(other) != lines_sha256(first)


def test_it_is_due_thirty_days_after_the_last() -> None:
    due = review_due_at(NOW, NOW - timedelta(days=90))

    assert due == NOW + timedelta(days=30)
    assert review_due_at(None, NOW) == due
    assert review_light(due, NOW) is ReviewLight.GOOD
    assert review_light(due, due - timedelta(days=4)) is ReviewLight.SOON
    assert review_light(due, due) is ReviewLight.SOON
    assert review_light(due, due + timedelta(seconds=1)) is ReviewLight.OVERDUE


def test_the_user_whose_key_reads_for_us_is_no_stranger() -> None:
    lines = review_lines(
        [], ["Sync MFG", "Mallory"], list_was_read=True, reading_names=["sync mfg"]
    )

    assert {line.employee: bool(line.difference) for line in lines} == {
        "Sync MFG": False,
        "Mallory": True,
    }
