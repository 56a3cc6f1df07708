"""The comparison of METRC's journal with the ledger sees each way in which the two can differ."""

from __future__ import annotations

from typing import Any

import pytest

from glassbox.audit.event_types import EventType
from glassbox.cli.scenarios.two_stories import contradictions
from glassbox.queries.audit_trail.sends import ToldSend
from glassbox.rules.action_kinds.payloads import payload_sha256
from tests.cast import MFG

BODY = [{"Label": "1A4060300000001000000012", "Quantity": 4}]
ENDPOINT = "PUT /packages/v2/adjust"


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "method": "PUT",
        "path": "/packages/v2/adjust",
        "licenseNumber": MFG,
        "query": {"licenseNumber": MFG},
        "body": BODY,
        "status": 200,
        "applied": [{"adjusted": 1}],
        **changes,
    }


def send(*outcomes: tuple[EventType, int | None], **changes: Any) -> ToldSend:
    fields: dict[str, Any] = {
        "license_number": MFG,
        "action_id": 7,
        "attempt": 1,
        "endpoint": ENDPOINT,
        "request_sha256": payload_sha256(BODY),
        "outcomes": list(outcomes),
    }
    return ToldSend(**{**fields, **changes})


ANSWERED = (EventType.ACTION_ANSWERED, 200)
ACCEPTED = (EventType.ACTION_ACCEPTED, 200)
LOST = (EventType.ACTION_ANSWER_LOST, None)
SEEN = (EventType.ACTION_ACCEPTED, None)
REJECTED = (EventType.ACTION_REJECTED, 400)


def test_a_story_that_is_told_both_ways_has_no_contradiction() -> None:
    lost_after = entry(status=None, fault="drop-after")
    lost_before = entry(status=None, applied=[], fault="drop-before")
    requeued = (EventType.ACTION_REQUEUED, None)
    reads = [entry(method="GET", body=None), entry(path="/desk/api/hold")]

    assert contradictions([entry(), *reads], [send(ANSWERED, ACCEPTED)]) == []
    assert contradictions([lost_after], [send(LOST, SEEN)]) == []
    # The first try never arrived, the second did.
    two = [send(LOST, requeued), send(ANSWERED, ACCEPTED, attempt=2)]
    assert contradictions([lost_before, entry()], two) == []
    assert contradictions([entry()], two) == [], "nor is every lost try seen by METRC"
    refused = entry(status=400, applied=[])
    assert contradictions([refused], [send((EventType.ACTION_ANSWERED, 400), REJECTED)]) == []
    closed = entry(method="DELETE", path="/locations/v2/12", body=None)
    closing = send(ANSWERED, ACCEPTED, endpoint="DELETE /locations/v2/{id}")
    assert contradictions([closed], [closing]) == []
    by_hand = send(SEEN, endpoint="do it in METRC", request_sha256="ab" * 32)
    assert contradictions([], [by_hand]) == []


@pytest.mark.parametrize(
    ("journal", "sends", "sentence"),
    [
        ([entry()], [], "the ledger tells of 0 tries"),
        ([entry(), entry()], [send(ANSWERED, ACCEPTED)], "METRC got 2 times"),
        ([entry(body=[{"Quantity": 5}])], [send(LOST)], "the ledger tells of 0 tries"),
        ([entry(licenseNumber="C11-19990002")], [send(LOST)], "at C11-19990002"),
        ([entry()], [send()], "tells no outcome"),
        ([], [send(ANSWERED, ACCEPTED)], "tells of answer 200; METRC gave set()"),
        ([entry(status=400, applied=[])], [send(ANSWERED, ACCEPTED)], "METRC gave {400}"),
        (
            [entry()],
            [send((EventType.ACTION_ANSWERED, 200), REJECTED)],
            "ends with action.rejected",
        ),
        ([entry(applied=[])], [send(ANSWERED, ACCEPTED)], "METRC applied nothing"),
    ],
)
def test_each_difference_is_named(
    journal: list[dict[str, Any]], sends: list[ToldSend], sentence: str
) -> None:
    found = contradictions(journal, sends)

    assert any(sentence in one for one in found), found
