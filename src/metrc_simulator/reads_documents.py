"""GET handlers of results and files."""

from __future__ import annotations

from html import escape

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, page, value
from metrc_simulator.calls import Call
from metrc_simulator.documents import pdf_base64
from metrc_simulator.laws.labs import file_row, may_read_document, visible_results
from metrc_simulator.reads import listing, side_transfer, some_rows
from metrc_simulator.records import Query, Record
from metrc_simulator.windows import BadQuery, read_arrivals, read_paging
from metrc_simulator.wire import encode, read_id, read_moment


def lab_results(call: Call) -> Answer:
    """Return the results a licence may see of one of its packages."""
    text = call.query.get("packageid", "")
    if not text.isascii() or not text.isdigit():
        raise BadQuery("packageId was not specified")
    package = call.engine.store.get("packages", read_id(text))
    if package is None or package.license_number != call.license_number:
        raise NotYours(f"package {text}")
    rows = visible_results(call.act(), package)
    paging = read_paging(call.query, call.engine.profile.switches)
    shown = rows[paging.offset :]
    if paging.size is not None:
        shown = shown[: paging.size]
    return page(shown, len(rows), paging.number, paging.size)


def lab_document(call: Call) -> Answer:
    """Return a certificate in METRC's JSON form of a file."""
    text = call.segments[0]
    document = call.engine.store.get("lab_documents", read_id(text))
    if document is None or not may_read_document(call.act(), document, call.licenses()):
        raise NotYours(f"document {text}")
    return value(document.body)


def manifest_pdf(call: Call) -> Answer:
    """Return a manifest's PDF in METRC's JSON form of a file."""
    transfer = side_transfer(call)
    contents = pdf_base64(_manifest_title(transfer), _manifest_lines(call, transfer))
    return value(file_row(contents, f"TransferManifestReport-{transfer.id}.pdf"))


def manifest_html(call: Call) -> Answer:
    """Return a manifest as a page."""
    transfer = side_transfer(call)
    title = escape(_manifest_title(transfer))
    lines = "\n".join(f"<p>{escape(line)}</p>" for line in _manifest_lines(call, transfer) if line)
    page_text = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"</head><body><h1>{title}</h1>\n{lines}\n</body></html>\n"
    )
    return Answer(200, page_text.encode("utf-8"), content_type="text/html; charset=utf-8")


def _manifest_title(transfer: Record) -> str:
    return f"Transfer manifest {transfer.body['ManifestNumber']}"


def _manifest_lines(call: Call, transfer: Record) -> list[str]:
    row = transfer.body
    lines = [
        f"Shipper {row['ShipperFacilityName']} {row['ShipperFacilityLicenseNumber']}",
        f"Recipient {row['RecipientFacilityName']} {row['RecipientFacilityLicenseNumber']}",
        f"Transporter {row['TransporterFacilityName']} {row['TransporterFacilityLicenseNumber']}",
        f"Driver {row['DriverName']}, vehicle {row['VehicleLicensePlateNumber']}",
        "",
    ]
    query = Query("delivery_packages", parent=row["DeliveryId"])
    for line in call.engine.store.select(query):
        body = line.body
        lines.append(
            f"{body['PackageLabel']}  {body['ItemName']}  {body['ShippedQuantity']} "
            f"{body['ShippedUnitOfMeasureName']}  {body['ShipmentPackageState']}"
        )
    return lines


def hub_transfers(call: Call) -> Answer:
    """Return the transfers a licence carries, by LastModified or by estimated arrival."""
    start, end = read_arrivals(call.query)
    if start is None and end is None:
        return listing("hub_transfers", windowed=True)(call)
    rows = []
    for transfer in call.engine.store.select(Query("hub_transfers", call.license_number)):
        arrival = read_moment(transfer.body["EstimatedArrivalDateTime"])
        if arrival and (start is None or arrival >= start) and (end is None or arrival <= end):
            rows.append(encode(transfer.body))
    return some_rows(call, rows)
