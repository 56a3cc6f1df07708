"""Items, locations, drivers, vehicles, tags and processing jobs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import DIST, MFG, SUP, TODAY, Metrc, split

OIL = {"Name": "Rosin", "ItemCategory": "Other Concentrate (weight)", "UnitOfMeasure": "Grams"}


def message(answer: Any) -> str:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    text: str = answer.json()[0]["message"]
    return text


def names(metrc: Metrc, path: str, user: str = "Fay", license_number: str = MFG) -> list[str]:
    rows = metrc.get(path, user, license_number).json()["Data"]
    return sorted(row["Name"] for row in rows)


def test_an_item_is_made_changed_and_archived(metrc: Metrc) -> None:
    made = metrc.post("/items/v2/", "Fay", MFG, OIL).json()["Ids"][0]
    row = metrc.get(f"/items/v2/{made}", "Fay").json()
    assert (row["QuantityType"], row["ApprovalStatus"]) == ("WeightBased", "Approved")
    assert row["DefaultLabTestingState"] == "NotSubmitted"
    changed = {**OIL, "Id": made, "Name": "Live Rosin", "Description": "Cold"}
    assert metrc.put("/items/v2/", "Fay", MFG, changed).json()["Ids"] == [made]
    assert metrc.get(f"/items/v2/{made}", "Fay").json()["Description"] == "Cold"
    assert metrc.call("DELETE", f"/items/v2/{made}", "Fay", MFG).status_code == 200
    assert "Live Rosin" not in names(metrc, "/items/v2/active")
    assert names(metrc, "/items/v2/inactive") == ["Live Rosin"]
    assert metrc.get(f"/items/v2/{made}", "Nell").status_code == 401


def test_an_item_in_a_package_is_not_archived(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 100)
    tag = metrc.tags()[0]
    row = split(tag, source, 10, UseSameItem=False, Item="Distillate")
    metrc.post("/packages/v2/", "Ana", MFG, row)
    item = metrc.package(tag)["Item"]["Id"]
    answer = metrc.call("DELETE", f"/items/v2/{item}", "Fay", MFG)
    assert tag in answer.json()["Message"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Name": "DISTILLATE"}, 'Item "DISTILLATE" already exists'),
        ({"Name": ""}, "Name was not specified."),
        ({"ItemCategory": "Oil"}, 'The Item Category "Oil" is invalid. Valid values are: Flower'),
        ({"UnitOfMeasure": "Each"}, "Unit of Measure Each does not fit Category"),
        ({"UnitOfMeasure": "Stones"}, "Unit of Measure Stones is not valid."),
        ({"ItemCategory": "Flower"}, "Strain was not specified."),
        (
            {"ItemCategory": "Edible (weight - each)", "UnitOfMeasure": "Each"},
            "UnitWeight was not specified.",
        ),
    ],
)
def test_a_wrong_item_is_refused_by_its_field(
    metrc: Metrc, change: dict[str, Any], words: str
) -> None:
    assert words in message(metrc.post("/items/v2/", "Fay", MFG, {**OIL, **change}))
    assert "Rosin" not in names(metrc, "/items/v2/active")


def test_a_location_is_unique_ignoring_case_renamed_and_archived_when_empty(
    metrc: Metrc,
) -> None:
    row = {"Name": "Cold Room", "LocationTypeName": "Default Location Type"}
    made = metrc.post("/locations/v2/", "Fay", MFG, row).json()["Ids"][0]
    double = {**row, "Name": "cold room"}
    assert "already exists" in message(metrc.post("/locations/v2/", "Fay", MFG, double))
    wrong = {"Name": "Attic", "LocationTypeName": "Roof"}
    assert message(metrc.post("/locations/v2/", "Fay", MFG, wrong)).startswith("Location Type")
    label = metrc.stock(MFG, 10)
    moved = {"Label": label, "Location": "COLD ROOM", "MoveDate": TODAY}
    metrc.put("/packages/v2/location", "Ana", MFG, moved)
    metrc.put("/locations/v2/", "Fay", MFG, {**row, "Id": made, "Name": "Freezer"})
    assert metrc.package(label)["LocationName"] == "Freezer"
    answer = metrc.call("DELETE", f"/locations/v2/{made}", "Fay", MFG)
    assert label in answer.json()["Message"]
    metrc.put("/packages/v2/location", "Ana", MFG, {**moved, "Location": "Vault"})
    assert metrc.call("DELETE", f"/locations/v2/{made}", "Fay", MFG).status_code == 200
    assert names(metrc, "/locations/v2/inactive") == ["Freezer"]
    assert metrc.call("DELETE", f"/locations/v2/{made}", "Hal", DIST).status_code == 401


@pytest.mark.parametrize(
    ("word", "row", "changed"),
    [
        (
            "drivers",
            {"Name": "Gus", "DriversLicenseNumber": "D1", "EmployeeId": "E1"},
            {"Name": "Gustav"},
        ),
        (
            "vehicles",
            {"Make": "Ford", "Model": "Transit", "LicensePlateNumber": "8ABC123"},
            {"Model": "E-Transit"},
        ),
    ],
)
def test_drivers_and_vehicles_are_kept_per_facility(
    metrc: Metrc, word: str, row: dict[str, Any], changed: dict[str, Any]
) -> None:
    path = f"/transporters/v2/{word}"
    made = metrc.post(path, "Hal", DIST, row).json()["Ids"][0]
    assert (
        metrc.get(path, "Hal", DIST).json()["Data"][0] | row
        == metrc.get(f"{path}/{made}", "Hal").json()
    )
    assert metrc.put(path, "Hal", DIST, {**row, "Id": made, **changed}).status_code == 200
    seen = metrc.get(f"{path}/{made}", "Hal", DIST).json()
    assert changed.items() <= seen.items()
    assert metrc.get(path, "Fay", MFG).json()["Total"] == 0
    field = next(iter(row))
    assert message(metrc.post(path, "Hal", DIST, {**row, field: None})).startswith(field)
    assert metrc.call("DELETE", f"{path}/{made}", "Fay", MFG).status_code == 401
    assert metrc.call("DELETE", f"{path}/{made}", "Hal", DIST).status_code == 200
    assert metrc.get(path, "Hal", DIST).json()["Total"] == 0


def test_tags_arrive_and_are_voided_at_the_desk(metrc: Metrc) -> None:
    before = metrc.tags()
    got = metrc.desk("receive-tags", licenseNumber=MFG, count=5)["labels"]
    assert metrc.tags() == sorted(before + got)
    assert all(len(label) == 24 for label in got)
    metrc.desk("void-tags", licenseNumber=MFG, labels=got[:1])
    assert got[0] not in metrc.tags()
    source = metrc.stock(MFG, 10)
    answer = metrc.post("/packages/v2/", "Ana", MFG, split(got[0], source, 1))
    assert message(answer) == f"Tag {got[0]} is not valid."
    assert "is voided" in metrc.refused("void-tags", licenseNumber=MFG, labels=got[:1])
    twice = metrc.refused("receive-tags", licenseNumber=MFG, labels=[got[1]])
    assert "was issued before" in twice
    wrong = metrc.refused("receive-tags", licenseNumber=MFG, labels=["short"])
    assert wrong.startswith("labels: 'short'")
    other = metrc.refused("void-tags", licenseNumber=DIST, labels=[got[1]])
    assert "is not one of" in other


def job(label: str, quantity: float) -> dict[str, Any]:
    return {
        "JobName": "PB-D-101",
        "JobType": "Extraction",
        "CountUnitOfMeasure": "Each",
        "VolumeUnitOfMeasure": "Milliliters",
        "WeightUnitOfMeasure": "Grams",
        "Packages": [{"Label": label, "Quantity": quantity, "UnitOfMeasure": "Grams"}],
        "StartDate": "2026-11-23T00:00:00Z",
    }


def test_a_job_consumes_packs_and_states_its_waste(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 12000)
    made = metrc.post("/processing/v2/start", "Ana", MFG, job(source, 12000)).json()["Ids"][0]
    assert metrc.package(source)["Quantity"] == 0
    output = {
        "JobName": "pb-d-101",
        "Tag": metrc.tags()[0],
        "Item": "Distillate",
        "Quantity": 8400,
        "UnitOfMeasure": "Grams",
        "ProductionBatchNumber": "PB-D-101",
        "PackageDate": TODAY,
    }
    answer = metrc.post("/processing/v2/createpackages", "Ana", MFG, output)
    assert answer.status_code == 200, answer.text
    made_of = metrc.package(output["Tag"])
    assert (made_of["SourceProcessingJobCount"], made_of["SourcePackageLabels"]) == (1, source)
    finish = {
        "Id": made,
        "FinishDate": "2026-11-23T00:00:00Z",
        "TotalWeightWaste": 3564,
        "WasteWeightUnitOfMeasureName": "Grams",
        "FinishNote": "tails",
    }
    assert metrc.put("/processing/v2/finish", "Ana", MFG, finish).status_code == 200
    row = metrc.get(f"/processing/v2/{made}", "Ana").json()
    assert (row["TotalWeight"], row["TotalWeightWaste"], row["IsFinished"]) == (12000, 3564, True)
    late = metrc.post("/processing/v2/createpackages", "Ana", MFG, {**output, "Tag": "X"})
    assert message(late) == "Processing Job PB-D-101 is finished."
    assert metrc.put("/processing/v2/unfinish", "Ana", MFG, {"Id": made}).status_code == 200
    assert names(metrc, "/processing/v2/active", "Ana") == ["PB-D-101"]


def test_a_job_cannot_take_more_than_there_is_nor_have_a_strange_type(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 100)
    too_much = metrc.post("/processing/v2/start", "Ana", MFG, job(source, 101))
    assert "does not have enough quantity" in message(too_much)
    strange = metrc.post("/processing/v2/start", "Ana", MFG, {**job(source, 1), "JobType": "Magic"})
    assert message(strange) == 'Processing Job Type "Magic" is not valid.'
    assert metrc.package(source)["Quantity"] == 100
    assert metrc.post("/processing/v2/start", "Ana", MFG, job(source, 1)).status_code == 200
    again = metrc.post("/processing/v2/start", "Ana", MFG, job(source, 1))
    assert "already exists" in message(again)


def test_stock_of_the_supplier_is_checked_field_by_field(metrc: Metrc) -> None:
    good = {"item": "Crude Oil", "quantity": 1, "unitOfMeasure": "Grams"}
    base = {"fromLicense": SUP, "toLicense": MFG}
    for change, words in (
        ({"item": "Gold"}, "item: 'Gold' is not an item of"),
        ({"quantity": 0}, "quantity: 0 is not a quantity above zero."),
        ({"quantity": "5"}, "quantity: '5' is not a quantity above zero."),
        ({"unitOfMeasure": "Each"}, "unitOfMeasure: 'Each' does not fit Crude Oil."),
        ({"labTestingState": "Great"}, "labTestingState: 'Great' is not a lab testing state."),
    ):
        assert words in metrc.refused("ship-in", **base, packages=[{**good, **change}])
    wrong = metrc.refused("ship-in", fromLicense=SUP, toLicense="C10-0", packages=[good])
    assert wrong == "toLicense: 'C10-0' is not a facility of this world."
    assert metrc.get("/transfers/v2/incoming", "Ana", MFG).json()["Total"] == 0
