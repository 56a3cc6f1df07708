"""Rows as a sync would leave them, for tests that need a state of the world and no METRC."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.lab import LabResult
from glassbox.models.packages import (
    MetrcAdjustment,
    Movement,
    Package,
    PackageLineage,
    PackageSnapshot,
)
from glassbox.models.sync import ApiRequest, ApiResponseHash, StoredBody, SyncRun
from glassbox.models.transfers import (
    Driver,
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
    Vehicle,
)
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.exchange_digest import exchange_digest
from glassbox.rules.package_state import LocalState

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
_ids = itertools.count(1000)


def put_package(
    license_id: int,
    label: str,
    quantity: str | int,
    *,
    now: datetime,
    unit: str = "Grams",
    item: str = "Crude Oil",
    lab_state: str = "NotSubmitted",
    list_name: str = "ACTIVE",
    local_state: LocalState = LocalState.ARRIVED,
    our_quantity: str | int | None = None,
    batch_number: str = "",
    sources: Sequence[str] = (),
    is_on_hold: bool = False,
    raw: Mapping[str, Any] | None = None,
) -> int:
    """A package as METRC shows it just now, our book agreeing unless `our_quantity` says else."""
    ours = Decimal(quantity if our_quantity is None else our_quantity)
    with short_transaction(license_id) as license:
        tenant = {"company_id": license.company_id, "license": license}
        package = Package.objects.create(
            **tenant,
            label=label,
            item_name=item,
            unit=unit,
            local_state=local_state,
            production_batch_number=batch_number,
            confirmed_at=now,
            opened_at=now,
        )
        Movement.objects.create(
            **tenant,
            package=package,
            quantity=ours,
            unit=unit,
            cause="OPENING",
            reason="Set up",
            evidence="test",
            fact_key="opening",
            occurred_at=now,
            recorded_at=now,
        )
        for source in sources:
            PackageLineage.objects.create(
                **tenant, parent_label=source, child_label=label, seen_in_metrc_at=now
            )
        _snapshot(
            license,
            package,
            now,
            quantity=Decimal(quantity),
            lab_state=lab_state,
            list_name=list_name,
            is_on_hold=is_on_hold,
            raw={"ProductionBatchNumber": batch_number or None, **(raw or {})},
        )
        return package.pk


def see_package(license_id: int, label: str, *, now: datetime, **changes: Any) -> None:
    """METRC shows a package differently from now on: quantity, lab_state, is_on_hold, list_name."""
    with short_transaction(license_id) as license:
        package = Package.objects.get(license=license, label=label)
        newest = PackageSnapshot.objects.get(package=package, is_newest=True)
        newest.is_newest = False
        newest.save(update_fields=["is_newest"])
        Package.objects.filter(id=package.pk).update(confirmed_at=now)
        kept = {
            name: getattr(newest, name)
            for name in ("quantity", "lab_state", "list_name", "is_on_hold", "raw")
        }
        _snapshot(license, package, now, **{**kept, **changes})


def _snapshot(license: License, package: Package, now: datetime, **fields: Any) -> None:
    number = next(_ids)
    PackageSnapshot.objects.create(
        company_id=license.company_id,
        license=license,
        package=package,
        metrc_id=number,
        item_name=package.item_name,
        unit=package.unit,
        last_modified_at=now,
        seen_at=now,
        content_sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        **fields,
    )


def put_incoming(
    license_id: int,
    shipped: Mapping[str, str | int],
    *,
    now: datetime,
    shipper: str = "CDPH-19990077",
    manifest: str = "0000000042",
    unit: str = "Grams",
    item: str = "Crude Oil",
) -> int:
    """A delivery on its way to us, as METRC shows it: quantities by label."""
    with short_transaction(license_id) as license:
        return _put_transfer(
            license,
            now,
            shipped,
            direction=TransferDirection.INCOMING,
            shipper_license_number=shipper,
            receiver_license_number=license.number,
            manifest_number=manifest,
            unit=unit,
            item=item,
        )


def put_outgoing(
    license_id: int,
    shipped: Mapping[str, str | int],
    receiver: str,
    *,
    now: datetime,
    manifest: str = "0000000077",
    unit: str = "Each",
    item: str = "Blue Dream Vape Cart 1 g",
) -> int:
    """A registered manifest of ours, as METRC shows it."""
    with short_transaction(license_id) as license:
        return _put_transfer(
            license,
            now,
            shipped,
            direction=TransferDirection.OUTGOING,
            shipper_license_number=license.number,
            receiver_license_number=receiver,
            manifest_number=manifest,
            unit=unit,
            item=item,
        )


def _put_transfer(
    license: License,
    now: datetime,
    shipped: Mapping[str, str | int],
    *,
    unit: str,
    item: str,
    **fields: Any,
) -> int:
    transfer = Transfer.objects.create(
        company_id=license.company_id,
        license=license,
        state=TransferState.DEPARTED,
        metrc_transfer_id=next(_ids),
        metrc_delivery_id=next(_ids),
        transfer_type="Transfer",
        departs_at=now - timedelta(hours=1),
        arrives_at=now + timedelta(hours=1),
        opened_at=now,
        seen_at=now,
        **fields,
    )
    for label, quantity in shipped.items():
        TransferPackage.objects.create(
            company_id=license.company_id,
            license=license,
            transfer=transfer,
            label=label,
            item_name=item,
            shipped_quantity=Decimal(quantity),
            unit=unit,
            shipment_state="Shipped",
            seen_at=now,
        )
    return transfer.pk


def see_transfer(
    license_id: int,
    transfer_id: int,
    state: TransferState,
    shipment_states: Mapping[str, str] | None = None,
    **changes: Any,
) -> None:
    """METRC shows a delivery differently from now on, and its packages by label."""
    with short_transaction(license_id):
        Transfer.objects.filter(id=transfer_id).update(state=state, **changes)
        for label, shipment_state in (shipment_states or {}).items():
            TransferPackage.objects.filter(transfer_id=transfer_id, label=label).update(
                shipment_state=shipment_state
            )


def put_crew(license_id: int, *, now: datetime, name: str = "Gus", plate: str = "8ABC123") -> None:
    """A driver and a vehicle on METRC's list of a licence."""
    with short_transaction(license_id) as license:
        tenant = {"company_id": license.company_id, "license": license, "seen_at": now}
        Driver.objects.create(
            **tenant,
            metrc_id=next(_ids),
            name=name,
            employee_id="EMP-00007",
            drivers_license_number="D1234567",
        )
        Vehicle.objects.create(
            **tenant, metrc_id=next(_ids), make="Ford", model="Transit", plate=plate
        )


def put_results(
    license_id: int,
    label: str,
    panels: Mapping[str, bool],
    *,
    now: datetime,
    released: bool = True,
    revoked: bool = False,
) -> None:
    """The laboratory's results of a package, as METRC publishes them."""
    with short_transaction(license_id) as license:
        for panel, passed in panels.items():
            LabResult.objects.create(
                company_id=license.company_id,
                license=license,
                label=label,
                metrc_id=next(_ids),
                test_type=panel,
                passed=passed,
                laboratory_name="Clear Creek Laboratory",
                released_at=now if released else None,
                revoked_at=now if revoked else None,
                seen_at=now,
                raw={},
            )


def put_adjustment(
    license_id: int, label: str, quantity: str | int, reason: str, *, now: datetime
) -> None:
    """A row of METRC's list of adjustments; what was taken out is negative."""
    with short_transaction(license_id) as license:
        number = next(_ids)
        MetrcAdjustment.objects.create(
            company_id=license.company_id,
            license=license,
            label=label,
            quantity=Decimal(quantity),
            unit="Grams",
            reason=reason,
            adjusted_date=date.fromordinal(now.toordinal()),
            content_sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            seen_at=now,
            raw={},
        )


def local_state_of(license_id: int, label: str) -> str:
    """Where our own flow has a package."""
    with short_transaction(license_id):
        return Package.objects.get(license_id=license_id, label=label).local_state


def events_of(license_id: int, type: str) -> list[dict[str, Any]]:
    """The records of all events of a type in a licence, oldest first."""
    with short_transaction(license_id):
        events = ComplianceEvent.objects.filter(license_id=license_id, type=type)
        return [event.record for event in events.order_by("ts", "event_id")]


def open_cases(license_id: int) -> list[tuple[str, str, datetime | None]]:
    """Class, fact key and due time of every open case of a licence."""
    with short_transaction(license_id):
        cases = ExceptionCase.objects.filter(license_id=license_id, state=CaseState.OPEN)
        return list(cases.order_by("id").values_list("case_class", "fact_key", "due_at"))


def put_exchange(license_id: int, path: str, answer: object, *, now: datetime) -> int:
    """A read of METRC with its bytes, as the only place that opens METRC keeps it; with its run,
    whose end is in the ledger."""
    body = json.dumps(answer).encode()
    with short_transaction(license_id) as license:
        tenant = {"company_id": license.company_id, "license": license}
        run = SyncRun.objects.create(
            **tenant, state="DONE", trigger="test", started_at=now, ended_at=now, heartbeat_at=now
        )
        request = ApiRequest.objects.create(
            **tenant,
            sync_run=run,
            purpose="sync",
            method="GET",
            path=path,
            key_owner="Sync M",
            sent_at=now,
            duration_seconds=0.1,
            status=200,
        )
        hashes = (hashlib.sha256(b"").hexdigest(), hashlib.sha256(body).hexdigest())
        ApiResponseHash.objects.create(
            **tenant,
            api_request=request,
            request_sha256=hashes[0],
            response_sha256=hashes[1],
            response_size_bytes=len(body),
        )
        StoredBody.objects.create(**tenant, sha256=hashes[1], body=body)
        ledger.append(
            type=EventType.SYNC_COMPLETED,
            subject=f"sync:{run.pk}",
            actor=system_actor("sync"),
            reason="What changed in 1 lists was read",
            body={"counts": {}, "exchanges_sha256": exchange_digest([hashes])},
            now=now,
        )
        return request.pk


def read_in(license_id: int, label: str, exchange_id: int) -> None:
    """METRC's newest word of a package came in that exchange."""
    with short_transaction(license_id):
        PackageSnapshot.objects.filter(package__label=label, is_newest=True).update(
            api_request_id=exchange_id
        )
