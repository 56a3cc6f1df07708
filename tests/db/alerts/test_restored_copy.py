"""A restored copy in restore mode reaches nobody outside: no mail, no webhook, until it is opened."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

import glassbox
from glassbox.audit.standing import RESTORE, end_stop, stop_ledger
from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.operations.alerts.webhooks import add_webhook
from glassbox.operations.invitations import invite_person
from glassbox.queries.alerts import channels_page
from glassbox.rules.permissions import Role
from glassbox.rules.verdicts import Refused
from glassbox.runtime.postgres import ClusterUrls
from tests.cast import MFG, person
from tests.db.alerts.story import deliver, deliveries, look, mails, put_case
from tests.db.alerts.test_deliveries import LOCAL_MAIL, SECRET, Receiver, receiver

__all__ = ["receiver"]


def enter_restore_mode(urls: ClusterUrls) -> None:
    with psycopg.connect(urls.sequencer, autocommit=True) as connection:
        stop_ledger(connection, said_by=RESTORE, sentence="Restored from a backup.")


def leave_restore_mode(urls: ClusterUrls) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        end_stop(connection, because="Ana and Owen looked")


@LOCAL_MAIL
def test_alerts_of_a_restored_copy_wait_until_a_person_opens_it(
    cast: Brand, cast_urls: ClusterUrls, frozen_now: datetime, receiver: Receiver
) -> None:
    mail.outbox = []
    add_webhook(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[MFG],
        url=receiver.url,
        secret=SECRET,
        now=frozen_now,
    )
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    waiting = [*mails(cast), *deliveries(cast, channel="WEBHOOK")]
    assert len(waiting) >= 2

    enter_restore_mode(cast_urls)
    assert {deliver(cast, one, frozen_now).state for one in waiting} == {"WAITING"}
    assert (mail.outbox, receiver.got) == ([], [])
    shown = channels_page(actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],))
    assert shown.is_restored

    leave_restore_mode(cast_urls)
    assert {deliver(cast, one, frozen_now).state for one in waiting} == {"SENT"}
    assert len(mail.outbox) == len(mails(cast)) and len(receiver.got) == 1


@LOCAL_MAIL
@override_settings(GLASSBOX_PUBLIC_URL="https://books.goldenpoppy.example")
def test_a_restored_copy_invites_nobody_and_resets_no_password(
    cast: Brand, cast_urls: ClusterUrls, frozen_now: datetime
) -> None:
    email = User.objects.get(id=cast.users["Ana"]).email
    mail.outbox = []
    enter_restore_mode(cast_urls)
    with pytest.raises(Refused, match="restore mode"):
        invite_person(
            actor=person(cast, "Owen"),
            license_id=cast.licenses[MFG],
            name="Jo",
            email="jo@goldenpoppy.example",
            role=Role.PACKAGER,
            now=frozen_now,
        )
    assert not User.objects.filter(name="Jo").exists()
    assert ask_for_a_link(email) == 302
    assert mail.outbox == []

    leave_restore_mode(cast_urls)
    assert ask_for_a_link(email) == 302
    assert len(mail.outbox) == 1


def ask_for_a_link(email: str) -> int:
    answer = Client().post(reverse("account_reset_password"), {"email": email})
    for thread in threading.enumerate():
        if thread.name == "sign-in-mail":
            thread.join(10)
    return answer.status_code


def test_whoever_sends_mail_asks_whether_this_is_a_restored_copy() -> None:
    source = Path(glassbox.__file__).parent
    senders = [
        path
        for path in source.rglob("*.py")
        if "EmailMessage" in (text := path.read_text()) or "render_mail" in text
    ]
    assert len(senders) == 3
    assert [path.name for path in senders if "restored_at()" not in path.read_text()] == []
