"""A company's other systems are told of a settled action, and check it with the code of our docs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.operations.alerts.webhooks import add_webhook
from glassbox.operations.transaction import short_transaction
from glassbox.runtime.postgres import ClusterUrls
from tests.db.alerts.story import deliver, deliveries
from tests.db.alerts.test_deliveries import SECRET, Receiver, receiver
from tests.desk import Desk
from tests.journeys.story import approve, draft, look, now, person, receive_oil, send, split
from tests.journeys.test_blocked import end, refused_key_three_times

__all__ = ["receiver"]
TAG = "1A4060300000001000000466"
ALERTS_ONLY = "http://127.0.0.1:9/alerts"


def code_of_the_docs() -> dict[str, Any]:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/api.md", "exec"), names)
    return names


def add(brand: Brand, url: str, *, actions: bool) -> None:
    add_webhook(
        actor=person(brand, "Fay"),
        license_id=brand.licenses[MAKER],
        url=url,
        secret=SECRET,
        now=now(),
        tells_alerts=not actions,
        tells_actions=actions,
    )


def test_each_settled_action_is_told_once_signed_with_its_event(
    brand: Brand, desk: Desk, database: ClusterUrls, receiver: Receiver
) -> None:
    add(brand, receiver.url, actions=True)
    add(brand, ALERTS_ONLY, actions=False)
    oil, other = receive_oil(brand, desk, 700, 500)
    accepted = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, accepted)
    send(brand, MAKER, accepted)
    look(brand, MAKER, accepted)
    blocked, _ = refused_key_three_times(brand, desk, database, other)
    look(brand, MAKER, blocked)
    end(brand, blocked)

    settled = deliveries(brand, MAKER, event_id__isnull=False)
    for one in settled:
        assert deliver(brand, one, now()).state == "SENT"
        # Another worker that comes late sends nothing.
        deliver(brand, one, now())

    read_delivery, done = code_of_the_docs()["read_delivery"], set[str]()
    told = [read_delivery(SECRET, headers, body, done) for headers, body in receiver.got]
    assert [(one["action"], one["state"]) for one in told] == [
        (accepted, "ACCEPTED"),
        (blocked, "BLOCKED"),
        (blocked, "REJECTED"),
    ]
    assert {(one["type"], one["license"], one["kind"]) for one in told} == {
        ("action.settled", MAKER, "package.create")
    }
    assert TAG in told[0]["labels"] and "Not in METRC" in told[-1]["outcome"]
    with short_transaction(brand.licenses[MAKER]):
        types = [ComplianceEvent.objects.get(event_id=one["event"]).type for one in told]
    assert types == ["action.accepted", "action.blocked", "action.rejected"]

    headers, body = receiver.got[-1]
    assert read_delivery(SECRET, headers, body, done) is None
    for wrong in (
        {"body": body.replace(b"REJECTED", b"ACCEPTED")},
        {"secret": SECRET + "x"},
        {"now": now().timestamp() + 3600},
    ):
        asked = {"secret": SECRET, "headers": headers, "body": body, "done": set()}
        with pytest.raises(ValueError, match=r"not signed|old"):
            read_delivery(**asked | wrong)
    assert json.loads(body)["delivery"] == headers["Glassbox-Delivery"]
