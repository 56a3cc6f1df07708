"""Hints: somebody says that packages changed. They are noted, and METRC itself is then read."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from django.db.models import F

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.packages import Package
from glassbox.models.sync import HintSource, MetrcSubscription, PackageHint
from glassbox.operations import queue
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

# A hint of more than these is one to read every list of packages; the labels are then not kept.
LABELS_AT_MOST = 50
LABEL_CHARACTERS = 40
# What waits to be read; more says nothing more than that the lists are to be read.
WAITING_AT_MOST = 500
# Stands for "something changed" where a hint names no package that could be read.
ANY_PACKAGE = "*"


@operation
def receive_hint(*, actor: Actor, license_id: int, token: str, body: bytes, now: datetime) -> None:
    """Note what METRC's webhook says has changed. Nothing in it is believed.

    The token in the address is the only proof of the sender: METRC signs nothing. A body that
    makes no sense is a hint too, for somebody who knows the token wants to tell something. The
    timetable queues the read, at most one at a time, so that a flood costs no more than one.

    :raises NotFound: if there is no such subscription
    """
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    subscription = MetrcSubscription.objects.filter(license_id=license_id).first()
    given = hashlib.sha256(token.encode()).hexdigest()
    if subscription is None or not hmac.compare_digest(given, subscription.token_sha256):
        raise NotFound("There is nothing here.")
    MetrcSubscription.objects.filter(id=subscription.pk).update(
        heard_at=now, heard_count=F("heard_count") + 1
    )
    license = License.objects.get(id=license_id)
    _note(license, labels_in(body) or (ANY_PACKAGE,), HintSource.WEBHOOK, now)


@operation
def ask_for_refresh(
    *, actor: Actor, license_id: int, labels: tuple[str, ...], now: datetime
) -> None:
    """Have the worker read a few packages again, one by one, because a gate finds them too old.

    :raises NotFound: if one of them is none of this licence
    """
    access.require(actor, Permission.PACKAGE_READ, license_id=license_id)
    known = Package.objects.filter(license_id=license_id, label__in=labels).count()
    if known != len(set(labels)):
        raise NotFound("There is no such package here.")
    license = License.objects.get(id=license_id)
    _note(license, labels[:LABELS_AT_MOST], HintSource.GATE, now)
    queue.defer(queue.JobName.READ_HINTS, once=f"hints:{license_id}", license_id=license_id)


def _note(license: License, labels: tuple[str, ...], source: HintSource, now: datetime) -> None:
    waiting = PackageHint.objects.filter(license=license, read_at__isnull=True).count()
    if waiting >= WAITING_AT_MOST:
        labels = (ANY_PACKAGE,)
    PackageHint.objects.bulk_create(
        [
            PackageHint(
                company_id=license.company_id,
                license=license,
                label=label,
                source=source,
                heard_at=now,
            )
            for label in labels
        ],
        ignore_conflicts=True,
    )


def labels_in(body: bytes) -> tuple[str, ...]:
    """Return the labels a webhook's body names, or none if it is too many or makes no sense."""
    try:
        rows = json.loads(body).get("data")
        found = {row["Label"] for row in rows}
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return ()
    if len(found) > LABELS_AT_MOST or not all(_is_label(one) for one in found):
        return ()
    return tuple(sorted(found))


def _is_label(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= LABEL_CHARACTERS
        and value.isascii()
        and value.isalnum()
    )
