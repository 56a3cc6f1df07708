"""Circuit breakers for sending, read from the exchanges we keep: per licence, and for METRC."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.sync import ApiRequest
from glassbox.rules.actor import Actor
from glassbox.rules.circuit import Circuit, Silence, license_circuit, metrc_circuit

# A list that times out again and again in a sync says nothing of whether a send would go.
OF_THE_SENDER = Q(purpose__startswith="action ") | Q(purpose__startswith="look up action ")
ANSWERED = Q(status__lt=500)


def license_circuit_now(license: License, now: datetime) -> Circuit:
    """Return the circuit of a licence, inside the caller's transaction."""
    asked = ApiRequest.objects.filter(license_id=license.pk)
    return license_circuit(_silence(asked), number=license.number, now=now)


def metrc_circuit_now(actor: Actor, now: datetime) -> Circuit:
    """Return the circuit of METRC over all licences the actor works for."""
    with access.reading(actor) as license_ids:
        asked = ApiRequest.objects.filter(license_id__in=license_ids)
        return metrc_circuit(_silence(asked), now=now)


def _silence(asked: QuerySet[ApiRequest]) -> Silence:
    newest = asked.order_by("-id").values_list("status", flat=True).first()
    if newest is not None and newest < 500:
        return Silence()
    answered = asked.filter(ANSWERED).order_by("-id").values_list("id", flat=True).first()
    failed = asked.filter(OF_THE_SENDER, id__gt=answered or 0).aggregate(
        failures=Count("id"), licenses=Count("license_id", distinct=True), last=Max("sent_at")
    )
    return Silence(
        failures=failed["failures"],
        licenses=failed["licenses"],
        last_failed_at=failed["last"],
    )
