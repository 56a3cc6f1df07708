"""Key files wrapped by a key of AWS KMS: signed calls, tied to their place, and an outage loses nothing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.cli.start_check import facts_of
from glassbox.config.logs import json_formatter
from glassbox.operations import vault
from glassbox.operations.credentials import SealBroken, VaultShut
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.wrapping_keys import SECONDS
from glassbox.rules.installation import problems
from tests.db.credentials.test_keys_at_rest import KEY, add, opened
from tests.db.credentials.vaults import vault_in
from tests.kms import Kms, environment_of, kms, settings_for

ALIAS = "glassbox-dev-vault"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    """AWS KMS with the worker's key, and the worker's settings and credentials."""
    with kms() as running:
        running.add_key(ALIAS, "worker")
        running.add_key("glassbox-dev-sign-in", "pages")
        become(monkeypatch, running, "worker")
        with override_settings(**vault_in(tmp_path), **settings_for(running)):
            yield running


def become(monkeypatch: pytest.MonkeyPatch, service: Kms, user: str) -> None:
    for name, value in environment_of(service, user).items():
        monkeypatch.setenv(name, value)


def test_what_kms_wraps_opens_again_where_it_belongs_and_lies_nowhere_in_the_clear(
    cast: Brand, frozen_now: datetime, service: Kms, tmp_path: Path, caplog: Any
) -> None:
    # The library says bodies of requests and answers at this level.
    caplog.set_level(logging.DEBUG)
    add(cast, frozen_now)
    assert opened(cast) == KEY

    (path,) = vault.private_files()
    verbs = [verb for verb, _ in service.asked]
    assert verbs[0] == "Encrypt" and set(verbs[1:]) == {"Decrypt"}
    tied = f"keyset/v1|dev|{path.name}".encode().hex()
    assert all(context == {"associatedData": tied} for _, context in service.asked)
    (plain,) = service.wrapped
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert "encryptedKeyset" in path.read_text() and "keyData" not in path.read_text()
    assert plain[-24:] not in written
    with override_settings(GLASSBOX_ENVIRONMENT="staging"), pytest.raises(SealBroken):
        opened(cast)
    other = vault.private_file(77)
    path.rename(other)
    with pytest.raises(SealDoesNotOpen):
        vault.unseal(b"\x01" + (77).to_bytes(4, "big") + b"x" * 80, b"")
    other.rename(path)
    assert any(record.name.startswith("botocore") for record in caplog.records)
    said = "".join(json_formatter().format(record) for record in caplog.records)
    assert "associatedData" not in said and tied not in said
    assert facts_of("worker").kek_away == ""


def test_each_process_uses_its_own_key_and_a_revoked_one_shuts_the_vault(
    cast: Brand, frozen_now: datetime, service: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(cast, frozen_now)
    assert opened(cast) == KEY
    service.policies["worker"].clear()
    with pytest.raises(VaultShut, match=f"AccessDeniedException: a policy .*decrypt.*{ALIAS}"):
        opened(cast)
    become(monkeypatch, service, "pages")
    with pytest.raises(VaultShut, match="AccessDeniedException"):
        opened(cast)
    service.policies["worker"].add(ALIAS)
    # Credentials are read anew after a refusal: nothing has to be started again.
    become(monkeypatch, service, "worker")
    assert opened(cast) == KEY


def test_an_outage_is_said_within_seconds_by_process_and_doctor(
    cast: Brand, frozen_now: datetime, service: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(cast, frozen_now)
    service.is_away = True
    with pytest.raises(VaultShut, match="answered KMSInternalException"):
        opened(cast)
    away = facts_of("worker")
    assert "KMSInternalException" in away.kek_away
    assert "KEK-AWAY" in {one.id for one in problems(away)}
    service.is_away = False
    service.delay_seconds = SECONDS
    began = time.monotonic()
    with pytest.raises(VaultShut, match=r"does not answer \(ReadTimeoutError\).*nothing is lost"):
        opened(cast)
    assert time.monotonic() - began < SECONDS
    service.delay_seconds = 0.0
    service.secrets["worker"] = "rotated behind our back"
    with pytest.raises(VaultShut, match="InvalidSignatureException"):
        opened(cast)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(VaultShut, match="NoCredentialsError"):
        opened(cast)
    become(monkeypatch, service, "worker")
    assert opened(cast) == KEY


def test_a_missing_library_is_said_and_hosts_must_be_listed(
    cast: Brand, frozen_now: datetime, service: Kms, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(cast, frozen_now)
    with override_settings(GLASSBOX_KEK_ENDPOINT=""):
        facts = facts_of("doctor")
        assert facts.kek_url == "https://kms.us-west-2.amazonaws.com"
        assert "kms.us-west-2.amazonaws.com" in facts.unlisted_hosts
    with override_settings(GLASSBOX_KEK_ENDPOINT="http://kms.example"):
        assert "KEK-TLS" in {one.id for one in problems(facts_of("doctor"))}
        monkeypatch.setitem(sys.modules, "botocore.session", None)
        with pytest.raises(VaultShut, match=r"Install requirements/aws\.txt"):
            opened(cast)
