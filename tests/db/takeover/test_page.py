"""The go-live page shows every step with its light, and its forms do what they say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import License
from glassbox.models.sync import SyncCursor, SyncRun
from glassbox.operations.takeover.keys import ask_for_key_test
from glassbox.operations.transaction import short_transaction
from glassbox.queries.takeover.page import takeover_page
from glassbox.rules.takeover import Light, Step
from glassbox.rules.verdicts import NotFound
from tests.builders import put_package
from tests.cast import MFG, person, tag
from tests.db.takeover.story import begin, book, forget_book, key_works, points, read_whole
from tests.signed_in_client import client_of


def lights(brand: Brand, now: datetime) -> dict[Step, Light]:
    found = takeover_page(actor=person(brand, "Fay"), license_id=brand.licenses[MFG], now=now)
    return {card.step: card.light for card in found.steps}


def test_the_lights_follow_what_is_done(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    first = lights(cast, frozen_now)
    assert first[Step.KEY] is Light.PERSON
    assert first[Step.BACKFILL] is Light.NOT_YET
    assert first[Step.SWITCH] is Light.NOT_YET

    key_works(cast, frozen_now)
    read_whole(cast, frozen_now)
    put_package(cast.licenses[MFG], tag(101), 5, now=frozen_now)
    forget_book(cast)
    assert lights(cast, frozen_now)[Step.BOOK] is Light.WORKING
    book(cast, frozen_now)
    later = lights(cast, frozen_now)
    assert later[Step.BOOK] is Light.DONE
    assert later[Step.BACKFILL] is Light.DONE
    assert later[Step.COUNT] is Light.PERSON


def test_the_back_fill_tells_its_share_and_the_time_left(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    with short_transaction(cast.licenses[MFG]) as license:
        License.objects.filter(id=license.pk).update(sync_from=frozen_now - timedelta(days=1000))
        tenant = {"company_id": license.company_id, "license": license}
        SyncRun.objects.create(
            **tenant,
            state="RUNNING",
            trigger="test",
            started_at=frozen_now - timedelta(minutes=10),
            heartbeat_at=frozen_now,
        )
        for feed, days in (("packages_active", 0), ("packages_on_hold", 500)):
            SyncCursor.objects.create(
                **tenant,
                feed=feed,
                read_until=frozen_now - timedelta(days=days),
                last_whole_at=frozen_now if not days else None,
            )

    found = takeover_page(
        actor=person(cast, "Fay"), license_id=cast.licenses[MFG], now=frozen_now
    ).progress

    # One and a half of eight long lists in ten minutes.
    assert found.percent == 18
    assert found.left_words == "43 minutes"
    assert (found.is_running, found.reading) == (True, "packages_on_hold")


def test_people_go_the_whole_way_by_the_pages(cast: Brand, frozen_now: datetime) -> None:
    begin(cast, frozen_now)
    owen, fay = client_of(cast, "Owen"), client_of(cast, "Fay")
    base = f"/l/{MFG}/takeover/"
    stored = owen.post(
        f"{base}key/",
        {"owner": "reading", "owner_name": "Sync", "user_key": "not-a-real-key-0009"},
    )
    assert stored.status_code == 302
    assert "0009" in owen.get(base).content.decode()
    assert "not-a-real-key" not in owen.get(base).content.decode()
    refused = fay.post(f"{base}propose/", {"reason": "Ready", "accepted": []})
    assert refused.status_code == 422
    key_works(cast, frozen_now)
    read_whole(cast, frozen_now)
    wanted = sorted(points(cast, frozen_now))
    assert fay.post(f"{base}people/{cast.users['Ana']}/", {"employee": "none"}).status_code == 302
    wanted = sorted(points(cast, frozen_now))

    proposed = fay.post(f"{base}propose/", {"reason": "Ready", "accepted": wanted})
    assert proposed.status_code == 302, proposed.content.decode()
    assert fay.post(f"{base}on/", {"reason": "I looked"}).status_code == 422
    switched = owen.post(f"{base}on/", {"reason": "I looked"})

    assert switched.status_code == 302
    assert "writing is on" in fay.get(base).content.decode()
    assert client_of(cast, "Ivy").post(f"{base}off/", {"reason": "x"}).status_code == 403


def test_a_key_test_waits_for_the_worker_once(cast: Brand, frozen_now: datetime) -> None:
    key = key_works(cast, frozen_now)
    who = {"actor": person(cast, "Owen"), "license_id": cast.licenses[MFG], "now": frozen_now}

    assert ask_for_key_test(**who, credential_id=key) == ask_for_key_test(**who, credential_id=key)

    page = client_of(cast, "Owen").get(f"/l/{MFG}/takeover/").content.decode()
    assert "the worker tests it" in page
    assert 'hx-trigger="every 3s"' in page
    with pytest.raises(NotFound):
        ask_for_key_test(**who, credential_id=999_999)
