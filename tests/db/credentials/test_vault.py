"""The vault: pages store and never read, rows set back are refused, and keys can be changed at any time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.operations import vault
from glassbox.operations.company import OnlyFromTheMachine
from glassbox.operations.credentials import NotTheLastKey, SealBroken, bound_to, revoke_credential
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.transaction import short_transaction
from glassbox.operations.vault_rotation import rotate_vault
from glassbox.rules.actor import system_actor
from tests.cast import DIST, MFG, person
from tests.db.conftest import Events
from tests.db.credentials.test_keys_at_rest import KEY, add, opened
from tests.db.credentials.vaults import vault_in

TABLE = "metrc_credentials_encrypted"
# Users nobody else has, as the units under deploy/ give each process its own.
PAGES_UID, WORKER_UID = 64_101, 64_102
MACHINE = system_actor("rotate-keys")


@pytest.fixture
def own_vault(tmp_path: Path) -> Iterator[Path]:
    with override_settings(**vault_in(tmp_path)):
        yield tmp_path


def test_a_row_set_back_with_its_version_is_refused(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime
) -> None:
    old = add(cast, frozen_now, "the-first-key-of-ana")
    columns = "sealed_key, version, revoked_at, last_four"
    kept = cast_superuser.execute(f"SELECT {columns} FROM {TABLE} WHERE id = %s", [old]).fetchone()
    assert kept is not None
    new = add(cast, frozen_now)
    assert opened(cast) == KEY

    cast_superuser.execute("DELETE FROM key_tests")
    cast_superuser.execute(f"DELETE FROM {TABLE} WHERE id = %s", [new])
    cast_superuser.execute(
        f"UPDATE {TABLE} SET ({columns}) = (%s, %s, %s, %s) WHERE id = %s", [*kept, old]
    )
    with pytest.raises(NotTheLastKey, match="Treat it as tampering"):
        opened(cast)

    # Neither does the row of the newer key take the older bytes, nor a row that no event knows.
    cast_superuser.execute(f"UPDATE {TABLE} SET id = %s WHERE id = %s", [new, old])
    with pytest.raises(NotTheLastKey):
        opened(cast)
    cast_superuser.execute(f"UPDATE {TABLE} SET version = 2 WHERE id = %s", [new])
    with pytest.raises(SealBroken, match="cannot be opened"):
        opened(cast)
    cast_superuser.execute(f"UPDATE {TABLE} SET id = 99999, version = 1 WHERE id = %s", [new])
    with pytest.raises(NotTheLastKey):
        opened(cast)


def test_a_revoked_key_put_back_is_refused(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime
) -> None:
    key_id = add(cast, frozen_now)
    (sealed,) = cast_superuser.execute(f"SELECT sealed_key FROM {TABLE}").fetchone() or (b"",)
    revoke_credential(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        credential_id=key_id,
        reason="Left the company",
        now=frozen_now,
    )
    cast_superuser.execute(f"UPDATE {TABLE} SET sealed_key = %s, revoked_at = NULL", [sealed])

    with pytest.raises(NotTheLastKey):
        opened(cast)


@pytest.mark.parametrize("moved", ["license_id", "company_id", "user_id", "is_for_sync"])
def test_a_key_moved_to_where_it_was_not_stored_is_refused(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime, moved: str
) -> None:
    add(cast, frozen_now)
    (other,) = cast_superuser.execute("SELECT max(id) FROM companies").fetchone() or (0,)
    value = {
        "license_id": cast.licenses[DIST],
        "company_id": other,
        "user_id": cast.users["Ben"],
        "is_for_sync": True,
    }[moved]
    cast_superuser.execute(f"UPDATE {TABLE} SET {moved} = %s", [value])
    with short_transaction(cast.licenses[DIST if moved == "license_id" else MFG]):
        row = MetrcCredential.objects.get()
        with pytest.raises(SealDoesNotOpen):
            vault.unseal(bytes(row.sealed_key), bound_to(row))


def test_another_environment_opens_nothing(cast: Brand, frozen_now: datetime) -> None:
    add(cast, frozen_now)
    with override_settings(GLASSBOX_ENVIRONMENT="staging"), pytest.raises(SealBroken):
        opened(cast)
    assert opened(cast) == KEY


def _as(uid: int, act: Callable[[], str]) -> str:
    """Do something in a process of another user's, with all our code and settings; return what came."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            said = act()
        except BaseException as error:
            said = f"{type(error).__name__} because of {type(error.__cause__).__name__}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode()


def as_shipped(own_vault: Path) -> Path:
    """Give the folders of a vault the owner and modes we ship; return its private key's file."""
    lines = Path("deploy/tmpfiles.d/glassbox.conf").read_text().splitlines()
    modes = {line.split()[1]: line.split()[2:4] for line in lines if line.startswith("d ")}
    for name, folder in (("vault", own_vault / "vault"), ("public", own_vault / "public")):
        mode, user = modes[f"/var/lib/glassbox/{name}"]
        assert user == "glassbox-worker"
        folder.chmod(int(mode, 8))
        for path in (folder, *folder.iterdir()):
            os.chown(path, WORKER_UID, WORKER_UID)
    for above in own_vault.parents:
        if Path(tempfile.gettempdir()) in above.parents:
            above.chmod(0o755)
    own_vault.chmod(0o755)
    (private,) = vault.private_files()
    return private


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users; CI is root")
def test_the_pages_cannot_open_a_key_even_when_asked_in_their_own_shell(
    own_vault: Path,
) -> None:
    sealed = vault.seal(KEY, b"ana")
    private = as_shipped(own_vault)

    assert _as(WORKER_UID, lambda: vault.unseal(sealed, b"ana")) == KEY
    refused = _as(PAGES_UID, lambda: vault.unseal(sealed, b"ana"))
    assert refused == "SealDoesNotOpen because of PermissionError"
    assert _as(PAGES_UID, private.read_text).startswith("PermissionError")
    assert _as(PAGES_UID, lambda: private.chmod(0o644) or "").startswith("PermissionError")
    # They can store a key all the same.
    stored = _as(PAGES_UID, lambda: vault.seal("another key", b"ben").hex())
    assert _as(WORKER_UID, lambda: vault.unseal(bytes.fromhex(stored), b"ben")) == "another key"


def test_a_rotation_seals_everything_anew_and_destroys_the_old(
    cast: Brand, own_vault: Path, frozen_now: datetime, events: Events
) -> None:
    add(cast, frozen_now)
    add(cast, frozen_now, "the-key-of-ben-himself", "Ben")
    (old,) = vault.private_files()
    copy = old.read_bytes()

    done = rotate_vault(actor=MACHINE, now=frozen_now)

    assert (done.resealed, done.broken, done.destroyed) == (2, (), 1)
    assert not old.exists() and len(vault.private_files()) == 1
    assert (opened(cast), opened(cast, "Ben")) == (KEY, "the-key-of-ben-himself")
    assert len(events("vault.resealed")) == 2
    assert set(events("vault.rotated")) == {"The vault of METRC keys has new keys"}
    # Who had stolen the old private key opens none of today's rows with it.
    vault.private_files()[0].rename(own_vault / "away")
    old.write_bytes(copy)
    with pytest.raises(SealBroken):
        opened(cast)


def test_a_rotation_killed_anywhere_is_finished_by_the_next(
    cast: Brand, own_vault: Path, frozen_now: datetime
) -> None:
    keys = {name: f"the-own-key-of-{name}" for name in ("Ana", "Ben", "Dee")}
    for name, key in keys.items():
        add(cast, frozen_now, key, name)
    (old,) = vault.private_files()
    at = settings.DATABASES["default"]
    url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    environment = {
        **os.environ,
        "GLASSBOX_DATABASE_URL": url,
        **{name: str(value) for name, value in vault_in(own_vault).items()},
    }
    command = [str(Path(sys.executable).parent / "glassbox"), "rotate-keys"]
    for point in ("vault-made", "vault-resealed", "vault-destroyed"):
        killed = subprocess.run(
            command, env={**environment, "GLASSBOX_KILL_AT": point}, timeout=60, check=False
        )
        assert killed.returncode == -9, point
        assert {name: opened(cast, name) for name in keys} == keys

    assert not old.exists()
    again = rotate_vault(actor=MACHINE, now=frozen_now)
    assert (again.resealed, again.destroyed) == (3, 1)
    assert {name: opened(cast, name) for name in keys} == keys


def test_while_one_secret_does_not_open_no_key_is_destroyed(
    cast: Brand, cast_superuser: psycopg.Connection, own_vault: Path, frozen_now: datetime
) -> None:
    add(cast, frozen_now)
    broken = add(cast, frozen_now, "the-key-of-ben-himself", "Ben")
    cast_superuser.execute(f"UPDATE {TABLE} SET version = 9 WHERE id = %s", [broken])

    done = rotate_vault(actor=MACHINE, now=frozen_now)

    assert (done.resealed, done.broken, done.destroyed) == (1, (f"{TABLE} {broken}",), 0)
    assert len(vault.private_files()) == 2
    with pytest.raises(OnlyFromTheMachine):
        rotate_vault(actor=person(cast, "Owen"), now=frozen_now)
