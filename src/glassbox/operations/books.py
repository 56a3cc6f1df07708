"""Our own book: movements, each booked once for the fact that caused it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox.models.packages import Movement, Package
from glassbox.rules.quantities import Quantity


def book_movement_in_transaction(
    *,
    package: Package,
    quantity: Quantity,
    cause: str,
    reason: str,
    evidence: str,
    fact_key: str,
    recorded_by_id: int | None,
    occurred_at: datetime,
    now: datetime,
) -> bool:
    """Book one change of our count, signed; return whether it was not booked before.

    `fact_key` names the fact ("action:12", "receipt:0000000042"), so that no fact counts twice.
    """
    assert connection.in_atomic_block, "a movement is booked with what caused it"
    _, is_new = Movement.objects.get_or_create(
        license_id=package.license_id,
        package=package,
        fact_key=fact_key,
        defaults={
            "company_id": package.company_id,
            "quantity": quantity.value,
            "unit": quantity.unit.name,
            "cause": cause,
            "reason": reason,
            "evidence": evidence,
            "recorded_by_id": recorded_by_id,
            "occurred_at": occurred_at,
            "recorded_at": now,
        },
    )
    return is_new
