"""What is in each step of the flow, and what has been there too long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from glassbox.models.companies import LicenseKind
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.lab import LabSample, SampleState
from glassbox.models.packages import STANDING_VIEWS, Package, PackageStanding
from glassbox.models.production import Batch, BatchState
from glassbox.models.transfers import (
    Order,
    OrderState,
    Transfer,
    TransferDirection,
    TransferState,
)
from glassbox.queries.frame import Scope
from glassbox.rules.package_state import LocalState

Counted = tuple[QuerySet[Any], QuerySet[Any]]


def steps(scope: Scope, stuck_before: datetime) -> dict[str, Counted]:
    makers = tuple(b.id for b in scope.licenses if b.kind == LicenseKind.MANUFACTURING)
    movers = tuple(b.id for b in scope.licenses if b.kind == LicenseKind.DISTRIBUTION)
    return {
        **_incoming_steps(makers, movers, stuck_before),
        **_making_steps(makers, stuck_before),
        **_testing_steps(movers, stuck_before),
        **_selling_steps(makers, movers, stuck_before),
        **_shared_steps(scope.license_ids, stuck_before),
    }


def _older(rows: QuerySet[Any], field: str, stuck_before: datetime) -> Counted:
    return rows, rows.filter(**{f"{field}__lt": stuck_before})


def _incoming_steps(
    makers: tuple[int, ...], movers: tuple[int, ...], stuck_before: datetime
) -> dict[str, Counted]:
    coming = Transfer.objects.filter(direction=TransferDirection.INCOMING)
    on_the_way = coming.filter(license_id__in=makers, state=TransferState.REGISTERED)
    open_states = [TransferState.REGISTERED, TransferState.DEPARTED]
    return {
        "1": _older(on_the_way, "opened_at", stuck_before),
        "2": _older(
            coming.filter(license_id__in=makers, state=TransferState.DEPARTED),
            "departed_at",
            stuck_before,
        ),
        "6": _older(
            coming.filter(license_id__in=movers, state__in=open_states), "opened_at", stuck_before
        ),
    }


def _making_steps(makers: tuple[int, ...], stuck_before: datetime) -> dict[str, Counted]:
    batches = Batch.objects.filter(license_id__in=makers)
    untested = Package.objects.filter(
        license_id__in=makers, local_state=LocalState.FINISHED_UNTESTED
    )
    return {
        "3": _older(batches.exclude(state=BatchState.CLOSED), "opened_at", stuck_before),
        "4": _older(untested, "opened_at", stuck_before),
        "16": (batches.filter(state=BatchState.CLOSED), batches.none()),
    }


def _testing_steps(movers: tuple[int, ...], stuck_before: datetime) -> dict[str, Counted]:
    waiting = LabSample.objects.filter(
        license_id__in=movers, state__in=[SampleState.TAKEN, SampleState.AT_LAB]
    )
    here = PackageStanding.objects.filter(license_id__in=movers)
    return {
        "7": _older(waiting, "taken_at", stuck_before),
        "8": _older(here.filter(STANDING_VIEWS["passed"]), "changed_at", stuck_before),
        "9": (here.filter(STANDING_VIEWS["ready"]), here.none()),
    }


def _selling_steps(
    makers: tuple[int, ...], movers: tuple[int, ...], stuck_before: datetime
) -> dict[str, Counted]:
    leaving = Transfer.objects.filter(direction=TransferDirection.OUTGOING)
    before_departure = [
        TransferState.PLANNED,
        TransferState.RELEASED,
        TransferState.TEMPLATE_STORED,
        TransferState.REGISTERED,
    ]
    orders = Order.objects.filter(
        license_id__in=movers, state__in=[OrderState.DRAFT, OrderState.CONFIRMED]
    )
    return {
        "5": _older(
            leaving.filter(
                license_id__in=makers, state__in=[*before_departure, TransferState.DEPARTED]
            ),
            "opened_at",
            stuck_before,
        ),
        "10": _older(orders, "drafted_at", stuck_before),
        "11": _older(
            leaving.filter(license_id__in=movers, state__in=before_departure),
            "opened_at",
            stuck_before,
        ),
        "12": _older(
            leaving.filter(license_id__in=movers, state=TransferState.DEPARTED),
            "departed_at",
            stuck_before,
        ),
    }


def _shared_steps(license_ids: tuple[int, ...], stuck_before: datetime) -> dict[str, Counted]:
    ours = Package.objects.filter(license_id__in=license_ids)
    here = PackageStanding.objects.filter(license_id__in=license_ids)
    returning = [LocalState.REJECTED_RETURNING, LocalState.RETURNED]
    differences = ExceptionCase.objects.filter(license_id__in=license_ids, state=CaseState.OPEN)
    failed, on_hold = (here.filter(STANDING_VIEWS[name]) for name in ("failed", "held"))
    return {
        "7F": _older(failed, "changed_at", stuck_before),
        "R": _older(on_hold, "changed_at", stuck_before),
        "13": _older(ours.filter(local_state__in=returning), "opened_at", stuck_before),
        "14": _older(
            ours.filter(local_state=LocalState.PENDING_DESTRUCTION), "opened_at", stuck_before
        ),
        "15": _older(differences, "opened_at", stuck_before),
    }
