"""The ground of a torture: a PostgreSQL, a simulator and a brand of its own, and time that we move."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.test import override_settings
from psycopg import sql

from glassbox import clock
from glassbox.cli.demo_brand import MAKER, Brand, open_brand
from glassbox.cli.migrate import migrate
from glassbox.models.actions import RegulatedAction
from glassbox.models.transfers import Transfer
from glassbox.operations.actions.draft import draft_action
from glassbox.operations.actions.review import GatesBlocked, approve_action, send_for_review
from glassbox.operations.incoming import record_receipt_count
from glassbox.operations.sync.run import run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import Actor, system_actor
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.conftest import _connect_django
from tests.desk import Desk
from tests.journeys.story import SUPPLIER, read
from tests.ledger import make_durable

METRC_TIMEOUT_SECONDS = 1.5
BEGIN_SECONDS = 4.0
SETTLE_SECONDS = 60
# What lands late lands by then, in true time: before we let our clock pass the settle window.
LATE_SECONDS = METRC_TIMEOUT_SECONDS + 1.0
DATABASE = "torture"
NEVER = 1e9
AT_ONCE = 8
FRESH_SECONDS = 600
# What is risky is approved by the compliance manager, and so drafted by somebody else.
DRAFTER_OF = {
    **{"package.create": "Ana", "package.adjust": "Ana", "package.adjust_by": "Ana"},
    "delivery.receive": "Dee",
}
RECOVERY_SECONDS = 30.0
LANDING_SECONDS = 30.0


@dataclass(frozen=True)
class Delivery:
    """Oil on the road to the maker: our transfer, and the facts of receiving it."""

    transfer_id: int
    facts: dict[str, Any]
    rows: tuple[dict[str, str], ...]


@dataclass
class Ground:
    """Everything a cell is played on. Both clocks, ours and METRC's, move together."""

    urls: ClusterUrls
    desk: Desk
    brand: Brand
    superuser: psycopg.Connection[Any]
    moved_seconds: int = 0
    labels: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    tags_used: int = 0
    names_used: int = 0
    journal_seen: int = 0
    read_at_seconds: int = 0
    number: str = MAKER

    @property
    def license_id(self) -> int:
        return self.brand.licenses[MAKER]

    def now(self) -> datetime:
        return clock.now()

    def pass_time(self, seconds: int, *, metrc_too: bool = True) -> None:
        """Move our clock on, and METRC's with it."""
        self.moved_seconds += seconds
        self.superuser.execute(
            "update installation set clock_offset_seconds = %s", [self.moved_seconds]
        )
        if metrc_too:
            self.desk.do("clock", offsetSeconds=self.moved_seconds)

    def oil(self) -> str:
        """Return a package that no cell has touched yet."""
        return self.labels.pop()

    def receive_oil(self, count: int) -> None:
        """Have so much oil before METRC is read for the first time: our book opens with it."""
        shipped = self.desk.do(
            "ship-in",
            fromLicense=SUPPLIER,
            toLicense=MAKER,
            packages=[{"item": "Crude Oil", "quantity": 500, "unitOfMeasure": "Grams"}] * count,
        )
        self.labels = shipped["labels"]
        self.desk.do(
            "receive",
            licenseNumber=MAKER,
            deliveryId=shipped["deliveryId"],
            packages=[{"label": label, "receivedQuantity": 500} for label in self.labels],
        )
        self.sync()

    def tag(self) -> str:
        """Return a tag that no cell has used."""
        self.tags_used += 1
        return f"1A4060300000001{self.tags_used:09}"

    def approved(self, kind: str, facts: dict[str, Any], **links: int) -> int:
        """Draft an action as one person and approve it as another; number its events."""
        action_id = draft_action(
            actor=self.person(DRAFTER_OF.get(kind, "Fay")),
            license_id=self.license_id,
            kind=kind,
            facts=facts,
            reason="A cell of the torture",
            now=self.now(),
            **links,
        )
        if self.moved_seconds - self.read_at_seconds > FRESH_SECONDS:
            self.sync()
        drafter = DRAFTER_OF.get(kind, "Fay")
        approver = "Ben" if drafter == "Fay" else "Fay"
        try:
            for step, name in ((send_for_review, drafter), (approve_action, approver)):
                step(
                    actor=self.person(name),
                    license_id=self.license_id,
                    action_id=action_id,
                    now=self.now(),
                )
        except GatesBlocked as refusal:
            said = [finding.message for finding in refusal.findings if finding.blocks]
            raise AssertionError(f"{kind}: {said}") from refusal
        make_durable(self.urls)
        return action_id

    def delivery(self) -> Delivery:
        """Return a delivery on the road to us that no cell has received yet, counted at the door."""
        if not self.deliveries:
            self._ship(AT_ONCE)
        return self.deliveries.pop()

    def _ship(self, count: int) -> None:
        shipped = [
            self.desk.do(
                "ship-in",
                fromLicense=SUPPLIER,
                toLicense=MAKER,
                packages=[{"item": "Crude Oil", "quantity": 500, "unitOfMeasure": "Grams"}],
            )
            for _ in range(count)
        ]
        self.sync()
        for one in shipped:
            with short_transaction(self.license_id):
                transfer = Transfer.objects.get(manifest_number=one["manifestNumber"])
            (label,) = one["labels"]
            record_receipt_count(
                actor=self.person("Dee"),
                license_id=self.license_id,
                transfer_id=transfer.pk,
                label=label,
                found=Decimal(500),
                unit="Grams",
                device="Scale 2",
                now=self.now(),
            )
            facts = {
                "delivery_id": one["deliveryId"],
                "manifest_number": one["manifestNumber"],
                "shipper_license_number": SUPPLIER,
            }
            rows = ({"label": label, "received_quantity": "500", "unit": "Grams"},)
            self.deliveries.append(Delivery(transfer.pk, facts, rows))

    def sync(self) -> None:
        """Read METRC for the maker, at the moved time."""
        self.read_at_seconds = self.moved_seconds
        run_sync(
            actor=system_actor("sync"),
            license_id=self.license_id,
            trigger="torture",
            now=self.now(),
        )

    def new_entries(self) -> list[dict[str, Any]]:
        """Return what METRC's journal has new since this was last asked."""
        entries: list[dict[str, Any]] = self.desk.journal(after=self.journal_seen)
        self.journal_seen = max([self.journal_seen, *(entry["seq"] for entry in entries)])
        return entries

    def let_late_writes_land(self, ordered: int) -> None:
        """Wait until METRC has done what it does late; `ordered` writes in all may be late."""
        ends = time.monotonic() + LANDING_SECONDS
        while True:
            left = sum(rule["times"] for rule in self.desk.overview()["faults"])
            since = self.desk.journal(after=self.journal_seen)
            if sum(entry["fault"] == "late" for entry in since) >= ordered - left:
                return
            assert time.monotonic() < ends, "a late write never landed"
            time.sleep(0.1)

    def kill_postgres(self) -> None:
        """Kill the server process of a worker: PostgreSQL ends them all, recovers and comes back."""
        connections["default"].close()
        self.superuser = kill_postgres(self.urls, self.superuser)

    def person(self, name: str) -> Actor:
        return Actor(user_id=self.brand.users[name], name=name, via="web", session="torture")

    def action(self, action_id: int) -> RegulatedAction:
        with short_transaction(self.license_id):
            return RegulatedAction.objects.get(id=action_id)


def keep_commits(urls: ClusterUrls) -> None:
    """Let every commit outlive the death of a server process, as in a real installation.

    What is thrown away commits without waiting, and would forget a claim whose write was sent.
    """
    connections["default"].close()
    with psycopg.connect(urls.superuser, autocommit=True) as superuser:
        superuser.execute(
            sql.SQL("alter database {} set synchronous_commit = on").format(
                sql.Identifier(superuser.info.dbname)
            )
        )


def kill_postgres(urls: ClusterUrls, superuser: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Kill a server process of the application; return a superuser's connection after recovery."""
    found = superuser.execute(
        "select pid from pg_stat_activity where usename = 'glassbox_app' limit 1"
    ).fetchone()
    assert found is not None, "a worker is connected"
    os.kill(found[0], signal.SIGKILL)
    ends = time.monotonic() + RECOVERY_SECONDS
    # A killed process dies when it next gets the processor, and only then does PostgreSQL end the
    # others: a connection made earlier than that would be ended with them.
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            assert time.monotonic() < ends, "PostgreSQL did not notice the death"
            superuser.execute("select 1")
            time.sleep(0.005)
    superuser.close()
    while True:
        try:
            return psycopg.connect(urls.superuser, autocommit=True)
        except psycopg.OperationalError:
            assert time.monotonic() < ends, "PostgreSQL did not recover"
            time.sleep(0.05)


@contextmanager
def stand_on(urls: ClusterUrls, desk: Desk, brand: Brand, packages: int) -> Iterator[Ground]:
    """Make the ground of a database, a simulator and a brand that are there, with so many packages."""
    keep_commits(urls)
    ground = Ground(urls, desk, brand, psycopg.connect(urls.superuser, autocommit=True))
    with _settings():
        try:
            ground.receive_oil(packages)
            for number in brand.licenses:
                if number != MAKER:
                    read(brand, number)
            yield ground
        finally:
            # Not always the one it began with: a death of PostgreSQL ends that.
            ground.superuser.close()


@contextmanager
def open_ground(packages: int) -> Iterator[Ground]:
    """Start everything a torture needs, and end it again."""
    memory = Path("/dev/shm")
    home = Path(
        tempfile.mkdtemp(prefix="glassbox-torture-", dir=memory if memory.is_dir() else None)
    )
    home.chmod(0o711)
    cluster = Cluster(home, throw_away=True)
    simulator = subprocess.Popen(
        [str(Path(sys.executable).parent / "metrc-simulator"), "serve", "--world", "empty"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        urls = cluster.start(DATABASE)
        migrate(urls.owner, "dev")
        _connect_django(urls.application)
        assert simulator.stdout is not None
        address = json.loads(simulator.stdout.readline())["address"]
        with Desk(address) as desk:
            keys = desk.keys()
            settings.GLASSBOX_METRC_URL = address
            settings.GLASSBOX_METRC_VENDOR_KEY = keys["vendorKey"]
            began = datetime.now(UTC).replace(microsecond=0)
            brand = open_brand(
                metrc_users=keys["users"],
                sync_from=began - timedelta(hours=3),
                now=began,
                with_passwords=False,
            )
            with stand_on(urls, desk, brand, packages) as ground:
                yield ground
    finally:
        connections["default"].close()
        simulator.terminate()
        simulator.wait(20)
        assert simulator.stdout is not None
        simulator.stdout.close()
        cluster.remove()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _settings() -> Iterator[None]:
    with override_settings(
        METRC_TIMEOUT_SECONDS=METRC_TIMEOUT_SECONDS,
        WRITE_BEGINS_WITHIN_SECONDS=BEGIN_SECONDS,
        SETTLE_WINDOW_SECONDS=float(SETTLE_SECONDS),
        METRC_GETS_PER_SECOND_PER_FACILITY=1000,
        METRC_GETS_PER_SECOND_PER_VENDOR=1000,
        SYNC_EVERY_SECONDS=NEVER,
        ALERTS_EVERY_SECONDS=NEVER,
    ):
        yield
