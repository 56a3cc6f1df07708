"""Recovery codes as the database keeps them: a salted hash of each unused one."""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth
from django.contrib.auth.hashers import check_password, make_password

from glassbox.operations.transaction import unscoped_operation

HASHES, SEED = "hashes", "seed"
# allauth's own, which keeps a sealed seed from which every code can be made again.
Sealed: Any = auth.RecoveryCodes


def hashed(codes: list[str]) -> dict[str, list[str]]:
    """Return codes as the database keeps them."""
    return {HASHES: [make_password(one) for one in codes]}


@unscoped_operation
def spend_recovery_code(*, user_id: int, code: str) -> bool:
    """Spend a code of a person; return whether it was an unused one."""
    # What is typed may be an app's code too: ten slow hashes are not computed for it.
    if len(code.strip()) != app_settings.RECOVERY_CODE_DIGITS:
        return False
    instance = _held(user_id)
    if instance is None:
        return False
    hashes: list[str] = instance.data[HASHES]
    found = next((one for one in hashes if check_password(code.strip(), one)), None)
    if found is None:
        return False
    hashes.remove(found)
    instance.save(update_fields=["data"])
    return True


@unscoped_operation
def hash_old_codes(*, user_id: int) -> None:
    """Hash the unused codes of a person who was given a seed, and forget it; else do nothing."""
    _held(user_id)


def _held(user_id: int) -> Authenticator | None:
    """Return a person's codes, locked, and hashed if they were not."""
    held = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.RECOVERY_CODES)
    instance = held.select_for_update().first()
    if instance is not None and SEED in instance.data:
        instance.data = hashed(Sealed(instance).get_unused_codes())
        instance.save(update_fields=["data"])
    return instance
