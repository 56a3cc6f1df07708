"""What expectations and the flow's summary ask of our own book, as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Model, Q, Sum

from glassbox import access
from glassbox.audit.models import ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Counterparty, Item, Location
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.lab import LabSample, QaReview
from glassbox.models.packages import Package
from glassbox.models.production import Batch
from glassbox.models.sync import SyncRun
from glassbox.models.transfers import Allocation, Driver, Order, OrderLine, Transfer, Vehicle
from glassbox.queries.packages.rows import metrc_state_words, with_metrc
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import system_actor

READER = system_actor("scenario")
WORKING = (ActionState.SUBMITTING, ActionState.UNCONFIRMED)


def package(license_id: int, label: str) -> dict[str, Any] | None:
    """Return our own count and state of a package, or None if we have never had it."""
    with access.reading(READER, license_id=license_id):
        row = with_metrc(Package.objects.filter(license_id=license_id, label=label)).first()
    if row is None:
        return None
    return {"quantity": row.__dict__["our_quantity"], "local_state": row.local_state}


def action(license_id: int, action_id: int) -> dict[str, Any] | None:
    """Return state and number of attempts of an action."""
    with access.reading(READER, license_id=license_id):
        row = RegulatedAction.objects.filter(license_id=license_id, id=action_id).first()
        return {"state": row.state, "attempts": row.attempts.count()} if row else None


def open_cases(license_id: int, case_class: str, now: datetime) -> list[dict[str, Any]]:
    """Return the open cases of a class, or of every class if it is empty."""
    with access.reading(READER, license_id=license_id):
        rows = ExceptionCase.objects.filter(license_id=license_id, state=CaseState.OPEN)
        if case_class:
            rows = rows.filter(case_class=case_class)
        return [
            {
                "title": row.title,
                "due_in_hours": round((row.due_at - row.opened_at).total_seconds() / 3600, 2)
                if row.due_at
                else None,
                "is_overdue": row.due_at is not None and row.due_at < now,
            }
            for row in rows
        ]


def event_count(license_id: int, event_type: str) -> int:
    """Return how many events of a type the ledger of a licence has."""
    with access.reading(READER, license_id=license_id):
        return ComplianceEvent.objects.filter(license_id=license_id, type=event_type).count()


def transfer(license_id: int, *, manifest: str, direction: str) -> dict[str, Any] | None:
    """Return a transfer by its manifest number, as one licence sees it."""
    with access.reading(READER, license_id=license_id):
        row = Transfer.objects.filter(
            license_id=license_id, manifest_number=manifest, direction=direction
        ).first()
        if row is None:
            return None
        return {
            "id": row.pk,
            "state": row.state,
            "packages": row.packages.count(),
            "wholesale_total": row.packages.aggregate(total=Sum("wholesale_price"))["total"],
            "delivery_id": row.metrc_delivery_id,
            "manifest_number": row.manifest_number,
            "shipper_license_number": row.shipper_license_number,
            "template_name": row.template_name,
            "template_metrc_id": row.template_metrc_id,
        }


NAMED: dict[str, tuple[type[Model], str]] = {
    "driver": (Driver, "name"),
    "vehicle": (Vehicle, "plate"),
    "item": (Item, "name"),
    "location": (Location, "name"),
    "counterparty": (Counterparty, "license_number"),
    "batch": (Batch, "number"),
    "sample": (LabSample, "label"),
    "order": (Order, "number"),
    "order_line": (OrderLine, "order_id"),
    "transfer": (Transfer, "id"),
    "case": (ExceptionCase, "case_class"),
    "allocation": (Allocation, "order_line_id"),
}


def row(license_id: int, *, of: str, name: str) -> dict[str, Any] | None:
    """Return id and columns of a row that people know by a name, such as a driver or a batch."""
    model, field = NAMED[of]
    with access.reading(READER, license_id=license_id):
        found = model._default_manager.filter(license_id=license_id, **{field: name}).first()
        if found is None:
            return None
        columns = {one.attname: getattr(found, one.attname) for one in found._meta.concrete_fields}
        return {**columns, "id": found.pk}


def approvers(license_ids: list[int]) -> set[int]:
    """Return everybody who approved an action or signed a QA release at these licences."""
    with access.reading(READER):
        rows = RegulatedAction.objects.filter(license_id__in=license_ids)
        found = rows.filter(approved_by__isnull=False).values_list("approved_by_id", flat=True)
        released = QaReview.objects.filter(license_id__in=license_ids, verdict="RELEASED")
        signed = released.values_list("reviewed_by_id", flat=True)
        return {one for one in (*found, *signed) if one is not None}


def unproven_sends(license_ids: list[int]) -> list[int]:
    """Return accepted actions that lack an approval by another person, or a look that saw them."""
    with access.reading(READER):
        accepted = RegulatedAction.objects.filter(
            license_id__in=license_ids, state=ActionState.ACCEPTED
        )
        proven = accepted.filter(
            approved_by__isnull=False, approval_event_id__isnull=False, probes__verdict="APPLIED"
        ).filter(~Q(approved_by=F("drafted_by")))
        return sorted(
            set(accepted.values_list("id", flat=True)) - set(proven.values_list("id", flat=True))
        )


def newest_run(license_id: int) -> dict[str, Any] | None:
    """Return the newest sync run of a licence."""
    with access.reading(READER, license_id=license_id):
        row = SyncRun.objects.filter(license_id=license_id).order_by("-id").first()
        return {"id": row.pk, "state": row.state, "error": row.error} if row else None


def action_states(license_id: int) -> dict[int, str]:
    """Return the state of every action that the worker may still have to do with."""
    with access.reading(READER, license_id=license_id):
        rows = RegulatedAction.objects.filter(license_id=license_id)
        return dict(
            rows.filter(state__in=[ActionState.APPROVED, *WORKING]).values_list("id", "state")
        )


def summary(license_ids: dict[str, int]) -> list[dict[str, Any]]:
    """Return every package of every licence, ours beside METRC's, for the flow's JSON."""
    with access.reading(READER):
        rows = with_metrc(
            Package.objects.filter(license_id__in=license_ids.values()).select_related("license")
        )
        return [
            {
                "license": row.license.number,
                "label": row.label,
                "item": row.item_name,
                "ours": str(row.__dict__["our_quantity"].normalize()),
                "metrc": str(row.__dict__["metrc_quantity"].normalize())
                if row.__dict__["metrc_quantity"] is not None
                else None,
                "unit": row.unit,
                "metrc_state": metrc_state_words(
                    row.__dict__["metrc_list"], row.__dict__["is_held_by_state"]
                ),
                "local_state": row.local_state,
            }
            for row in rows.order_by("license__number", "label")
        ]
