"""The key service is silent: whoever waits for it has no transaction open, and no row in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.db import connections
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.models.sync import MetrcSubscription
from glassbox.operations import vault
from glassbox.operations.sync.subscription import bound_to, keep_subscription
from glassbox.operations.transaction import short_transaction
from glassbox.operations.vault_rotation import rotate_vault
from glassbox.rules.actor import system_actor
from tests.cast import MFG
from tests.db.conftest import Events
from tests.db.credentials.test_keys_at_rest import add, opened
from tests.db.credentials.vaults import vault_in
from tests.transit import Transit, settings_for, transit

OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
)
HELD = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Transit]:
    with (
        transit() as running,
        override_settings(**vault_in(tmp_path), **settings_for(running, tmp_path, "worker")),
    ):
        running.add_key("glassbox-dev-vault", "worker")
        yield running


@contextmanager
def waiting(service: Transit, do: Callable[[], object]) -> Iterator[None]:
    """Hold the service silent while `do` waits for it in a thread of its own."""

    def run() -> None:
        try:
            do()
        finally:
            connections.close_all()

    service.is_waited_for.clear()
    service.speaks.clear()
    thread = Thread(target=run)
    thread.start()
    try:
        assert service.is_waited_for.wait(30), "nobody asked the service"
        yield
    finally:
        service.speaks.set()
        thread.join(30)


def is_nothing_held(superuser: psycopg.Connection, table: str) -> None:
    connections.close_all()
    for question in (OPEN, HELD):
        (found,) = superuser.execute(question).fetchone() or ()
        assert found == 0, question
    with superuser.transaction():
        assert superuser.execute(f"SELECT 1 FROM {table} FOR UPDATE NOWAIT").fetchall()
        superuser.execute("SELECT 1 FROM licenses FOR UPDATE NOWAIT")


def test_a_rotation_waits_with_nothing_in_hand_and_brings_nothing_revoked_back(
    cast: Brand,
    frozen_now: datetime,
    service: Transit,
    cast_superuser: psycopg.Connection,
    events: Events,
) -> None:
    add(cast, frozen_now)
    add(cast, frozen_now, name="Ben")
    # One that died before: the first that the next asks for is a secret of the database.
    vault.make_generation()
    revoked = "UPDATE metrc_credentials_encrypted SET sealed_key = '', revoked_at = now() WHERE user_id = %s"

    with waiting(service, lambda: rotate_vault(actor=system_actor("rotate-keys"), now=frozen_now)):
        is_nothing_held(cast_superuser, "metrc_credentials_encrypted")
        cast_superuser.execute(revoked, [cast.users["Ana"]])

    kept = dict(
        cast_superuser.execute("SELECT user_id, sealed_key FROM metrc_credentials_encrypted")
    )  # type: ignore[arg-type]
    assert kept[cast.users["Ana"]] == b"", "what was revoked meanwhile stays revoked"
    assert vault.generation_of(kept[cast.users["Ben"]]) == vault.newest_generation()
    assert opened(cast, "Ben")
    assert len(events("vault.resealed")) == 1
    assert len(vault.private_files()) == 1


def test_a_subscription_is_opened_with_nothing_in_hand_and_another_ones_stays(
    cast: Brand, frozen_now: datetime, service: Transit, cast_superuser: psycopg.Connection
) -> None:
    license_id = cast.licenses[MFG]
    with short_transaction(license_id) as license:
        first = MetrcSubscription.objects.create(
            company_id=license.company_id,
            license=license,
            sealed_token=vault.seal("a token", b"of another place: it does not open"),
            token_sha256="0" * 64,
            made_at=frozen_now,
        )
    theirs = vault.seal("another token", bound_to(license_id))

    def keep() -> None:
        keep_subscription(actor=system_actor("sync"), license_id=license_id, now=frozen_now)

    with waiting(service, keep):
        is_nothing_held(cast_superuser, "metrc_subscriptions")
        cast_superuser.execute("UPDATE metrc_subscriptions SET sealed_token = %s", [theirs])

    with short_transaction(license_id):
        kept = MetrcSubscription.objects.get()
    assert (kept.pk, bytes(kept.sealed_token)) == (first.pk, theirs)
    assert "key" in kept.last_error, "it went on, to METRC, for which there is no key here"
