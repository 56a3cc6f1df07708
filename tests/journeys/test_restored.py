"""A restored database knows less than METRC: nothing is sent until it has looked, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from glassbox.audit.mirror import update_mirror
from glassbox.audit.signer import adopt_past, sign_once
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.cli.restored import SKIPPED_IDS, look_at
from glassbox.config.console import main
from glassbox.operations.submission.claim import NotYet
from glassbox.queries.restore_mode import licenses_not_read
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.builders import events_of
from tests.conftest import _connect_django
from tests.desk import Desk
from tests.journeys.story import (
    action_of,
    approve,
    draft,
    look,
    now,
    read,
    receive_oil,
    send,
    split,
)
from tests.journeys.test_kill import effects_of
from tests.ledger import ORIGIN, make_durable, number_events, signer_folder

TAGS = tuple(f"1A4060300000001{800 + n:09}" for n in range(4))


@dataclass(frozen=True, kw_only=True)
class Story:
    """A database as its backup was, and what METRC was sent after that."""

    urls: ClusterUrls
    folder: Path
    approved: int
    in_draft: int
    unsent: int
    unknown: int


@pytest.fixture
def story(
    cluster: Cluster, brand: Brand, desk: Desk, database: ClusterUrls, tmp_path: Path
) -> Iterator[Story]:
    oils = receive_oil(brand, desk, *([10_000] * 4))
    facts = [{"packages": [split(tag, oil, "500")]} for tag, oil in zip(TAGS, oils, strict=True)]
    approved, in_draft, unsent = (
        draft(brand, "Ana", MAKER, "package.create", one) for one in facts[:3]
    )
    for action_id in (approved, unsent):
        approve(brand, database, "Ana", "Ben", MAKER, action_id)
    name = f"restored_{uuid4().hex}"
    connections["default"].close()
    cluster.create_database(name, template=database.superuser.rsplit("/", 1)[1])

    unknown = draft(brand, "Ana", MAKER, "package.create", facts[3])
    for action_id in (in_draft, unknown):
        approve(brand, database, "Ana", "Ben", MAKER, action_id)
    for action_id in (approved, in_draft, unknown):
        send(brand, MAKER, action_id)
    make_durable(database)
    folder, mirror = signer_folder(database), tmp_path / "mirror"
    with psycopg.connect(database.verifier) as reading:
        update_mirror(reading, mirror, (folder / "ledger.vkey").read_text())
    connections["default"].close()
    urls = cluster.urls(name)
    _connect_django(urls.application)
    with override_settings(
        GLASSBOX_OWNER_DATABASE_URL=urls.owner,
        GLASSBOX_LEDGER_KEY_FILE=folder / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
        GLASSBOX_MIRROR_FOLDER=mirror,
    ):
        yield Story(
            urls=urls,
            folder=folder,
            approved=approved,
            in_draft=in_draft,
            unsent=unsent,
            unknown=unknown,
        )
    connections["default"].close()
    cluster.drop_database(name)


def state_of(brand: Brand, action_id: int) -> str:
    return str(action_of(brand, MAKER, action_id).state)


def test_what_a_restore_forgot_is_looked_up_and_nothing_is_sent_before(
    story: Story, brand: Brand, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [effects_of(desk, tag) for tag in TAGS] == [1, 1, 0, 1]
    found = look_at(story.urls, now())
    assert "set back" in found.outside and len(found.beyond) == 3

    # Approved, signed and durable since before the backup: even so nothing leaves.
    for action_id in (story.approved, story.unsent):
        with pytest.raises(NotYet, match="stands still"):
            send(brand, MAKER, action_id)
    # An id that a lost row had is not given again.
    again = draft(brand, "Ana", MAKER, "location.create", {"name": "A", "type_name": "B"})
    assert again > SKIPPED_IDS

    assert main(["audit", "bring-back", "--from", str(mirror()), "--because", "The disk died"]) == 0
    assert "2 lost sends" in capsys.readouterr().out
    assert state_of(brand, story.approved) == state_of(brand, story.in_draft) == "UNCONFIRMED"
    assert state_of(brand, story.unsent) == ActionState.APPROVED
    (case,) = [
        event
        for event in events_of(brand.licenses[MAKER], "case.opened")
        if event["body"].get("class") == "FORGOTTEN_SEND"
    ]
    assert case["body"]
    for action_id in (story.approved, story.in_draft):
        look(brand, MAKER, action_id)
        assert state_of(brand, action_id) == ActionState.ACCEPTED
    assert len(events_of(brand.licenses[MAKER], "action.taken_up")) == 2


def test_the_writes_open_only_when_metrc_was_read_whole(
    story: Story, brand: Brand, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    look_at(story.urls, now())
    resume = ["audit", "resume", "--because", "Ana and Owen looked"]
    assert main(["audit", "bring-back", "--from", str(mirror()), "--because", "The disk died"]) == 0
    adopt_past(story.urls.signer, story.folder)
    capsys.readouterr()

    assert main(resume) == 2
    said = capsys.readouterr().err
    assert all(number in said for number in brand.licenses)
    numbers = list(brand.licenses)
    for number in numbers[:-1]:
        read(brand, number)
    assert licenses_not_read(actor=system_actor("test")) == (numbers[-1],)
    assert main(resume) == 2
    assert number_events(story.urls) == 0
    assert main([*resume, "--unreadable", numbers[-1]]) == 0

    number_events(story.urls)
    sign_once(story.urls.signer, story.folder, story.folder / "ledger.vkey", ORIGIN)
    send(brand, MAKER, story.unsent)
    look(brand, MAKER, story.unsent)
    assert state_of(brand, story.unsent) == ActionState.ACCEPTED
    assert [effects_of(desk, tag) for tag in TAGS] == [1, 1, 1, 1]


def mirror() -> Path:
    return Path(settings.GLASSBOX_MIRROR_FOLDER)
