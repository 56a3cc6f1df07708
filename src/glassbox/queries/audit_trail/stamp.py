"""The line that stands on every PDF and CSV: the ledger's newest signed head when it was made.

Whoever keeps a paper keeps a copy of a head outside, and can ask one day for the proof that the
ledger still continues it.
"""

from __future__ import annotations

from datetime import UTC

from django.db import connection

from glassbox import access
from glassbox.audit.models import AuditCheckpoint
from glassbox.models.companies import License
from glassbox.rules.actor import Actor

ROOT_CHARACTERS = 32


def stamps(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[str, ...]:
    """Return the line of each licence, in the order of their numbers."""
    with access.reading(actor):
        licenses = License.objects.filter(id__in=license_ids).order_by("number")
        return tuple(stamp_in_transaction(license) for license in licenses)


def stamp_in_transaction(license: License) -> str:
    """Return the line of one licence: its log, entries, the beginning of the root, and the time."""
    head = _newest(license)
    if head is None:
        return f"Ledger of {license.number}: no head was signed yet."
    return (
        f"Ledger of {license.number}: {head.log.origin}, {head.size} entries, root"
        f" {bytes(head.root).hex()[:ROOT_CHARACTERS]}, signed"
        f" {head.signed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    )


def newest_checkpoint_in_transaction(license: License) -> str:
    """Return the newest signed head of one licence as the note that was signed, or nothing."""
    head = _newest(license)
    return head.note if head else ""


def _newest(license: License) -> AuditCheckpoint | None:
    assert connection.in_atomic_block, "rows are readable inside a wall alone"
    return (
        AuditCheckpoint.objects.filter(log__license_id=license.pk)
        .select_related("log")
        .order_by("-log__year", "-number")
        .first()
    )
