"""METRC keys are sealed to their row, shown to nobody, and taken out of use whole."""

from __future__ import annotations

import json
import stat
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from glassbox.access import NotPermitted
from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.operations import vault
from glassbox.operations.credentials import (
    NoKey,
    SealBroken,
    add_credential,
    find_key_in_transaction,
    open_key,
    revoke_credential,
)
from glassbox.operations.sealing import seal_for_sign_in
from glassbox.operations.transaction import short_transaction
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from tests.cast import DIST, MFG, person
from tests.db.credentials.vaults import vault_in

KEY = "a-very-secret-user-key-of-ana"


def add(brand: Brand, now: datetime, key: str = KEY, name: str = "Ana") -> int:
    return add_credential(
        actor=person(brand, "Owen"),
        license_id=brand.licenses[MFG],
        user_id=brand.users[name],
        owner_name=name,
        user_key=key,
        is_for_sync=False,
        now=now,
    )


def opened(brand: Brand, name: str = "Ana", number: str = MFG) -> str:
    with short_transaction(brand.licenses[number]):
        found = find_key_in_transaction(brand.licenses[number], user_id=brand.users[name])
    return open_key(found)


def test_a_key_comes_back_as_it_went_in_and_is_nowhere_in_the_clear(
    cast: Brand, frozen_now: datetime
) -> None:
    add(cast, frozen_now, f"  {KEY}  ")

    assert opened(cast) == KEY
    with short_transaction(cast.licenses[MFG]):
        row = MetrcCredential.objects.get()
        assert KEY.encode() not in bytes(row.sealed_key)
        assert KEY not in repr(row) + str(row.__dict__)
        events = [event.record for event in ComplianceEvent.objects.all()]
        openings = list(AuditOpening.objects.values())
    assert KEY not in repr(events) + repr(openings)
    (private,) = vault.private_files()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700


def test_a_new_key_takes_the_place_of_the_old_one(cast: Brand, frozen_now: datetime) -> None:
    old = add(cast, frozen_now)
    add(cast, frozen_now, "another-secret-key")

    assert opened(cast) == "another-secret-key"
    with short_transaction(cast.licenses[MFG]):
        row = MetrcCredential.objects.get(id=old)
        assert row.revoked_at == frozen_now and bytes(row.sealed_key) == b""


def test_versions_go_on_above_revoked_keys(cast: Brand, frozen_now: datetime) -> None:
    first = add(cast, frozen_now)
    revoke_credential(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        credential_id=first,
        reason="Left the company",
        now=frozen_now,
    )
    second = add(cast, frozen_now)

    with short_transaction(cast.licenses[MFG]):
        assert MetrcCredential.objects.get(id=second).version == 2


def test_sealed_bytes_in_another_row_do_not_open(cast: Brand, frozen_now: datetime) -> None:
    anas = add(cast, frozen_now)
    bens = add(cast, frozen_now, "the-key-of-ben-himself", "Ben")
    with short_transaction(cast.licenses[MFG]):
        sealed = MetrcCredential.objects.get(id=anas).sealed_key
        MetrcCredential.objects.filter(id=bens).update(sealed_key=sealed)

    with pytest.raises(SealBroken, match="key of Ben cannot be opened"):
        opened(cast, "Ben")
    assert opened(cast, "Ana") == KEY


def test_a_revoked_key_is_gone(cast: Brand, frozen_now: datetime) -> None:
    credential_id = add(cast, frozen_now)
    revoke_credential(
        actor=person(cast, "Owen"),
        license_id=cast.licenses[MFG],
        credential_id=credential_id,
        reason="Left the company",
        now=frozen_now,
    )

    with pytest.raises(NoKey, match="No METRC key of Ana"):
        opened(cast)
    with pytest.raises(NotFound):
        revoke_credential(
            actor=person(cast, "Owen"),
            license_id=cast.licenses[MFG],
            credential_id=credential_id,
            reason="Again",
            now=frozen_now,
        )


def test_who_does_not_manage_keys_stores_none(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(NotPermitted):
        add_credential(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            user_id=cast.users["Ana"],
            owner_name="Ana",
            user_key=KEY,
            is_for_sync=False,
            now=frozen_now,
        )
    with pytest.raises(NotFound):
        add_credential(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[DIST],
            user_id=None,
            owner_name="Sync",
            user_key=KEY,
            is_for_sync=True,
            now=frozen_now,
        )


@pytest.mark.parametrize(
    ("user", "key"), [("Ana", "short"), ("Ana", "   "), ("nobody", KEY), ("Nell", KEY)]
)
def test_a_key_that_is_none_or_nobodys_is_refused_without_showing_it(
    cast: Brand, frozen_now: datetime, user: str, key: str
) -> None:
    with pytest.raises((InvalidInput, NotFound)) as refusal:
        add_credential(
            actor=person(cast, "Owen"),
            license_id=cast.licenses[MFG],
            user_id=cast.users.get(user),
            owner_name=user,
            user_key=key,
            is_for_sync=False,
            now=frozen_now,
        )

    assert KEY not in refusal.value.message


def test_production_never_makes_a_vault_by_itself(
    cast: Brand, frozen_now: datetime, tmp_path: Path
) -> None:
    with (
        override_settings(**vault_in(tmp_path), IS_PRODUCTION=True),
        pytest.raises(Refused, match="is missing"),
    ):
        add(cast, frozen_now)
    assert not list(tmp_path.iterdir())


def test_what_seals_is_of_the_standards_and_never_twice_the_same() -> None:
    vault.seal(KEY, b"ana")
    seal_for_sign_in(KEY, "factor")
    kinds = {
        one["keyData"]["typeUrl"].rpartition(".")[2]
        for path in (*vault.private_files(), Path(settings.GLASSBOX_KEYS_FOLDER) / "sign-in.json")
        for one in json.loads(path.read_text())["key"]
    }

    assert kinds == {"HpkePrivateKey", "AesGcmKey"}, kinds
    # A nonce, or the pair of keys it comes from, is drawn anew for each text.
    assert len({vault.seal(KEY, b"ana") for _ in range(200)}) == 200
    assert len({seal_for_sign_in(KEY, "factor")[:17] for _ in range(200)}) == 200
