"""The pages of alerts: the inbox, acknowledging, settings, webhooks; read only where both are seen."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.alerts import AlertDelivery, AlertSettings, AlertWebhook, WatchedDate
from glassbox.operations.timetable import defer_due_jobs
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.cast import DIST, MFG
from tests.db.alerts.story import alerts, look, put_case
from tests.signed_in_client import client_of

SECRET = "a-secret-of-24-characters"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_inbox_lists_what_is_due_and_takes_an_acknowledgement(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    fay = client_of(cast, "Fay")

    page = read(fay, f"/l/{MFG}/alerts/")
    assert "One cart is missing" in page and "Acknowledge" in page
    assert "<strong>1</strong></a>" in page
    assert "Acknowledge</button>" not in read(fay, "/both/alerts/")
    assert "Acknowledge</button>" not in read(client_of(cast, "Ivy"), f"/l/{MFG}/alerts/")

    answer = fay.post(f"/l/{MFG}/alerts/{alerts(cast)[0].pk}/acknowledge/")

    assert answer.status_code == 302
    page = read(fay, f"/l/{MFG}/alerts/")
    assert "Fay, " in page and "Acknowledge</button>" not in page
    assert "<strong>0</strong></a>" in page


def test_an_empty_inbox_says_so_and_one_that_nobody_fills_says_that_too(
    cast: Brand, frozen_now: datetime
) -> None:
    fay = client_of(cast, "Fay")
    assert "have not been looked at yet" in read(fay, f"/l/{MFG}/alerts/")

    look(cast, frozen_now)

    page = read(fay, f"/l/{MFG}/alerts/")
    assert "Nothing is due" in page
    assert "looked at" not in page
    # The other licence is watched by nobody, and the view of both says which one it is.
    assert f"The clocks of {DIST}" in read(fay, "/both/alerts/")


def test_deliveries_that_reached_nobody_are_told_in_the_inbox(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    with short_transaction(cast.licenses[MFG]):
        AlertDelivery.objects.filter(alert__isnull=False).update(state="GIVEN_UP")

    assert "1 delivery of these alerts reached nobody" in read(
        client_of(cast, "Fay"), f"/l/{MFG}/alerts/"
    )


def test_a_person_chooses_how_to_be_told(cast: Brand) -> None:
    dee = client_of(cast, "Dee")
    typed = {
        "mail": "on",
        "quiet_from": "22:00",
        "quiet_until": "06:30",
        "digest_hour": "8",
        "deputy": str(cast.users["Ana"]),
        "away_from": "2026-12-01",
        "away_until": "2026-12-05",
    }
    refused = dee.post(f"/l/{MFG}/alerts/settings/", {**typed, "quiet_until": "half past"})
    assert refused.status_code == 422
    assert dee.post(f"/l/{MFG}/alerts/settings/", typed).status_code == 302

    page = read(dee, f"/l/{MFG}/alerts/settings/")
    assert 'value="22:00"' in page and 'value="06:30"' in page
    with short_transaction(cast.licenses[MFG]):
        mine = AlertSettings.objects.get()
        assert (mine.user_id, mine.deputy_id, mine.digest_hour) == (
            cast.users["Dee"],
            cast.users["Ana"],
            8,
        )
    assert client_of(cast, "Ivy").post(f"/l/{MFG}/alerts/settings/", typed).status_code == 403


def test_a_webhooks_secret_is_never_shown_not_even_when_it_is_refused(cast: Brand) -> None:
    owen = client_of(cast, "Owen")
    address = f"/l/{MFG}/alerts/webhooks/new/"
    refused = owen.post(address, {"url": "nothing", "secret": SECRET, "tells": "alerts"})
    assert refused.status_code == 422
    assert SECRET not in refused.content.decode()

    assert (
        owen.post(
            address, {"url": "http://127.0.0.1:9/", "secret": SECRET, "tells": "alerts"}
        ).status_code
        == 302
    )

    page = read(owen, f"/l/{MFG}/alerts/channels/")
    assert "http://127.0.0.1:9/" in page and SECRET not in page
    assert "Remove</button>" not in read(owen, "/both/alerts/channels/")
    with short_transaction(cast.licenses[MFG]):
        webhook_id = AlertWebhook.objects.get().pk
    for name, status in (("Ana", 403), ("Nell", 404), ("Owen", 302)):
        answer = client_of(cast, name).post(f"/l/{MFG}/alerts/webhooks/{webhook_id}/remove/")
        assert answer.status_code == status, name


def test_a_date_is_entered_and_settled_by_hand(cast: Brand) -> None:
    dee = client_of(cast, "Dee")
    typed = {"kind": "INSURANCE", "what": "Van 2", "day": "2026-12-01"}
    assert dee.post(f"/l/{MFG}/alerts/dates/new/", typed).status_code == 302
    assert "Van 2" in read(dee, f"/l/{MFG}/alerts/channels/")
    with short_transaction(cast.licenses[MFG]):
        date_id = WatchedDate.objects.get().pk

    settled = dee.post(f"/l/{MFG}/alerts/dates/{date_id}/settle/", {"reason": "Renewed"})

    assert settled.status_code == 302
    assert "Van 2" not in read(dee, f"/l/{MFG}/alerts/channels/")


def test_the_timetable_has_the_clocks_looked_at_once_a_minute_and_what_is_due_delivered(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)

    def queued() -> list[str]:
        defer_due_jobs(actor=system_actor("timetable"), now=frozen_now)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT queueing_lock FROM procrastinate_jobs WHERE task_name IN"
                " ('raise_alerts', 'deliver_alert') ORDER BY 1"
            )
            return [row[0] for row in cursor.fetchall()]

    every = sorted(f"alerts:{license_id}" for license_id in cast.licenses.values())
    assert queued() == queued() == every
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    for number in cast.licenses:
        look(cast, frozen_now, number)
    assert queued() == []

    with short_transaction(cast.licenses[MFG]) as license:
        webhook = AlertWebhook.objects.create(
            company=license.company,
            license=license,
            url="http://127.0.0.1:9/",
            sealed_secret=b"",
            added_at=frozen_now,
        )
        delivery = AlertDelivery.objects.filter(alert__isnull=False).get()
        delivery.channel, delivery.webhook = "WEBHOOK", webhook
        delivery.save()

    assert queued() == [f"deliver:{delivery.pk}"]
