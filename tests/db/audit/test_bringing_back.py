"""After a restore: what only a mirror still holds comes back, and a false mirror brings nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connections
from django.test import override_settings

from glassbox.audit.mirror import update_mirror
from glassbox.audit.notes import Head, sign_head
from glassbox.audit.signer import WillNotSign, adopt_past, sign_once
from glassbox.audit.signing_keys import read_key, read_public_key
from glassbox.audit.tiles import tile_path
from glassbox.audit.verify import Verification, verify
from glassbox.cli.demo_brand import Brand
from glassbox.cli.sequencer import stop_if_contradicted
from glassbox.config.console import main
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.builders import events_of
from tests.cast import MFG
from tests.conftest import _connect_django
from tests.db.audit.sealed import write_events
from tests.ledger import ORIGIN, make_durable, number_events, signer_folder

LOST = 300
CASE_OPENED = b"case.opened"


@dataclass(frozen=True, kw_only=True)
class SetBack:
    """A database as its backup was, the signer's folder, and a mirror that knows what came after."""

    urls: ClusterUrls
    folder: Path
    mirror: Path
    license_id: int
    lost: tuple[UUID, ...]

    @property
    def public(self) -> bytes:
        return read_public_key(self.folder / "ledger.vkey")

    def verified(self) -> Verification:
        return verify(self.urls.verifier, public_key=self.public)

    def sign(self) -> int:
        return sign_once(self.urls.signer, self.folder, self.folder / "ledger.vkey", ORIGIN)

    def bring_back(self) -> int:
        words = ["--from", str(self.mirror), "--because", "The disk died"]
        return main(["audit", "bring-back", *words])


@pytest.fixture
def set_back(
    cluster: Cluster, database: ClusterUrls, brand: Brand, tmp_path: Path
) -> Iterator[SetBack]:
    make_durable(database)
    license_id = brand.licenses[MFG]
    # One event is committed, and not numbered yet, when the backup is made.
    waiting = write_events(1, license_id=license_id)
    name = f"restored_{uuid4().hex}"
    connections["default"].close()
    cluster.create_database(name, template=str(connections["default"].settings_dict["NAME"]))
    lost = []
    # Two heads were signed after it, and the mirror keeps only the last: one number is lost for good.
    for count in (100, LOST - 100):
        lost += write_events(count, license_id=license_id)
        make_durable(database)
    folder, mirror = signer_folder(database), tmp_path / "mirror"
    with psycopg.connect(database.verifier) as reading:
        update_mirror(reading, mirror, (folder / "ledger.vkey").read_text())
    connections["default"].close()
    urls = cluster.urls(name)
    _connect_django(urls.application)
    with override_settings(
        GLASSBOX_OWNER_DATABASE_URL=urls.owner,
        GLASSBOX_SEQUENCER_DATABASE_URL=urls.sequencer,
        GLASSBOX_LEDGER_KEY_FILE=folder / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
        GLASSBOX_MIRROR_FOLDER=mirror,
    ):
        yield SetBack(
            urls=urls,
            folder=folder,
            mirror=mirror,
            license_id=license_id,
            lost=(*waiting, *lost),
        )
    connections["default"].close()
    cluster.drop_database(name)


def test_what_a_restore_lost_comes_back_and_the_ledger_goes_on(
    set_back: SetBack, frozen_now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = set_back.urls
    # While nobody has found that anything is missing, nothing comes back.
    assert set_back.bring_back() != 0
    stop_if_contradicted()
    assert number_events(urls) == 0

    assert set_back.bring_back() == 0

    assert f"{LOST + 1:,} entries" in capsys.readouterr().out
    with pytest.raises(WillNotSign):
        set_back.sign()
    assert adopt_past(urls.signer, set_back.folder) > 0
    assert main(["audit", "resume", "--because", "The entries are back"]) == 0
    assert number_events(urls) > 0
    assert set_back.sign() > 0
    assert set_back.verified().problem == ""
    (told,) = events_of(set_back.license_id, "ledger.brought_back")
    assert LOST + 1 in [last - first + 1 for first, last in told["body"]["logs"].values()]
    known = {event["event_id"] for event in events_of(set_back.license_id, "case.opened")}
    assert known == {str(event_id) for event_id in set_back.lost}
    # The mirror takes it for what it is: the same history, longer.
    with psycopg.connect(urls.verifier) as reading:
        line = (set_back.folder / "ledger.vkey").read_text()
        assert sum(one.new_entries for one in update_mirror(reading, set_back.mirror, line)) > 0


def test_a_damaged_or_foreign_mirror_brings_nothing_back(
    set_back: SetBack, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_if_contradicted()
    (place,) = (
        path.parent
        for path in set_back.mirror.rglob("checkpoint")
        if (path.parent / tile_path("entries", 0)).exists()
    )
    bundle = place / tile_path("entries", 0)
    note = place / "checkpoint"
    origin, size = note.read_text().split("\n")[:2]
    another = Head(origin=origin, size=int(size), root=bytes(32))
    for path, harmed in (
        (bundle, bundle.read_bytes().replace(CASE_OPENED, b"case.closed")),
        (note, sign_head(another, read_key(set_back.folder)).encode()),
        (note, note.read_bytes().replace(b"\n\n", b"\n.\n\n")),
    ):
        whole = path.read_bytes()
        path.write_bytes(harmed)
        assert set_back.bring_back() != 0, path
        assert capsys.readouterr().err
        path.write_bytes(whole)
    with psycopg.connect(set_back.urls.superuser, autocommit=True) as attacker:
        attacker.execute("ALTER TABLE audit_logs DISABLE TRIGGER ALL")
        attacker.execute("UPDATE audit_logs SET root = sha256('x') WHERE kind = 'license'")
        assert set_back.bring_back() != 0
        assert "another history" in capsys.readouterr().err
        (count,) = attacker.execute(
            "SELECT count(*) FROM compliance_events WHERE type = 'case.opened'"
        ).fetchone() or (None,)
    # The one that was there when the backup was made, and none of the mirror's.
    assert count == 1
    assert events_of(set_back.license_id, "ledger.brought_back") == []
