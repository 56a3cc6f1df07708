"""Receipts: what went over the counter, replaced or archived until it is final."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, id_of, optional_text
from metrc_simulator.laws.sales.transactions import (
    customer_of,
    give_back,
    local_moment,
    sell,
    totals,
)
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text


def record_receipt(act: Act, body: dict[str, Any]) -> int:
    """Record a sale: each transaction leaves its package. Returns the receipt's id."""
    fields = _fields(act, body)
    number = f"{act.store.next_number('receipt'):010d}"
    row = blank(
        "receipt",
        ReceiptNumber=number,
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        **fields,
        **totals(sell(act, body, f"receipt {number}")),
    )
    receipt = act.add(
        Record(
            "receipts",
            row,
            license_number=act.license_number,
            label=row["ExternalReceiptNumber"] or "",
        )
    )
    act.effect("receipt recorded", id=receipt.id, number=number, price=row["TotalPrice"])
    return receipt.id


def _fields(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "SalesDateTime": local_moment(body, "SalesDateTime"),
        "ExternalReceiptNumber": optional_text(body, "ExternalReceiptNumber"),
        "CaregiverLicenseNumber": optional_text(body, "CaregiverLicenseNumber"),
        "IdentificationMethod": optional_text(body, "IdentificationMethod"),
        "PatientRegistrationLocationId": _registration_location(act, body),
        **customer_of(act, body),
    }


def _registration_location(act: Act, body: dict[str, Any]) -> int | None:
    if body.get("PatientRegistrationLocationId") is None:
        return None
    number = id_of(body, "PatientRegistrationLocationId")
    if not 1 <= number <= len(act.profile.rows("patient_locations")):
        raise Refused(f"PatientRegistrationLocationId {number} is not valid.")
    return number


def update_receipt(act: Act, body: dict[str, Any]) -> None:
    """Replace a receipt: what it sold comes back, then what the request says is sold."""
    receipt = _open(act, id_of(body, "Id"))
    fields = _fields(act, body)
    give_back(act, receipt.body["Transactions"])
    sold = sell(act, body, f"receipt {receipt.body['ReceiptNumber']}")
    receipt.body.update(fields, **totals(sold))
    receipt.label = fields["ExternalReceiptNumber"] or ""
    act.save(receipt)
    act.effect("receipt updated", id=receipt.id, price=receipt.body["TotalPrice"])


def _open(act: Act, receipt_id: int) -> Record:
    receipt = act.own("receipts", receipt_id)
    if receipt.body["ArchivedDate"] is not None:
        raise NotYours(f"receipt {receipt_id}")
    if receipt.body["IsFinal"]:
        raise Refused(f"Receipt {receipt.body['ReceiptNumber']} is final.")
    return receipt


def archive_receipt(act: Act, receipt_id: int) -> None:
    """Void a receipt that is not final: what it sold comes back to the packages."""
    receipt = _open(act, receipt_id)
    give_back(act, receipt.body["Transactions"])
    receipt.body["ArchivedDate"] = moment_text(act.now)
    receipt.list_name = "inactive"
    act.save(receipt)
    act.effect("receipt archived", id=receipt.id)


def finalize(act: Act, body: dict[str, Any]) -> None:
    """Close a receipt: it moves to the inactive list and cannot be changed."""
    receipt = _open(act, id_of(body, "Id"))
    receipt.body["IsFinal"] = True
    receipt.list_name = "inactive"
    act.save(receipt)
    act.effect("receipt finalized", id=receipt.id)


def unfinalize(act: Act, body: dict[str, Any]) -> None:
    """Reopen a final receipt."""
    receipt = act.own("receipts", id_of(body, "Id"))
    if not receipt.body["IsFinal"]:
        raise Refused(f"Receipt {receipt.body['ReceiptNumber']} is not final.")
    receipt.body["IsFinal"] = False
    receipt.list_name = "active"
    act.save(receipt)
    act.effect("receipt unfinalized", id=receipt.id)
