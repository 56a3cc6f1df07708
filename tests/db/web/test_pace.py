"""The pace of a person: each their own, kind by kind, minute by minute, and over every process."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from glassbox.cli.demo_brand import Brand
from glassbox.operations.pace import count_request
from glassbox.rules.actor import Actor
from glassbox.runtime.postgres import ClusterUrls

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
AT_MOST, EACH = 30, 25
# What a process that serves pages does at each request; it says how many of them were let in.
SERVES = f"""
import django; django.setup()
from datetime import datetime
from glassbox.operations.pace import count_request
from glassbox.rules.actor import Actor
fay = Actor(user_id=1, name="Fay", via="web", session=None)
now = datetime.fromisoformat("{NOW.isoformat()}")
input()
print(sum(not count_request(actor=fay, kind="page", at_most={AT_MOST}, now=now) for _ in range({EACH})))
"""


def person(user_id: int) -> Actor:
    return Actor(user_id=user_id, name="Fay", via="web", session=None)


def waits(user_id: int = 1, kind: str = "page", after: timedelta = timedelta()) -> int:
    return count_request(actor=person(user_id), kind=kind, at_most=1, now=NOW + after)


def test_two_processes_together_let_in_no_more_than_one(
    cast: Brand, cast_urls: ClusterUrls
) -> None:
    environment = {
        **os.environ,
        "GLASSBOX_DATABASE_URL": cast_urls.application,
        "DJANGO_SETTINGS_MODULE": "glassbox.config.settings",
    }
    both = [
        subprocess.Popen(
            [sys.executable, "-c", SERVES],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    let_in = [int(one.communicate(timeout=60)[0]) for one in both]

    assert sum(let_in) == AT_MOST, let_in


def test_it_is_each_persons_own_and_each_kind_its_own(cast: Brand) -> None:
    assert [waits(1), waits(2), waits(1, "export")] == [0, 0, 0]
    assert waits(1) == 60


def test_a_minute_later_it_begins_anew_and_so_it_does_when_the_clock_went_back(cast: Brand) -> None:
    assert waits() == 0
    assert waits(after=timedelta(seconds=59)) == 1
    assert waits(after=timedelta(seconds=60)) == 0
    assert waits(after=timedelta(seconds=-1)) == 0
