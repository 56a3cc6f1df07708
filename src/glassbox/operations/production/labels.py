"""Count the printed labels of a batch: none is lost, and two people say so."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.documents import Document
from glassbox.models.production import LabelCount
from glassbox.operations.person import person_id, require_second_person
from glassbox.operations.production.batch import tenant_of, writable_batch
from glassbox.operations.transaction import operation
from glassbox.rules import production_balance
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import number_text
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class LabelsUnaccounted(Refused):
    """Issued labels are applied, destroyed or returned, to the last one."""

    code = "batch.labels"


@operation
def count_labels(
    *,
    actor: Actor,
    license_id: int,
    batch_id: int,
    issued: int,
    applied: int,
    destroyed: int,
    returned: int,
    verified_by_id: int,
    label_proof_id: int | None = None,
    now: datetime,
) -> int:
    """Record what became of the printed labels of a batch, counted by two people.

    :raises LabelsUnaccounted: if one label is missing or too many
    :raises NotTwoPeople: if the second person is the first, or may not count labels here
    """
    access.require(actor, Permission.LABEL_COUNT, license_id=license_id)
    batch = writable_batch(actor, license_id, batch_id, now)
    numbers = {"issued": issued, "applied": applied, "destroyed": destroyed, "returned": returned}
    count = _count(numbers)
    require_second_person(
        actor, Permission.LABEL_COUNT, license_id=license_id, user_id=verified_by_id
    )
    if (
        label_proof_id is not None
        and not Document.objects.filter(license_id=license_id, id=label_proof_id).exists()
    ):
        raise NotFound("There is no such label proof here.")
    row, _ = LabelCount.objects.update_or_create(
        batch=batch,
        defaults={
            **tenant_of(batch),
            "label_proof_id": label_proof_id,
            **numbers,
            "counted_by_id": person_id(actor),
            "verified_by_id": verified_by_id,
            "counted_at": now,
        },
    )
    ledger.append(
        type=EventType.LABEL_COUNTED,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=count.text(),
        body={**numbers, "verifier": verified_by_id},
        now=now,
    )
    return row.pk


def _count(numbers: dict[str, int]) -> production_balance.LabelCount:
    for field, value in numbers.items():
        if value < 0:
            raise InvalidInput(field=field, value=value, way_out="Give zero or more.")
    count = production_balance.LabelCount(**numbers)
    if count.unaccounted != 0:
        missing = number_text(Decimal(abs(count.unaccounted)))
        raise LabelsUnaccounted(f"{count.text()}: {missing} labels do not add up.")
    return count
