"""The transporter's hub, and the manifest as a page."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import DIST, MFG, TODAY, Metrc

ESTIMATED = {
    "EstimatedDepartureDateTime": f"{TODAY}T09:00:00.000",
    "EstimatedArrivalDateTime": f"{TODAY}T12:00:00.000",
}


def on_the_road(metrc: Metrc) -> dict[str, Any]:
    """Register a manifest from the manufacturer that the distributor carries to itself."""
    label = metrc.stock(MFG, 100)
    body = {
        "Name": "Oil",
        "Destinations": [
            {
                "RecipientLicenseNumber": DIST,
                "TransferTypeName": "Transfer",
                "PlannedRoute": "Highway <1>",
                **ESTIMATED,
                "Transporters": [
                    {
                        "TransporterFacilityLicenseNumber": DIST,
                        "DriverName": "Gus",
                        "IsLayover": True,
                    }
                ],
                "Packages": [{"PackageLabel": label, "WholesalePrice": None}],
            }
        ],
    }
    template = metrc.post("/transfers/v2/templates/outgoing", "Fay", MFG, body).json()["Ids"][0]
    sent = metrc.desk("register-transfer", licenseNumber=MFG, templateId=template)
    return {"transferId": sent["transferId"], "deliveryId": sent["deliveryIds"][0], "label": label}


def step(metrc: Metrc, name: str, delivery: int, direction: str = "Outbound", **who: Any) -> Any:
    row = {"ShipmentDeliveryId": delivery, "TransporterDirection": direction}
    return metrc.post(f"/transfers/v2/hub/{name}", who.get("user", "Hal"), who.get("at", DIST), row)


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    text: str = answer.json()[0]["message"]
    return text


def hub_rows(metrc: Metrc, user: str, license_number: str, **params: Any) -> list[dict[str, Any]]:
    answer = metrc.get("/transfers/v2/hub/", user, license_number, **params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["Data"]
    return found


def test_a_delivery_goes_through_the_hub_in_four_steps_each_with_its_stamp(metrc: Metrc) -> None:
    road = on_the_road(metrc)
    delivery = road["deliveryId"]
    assert "has not departed" in refusal(step(metrc, "arrive", delivery))
    metrc.desk("depart", deliveryId=delivery)
    assert "arrive comes next" in refusal(step(metrc, "checkout", delivery))
    for name in ("arrive", "checkin", "checkout", "depart"):
        assert step(metrc, name, delivery).content == b""
    assert "has departed from the hub" in refusal(step(metrc, "depart", delivery))
    [row] = hub_rows(metrc, "Hal", DIST)
    assert row["Id"] == road["transferId"]
    assert row["IsLayover"] is True
    for field in (
        "TransporterActualArrivalDateTime",
        "TransporterAcceptedDateTime",
        "TransporterActualDepartureDateTime",
    ):
        assert row[field] is not None
    assert row["ShipmentTransporterDetails"][0]["DriverName"] == "Gus"


def test_only_the_transporter_with_the_permission_works_at_the_hub(metrc: Metrc) -> None:
    delivery = on_the_road(metrc)["deliveryId"]
    metrc.desk("depart", deliveryId=delivery)
    assert step(metrc, "arrive", delivery, user="Fay", at=MFG).status_code == 401
    assert step(metrc, "arrive", delivery, user="Dee").status_code == 401
    assert hub_rows(metrc, "Fay", MFG) == []
    assert "neither Outbound nor Return" in refusal(step(metrc, "arrive", delivery, "Sideways"))


def test_the_way_back_is_open_only_for_rejected_goods(metrc: Metrc) -> None:
    road = on_the_road(metrc)
    delivery, label = road["deliveryId"], road["label"]
    metrc.desk("depart", deliveryId=delivery)
    assert "nothing to return" in refusal(step(metrc, "arrive", delivery, "Return"))
    rejected = {"label": label, "reject": {"reason": "Torn bag"}}
    metrc.desk("receive", licenseNumber=DIST, deliveryId=delivery, packages=[rejected])
    assert "is received" in refusal(step(metrc, "arrive", delivery))
    assert step(metrc, "arrive", delivery, "Return").status_code == 200


def test_the_hub_is_read_by_change_or_by_arrival_but_not_by_both(metrc: Metrc) -> None:
    on_the_road(metrc)
    noon = {"estimatedArrivalStart": f"{TODAY}T11:00:00Z", "estimatedArrivalEnd": f"{TODAY}T13:00Z"}
    assert len(hub_rows(metrc, "Hal", DIST, **noon)) == 1
    late = {"estimatedArrivalStart": f"{TODAY}T13:00:00Z"}
    assert hub_rows(metrc, "Hal", DIST, **late) == []
    both = {**noon, "lastModifiedStart": f"{TODAY}T00:00:00Z"}
    answer = metrc.get("/transfers/v2/hub", "Hal", DIST, **both)
    assert "cannot both be specified" in answer.json()["Message"]


def test_a_manifest_is_a_page_for_either_side_and_for_nobody_else(metrc: Metrc) -> None:
    road = on_the_road(metrc)
    path = f"/transfers/v2/manifest/{road['transferId']}/html"
    for user, license_number in (("Fay", MFG), ("Hal", DIST)):
        answer = metrc.get(path, user, license_number)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert road["label"] in answer.text
    assert metrc.get(path, "Nell", "CDPH-19990500").status_code == 401
