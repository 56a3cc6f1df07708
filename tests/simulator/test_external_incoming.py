"""Shipments from outside METRC, in a state that has them."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from metrc_simulator.http_server import SimulatorServer
from metrc_simulator.running import open_engine
from metrc_simulator.simulator import Simulator
from tests.simulator.conftest import DIST, MFG, TODAY, Metrc

PATH = "/transfers/v2/external/incoming"
BODY: dict[str, Any] = {
    "ShipperLicenseNumber": "HEMP-7",
    "ShipperName": "Outer Farms",
    "DriverName": "Otto",
    "Destinations": [
        {
            "RecipientLicenseNumber": MFG,
            "TransferTypeName": "External Transfer",
            "PlannedRoute": "Straight on.",
            "EstimatedDepartureDateTime": f"{TODAY}T09:00:00.000",
            "EstimatedArrivalDateTime": f"{TODAY}T12:00:00.000",
            "Packages": [
                {
                    "ItemName": "Crude Oil",
                    "Quantity": 250.5,
                    "UnitOfMeasureName": "Grams",
                    "PackagedDate": f"{TODAY}T00:00:00Z",
                    "ExternalId": "OUT-1",
                }
            ],
        }
    ],
}


@pytest.fixture
def open_state(small_world: str, tmp_path: Path) -> Iterator[Metrc]:
    """California as if it took shipments from outside: the flag and a transfer type for them."""
    cast = yaml.safe_load(Path(small_world).read_text(encoding="utf-8"))
    cast["facilities"][0]["extra_flags"].append("CanTransferFromExternalFacilities")
    world = tmp_path / "open.yaml"
    world.write_text(yaml.safe_dump(cast), encoding="utf-8")
    engine = open_engine("ca", str(world))
    engine.profile.transfer_types["external transfer"] = {
        "name": "External Transfer",
        "transaction": "Standard",
        "external_incoming": True,
    }
    with SimulatorServerOnLoopback(engine) as address, httpx.Client(base_url=address) as client:
        yield Metrc(client)


class SimulatorServerOnLoopback:
    """A server of one engine, stopped at the end."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.server = SimulatorServer(0, Simulator(engine).answer)

    def __enter__(self) -> str:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self.server.address

    def __exit__(self, *problem: object) -> None:
        self.engine.stopping.set()
        self.server.stop()
        self.thread.join()
        self.engine.store.close()


def changed(**package: Any) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    body["Destinations"][0]["Packages"][0].update(package)
    return body


def registered(metrc: Metrc) -> tuple[int, int]:
    transfer = metrc.post(PATH, "Fay", MFG, BODY).json()["Ids"][0]
    [row] = metrc.get("/transfers/v2/incoming", "Fay", MFG).json()["Data"]
    assert (row["Id"], row["ShipperFacilityName"]) == (transfer, "Outer Farms")
    return transfer, row["DeliveryId"]


def packages(metrc: Metrc, delivery: int) -> list[dict[str, Any]]:
    path = f"/transfers/v2/deliveries/{delivery}/packages"
    found: list[dict[str, Any]] = metrc.get(path, "Fay").json()["Data"]
    return found


def test_a_shipment_from_outside_gets_its_tags_on_receipt(open_state: Metrc) -> None:
    metrc = open_state
    transfer, delivery = registered(metrc)
    [line] = packages(metrc, delivery)
    assert (line["PackageLabel"], line["ShippedQuantity"]) == (None, 250.5)
    tag = metrc.tags()[0]
    decision = {"packageId": line["PackageId"], "tag": tag, "receivedQuantity": 250}
    metrc.desk("receive", licenseNumber=MFG, deliveryId=delivery, packages=[decision])
    row = metrc.package(tag)
    assert (row["Quantity"], row["ReceivedFromFacilityName"]) == (250, "Outer Farms")
    assert (row["Item"]["Name"], row["ExternalId"]) == ("Crude Oil", "OUT-1")
    assert tag not in metrc.tags()
    assert packages(metrc, delivery)[0]["ShipmentPackageState"] == "Accepted"
    for answer in (
        metrc.put(PATH, "Fay", MFG, {**BODY, "TransferId": transfer}),
        metrc.call("DELETE", f"{PATH}/{transfer}", "Fay", MFG),
    ):
        assert answer.status_code == 400
        assert "is received" in answer.text
    again = {"licenseNumber": MFG, "deliveryId": delivery, "packages": [decision]}
    assert "is received" in metrc.refused("receive", **again)


def test_a_shipment_from_outside_is_changed_and_voided_before_receipt(open_state: Metrc) -> None:
    metrc = open_state
    transfer, delivery = registered(metrc)
    change = {**changed(Quantity=300), "TransferId": transfer}
    assert metrc.put(PATH, "Fay", MFG, change).content == b""
    assert [line["ShippedQuantity"] for line in packages(metrc, delivery)] == [300]
    assert metrc.call("DELETE", f"{PATH}/{transfer}", "Fay", MFG).status_code == 200
    [row] = metrc.get("/transfers/v2/incoming", "Fay", MFG).json()["Data"]
    assert row["IsVoided"] is True
    assert "is voided" in metrc.put(PATH, "Fay", MFG, change).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ItemName": "Gold"}, 'The Product "Gold" is invalid.'),
        ({"Quantity": 0}, "Quantity must be greater than zero."),
        ({"UnitOfMeasureName": "Each"}, "does not fit Item"),
        ({"PackagedDate": None}, "PackagedDate was not specified."),
    ],
)
def test_a_wrong_package_from_outside_is_refused_by_its_field(
    open_state: Metrc, change: dict[str, Any], words: str
) -> None:
    answer = open_state.post(PATH, "Fay", MFG, changed(**change))
    assert answer.status_code == 400
    assert words in answer.json()[0]["message"]
    assert open_state.get("/transfers/v2/incoming", "Fay", MFG).json()["Data"] == []


def test_a_facility_without_the_flag_answers_401_and_an_empty_body_400(metrc: Metrc) -> None:
    assert metrc.post(PATH, "Fay", MFG, BODY).status_code == 401
    assert metrc.post(PATH, "Fay", MFG).status_code == 400


def test_a_licensed_transfer_type_is_not_for_goods_from_outside(open_state: Metrc) -> None:
    wrong = copy.deepcopy(BODY)
    wrong["Destinations"][0]["TransferTypeName"] = "Transfer"
    answer = open_state.post(PATH, "Fay", MFG, wrong)
    assert "is not for external incoming shipments" in answer.json()[0]["message"]
    wrong["Destinations"][0]["RecipientLicenseNumber"] = DIST
    answer = open_state.post(PATH, "Fay", MFG, wrong)
    assert "is not the current Facility" in answer.json()[0]["message"]
