"""Mail and webhooks: sent once, signed, tried again and given up in sight; secrets stay sealed."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core import mail
from django.db import connections
from django.test import override_settings

from glassbox.access import NotPermitted
from glassbox.audit.event_types import EventType
from glassbox.audit.notes import parse_checkpoint
from glassbox.cli.demo_brand import Brand
from glassbox.models.alerts import AlertDelivery, AlertDeliveryAttempt, AlertWebhook
from glassbox.operations.alerts.webhooks import add_webhook, remove_webhook
from glassbox.operations.transaction import short_transaction
from glassbox.queries.alerts import channels_page
from glassbox.rules.alert_delivery import TRIES_AT_MOST
from glassbox.rules.verdicts import InvalidInput
from glassbox.runtime.postgres import Cluster
from tests.cast import MFG, person
from tests.db.alerts.story import (
    deliver,
    deliveries,
    events,
    look,
    mails,
    put_case,
)
from tests.ledger import make_durable


@pytest.fixture(autouse=True)
def no_mail_of_other_tests() -> None:
    mail.outbox = []


SECRET = "a-secret-of-24-characters"
LOCAL_MAIL = override_settings(
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend", GLASSBOX_MAIL_IS_SET_UP=True
)


@dataclass
class Receiver:
    """A webhook's receiver on this machine: what it was sent, and what it answers."""

    url: str = ""
    status: int = 204
    drips: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.got.append((dict(self.headers), body))
            for _ in range(seen.drips):
                self.wfile.write(b"H")
                time.sleep(0.2)
            self.send_response(seen.status)
            if seen.status == 302:
                self.send_header("Location", seen.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join(10)


def add(brand: Brand, url: str, now: datetime, *, name: str = "Fay", secret: str = SECRET) -> int:
    return add_webhook(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        url=url,
        secret=secret,
        now=now,
    )


def due(brand: Brand, receiver: Receiver, now: datetime) -> AlertDelivery:
    """The delivery that a case owes to one receiver's webhook."""
    add(brand, receiver.url, now)
    put_case(brand, now)
    look(brand, now)
    (delivery,) = deliveries(brand, channel="WEBHOOK")
    return delivery


def test_a_webhook_is_told_once_and_can_check_who_told_it(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    delivery = due(cast, receiver, frozen_now)

    sent = deliver(cast, delivery, frozen_now)
    again = deliver(cast, delivery, frozen_now)

    assert (sent.state, again.state) == ("SENT", "SENT")
    ((headers, body),) = receiver.got
    parts = dict(part.split("=", 1) for part in headers["Glassbox-Signature"].split(","))
    expected = hmac.new(
        SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert parts["v1"] == expected
    assert int(parts["t"]) == int(frozen_now.timestamp())
    assert headers["Glassbox-Delivery"] == str(delivery.public_id)
    told = json.loads(body)
    assert told["delivery"] == str(delivery.public_id)
    assert (told["license"], told["stage"], told["severity"]) == (MFG, "OPENED", "HIGH")
    assert f"/l/{MFG}/cases/" in told["link"]


def test_two_workers_that_take_one_delivery_send_it_once(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    delivery = due(cast, receiver, frozen_now)
    gate = threading.Barrier(4)

    def work() -> None:
        try:
            gate.wait(10)
            deliver(cast, delivery, frozen_now)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(receiver.got) == 1


def test_a_dead_receiver_is_tried_again_then_given_up_with_an_error_in_sight(
    cast: Brand, frozen_now: datetime
) -> None:
    # Port 9 on this machine: nobody listens.
    add(cast, "http://127.0.0.1:9/hook", frozen_now)
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (delivery,) = deliveries(cast, channel="WEBHOOK")
    now, states = frozen_now, []
    for _ in range(TRIES_AT_MOST + 2):
        delivery = deliver(cast, delivery, now)
        states.append(delivery.state)
        now = max(now, delivery.not_before_at)

    assert states[:TRIES_AT_MOST] == ["WAITING"] * (TRIES_AT_MOST - 1) + ["GIVEN_UP"]
    assert delivery.attempts == TRIES_AT_MOST
    assert "ConnectError" in delivery.last_error
    with short_transaction(cast.licenses[MFG]):
        tries = AlertDeliveryAttempt.objects.filter(delivery_id=delivery.pk)
        assert [one.number for one in tries.order_by("number")] == list(range(1, 7))
        assert all("ConnectError" in one.error for one in tries)
    assert events(cast, EventType.ALERT_DELIVERY_GIVEN_UP) == 1
    shown = channels_page(actor=person(cast, "Owen"), license_ids=(cast.licenses[MFG],))
    assert [row.state for row in shown.deliveries if row.channel == "WEBHOOK"] == ["GIVEN_UP"]


def test_a_try_before_its_time_sends_nothing(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    receiver.status = 500
    delivery = due(cast, receiver, frozen_now)
    deliver(cast, delivery, frozen_now)
    deliver(cast, delivery, frozen_now + timedelta(seconds=59))
    assert len(receiver.got) == 1

    receiver.status = 200
    sent = deliver(cast, delivery, frozen_now + timedelta(seconds=60))

    assert (sent.state, sent.last_error) == ("SENT", "")
    ids = {headers["Glassbox-Delivery"] for headers, _ in receiver.got}
    assert len(receiver.got) == 2 and len(ids) == 1


def test_a_redirect_is_not_followed(cast: Brand, frozen_now: datetime, receiver: Receiver) -> None:
    receiver.status = 302
    delivery = due(cast, receiver, frozen_now)

    after = deliver(cast, delivery, frozen_now)

    assert len(receiver.got) == 1
    assert after.last_error == "The receiver answered 302."


@override_settings(WEBHOOK_TIMEOUT_SECONDS=1.0)
def test_a_receiver_that_drips_holds_no_worker(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    receiver.drips = 25
    delivery = due(cast, receiver, frozen_now)
    began = time.monotonic()

    after = deliver(cast, delivery, frozen_now)

    assert time.monotonic() - began < 4
    assert (after.state, after.last_error) == ("WAITING", "No answer within 1 seconds.")


def test_what_a_dead_worker_held_is_sent_by_another_under_the_same_id(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    delivery = due(cast, receiver, frozen_now)
    with short_transaction(cast.licenses[MFG]):
        delivery.state, delivery.claimed_at, delivery.attempts = "SENDING", frozen_now, 1
        delivery.save()

    assert deliver(cast, delivery, frozen_now + timedelta(minutes=4)).state == "SENDING"
    assert deliver(cast, delivery, frozen_now + timedelta(minutes=6)).state == "SENT"
    assert len(receiver.got) == 1


def test_a_delivery_that_kills_every_worker_is_given_up(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    delivery = due(cast, receiver, frozen_now)
    with short_transaction(cast.licenses[MFG]):
        delivery.state, delivery.claimed_at = "SENDING", frozen_now
        delivery.attempts = TRIES_AT_MOST
        delivery.save()

    after = deliver(cast, delivery, frozen_now + timedelta(minutes=6))

    assert (after.state, after.last_error) == ("GIVEN_UP", "The worker died at every try.")
    assert receiver.got == []


def test_a_secret_is_sealed_and_destroyed_when_its_webhook_goes(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    webhook_id = add(cast, receiver.url, frozen_now)
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    with short_transaction(cast.licenses[MFG]):
        assert SECRET.encode() not in bytes(AlertWebhook.objects.get().sealed_secret)

    remove_webhook(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        webhook_id=webhook_id,
        now=frozen_now,
    )

    with short_transaction(cast.licenses[MFG]):
        assert bytes(AlertWebhook.objects.get().sealed_secret) == b""
    (delivery,) = deliveries(cast, channel="WEBHOOK")
    assert deliver(cast, delivery, frozen_now).state == "NOT_NEEDED"
    assert receiver.got == []
    assert events(cast, EventType.WEBHOOK_ADDED) == events(cast, EventType.WEBHOOK_REMOVED) == 1


def test_a_webhook_is_added_by_few_to_a_safe_address_once(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    with pytest.raises(NotPermitted):
        add(cast, receiver.url, frozen_now, name="Ana")
    with pytest.raises(InvalidInput):
        add(cast, receiver.url, frozen_now, secret="short")
    add(cast, receiver.url, frozen_now)
    with pytest.raises(InvalidInput):
        add(cast, receiver.url, frozen_now)


def test_outside_development_a_receiver_in_our_own_network_is_never_reached(
    cast: Brand, frozen_now: datetime, receiver: Receiver
) -> None:
    delivery = due(cast, receiver, frozen_now)
    with override_settings(GLASSBOX_ENVIRONMENT="staging"):
        for url in (receiver.url, "https://127.0.0.1/", "https://localhost/"):
            with pytest.raises(InvalidInput):
                add(cast, url, frozen_now)
        assert deliver(cast, delivery, frozen_now).state == "WAITING"

    assert receiver.got == []


@LOCAL_MAIL
def test_a_mail_says_what_is_due_and_what_to_do(cast: Brand, frozen_now: datetime) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (waiting,) = mails(cast)

    assert deliver(cast, waiting, frozen_now).state == "SENT"
    assert deliver(cast, waiting, frozen_now).state == "SENT"

    (message,) = mail.outbox
    assert message.to == ["fay@goldenpoppy.example"]
    assert message.subject == f"{MFG}: opened: One cart is missing"
    for part in ("Count it.", "CA-IN-02", f"/l/{MFG}/cases/"):
        assert part in message.body
    assert message.extra_headers["Message-ID"] == f"<{waiting.public_id}@glassbox>"


@LOCAL_MAIL
def test_a_digest_lists_everything_that_holds(cast: Brand, frozen_now: datetime) -> None:
    put_case(cast, frozen_now)
    put_case(cast, frozen_now, severity="LOW", due_in=timedelta(hours=3), key="count:2")
    # Late in the evening of every zone of the brand, so that the digest's hour has come.
    evening = frozen_now.replace(hour=6, minute=0)
    look(cast, evening)
    (digest,) = deliveries(cast, digest_of__isnull=False)

    deliver(cast, digest, evening)

    (message,) = mail.outbox
    assert "2 alerts" in message.subject
    assert message.body.count("One cart is missing") == 2


@LOCAL_MAIL
@override_settings(GLASSBOX_HEADS_MAIL_TO=["auditor@redwood.example"])
def test_the_head_of_the_ledger_leaves_once_a_week(
    cast: Brand, cluster: Cluster, frozen_now: datetime
) -> None:
    monday = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    for at in (timedelta(0), timedelta(hours=1), timedelta(days=6, hours=23)):
        look(cast, monday + at)
    weekly = deliveries(cast, heads_of__isnull=False)
    assert {one.heads_of for one in weekly} == {monday.date()}
    assert len(weekly) == len({one.recipient for one in weekly}) == 2, "Fay and the auditor"
    look(cast, monday + timedelta(days=7))
    assert len(deliveries(cast, heads_of__isnull=False)) == 4

    make_durable(cluster.urls(str(connections["default"].settings_dict["NAME"])))
    (outside,) = [one for one in weekly if one.user_id is None]
    deliver(cast, outside, monday)

    (message,) = mail.outbox
    assert message.to == ["auditor@redwood.example"]
    checkpoint = message.body.split("-" * 40)[1].strip("\n") + "\n"
    head, _ = parse_checkpoint(checkpoint)
    assert head.size > 0 and head.root.hex()[:32] in message.body


def test_without_a_mail_server_mail_waits_and_the_page_says_so(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (waiting,) = mails(cast)

    assert deliver(cast, waiting, frozen_now).state == "WAITING"

    shown = channels_page(actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],))
    assert not shown.mail_is_set_up
    assert shown.waiting_for_mail >= 1
    with LOCAL_MAIL:
        assert deliver(cast, waiting, frozen_now + timedelta(days=1)).state == "SENT"


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=9,
    GLASSBOX_MAIL_IS_SET_UP=True,
)
def test_a_mail_server_that_is_away_is_tried_again(cast: Brand, frozen_now: datetime) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (waiting,) = mails(cast)

    after = deliver(cast, waiting, frozen_now)

    assert (after.state, after.attempts) == ("WAITING", 1)
    assert after.last_error.startswith("The mail server:")


@LOCAL_MAIL
def test_what_held_no_more_when_it_could_be_sent_is_not_sent(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    look(cast, frozen_now + timedelta(days=1, hours=1))
    first, second = mails(cast)

    later = frozen_now + timedelta(days=1, hours=1)
    assert deliver(cast, first, later).state == "NOT_NEEDED"
    assert deliver(cast, second, later).state == "SENT"


def test_mail_goes_into_files_where_a_folder_is_set(
    cast: Brand, frozen_now: datetime, tmp_path: Path
) -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from glassbox.config import settings as s;"
            "print(s.EMAIL_BACKEND, s.EMAIL_FILE_PATH, s.GLASSBOX_MAIL_IS_SET_UP)",
        ],
        env={**os.environ, "GLASSBOX_MAIL_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert said[1:] == [str(tmp_path), "True"]
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (waiting,) = mails(cast)
    with override_settings(
        EMAIL_BACKEND=said[0], EMAIL_FILE_PATH=said[1], GLASSBOX_MAIL_IS_SET_UP=True
    ):
        assert deliver(cast, waiting, frozen_now).state == "SENT"

    (written,) = tmp_path.iterdir()
    assert "One cart is missing" in written.read_text()
