"""`glassbox drill` restores what is there and says so in the ledger, or names the step that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from glassbox.audit.mirror import update_mirror
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.config.console import main
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.operations.transaction import short_transaction
from glassbox.queries.audit_trail.chain import chain_status
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of
from tests.desk import Desk
from tests.journeys.story import approve, draft, now, person, receive_oil, send, split
from tests.ledger import ORIGIN, make_durable, signer_folder

STEPS = ["backup", "restore", "ledger", "intents", "shut", "sweep"]
TAG = "1A4060300000001000000900"


@pytest.fixture
def installation(
    brand: Brand, desk: Desk, database: ClusterUrls, tmp_path: Path
) -> Iterator[ClusterUrls]:
    """A brand that sent something, with a mirror beside it."""
    (oil,) = receive_oil(brand, desk, 10_000)
    facts = {"packages": [split(TAG, oil, "500")]}
    action_id = draft(brand, "Ana", MAKER, "package.create", facts)
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    send(brand, MAKER, action_id)
    make_durable(database)
    folder, mirror = signer_folder(database), tmp_path / "mirror"
    with psycopg.connect(database.verifier) as reading:
        update_mirror(reading, mirror, (folder / "ledger.vkey").read_text())
    memory = Path("/dev/shm")
    with override_settings(
        GLASSBOX_BACKUP_DATABASE_URL=database.backup,
        GLASSBOX_LEDGER_KEY_FILE=folder / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
        GLASSBOX_MIRROR_FOLDER=mirror,
        GLASSBOX_SCRATCH=memory if memory.is_dir() else tmp_path,
    ):
        yield database


def drill(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    code = main(["drill", "--json", f"--scratch={settings.GLASSBOX_SCRATCH}"])
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, told


def report_of(brand: Brand) -> dict[str, object]:
    body: dict[str, object] = events_of(brand.licenses[MAKER], "drill.ended")[-1]["body"]
    return body


def test_a_drill_restores_looks_reads_metrc_and_tells_the_ledger(
    installation: ClusterUrls, brand: Brand, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    # A read that is under way when the backup is made is under way in the copy as well.
    with short_transaction(brand.licenses[MAKER]) as license:
        SyncRun.objects.create(
            company_id=license.company_id,
            license=license,
            state=SyncRunState.RUNNING,
            trigger="test",
            started_at=now(),
            heartbeat_at=now(),
        )
    written = len([e for e in desk.journal() if e["method"] != "GET" and e["applied"]])
    code, told = drill(capsys)

    assert (code, told["failed_at"], told["problem"]) == (0, "", "")
    assert list(told["seconds"]) == STEPS  # type: ignore[call-overload]
    assert report_of(brand)["seconds"] == told["seconds"]
    assert len(events_of(brand.licenses[MAKER], "drill.began")) == 1
    assert len([e for e in desk.journal() if e["method"] != "GET" and e["applied"]]) == written
    chain = chain_status(actor=person(brand, "Ana"), license_ids=(brand.licenses[MAKER],))[0]
    assert chain.drill is not None and chain.drill.failed_at == ""
    # Nothing of it is left: neither data nor a slot that would keep WAL for nobody.
    assert not list(Path(settings.GLASSBOX_SCRATCH).glob("glassbox-drill-*"))
    with psycopg.connect(installation.backup) as connection:
        assert connection.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)


@pytest.mark.long
def test_a_ledger_that_was_changed_fails_the_drill(
    installation: ClusterUrls, brand: Brand, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(installation.superuser, autocommit=True) as attacker:
        attacker.execute("ALTER TABLE compliance_events DISABLE TRIGGER ALL")
        attacker.execute(
            "UPDATE compliance_events SET body = convert_to(replace(convert_from(body, 'UTF8'),"
            " 'package.create', 'package.adjust'), 'UTF8') WHERE type = 'action.drafted'"
        )
    code, told = drill(capsys)

    assert (code, told["failed_at"]) == (1, "ledger")
    assert "does not verify" in str(told["problem"])
    assert report_of(brand)["failed_at"] == "ledger"
