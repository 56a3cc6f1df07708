"""METRC keys at rest: sealed when they come in, opened only for one session with METRC."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import RoleGrant, User
from glassbox.operations.sealing import SealDoesNotOpen, seal, unseal
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

SHORTEST_KEY = 8


class NoKey(Refused):
    """There is no METRC key of this person at this licence."""

    code = "credential.missing"


class SealBroken(NoKey):
    """A sealed key does not open: it was moved or altered, or the keyset is another."""

    code = "credential.seal-broken"


@operation
def add_credential(
    *,
    actor: Actor,
    license_id: int,
    user_id: int | None,
    owner_name: str,
    user_key: str,
    is_for_sync: bool,
    now: datetime,
) -> int:
    """Seal a METRC user key; an earlier one of the same person or purpose is revoked.

    :raises InvalidInput: if the key is blank or too short to be one, or is nobody's
    :raises NotFound: if the person holds no role at this licence
    """
    if not actor.is_system:
        access.require(actor, Permission.CREDENTIAL_MANAGE, license_id=license_id)
    _check_owner(license_id, user_id, is_for_sync)
    if len(user_key.strip()) < SHORTEST_KEY:
        raise InvalidInput(
            field="METRC key", value="(not shown)", way_out="Paste the whole key from METRC."
        )
    license = License.objects.get(id=license_id)
    earlier = MetrcCredential.objects.select_for_update().filter(
        license_id=license_id, is_for_sync=is_for_sync
    )
    if user_id is not None and not is_for_sync:
        earlier = earlier.filter(user_id=user_id)
    # Also above the revoked ones: no two keys are ever sealed to the same words.
    version = 1 + max((credential.version for credential in earlier), default=0)
    earlier.filter(revoked_at__isnull=True).update(revoked_at=now, sealed_key=b"")
    credential = MetrcCredential(
        company_id=license.company_id,
        license_id=license_id,
        user_id=user_id,
        owner_name=owner_name,
        is_for_sync=is_for_sync,
        last_four=user_key.strip()[-4:],
        version=version,
        added_at=now,
    )
    credential.sealed_key = seal(user_key.strip(), _bound_to(credential))
    credential.save()
    ledger.append(
        type=EventType.CREDENTIAL_ADDED,
        subject=f"credential:{credential.pk}",
        actor=actor,
        reason=f"The METRC key of {owner_name} was stored",
        body={"version": version, "is_for_sync": is_for_sync, "user": user_id},
        now=now,
    )
    return credential.pk


@operation
def revoke_credential(
    *, actor: Actor, license_id: int, credential_id: int, reason: str, now: datetime
) -> None:
    """Take a key out of use and destroy its sealed bytes.

    :raises NotFound: if this licence has no such key in use
    """
    access.require(actor, Permission.CREDENTIAL_MANAGE, license_id=license_id)
    changed = MetrcCredential.objects.filter(
        id=credential_id, license_id=license_id, revoked_at__isnull=True
    ).update(revoked_at=now, sealed_key=b"")
    if not changed:
        raise NotFound("There is no such METRC key in use here.")
    ledger.append(
        type=EventType.CREDENTIAL_REVOKED,
        subject=f"credential:{credential_id}",
        actor=actor,
        reason=reason,
        now=now,
    )


def _check_owner(license_id: int, user_id: int | None, is_for_sync: bool) -> None:
    if user_id is None and not is_for_sync:
        raise InvalidInput(
            field="owner", value="nobody", way_out="Say whose key it is, or that it is for reading."
        )
    if user_id is not None:
        grants = RoleGrant.objects.filter(license_id=license_id, user_id=user_id)
        if not grants.exists():
            raise NotFound("There is no such person at this licence.")


def open_key_in_transaction(license_id: int, *, user_id: int | None) -> tuple[MetrcCredential, str]:
    """Return a person's key, or with no person the licence's key for reading, in the clear.

    :raises NoKey: if none is in use
    :raises SealBroken: if the sealed bytes are not those of this row, or the keyset is another
    """
    keys = MetrcCredential.objects.filter(license_id=license_id, revoked_at__isnull=True)
    found = (
        keys.filter(is_for_sync=True)
        if user_id is None
        else keys.filter(user_id=user_id, is_for_sync=False)
    ).first()
    if found is None:
        who = "for reading" if user_id is None else f"of {User.objects.get(id=user_id).name}"
        raise NoKey(f"No METRC key {who} is stored at this licence. Store one on the company page.")
    try:
        return found, unseal(bytes(found.sealed_key), _bound_to(found))
    except SealDoesNotOpen as error:
        raise SealBroken(
            f"The METRC key of {found.owner_name} cannot be opened with this installation's keyset. "
            "Store the key again on the company page."
        ) from error


def _bound_to(credential: MetrcCredential) -> bytes:
    """Return what the sealed bytes are tied to: moved to another row, they no longer open."""
    kind = "sync" if credential.is_for_sync else f"user:{credential.user_id}"
    return (
        f"cred/v1|{settings.GLASSBOX_ENVIRONMENT}|{credential.company_id}"
        f"|{credential.license_id}|{kind}|{credential.version}"
    ).encode()
