"""Open companies and licences, add people, know other licensees, receive tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.catalog import Counterparty, Tag, TagStatus
from glassbox.models.companies import Company, License, LicenseKind
from glassbox.models.people import User
from glassbox.operations.transaction import (
    enter_license_in_transaction,
    operation,
    unscoped_operation,
)
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

TAGS_AT_MOST = 10_000
LICENSE_KINDS = tuple(kind.value for kind in LicenseKind)
TAG = re.compile(r"[A-Z0-9]{15}[0-9]{9}")


class OnlyFromTheMachine(Refused):
    """A company is opened by who runs the installation, from its command line."""

    code = "company.only-from-the-machine"


def require_the_machine(actor: Actor) -> None:
    """Refuse whoever is not the command line of the installation.

    :raises OnlyFromTheMachine: if a person asks through a page
    """
    if not actor.is_system:
        raise OnlyFromTheMachine("Only the command line of the installation may do this.")


@unscoped_operation
def open_company(*, actor: Actor, name: str, now: datetime) -> int:
    """Open a company, the holder of licences.

    :raises OnlyFromTheMachine: if a person asks through a page
    """
    require_the_machine(actor)
    company = Company.objects.create(name=name, created_at=now)
    ledger.append(
        type=EventType.COMPANY_OPENED,
        subject=f"company:{company.pk}",
        actor=actor,
        reason=f"{name} was opened",
        now=now,
    )
    return company.pk


@unscoped_operation
def open_license(
    *,
    actor: Actor,
    company_id: int,
    number: str,
    kind: str,
    legal_name: str,
    sync_from: datetime,
    time_zone: str = "America/Los_Angeles",
    now: datetime,
) -> int:
    """Open a licence of a company; METRC is read back to `sync_from` and no further.

    :raises OnlyFromTheMachine: if a person asks through a page
    :raises InvalidInput: if the kind is none we know
    """
    require_the_machine(actor)
    if kind not in set(LicenseKind):
        raise InvalidInput(field="kind", value=kind, way_out=f"Use {', '.join(LicenseKind)}.")
    license = License.objects.create(
        company_id=company_id,
        number=number,
        kind=kind,
        legal_name=legal_name,
        sync_from=sync_from,
        time_zone=time_zone,
        created_at=now,
    )
    enter_license_in_transaction(license.pk)
    ledger.append(
        type=EventType.LICENSE_OPENED,
        subject=f"license:{license.pk}",
        actor=actor,
        reason=f"Licence {number} was opened",
        now=now,
    )
    return license.pk


@unscoped_operation
def add_user(
    *, actor: Actor, company_id: int, email: str, name: str, password: str | None, now: datetime
) -> int:
    """Add a person; what they may do is granted licence by licence. Without a password nobody
    signs in as them.

    :raises OnlyFromTheMachine: if a person asks through a page
    :raises InvalidInput: if somebody has that e-mail already
    """
    require_the_machine(actor)
    if User.objects.filter(email__iexact=email).exists():
        raise InvalidInput(field="e-mail", value=email, way_out="Somebody has it; use another.")
    user = User.objects.create(
        company_id=company_id,
        email=email,
        name=name,
        password=make_password(password),
        created_at=now,
    )
    ledger.append(
        type=EventType.USER_ADDED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason="A person was added",
        now=now,
    )
    return user.pk


@operation
def add_counterparty(
    *,
    actor: Actor,
    license_id: int,
    license_number: str,
    name: str,
    kind: str,
    is_active: bool,
    now: datetime,
) -> int:
    """Add another licensee, with what the check of its licence showed.

    :raises InvalidInput: if the kind is none we know
    """
    if not actor.is_system:
        access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    if kind not in set(LicenseKind):
        raise InvalidInput(field="kind", value=kind, way_out=f"Use {', '.join(LicenseKind)}.")
    license = License.objects.get(id=license_id)
    counterparty, _ = Counterparty.objects.update_or_create(
        license=license,
        license_number=license_number,
        defaults={
            "company_id": license.company_id,
            "name": name,
            "kind": kind,
            "is_active": is_active,
            "checked_at": now,
        },
    )
    ledger.append(
        type=EventType.COUNTERPARTY_CHECKED,
        subject=f"counterparty:{counterparty.pk}",
        actor=actor,
        reason=f"The licence {license_number} was checked",
        body={"is_active": is_active},
        now=now,
    )
    return counterparty.pk


@operation
def receive_tags(*, actor: Actor, license_id: int, labels: Sequence[str], now: datetime) -> int:
    """Take tags into our own ledger of tags; return how many are new.

    :raises InvalidInput: naming the first that is no tag
    """
    if not actor.is_system:
        access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    if len(labels) > TAGS_AT_MOST:
        raise InvalidInput(
            field="tags", value=f"{len(labels)} tags", way_out=f"At most {TAGS_AT_MOST:,}."
        )
    for label in labels:
        if not TAG.fullmatch(label):
            raise InvalidInput(
                field="tags", value=label, way_out="A tag has 24 characters, the last 9 digits."
            )
    license = License.objects.get(id=license_id)
    known = set(Tag.objects.filter(license=license).values_list("label", flat=True))
    fresh = [label for label in dict.fromkeys(labels) if label not in known]
    Tag.objects.bulk_create(
        Tag(
            company_id=license.company_id,
            license=license,
            label=label,
            status=TagStatus.RECEIVED,
            received_at=now,
        )
        for label in fresh
    )
    if fresh:
        ledger.append(
            type=EventType.TAG_RECEIVED,
            subject=f"license:{license_id}",
            actor=actor,
            reason=f"{len(fresh)} tags were received",
            body={"count": len(fresh), "first": fresh[0], "last": fresh[-1]},
            now=now,
        )
    return len(fresh)


@operation
def check_counterparty(
    *, actor: Actor, license_id: int, license_number: str, is_active: bool, now: datetime
) -> None:
    """Record what a new look at another licensee's licence showed.

    :raises NotFound: if it is none of our counterparties
    """
    access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    counterparty = (
        Counterparty.objects.select_for_update()
        .filter(license_id=license_id, license_number=license_number)
        .first()
    )
    if counterparty is None:
        raise NotFound(f"{license_number} is none of our counterparties; add it first.")
    counterparty.is_active, counterparty.checked_at = is_active, now
    counterparty.save(update_fields=["is_active", "checked_at"])
    ledger.append(
        type=EventType.COUNTERPARTY_CHECKED,
        subject=f"counterparty:{counterparty.pk}",
        actor=actor,
        reason=f"The licence {license_number} was checked",
        body={"is_active": is_active},
        now=now,
    )


@operation
def mark_tag_damaged(
    *, actor: Actor, license_id: int, label: str, reason: str, now: datetime
) -> None:
    """Take a tag out of use that cannot be put on a package any more.

    :raises NotFound: if we never received it
    :raises InvalidInput: if a package has it, or no reason is given
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what happened to the tag.")
    tag = Tag.objects.select_for_update().filter(license_id=license_id, label=label).first()
    if tag is None:
        raise NotFound("There is no such tag in our ledger of tags.")
    if tag.status != TagStatus.RECEIVED:
        raise InvalidInput(
            field="label", value=label, way_out=f"It is {tag.status.lower()} already."
        )
    tag.status = TagStatus.DAMAGED
    tag.save(update_fields=["status"])
    ledger.append(
        type=EventType.TAG_DAMAGED,
        subject=f"tag:{label}",
        actor=actor,
        reason=reason.strip(),
        state_before=TagStatus.RECEIVED,
        state_after=TagStatus.DAMAGED,
        now=now,
    )


def tag_range(first: str, count: int) -> tuple[str, ...]:
    """Return the labels of a roll of tags from its first on, as METRC ships them.

    :raises InvalidInput: if the first is no tag, or the roll would run over its nine digits
    """
    if not TAG.fullmatch(first):
        raise InvalidInput(
            field="first", value=first, way_out="A tag has 24 characters, the last 9 digits."
        )
    start = int(first[15:])
    if not 1 <= count <= TAGS_AT_MOST or start + count > 1_000_000_000:
        raise InvalidInput(
            field="count", value=count, way_out=f"Receive 1 to {TAGS_AT_MOST:,} tags at a time."
        )
    return tuple(f"{first[:15]}{number:09d}" for number in range(start, start + count))


def receive_tag_roll(
    *, actor: Actor, license_id: int, first: str, count: int, now: datetime
) -> int:
    """Take a roll of consecutive tags into our own ledger of tags; return how many are new.

    :raises InvalidInput: naming what is wrong with the first tag or the count
    """
    return receive_tags(actor=actor, license_id=license_id, labels=tag_range(first, count), now=now)
