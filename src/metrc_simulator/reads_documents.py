"""GET handlers of results and files."""

from __future__ import annotations

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, page, value
from metrc_simulator.calls import Call
from metrc_simulator.documents import pdf_base64
from metrc_simulator.laws.labs import file_row, may_read_document, visible_results
from metrc_simulator.reads import side_transfer
from metrc_simulator.records import Query
from metrc_simulator.windows import BadQuery, read_paging


def lab_results(call: Call) -> Answer:
    """Return the results a licence may see of one of its packages."""
    text = call.query.get("packageid", "")
    if not text.isascii() or not text.isdigit():
        raise BadQuery("packageId was not specified")
    package = call.engine.store.get("packages", int(text))
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
    document = call.engine.store.get("lab_documents", int(text)) if text.isdigit() else None
    if document is None or not may_read_document(call.act(), document, call.licenses()):
        raise NotYours(f"document {text}")
    return value(document.body)


def manifest_pdf(call: Call) -> Answer:
    """Return a manifest's PDF in METRC's JSON form of a file."""
    transfer = side_transfer(call)
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
    contents = pdf_base64(f"Transfer manifest {row['ManifestNumber']}", lines)
    return value(file_row(contents, f"TransferManifestReport-{transfer.id}.pdf"))
