"""Transfers: templates move nothing, manifests move whole packages, deliveries settle whole."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulator.conftest import CART, DIST, LAB, MFG, R1, R2, SUP, TODAY, Metrc, adjustment


def template(recipient: str, labels: list[str], **more: Any) -> dict[str, Any]:
    """Return the body of a template with the distributor's own truck."""
    destination = {
        "RecipientLicenseNumber": recipient,
        "TransferTypeName": "Transfer",
        "PlannedRoute": "Down the road.",
        "EstimatedDepartureDateTime": "2026-11-23T09:15:00.000",
        "EstimatedArrivalDateTime": "2026-11-23T12:24:00.000",
        "Transporters": [
            {
                "TransporterFacilityLicenseNumber": DIST,
                "DriverName": "Gus",
                "DriverLicenseNumber": "D1234567",
                "DriverOccupationalLicenseNumber": "EMP-1",
                "VehicleMake": "Ford",
                "VehicleModel": "Transit",
                "VehicleLicensePlateNumber": "8ABC123",
            }
        ],
        "Packages": [{"PackageLabel": label, "WholesalePrice": None} for label in labels],
        **more,
    }
    return {"Name": "To the distributor", "Destinations": [destination]}


def wholesale(labels: list[str], price: Any, recipient: str = R1) -> dict[str, Any]:
    """Return the body of a wholesale template."""
    body = template(recipient, labels, TransferTypeName="Wholesale Manifest")
    for row in body["Destinations"][0]["Packages"]:
        row["WholesalePrice"] = price
    return body


def message(answer: Any) -> str:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    text: str = answer.json()[0]["message"]
    return text


TEMPLATES = "/transfers/v2/templates/outgoing"


def test_a_template_moves_nothing_until_a_person_registers_it(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    made = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label])).json()["Ids"][0]
    assert metrc.get("/transfers/v2/outgoing", "Ana", MFG).json()["Total"] == 0
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 1
    sent = metrc.desk("register-transfer", licenseNumber=MFG, templateId=made)
    assert sent["manifestNumber"].isdigit()
    assert len(sent["manifestNumber"]) == 10
    row = metrc.get("/transfers/v2/outgoing", "Ana", MFG).json()["Data"][0]
    assert (row["Id"], row["OriginatingTemplateId"]) == (sent["transferId"], made)
    assert row["ManifestNumber"] == sent["manifestNumber"]
    assert row["DriverName"] == "Gus"
    incoming = metrc.get("/transfers/v2/incoming", "Eve", DIST).json()["Data"][0]
    assert incoming["Id"] == row["Id"]
    assert incoming["RecipientFacilityLicenseNumber"] == DIST
    road = metrc.get("/packages/v2/intransit", "Ana", MFG).json()["Data"]
    assert [one["Label"] for one in road] == [label]
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0


def test_a_template_is_read_changed_and_deleted_with_its_parts(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    made = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label])).json()["Ids"][0]
    rows = metrc.get(f"{TEMPLATES}/{made}/deliveries", "Ana").json()["Data"]
    assert [row["RecipientFacilityLicenseNumber"] for row in rows] == [DIST]
    below = f"{TEMPLATES}/deliveries/{rows[0]['Id']}"
    assert metrc.get(f"{below}/packages", "Ana").json()["Data"][0]["PackageLabel"] == label
    assert metrc.get(f"{below}/transporters", "Ana").json()["Total"] == 1
    details = metrc.get(f"{below}/transporters/details", "Ana").json()
    assert [row["VehicleLicensePlateNumber"] for row in details] == ["8ABC123"]
    changed = {"TransferTemplateId": made, **template(LAB, [label]), "Name": "To the lab"}
    assert metrc.put(TEMPLATES, "Ana", MFG, changed).status_code == 200
    row = metrc.get(TEMPLATES, "Ana", MFG).json()["Data"][0]
    assert (row["Id"], row["Name"]) == (made, "To the lab")
    rows = metrc.get(f"{TEMPLATES}/{made}/deliveries", "Ana").json()["Data"]
    assert [row["RecipientFacilityLicenseNumber"] for row in rows] == [LAB]
    assert metrc.get(f"{TEMPLATES}/{made}/deliveries", "Nell").status_code == 401
    assert metrc.call("DELETE", f"{TEMPLATES}/{made}", "Ana", MFG).status_code == 200
    assert metrc.get(TEMPLATES, "Ana", MFG).json()["Total"] == 0
    assert metrc.get(f"{TEMPLATES}/{made}/deliveries", "Ana").status_code == 401


def test_california_takes_one_destination_and_one_transporter(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    two = template(DIST, [label])
    two["Destinations"] *= 2
    assert "one destination" in message(metrc.post(TEMPLATES, "Ana", MFG, two)).replace("1", "one")
    two = template(DIST, [label])
    two["Destinations"][0]["Transporters"] *= 2
    assert "1 transporter at most" in message(metrc.post(TEMPLATES, "Ana", MFG, two))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"RecipientLicenseNumber": "C10-0"}, "Facility C10-0 does not exist."),
        ({"TransferTypeName": "Gift"}, 'Transfer Type "Gift" is not valid.'),
        ({"EstimatedArrivalDateTime": "soon"}, "EstimatedArrivalDateTime is not a valid date"),
        ({"Packages": [{"PackageLabel": "X"}]}, "Package X does not exist in the current"),
        ({"TransferTypeName": "Wholesale Manifest"}, "is not available to a Manufacturer"),
    ],
)
def test_a_template_with_a_wrong_field_is_refused_by_its_name(
    metrc: Metrc, change: dict[str, Any], words: str
) -> None:
    label = metrc.stock(MFG, 500)
    answer = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label], **change))
    assert words in message(answer)
    assert metrc.get(TEMPLATES, "Ana", MFG).json()["Total"] == 0


def test_a_delivery_is_settled_whole_and_each_package_whole(metrc: Metrc) -> None:
    rows = [
        {"item": "Crude Oil", "quantity": grams, "unitOfMeasure": "Grams"}
        for grams in (5000, 4000, 3000)
    ]
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=rows)
    one, two, three = sent["labels"]
    base = {"licenseNumber": MFG, "deliveryId": sent["deliveryId"]}
    sentence = metrc.refused("receive", **base, packages=[{"label": one}, {"label": two}])
    assert three in sentence
    assert "settled as a whole" in sentence
    decisions = [
        {"label": one},
        {"label": two, "receivedQuantity": 3996},
        {"label": three, "reject": {"reason": "quantity differs from invoice"}},
    ]
    metrc.desk("receive", **base, packages=decisions)
    lines = metrc.get(f"/transfers/v2/deliveries/{sent['deliveryId']}/packages", "Ana").json()
    states = {row["PackageLabel"]: row["ShipmentPackageState"] for row in lines["Data"]}
    assert states == {one: "Accepted", two: "Accepted", three: "Rejected"}
    assert metrc.package(two)["Quantity"] == 3996
    assert metrc.package(two)["ReceivedFromFacilityLicenseNumber"] == SUP
    assert metrc.get(f"/packages/v2/{three}", "Ana", MFG).status_code == 401
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 2
    assert "received already" in metrc.refused("receive", **base, packages=decisions)


def test_the_shipper_sees_what_was_accepted_and_takes_back_what_was_rejected(
    metrc: Metrc,
) -> None:
    row = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row, row])
    kept, refused = sent["labels"]
    metrc.desk(
        "receive",
        licenseNumber=MFG,
        deliveryId=sent["deliveryId"],
        packages=[{"label": kept}, {"label": refused, "reject": {"reason": "leaking"}}],
    )
    gone = metrc.get("/packages/v2/transferred", "Shipper SUP", SUP).json()["Data"]
    assert [(one["PackageLabel"], one["ShipmentPackageStateName"]) for one in gone] == [
        (kept, "Accepted")
    ]
    assert metrc.get("/transfers/v2/rejected", "Shipper SUP", SUP).json()["Total"] == 1
    back = {"licenseNumber": SUP, "deliveryId": sent["deliveryId"]}
    assert "not waiting" in metrc.refused("return", **back, labels=[kept])
    metrc.desk("return", **back, labels=[refused])
    assert metrc.package(refused, "Shipper SUP", SUP)["Label"] == refused
    assert metrc.get("/packages/v2/active", "Shipper SUP", SUP).json()["Total"] == 1
    assert metrc.get("/transfers/v2/rejected", "Shipper SUP", SUP).json()["Total"] == 0
    delivery = metrc.get(f"/transfers/v2/{sent['transferId']}/deliveries", "Ana").json()["Data"][0]
    assert delivery["RejectedPackagesReturned"] is True
    assert "not waiting" in metrc.refused("return", **back, labels=[refused])


def test_only_the_recipient_receives(metrc: Metrc) -> None:
    row = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row])
    packages = [{"label": sent["labels"][0]}]
    delivery = sent["deliveryId"]
    sentence = metrc.refused("receive", licenseNumber=DIST, deliveryId=delivery, packages=packages)
    assert f"goes to {MFG}, not to {DIST}" in sentence
    metrc.desk("receive", licenseNumber=MFG, deliveryId=delivery, packages=packages)


def test_a_package_on_the_road_refuses_every_use(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    made = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label])).json()["Ids"][0]
    metrc.desk("register-transfer", licenseNumber=MFG, templateId=made)
    answer = metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -1))
    assert message(answer) == f"Package {label} is in transit and cannot be changed."
    sentence = metrc.refused("register-transfer", licenseNumber=MFG, templateId=made)
    assert "in transit on another manifest" in sentence


def test_a_manifest_can_be_voided_until_it_departs(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    made = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label])).json()["Ids"][0]
    first = metrc.desk("register-transfer", licenseNumber=MFG, templateId=made)
    metrc.desk("void", licenseNumber=MFG, transferId=first["transferId"])
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 1
    assert metrc.get("/transfers/v2/outgoing", "Ana", MFG).json()["Data"][0]["IsVoided"] is True
    second = metrc.desk("register-transfer", licenseNumber=MFG, templateId=made)
    metrc.desk(
        "edit-manifest", licenseNumber=MFG, transferId=second["transferId"], DriverName="Ana"
    )
    metrc.desk("depart", deliveryId=second["deliveryIds"][0])
    edit = {"licenseNumber": MFG, "transferId": second["transferId"]}
    assert "has departed" in metrc.refused("void", **edit)
    assert "has departed" in metrc.refused("edit-manifest", **edit, DriverName="Gus")
    newest = metrc.get("/transfers/v2/incoming", "Eve", DIST).json()["Data"][0]
    assert newest["DriverName"] == "Ana"
    assert newest["ActualDepartureDateTime"] is not None


@pytest.mark.parametrize("state", ["NotSubmitted", "TestFailed", "SubmittedForTesting"])
def test_untested_goods_do_not_go_to_a_retailer(metrc: Metrc, state: str) -> None:
    label = metrc.stock(DIST, 240, item=CART, unit="Each", labTestingState=state)
    made = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], 2760)).json()["Ids"][0]
    sentence = metrc.refused("register-transfer", licenseNumber=DIST, templateId=made)
    assert f"Package is marked as {state} and cannot be transferred." in sentence
    assert metrc.get("/packages/v2/intransit", "Hal", DIST).json()["Total"] == 0


def test_a_held_or_empty_package_is_not_registered(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    made = metrc.post(TEMPLATES, "Ana", MFG, template(DIST, [label])).json()["Ids"][0]
    metrc.desk("hold", label=label, kind="recall", on=True)
    asked = {"licenseNumber": MFG, "templateId": made}
    assert "is on hold" in metrc.refused("register-transfer", **asked)
    metrc.desk("hold", label=label, kind="recall", on=False)
    metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 0))
    assert "is empty" in metrc.refused("register-transfer", **asked)
    metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 1))
    metrc.desk("register-transfer", **asked)


def test_wholesale_needs_a_price_per_package_and_shows_it_to_both_sides(metrc: Metrc) -> None:
    label = metrc.stock(DIST, 240, item=CART, unit="Each", labTestingState="TestPassed")
    answer = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], None))
    assert message(answer) == f"WholesalePrice was not specified for {label}."
    answer = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], 2760, MFG))
    assert "cannot go to a Manufacturer" in message(answer)
    made = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], 2760)).json()["Ids"][0]
    sent = metrc.desk("register-transfer", licenseNumber=DIST, templateId=made)
    below = f"/transfers/v2/deliveries/{sent['deliveryIds'][0]}"
    for user in ("Hal", "Buyer R1"):
        rows = metrc.get(f"{below}/packages/wholesale", user).json()["Data"]
        assert [row["ShipperWholesalePrice"] for row in rows] == [2760]
    for user in ("Buyer R2", "Nell"):
        assert metrc.get(f"{below}/packages/wholesale", user).status_code == 401
    assert metrc.get(f"{below}/transporters", "Hal").json()["Data"][0]["TransporterDirection"]
    assert (
        metrc.get(f"{below}/transporters/details", "Hal").json()["Data"][0]["DriverName"] == "Gus"
    )


def test_the_manifest_is_a_pdf_in_json(metrc: Metrc) -> None:
    row = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row])
    path = f"/transfers/v2/manifest/{sent['transferId']}/pdf"
    answer = metrc.get(path, "Ana", MFG).json()
    content = base64.b64decode(answer["FileContents"])
    assert content.startswith(b"%PDF")
    assert sent["manifestNumber"].encode() in content
    assert metrc.get(path, "Nell").status_code == 401


def test_the_transfer_window_follows_every_change(metrc: Metrc) -> None:
    row = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row])
    before = metrc.get("/transfers/v2/incoming", "Ana", MFG).json()["Data"][0]
    packages = [{"label": sent["labels"][0]}]
    metrc.desk("receive", licenseNumber=MFG, deliveryId=sent["deliveryId"], packages=packages)
    after = metrc.get("/transfers/v2/incoming", "Ana", MFG).json()["Data"][0]
    assert after["LastModified"] > before["LastModified"]
    assert (before["ReceivedPackageCount"], after["ReceivedPackageCount"]) == (0, 1)
    assert after["ReceivedDateTime"] is not None


def test_nothing_ships_to_a_licence_that_is_not_active(metrc: Metrc) -> None:
    label = metrc.stock(DIST, 240, item=CART, unit="Each", labTestingState="TestPassed")
    made = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], 2760, R2)).json()["Ids"][0]
    metrc.desk("license", number=R2, status="Suspended")
    sentence = metrc.refused("register-transfer", licenseNumber=DIST, templateId=made)
    assert "is not active" in sentence
    metrc.desk("license", number=R2, status="Active")
    metrc.desk("register-transfer", licenseNumber=DIST, templateId=made)


def test_a_moved_day_is_written_by_the_desk_too(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    metrc.desk("move", licenseNumber=MFG, Label=label, Location="Vault", MoveDate=TODAY)
    assert metrc.package(label)["LocationName"] == "Vault"
