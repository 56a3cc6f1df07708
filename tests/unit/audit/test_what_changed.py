"""What the audit list says of an event in one line."""

from __future__ import annotations

from glassbox.queries.audit_trail.events import change_of


def test_a_quantity_is_said_without_its_idle_zeros() -> None:
    body = {"counted": "12000.500000", "difference": "-0.100000", "unit": "Each", "room": "7.0.10"}

    assert change_of({"body": body}) == "counted 12,000.5, difference -0.1, unit Each, room 7.0.10"


def test_a_state_is_said_before_and_after() -> None:
    assert change_of({"new_state": "QA_RELEASED"}) == "nothing → qa released"


def test_an_alert_is_said_without_the_moment_that_its_fact_ends_in() -> None:
    body = {"fact": "case:2:20261128221731", "stage": "24H_LEFT", "severity": "CRITICAL"}

    assert change_of({"body": body}) == "fact case:2, stage 24 hours left, severity critical"


def test_a_case_is_said_by_its_class_and_the_minute_it_is_due() -> None:
    body = {"class": "RETURN_PENDING", "due_at": "2026-11-29T22:27:39.095468+00:00"}

    assert change_of({"body": body}) == "class return pending, due at 2026-11-29 22:27 UTC"
