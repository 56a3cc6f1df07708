"""METRC keys at rest: sealed when they come in, opened only for one session with METRC."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import RoleGrant, User
from glassbox.models.takeover import KeyTest, KeyTestState
from glassbox.operations import queue
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.transaction import operation
from glassbox.operations.vault import seal, unseal
from glassbox.operations.wrapping_keys import KeyServiceAway
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

SHORTEST_KEY = 8


class NoKey(Refused):
    """There is no METRC key of this person at this licence."""

    code = "credential.missing"


class SealBroken(NoKey):
    """A sealed key does not open: it was moved or altered, or the vault is another."""

    code = "credential.seal-broken"


class VaultShut(NoKey):
    """The key service that wraps the vault's keys opens none now; it will again."""

    code = "credential.vault-shut"


class NotTheLastKey(SealBroken):
    """The row of a key is not what the ledger last said of it: it was put back or changed by hand."""

    code = "credential.not-the-last"


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
    for replaced in earlier.filter(revoked_at__isnull=True):
        _destroy(replaced, actor, "Another key took its place", now)
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
    credential.sealed_key = seal(user_key.strip(), bound_to(credential))
    credential.save()
    ledger.append(
        type=EventType.CREDENTIAL_ADDED,
        subject=f"credential:{credential.pk}",
        actor=actor,
        reason=f"The METRC key of {owner_name} was stored",
        body={"version": version, "is_for_sync": is_for_sync, "user": user_id},
        now=now,
    )
    if not actor.is_system:
        # Whoever types a key is told soon whether METRC takes it, and what it may do.
        test_soon_in_transaction(credential=credential, asked_by_id=actor.user_id, now=now)
    return credential.pk


def test_soon_in_transaction(
    *, credential: MetrcCredential, asked_by_id: int | None, now: datetime
) -> int:
    """Ask the worker, which alone opens the vault, to test a key; return the test to follow."""
    test, _ = KeyTest.objects.get_or_create(
        license_id=credential.license_id,
        credential=credential,
        state=KeyTestState.WAITING,
        defaults={
            "company_id": credential.company_id,
            "asked_by_id": asked_by_id,
            "asked_at": now,
        },
    )
    queue.defer(
        queue.JobName.TEST_KEY,
        once=f"test-key:{test.pk}",
        license_id=credential.license_id,
        key_test_id=test.pk,
    )
    return test.pk


@operation
def revoke_credential(
    *, actor: Actor, license_id: int, credential_id: int, reason: str, now: datetime
) -> None:
    """Take a key out of use and destroy its sealed bytes.

    :raises NotFound: if this licence has no such key in use
    """
    access.require(actor, Permission.CREDENTIAL_MANAGE, license_id=license_id)
    credential = (
        MetrcCredential.objects.select_for_update()
        .filter(id=credential_id, license_id=license_id, revoked_at__isnull=True)
        .first()
    )
    if credential is None:
        raise NotFound("There is no such METRC key in use here.")
    _destroy(credential, actor, reason, now)


def _destroy(credential: MetrcCredential, actor: Actor, reason: str, now: datetime) -> None:
    credential.revoked_at, credential.sealed_key = now, b""
    credential.save(update_fields=["revoked_at", "sealed_key"])
    ledger.append(
        type=EventType.CREDENTIAL_REVOKED,
        subject=f"credential:{credential.pk}",
        actor=actor,
        reason=reason,
        body={"version": credential.version},
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


def find_key_in_transaction(license_id: int, *, user_id: int | None) -> MetrcCredential:
    """Return a person's key, or with no person the licence's key for reading, still sealed.

    :raises NoKey: if none is in use
    :raises NotTheLastKey: if the ledger tells of a later version, of a revocation, or of no such key
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
    if not _is_the_last(found):
        raise NotTheLastKey(
            f"The row of the METRC key of {found.owner_name} is not the one that the ledger tells of. "
            "Treat it as tampering (docs/operating/runbooks.md), then store the key again."
        )
    return found


def open_key(found: MetrcCredential) -> str:
    """Return a key in the clear, for one session with METRC.

    A key service may have to be asked for it: no transaction may be open around this.

    :raises SealBroken: if the sealed bytes are not those of this row, or the vault is another
    :raises VaultShut: if a key service wraps the vault's keys, and opens none now
    """
    try:
        return unseal(bytes(found.sealed_key), bound_to(found))
    except KeyServiceAway as away:
        raise VaultShut(f"METRC keys cannot be opened. {away.message}") from away
    except SealDoesNotOpen as error:
        raise SealBroken(
            f"The METRC key of {found.owner_name} cannot be opened with the vault of this installation. "
            "Store the key again on the company page."
        ) from error


def _is_the_last(credential: MetrcCredential) -> bool:
    """Return whether the ledger, which nobody can set back, knows this version as the one in use."""
    events = ComplianceEvent.objects.filter(
        license_id=credential.license_id,
        subject=f"credential:{credential.pk}",
        type__in=(EventType.CREDENTIAL_ADDED, EventType.CREDENTIAL_REVOKED),
    )
    last = events.order_by("-ts", "-event_id").first()
    if last is None or last.type != EventType.CREDENTIAL_ADDED:
        return False
    return bool(last.record["body"]["version"] == credential.version)


def bound_to(credential: MetrcCredential) -> bytes:
    """Return what the sealed bytes are tied to: moved to another row, they no longer open."""
    kind = "sync" if credential.is_for_sync else f"user:{credential.user_id}"
    return (
        f"cred/v1|{settings.GLASSBOX_ENVIRONMENT}|{credential.company_id}"
        f"|{credential.license_id}|{kind}|{credential.version}"
    ).encode()
