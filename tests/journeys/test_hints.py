"""METRC's webhooks and gates name packages; they are read again, and nothing else is believed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import psycopg
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from glassbox.audit.models import ComplianceEvent
from glassbox.audit.standing import RESTORE, stop_ledger
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.sync import ApiRequest, MetrcSubscription, PackageHint, StoredBody
from glassbox.operations.sync.hints import ANY_PACKAGE, LABELS_AT_MOST, labels_in
from glassbox.operations.sync.refresh import read_hints
from glassbox.operations.sync.subscription import keep_subscription
from glassbox.operations.timetable import defer_due_jobs
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import draft, now, receive_oil, split
from tests.journeys.sync_story import newest, snapshot_count, sync
from tests.signed_in_client import client_of

SYNC = system_actor("sync")
TAG = "1A4060300000001000000455"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door(brand: Brand, desk: Desk) -> Iterator[str]:
    """Glassbox over real HTTP, where METRC's courier can reach it."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)

    def serve() -> None:
        try:
            server.serve_forever(poll_interval=0.02)
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    before = settings.GLASSBOX_PUBLIC_URL, settings.GLASSBOX_METRC_CONNECT_URL
    settings.GLASSBOX_PUBLIC_URL = f"http://127.0.0.1:{server.server_port}"
    settings.GLASSBOX_METRC_CONNECT_URL = settings.GLASSBOX_METRC_URL
    yield settings.GLASSBOX_PUBLIC_URL
    settings.GLASSBOX_PUBLIC_URL, settings.GLASSBOX_METRC_CONNECT_URL = before
    server.shutdown()
    server.server_close()
    thread.join(10)


def waiting(brand: Brand) -> set[str]:
    with short_transaction(brand.licenses[MAKER]):
        found = PackageHint.objects.filter(read_at__isnull=True)
        return set(found.values_list("label", flat=True))


def subscribe(brand: Brand) -> None:
    keep_subscription(actor=SYNC, license_id=brand.licenses[MAKER], now=now())


def heard(brand: Brand, count: int) -> set[str]:
    """Return what waits once METRC has called so often; its courier runs beside us."""
    for _ in range(100):
        with short_transaction(brand.licenses[MAKER]):
            found = MetrcSubscription.objects.get().heard_count
        if found >= count:
            break
        threading.Event().wait(0.1)
    assert found == count
    return waiting(brand)


def test_a_restored_copy_does_not_ask_metrc_to_tell_it(
    brand: Brand, database: ClusterUrls, door: str
) -> None:
    with psycopg.connect(database.sequencer, autocommit=True) as connection:
        stop_ledger(connection, said_by=RESTORE, sentence="Restored from a backup.")
    subscribe(brand)
    with short_transaction(brand.licenses[MAKER]):
        assert not MetrcSubscription.objects.exists()


def test_metrc_tells_of_a_change_and_what_it_says_is_read_not_believed(
    brand: Brand, desk: Desk, door: str
) -> None:
    oil, other = receive_oil(brand, desk, 100, 200)
    subscribe(brand)
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-7, reason="Waste")

    assert heard(brand, 1) == {oil}
    before = newest(brand, oil)
    assert before is not None and before.quantity == 100, "a hint changes nothing by itself"
    read_hints(actor=SYNC, license_id=brand.licenses[MAKER], now=now())

    seen = newest(brand, oil)
    assert seen is not None and seen.quantity == 93
    assert waiting(brand) == set() and newest(brand, other) is not None
    with short_transaction(brand.licenses[MAKER]):
        assert ComplianceEvent.objects.filter(type="sync.subscribed").count() == 1


def test_a_subscription_is_looked_for_before_it_is_made_and_made_anew_when_it_is_gone(
    brand: Brand, desk: Desk, door: str
) -> None:
    subscribe(brand)
    subscribe(brand)
    puts = [one for one in desk.journal() if one["path"].startswith("/webhooks") and one["body"]]
    assert len(puts) == 1

    with short_transaction(brand.licenses[MAKER]):
        subscription = MetrcSubscription.objects.get()
        kept = [bytes(one.body) for one in StoredBody.objects.all()]
        asked = repr(list(ApiRequest.objects.values()))
    assert subscription.is_active
    urls = [one["url"] for one in webhooks(desk)]
    (token,) = [url.rstrip("/").rpartition("/")[2] for url in urls]
    assert hashlib.sha256(token.encode()).hexdigest() == subscription.token_sha256
    assert token not in asked and not any(token.encode() in body for body in kept)
    assert not any(desk.keys()["vendorKey"].encode() in body for body in kept)

    switch_off(desk)
    subscribe(brand)
    assert [one["status"] for one in webhooks(desk)] == ["Active"]


def webhooks(desk: Desk) -> Any:
    keys = desk.keys()
    user = next(one for one in keys["users"] if one["name"] == "Sync MFG")
    auth = (keys["vendorKey"], user["userKey"])
    return httpx.get(f"{desk.address}/webhooks/v2/", auth=auth, trust_env=False).json()


def switch_off(desk: Desk) -> None:
    keys = desk.keys()
    user = next(one for one in keys["users"] if one["name"] == "Sync MFG")
    (found,) = webhooks(desk)
    address = f"{desk.address}/webhooks/v2/disable/{found['subscriptionId']}"
    auth = (keys["vendorKey"], user["userKey"])
    assert httpx.put(address, auth=auth, trust_env=False).status_code == 200


def test_a_lost_a_doubled_a_forged_and_a_late_hint_do_no_harm(
    brand: Brand, desk: Desk, door: str
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    subscribe(brand)
    (found,) = webhooks(desk)
    hook = found["url"]
    switch_off(desk)
    before = snapshot_count(brand)

    def post(body: bytes, address: str = hook) -> int:
        return httpx.post(address, content=body, trust_env=False, timeout=20).status_code

    lie = json.dumps({"data": [{"Label": oil, "Quantity": 5, "IsOnHold": True}]}).encode()
    assert [post(lie), post(lie)] == [204, 204]
    assert waiting(brand) == {oil}
    assert post(lie, hook[:-8] + "/") == 404
    assert post(lie, hook.replace("/1/", "/2/", 1)) == 404
    assert post(b'{"data": [{"Label": "1A40603000009999999999"}]}') == 204
    assert post(b"\xff not json") == 204
    assert httpx.get(hook, trust_env=False).status_code == 405
    assert waiting(brand) == {oil, "1A40603000009999999999", ANY_PACKAGE}
    read_hints(actor=SYNC, license_id=brand.licenses[MAKER], now=now())
    read_hints(actor=SYNC, license_id=brand.licenses[MAKER], now=now())

    seen = newest(brand, oil)
    assert seen is not None and (seen.quantity, seen.is_on_hold) == (100, False)
    assert snapshot_count(brand) == before and waiting(brand) == set()

    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-1, reason="Waste")
    sync(brand)
    late = newest(brand, oil)
    assert late is not None and late.quantity == 99, "without a hint the timetable reads it"


def test_a_flood_of_hints_waits_in_one_job(brand: Brand, desk: Desk, door: str) -> None:
    subscribe(brand)
    hook = webhooks(desk)[0]["url"]
    rows = [{"Label": f"1A40603000000010{number:08}"} for number in range(LABELS_AT_MOST + 1)]
    assert labels_in(json.dumps({"data": rows}).encode()) == ()
    assert httpx.post(hook, json={"data": rows}, trust_env=False).status_code == 204
    assert waiting(brand) == {ANY_PACKAGE}
    for _ in range(3):
        defer_due_jobs(actor=system_actor("timetable"), now=now())

    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name = 'read_hints'"
            " and status = 'todo'"
        )
        assert cursor.fetchone() == (1,)


def test_goods_that_a_gate_finds_too_old_are_read_again_instead_of_refused(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    ben = client_of(brand, "Ben")
    page = f"/l/{MAKER}/actions/{action_id}"
    assert client_of(brand, "Ana").post(f"{page}/review/").status_code == 302
    later = now() + timedelta(minutes=40)
    monkeypatch.setattr("glassbox.clock.now", lambda: later)
    monkeypatch.setattr(settings, "REFRESH_WAIT_SECONDS", 0.3)
    refused = ben.post(f"{page}/approve/", {"comment": "seen"})
    assert refused.status_code == 422 and b"was read" in refused.content
    assert waiting(brand) == {oil}, "nobody has read it: the refusal stands"

    worker = threading.Thread(target=read_soon, args=(brand, later))
    monkeypatch.setattr(settings, "REFRESH_WAIT_SECONDS", 30)
    worker.start()
    approved = ben.post(f"{page}/approve/", {"comment": "seen"})
    worker.join(60)
    assert approved.status_code == 302, approved.content


def read_soon(brand: Brand, at: Any) -> None:
    try:
        threading.Event().wait(1.0)
        read_hints(actor=SYNC, license_id=brand.licenses[MAKER], now=at)
    finally:
        connections.close_all()
