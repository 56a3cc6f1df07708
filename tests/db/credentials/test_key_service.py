"""Key files wrapped by a key service: nothing in the clear on disk, and its silence loses nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from glassbox.cli.demo_brand import Brand
from glassbox.cli.start_check import facts_of
from glassbox.config.console import main
from glassbox.operations import vault
from glassbox.operations.alerts.webhooks import add_webhook
from glassbox.operations.credentials import SealBroken, VaultShut
from glassbox.operations.sealing import SealDoesNotOpen, seal_for_sign_in, unseal_for_sign_in
from glassbox.operations.vault_rotation import rotate_vault
from glassbox.rules.actor import system_actor
from glassbox.rules.installation import problems
from tests.cast import MFG, person
from tests.db.alerts.story import deliver, deliveries, look, put_case
from tests.db.alerts.test_deliveries import SECRET, Receiver, receiver
from tests.db.credentials.test_keys_at_rest import KEY, add, opened
from tests.db.credentials.vaults import vault_in
from tests.transit import Transit, settings_for, transit

__all__ = ["receiver"]
VAULT_KEY, SIGN_IN_KEY = "glassbox-dev-vault", "glassbox-dev-sign-in"


@pytest.fixture
def service() -> Iterator[Transit]:
    with transit() as running:
        running.add_key(VAULT_KEY, "worker")
        running.add_key(SIGN_IN_KEY, "pages")
        yield running


@pytest.fixture
def wrapped(tmp_path: Path, service: Transit) -> Iterator[Path]:
    """The worker's settings, whose vault the service wraps."""
    with override_settings(**vault_in(tmp_path), **settings_for(service, tmp_path, "worker")):
        yield tmp_path


def as_pages(service: Transit, folder: Path) -> override_settings:
    return override_settings(**settings_for(service, folder, "pages"))


def test_what_the_service_wraps_lies_nowhere_in_the_clear(
    cast: Brand, frozen_now: datetime, wrapped: Path, service: Transit
) -> None:
    add(cast, frozen_now)
    with as_pages(service, wrapped):
        sealed = seal_for_sign_in("the secret of a factor", "test")
        assert unseal_for_sign_in(sealed, "test") == "the secret of a factor"

    assert opened(cast) == KEY
    assert len(service.wrapped) == 2
    written = b"".join(path.read_bytes() for path in wrapped.rglob("*") if path.is_file())
    for plain in service.wrapped:
        # The last bytes are of the key itself, whatever stands before them.
        for shape in (plain, plain[-24:], base64.b64encode(plain), plain.hex().encode()):
            assert shape not in written
    for path in (*vault.private_files(), wrapped / "keys" / "sign-in.json"):
        # Tink's word before a key in the clear.
        assert b"encryptedKeyset" in path.read_bytes() and b"keyData" not in path.read_bytes()


def test_each_process_opens_what_its_token_lets_it(
    cast: Brand, frozen_now: datetime, wrapped: Path, service: Transit
) -> None:
    add(cast, frozen_now)
    with (
        as_pages(service, wrapped),
        pytest.raises(VaultShut, match="refuses our token for decrypt/glassbox-dev-vault"),
    ):
        opened(cast)
    settings.GLASSBOX_KEK_TOKEN_FILE.write_text("revoked")
    with pytest.raises(VaultShut, match="renew the token"):
        opened(cast)
    # Read anew at each call: nothing has to be started again.
    settings.GLASSBOX_KEK_TOKEN_FILE.write_text("worker")
    assert opened(cast) == KEY


def test_a_silent_service_is_said_and_a_moved_file_does_not_open(
    cast: Brand, frozen_now: datetime, wrapped: Path, service: Transit
) -> None:
    add(cast, frozen_now)
    service.is_sealed = True
    with pytest.raises(VaultShut, match="it is sealed"):
        opened(cast)
    service.is_sealed = False
    with (
        override_settings(GLASSBOX_KEK_URL="http://127.0.0.1:9/v1/transit"),
        pytest.raises(VaultShut, match=r"does not answer .*nothing is lost"),
    ):
        opened(cast)
    with (
        override_settings(GLASSBOX_KEK_URL=""),
        pytest.raises(VaultShut, match="Set GLASSBOX_KEK_URL"),
    ):
        opened(cast)
    with override_settings(GLASSBOX_ENVIRONMENT="staging"), pytest.raises(SealBroken):
        opened(cast)
    (path,) = vault.private_files()
    other = vault.private_file(77)
    path.rename(other)
    with pytest.raises(SealDoesNotOpen):
        vault.unseal(b"\x01" + (77).to_bytes(4, "big") + b"x" * 80, b"")
    other.rename(path)
    assert opened(cast) == KEY


def test_a_webhook_waits_for_the_service_and_no_try_is_counted(
    cast: Brand, frozen_now: datetime, wrapped: Path, service: Transit, receiver: Receiver
) -> None:
    add_webhook(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[MFG],
        url=receiver.url,
        secret=SECRET,
        now=frozen_now,
    )
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    (delivery,) = deliveries(cast, channel="WEBHOOK")
    service.is_sealed = True
    for minutes in range(0, 20, 2):
        waits = deliver(cast, delivery, frozen_now + timedelta(minutes=minutes))
        assert (waits.state, waits.attempts) == ("WAITING", 0)
        assert "it is sealed" in waits.last_error
    assert receiver.got == []
    service.is_sealed = False
    assert deliver(cast, delivery, frozen_now + timedelta(hours=1)).state == "SENT"
    assert len(receiver.got) == 1


def test_pages_say_that_no_session_can_be_opened(
    cast: Brand, wrapped: Path, service: Transit
) -> None:
    with as_pages(service, wrapped):
        assert Client().get(reverse("account_login")).status_code == 200
        service.is_sealed = True
        # A process that has the keyset already goes on; one that starts now cannot.
        assert Client().get(reverse("account_login")).status_code == 200
        (settings.GLASSBOX_KEYS_FOLDER / "sign-in.json").touch()
        shut = Client().get(reverse("account_login"))
        assert shut.status_code == 503 and "it is sealed" in shut.content.decode()
        service.is_sealed = False
        assert Client().get(reverse("account_login")).status_code == 200


def test_files_made_before_are_wrapped_and_keys_rotate(
    cast: Brand,
    frozen_now: datetime,
    wrapped: Path,
    service: Transit,
    cast_superuser: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service.policies["worker"].add(SIGN_IN_KEY)
    with override_settings(GLASSBOX_KEK_URL=""):
        add(cast, frozen_now)
        sealed = seal_for_sign_in("the secret of a factor", "test")
    facts = facts_of("doctor")
    assert len(facts.plain_key_files) == 2
    assert {"KEK-PLAIN"} <= {one.id for one in problems(facts)}

    assert main(["make-keys", "--only", "vault"]) == 0
    assert main(["make-keys", "--only", "sign-in"]) == 0
    assert capsys.readouterr().out.count("the key service wraps it now") == 2
    assert facts_of("doctor").plain_key_files == ()
    assert not list(wrapped.rglob("*.wrapped"))
    assert opened(cast) == KEY
    assert unseal_for_sign_in(sealed, "test") == "the secret of a factor"

    before = vault.newest_generation()
    done = rotate_vault(actor=system_actor("rotate-keys"), now=frozen_now)
    assert (done.resealed, done.broken, done.destroyed) == (1, (), 1)
    assert vault.newest_generation() != before and opened(cast) == KEY

    service.is_sealed = True
    away = facts_of("doctor")
    assert "it is sealed" in away.kek_away
    assert "KEK-AWAY" in {one.id for one in problems(away)}
