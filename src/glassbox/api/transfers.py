"""Transfers: deliveries in both directions, and the packages of one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ninja import Query, Router, Schema

from glassbox.api.auth import READ
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor, Exact
from glassbox.queries.transfers import TransferPage, transfer_chapter, transfer_page

router = Router(tags=["transfers"])


class Direction(StrEnum):
    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"


class TransferIn(Schema):
    """What a list of transfers is narrowed to."""

    direction: Direction | None = None
    open_only: bool = False
    cursor: Cursor = ""


class TransferOut(Schema):
    """One delivery as this licence sees it."""

    id: int
    direction: str
    state: str
    transfer_type: str
    manifest_number: str
    template_name: str
    shipper: str
    shipper_license_number: str
    receiver: str
    receiver_license_number: str
    package_count: int
    rejected_count: int
    wholesale_total: Exact | None
    departs_at: datetime | None
    arrives_at: datetime | None
    departed_at: datetime | None
    received_at: datetime | None
    seen_at: datetime | None


class TransfersOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    transfers: list[TransferOut]
    next: str


class TransferPackageOut(Schema):
    """One package of a delivery: shipped, found by us, received according to METRC."""

    label: str
    item_name: str
    shipped_quantity: Exact | None
    found_quantity: Exact | None
    received_quantity: Exact | None
    unit: str
    wholesale_price: Exact | None
    shipment_state: str
    verdict: str
    verdict_reason: str


class TransferDetailOut(Schema):
    """One delivery with its packages. Prices are in US dollars, of the whole package."""

    transfer: TransferOut
    packages: list[TransferPackageOut]
    driver: str
    vehicle: str
    planned_route: str
    invoice_number: str
    order_number: str


@router.get(HERE + "transfers", auth=READ, response=TransfersOut)
def list_transfers(request: ApiRequest, license_number: str, asked: Query[TransferIn]) -> object:
    """List deliveries, 100 at a time."""
    part = transfer_chapter(
        actor=request.use.actor,
        license_id=request.use.license_id,
        direction=asked.direction or "",
        open_only=asked.open_only,
        cursor=asked.cursor,
    )
    return {"transfers": part.rows, "next": part.next}


@router.get(HERE + "transfers/{int:transfer_id}", auth=READ, response=TransferDetailOut)
def read_transfer(request: ApiRequest, license_number: str, transfer_id: int) -> object:
    """Read one delivery."""
    found: TransferPage = transfer_page(**request.who, transfer_id=transfer_id)
    return {**vars(found), "transfer": found.row}
