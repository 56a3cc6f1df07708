"""A change of algorithms, rehearsed: what the old one sealed still opens, what is new is of the new one."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
import tink
from django.conf import settings
from django.test import override_settings
from tink import aead, hybrid, secret_key_access

from glassbox.cli.demo_brand import Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.operations import vault
from glassbox.operations.sealing import SealDoesNotOpen, seal_for_sign_in, unseal_for_sign_in
from glassbox.operations.transaction import short_transaction
from glassbox.operations.vault_rotation import rotate_vault
from glassbox.rules.actor import system_actor
from tests.cast import MFG
from tests.db.credentials.test_keys_at_rest import KEY, add, opened
from tests.db.credentials.vaults import vault_in

MACHINE = system_actor("rotate-keys")


def keyset(template: object) -> dict[str, object]:
    handle = tink.new_keyset_handle(template)
    found: dict[str, object] = json.loads(
        tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    )
    return found


def keys_of(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text())["key"]
    return found


def test_the_pages_change_their_cipher_and_lose_nothing(tmp_path: Path) -> None:
    with override_settings(**vault_in(tmp_path)):
        old = seal_for_sign_in("a secret of the old cipher", "factor")
        path = Path(settings.GLASSBOX_KEYS_FOLDER) / "sign-in.json"
        before = json.loads(path.read_text())
        added = keyset(aead.aead_key_templates.XCHACHA20_POLY1305)
        # docs/security.md, Keys and ciphers: the new key is the primary one, the old one stays.
        both = {**added, "key": [*before["key"], *added["key"]]}  # type: ignore[misc]
        path.write_text(json.dumps(both))

        new = seal_for_sign_in("a secret of the new cipher", "factor")

        assert len({str(one["keyData"]["typeUrl"]) for one in keys_of(path)}) == 2  # type: ignore[index]
        assert unseal_for_sign_in(old, "factor") == "a secret of the old cipher"
        assert unseal_for_sign_in(new, "factor") == "a secret of the new cipher"
        # Each sealed text begins with the number of the key that sealed it.
        assert old[1:5] != new[1:5]
        path.write_text(json.dumps(added))
        assert unseal_for_sign_in(new, "factor") == "a secret of the new cipher"
        with pytest.raises(SealDoesNotOpen):
            unseal_for_sign_in(old, "factor")


def test_the_vault_changes_its_cipher_by_a_rotation(
    cast: Brand, frozen_now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(**vault_in(tmp_path)):
        key_id = add(cast, frozen_now)
        sealed_before = sealed(cast, key_id)
        other = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_CHACHA20_POLY1305
        monkeypatch.setattr(vault, "TEMPLATE", other)

        done = rotate_vault(actor=MACHINE, now=frozen_now)

        assert done.resealed >= 1 and done.broken == ()
        assert sealed(cast, key_id) != sealed_before
        assert opened(cast) == KEY
        (left,) = vault.private_files()
        assert len(keys_of(left)) == 1


def sealed(brand: Brand, key_id: int) -> bytes:
    with short_transaction(brand.licenses[MFG]):
        return bytes(MetrcCredential.objects.get(id=key_id).sealed_key)
