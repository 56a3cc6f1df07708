"""Seal everything in the vault anew for a new pair of keys, and destroy the old; may die anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import AlertWebhook
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import MetrcSubscription
from glassbox.operations import vault
from glassbox.operations.alerts import webhooks
from glassbox.operations.company import require_the_machine
from glassbox.operations.credentials import bound_to as credential_bound_to
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.sync.subscription import bound_to as subscription_bound_to
from glassbox.operations.transaction import operation, short_transaction
from glassbox.rules.actor import Actor


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A table with secrets for the vault, the column, and what its bytes are tied to."""

    table: type[Model]
    column: str
    bound_to: Callable[[Any], bytes]

    def sealed_in(self, row: Any) -> bytes:
        """Return the sealed bytes of a row; none once it is revoked."""
        return bytes(getattr(row, self.column))


@dataclass(frozen=True, kw_only=True)
class Old:
    """A secret as it was when it was looked at, sealed for an older generation."""

    kept: Kept
    row_id: int
    sealed: bytes
    bound_to: bytes


KEPT = (
    Kept(table=MetrcCredential, column="sealed_key", bound_to=credential_bound_to),
    Kept(table=AlertWebhook, column="sealed_secret", bound_to=webhooks.bound_to),
    Kept(
        table=MetrcSubscription,
        column="sealed_token",
        bound_to=lambda row: subscription_bound_to(row.license_id),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """What a rotation did: how many secrets were sealed anew, which do not open, what is gone."""

    resealed: int
    broken: tuple[str, ...]
    destroyed: int


def rotate_vault(*, actor: Actor, now: datetime) -> Rotation:
    """Make a new generation, seal every secret for it, and destroy the older private keys.

    One that died is finished first, without a generation of its own. While a secret does not open,
    nothing is destroyed: with another file back in its place it may.

    :raises OnlyFromTheMachine: if a person asks through a page
    """
    require_the_machine(actor)
    if len(vault.private_files()) <= 1:
        vault.make_generation()
    reach("vault-made")
    resealed, broken = 0, []
    for license_id in access.license_ids_of(actor):
        for old in _old(license_id):
            try:
                _reseal(actor=actor, license_id=license_id, old=old, now=now)
            except SealDoesNotOpen:
                broken.append(f"{old.kept.table._meta.db_table} {old.row_id}")
            else:
                resealed += 1
                reach("vault-resealed")
    newest = vault.private_file(vault.newest_generation())
    ended = [path for path in vault.private_files() if path != newest and not broken]
    for path in ended:
        vault.destroy_generation(path)
        reach("vault-destroyed")
    for license_id in access.license_ids_of(actor):
        _remember(actor=actor, license_id=license_id, destroyed=len(ended), now=now)
    return Rotation(resealed=resealed, broken=tuple(broken), destroyed=len(ended))


def _old(license_id: int) -> Iterator[Old]:
    newest = vault.newest_generation()
    with short_transaction(license_id):
        found = [
            Old(kept=kept, row_id=row.pk, sealed=sealed, bound_to=kept.bound_to(row))
            for kept in KEPT
            for row in kept.table._default_manager.filter(license_id=license_id)
            if (sealed := kept.sealed_in(row)) and vault.generation_of(sealed) != newest
        ]
    yield from found


def _reseal(*, actor: Actor, license_id: int, old: Old, now: datetime) -> None:
    """Seal one secret anew: outside a transaction, for a key service may be silent for seconds.

    :raises SealDoesNotOpen: if it does not open
    """
    sealed = vault.seal(vault.unseal(old.sealed, old.bound_to), old.bound_to)
    _put(actor=actor, license_id=license_id, old=old, sealed=sealed, now=now)


@operation
def _put(*, actor: Actor, license_id: int, old: Old, sealed: bytes, now: datetime) -> None:
    """Keep what was sealed anew, unless the secret was revoked or is another one by now."""
    require_the_machine(actor)
    rows = old.kept.table._default_manager.select_for_update()
    row = rows.filter(pk=old.row_id, license_id=license_id).first()
    if row is None or (old.kept.sealed_in(row), old.kept.bound_to(row)) != (
        old.sealed,
        old.bound_to,
    ):
        return
    setattr(row, old.kept.column, sealed)
    row.save(update_fields=[old.kept.column])
    ledger.append(
        type=EventType.VAULT_RESEALED,
        subject=f"{old.kept.table._meta.db_table}:{old.row_id}",
        actor=actor,
        reason="Sealed anew for the vault's new keys",
        now=now,
    )


@operation
def _remember(*, actor: Actor, license_id: int, destroyed: int, now: datetime) -> None:
    require_the_machine(actor)
    ledger.append(
        type=EventType.VAULT_ROTATED,
        subject=f"license:{license_id}",
        actor=actor,
        reason="The vault of METRC keys has new keys",
        body={"destroyed": destroyed},
        now=now,
    )
