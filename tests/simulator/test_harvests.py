"""Harvests: weights come in from plants and go out to waste, packages, moisture, nowhere else."""

from __future__ import annotations

from typing import Any

from tests.simulator import farm
from tests.simulator.conftest import TODAY, Metrc, split
from tests.simulator.farm import FARM, cutting, done, harvest, ids, one, packing, refusal, rows

PATH = "/harvests/v2"


def weights(metrc: Metrc, number: int) -> tuple[float, float, float, float]:
    row = one(metrc, f"{PATH}/{number}")
    fields = ("TotalWetWeight", "CurrentWeight", "TotalWasteWeight", "TotalPackagedWeight")
    wet, current, waste, packaged = (row[field] for field in fields)
    assert wet == current + waste + packaged + row["TotalRestoredWeight"]
    return wet, current, waste, packaged


def test_plants_of_one_name_and_day_join_one_harvest(metrc: Metrc) -> None:
    first, second, third = farm.plants(metrc, 3)
    answer = metrc.put(
        "/plants/v2/harvest",
        "Gil",
        FARM,
        cutting(first, 100.23),
        cutting(second, 1, UnitOfWeight="Ounces"),
    )
    made = ids(answer)
    assert made[0] == made[1]
    assert weights(metrc, made[0])[0] == 128.5795
    row = one(metrc, f"{PATH}/{made[0]}")
    assert (row["PlantCount"], row["SourceStrainNames"]) == (2, "Blue Dream")
    plant = one(metrc, f"/plants/v2/{second}")
    assert (plant["State"], plant["HarvestId"], plant["HarvestedWetWeight"]) == (
        "Harvested",
        made[0],
        28.3495,
    )
    for more in (
        {"ActualDate": "2026-11-22"},
        {"HarvestName": "spring", "ActualDate": "2026-11-2"},
    ):
        assert (
            metrc.put("/plants/v2/harvest", "Gil", FARM, cutting(third, 5, **more)).status_code
            == 400
        )
    answer = metrc.put("/plants/v2/harvest", "Gil", FARM, cutting(first, 1))
    assert refusal(answer) == f"Plant {first} is harvested."


def test_a_manicured_plant_goes_on_growing(metrc: Metrc) -> None:
    label = farm.plants(metrc, 1)[0]
    body = cutting(label, 50.1, HarvestName=None, PlantCount=1)
    for _ in range(2):
        number = ids(metrc.post("/plants/v2/manicure", "Gil", FARM, body))[0]
    row = one(metrc, f"{PATH}/{number}")
    assert (row["Name"], row["HarvestType"]) == (f"{TODAY}-Drying Room-M", "Manicure")
    assert row["TotalWetWeight"] == 100.2
    plant = one(metrc, f"/plants/v2/{label}")
    assert (plant["State"], plant["HarvestCount"]) == ("Tracked", 2)
    answer = metrc.put(
        "/plants/v2/harvest", "Gil", FARM, cutting(label, 1, HarvestName=row["Name"])
    )
    assert refusal(answer) == f"Harvest {row['Name']} is of another day or kind."


def wasted(number: int, weight: float) -> dict[str, Any]:
    return {
        "Id": number,
        "WasteType": "Plant Material",
        "UnitOfWeight": "Grams",
        "WasteWeight": weight,
        "ActualDate": TODAY,
    }


def test_waste_leaves_a_harvest_and_comes_back_when_discontinued(metrc: Metrc) -> None:
    number = harvest(metrc, 100)
    made = ids(metrc.post(f"{PATH}/waste", "Gil", FARM, wasted(number, 10.05)))[0]
    assert weights(metrc, number) == (100, 89.95, 10.05, 0)
    listed = metrc.get(f"{PATH}/waste", "Gil", FARM, harvestId=number).json()["Data"]
    assert [(row["Id"], row["WasteWeight"]) for row in listed] == [(made, 10.05)]
    answer = metrc.post(f"{PATH}/waste", "Gil", FARM, wasted(number, 90))
    assert refusal(answer) == (
        "Harvest Spring does not have enough weight: 89.95 Grams left, 90.0 needed."
    )
    done(metrc.call("DELETE", f"{PATH}/waste/{made}", "Gil", FARM))
    assert weights(metrc, number) == (100, 100, 0, 0)
    assert metrc.get(f"{PATH}/waste", "Gil", FARM, harvestId=number).json()["Total"] == 0
    assert metrc.call("DELETE", f"{PATH}/waste/{made}", "Gil", FARM).status_code == 401
    assert metrc.get(f"{PATH}/waste", "Gil", FARM).status_code == 400


def test_a_package_takes_its_weight_from_each_harvest(metrc: Metrc) -> None:
    spring = harvest(metrc, 100)
    label = farm.plant_tags(metrc)[0]
    name = rows(metrc, "/plantbatches/v2/active")[0]["Name"]
    ids(metrc.post("/plantbatches/v2/growthphase", "Gil", FARM, farm.tagging(name, 1, label)))
    late = cutting(label, 0.5, HarvestName="Late", UnitOfWeight="Kilograms")
    other = ids(metrc.put("/plants/v2/harvest", "Gil", FARM, late))[0]
    tags = metrc.tags("Gil", FARM)
    made = ids(
        metrc.post(f"{PATH}/packages", "Gil", FARM, packing(tags[0], (spring, 40), (other, 250)))
    )
    package = one(metrc, f"/packages/v2/{tags[0]}")
    assert (package["Id"], package["Quantity"]) == (made[0], 290)
    assert (package["SourceHarvestCount"], package["SourceHarvestNames"]) == (2, "Spring, Late")
    assert package["LabTestingState"] == "NotSubmitted"
    assert weights(metrc, spring) == (100, 60, 0, 40)
    assert weights(metrc, other) == (0.5, 0.25, 0, 0.25)
    twice = packing(tags[1], (spring, 1), (spring, 1))
    answer = metrc.post(f"{PATH}/packages", "Gil", FARM, twice)
    assert refusal(answer) == "Harvest Spring was specified more than once."
    assert tags[1] in metrc.tags("Gil", FARM)


def test_a_discontinued_package_gives_its_weight_back(metrc: Metrc) -> None:
    number = harvest(metrc, 100)
    tag = metrc.tags("Gil", FARM)[0]
    made = ids(metrc.post(f"{PATH}/packages", "Gil", FARM, packing(tag, (number, 40))))[0]
    ids(metrc.put(f"{PATH}/finish", "Gil", FARM, {"Id": number, "ActualDate": TODAY}))
    answer = metrc.call("DELETE", f"/packages/v2/{made}", "Gil", FARM)
    assert refusal(answer) == "Harvest Spring is finished."
    ids(metrc.put(f"{PATH}/unfinish", "Gil", FARM, {"Id": number}))
    done(metrc.call("DELETE", f"/packages/v2/{made}", "Gil", FARM))
    assert weights(metrc, number) == (100, 100, 0, 0)
    assert one(metrc, f"{PATH}/{number}")["PackageCount"] == 0
    assert tag not in metrc.tags("Gil", FARM)


def test_a_package_of_a_package_names_the_harvest_it_came_from(metrc: Metrc) -> None:
    number = harvest(metrc, 100)
    tags = metrc.tags("Gil", FARM)
    ids(metrc.post(f"{PATH}/packages", "Gil", FARM, packing(tags[0], (number, 40))))
    made = ids(metrc.post("/packages/v2/", "Gil", FARM, split(tags[1], tags[0], 15)))[0]
    renamed = {"Id": None, "OldName": "Spring", "NewName": "First harvest"}
    assert ids(metrc.put(f"{PATH}/rename", "Gil", FARM, renamed)) == [number]
    assert metrc.get(f"/packages/v2/{made}/source/harvests", "Gil", FARM).json() == [
        {
            "HarvestedByFacilityLicenseNumber": FARM,
            "HarvestedByFacilityName": "Neighbor Farm",
            "Name": "First harvest",
            "HarvestStartDate": TODAY,
        }
    ]
    assert one(metrc, f"/packages/v2/{tags[1]}")["SourceHarvestNames"] == "Spring"


def test_a_finished_harvest_dried_away_and_has_its_weight_again_when_reopened(
    metrc: Metrc,
) -> None:
    number = harvest(metrc, 100)
    assert ids(metrc.put(f"{PATH}/finish", "Gil", FARM, {"Id": number, "ActualDate": TODAY})) == [
        number
    ]
    row = rows(metrc, f"{PATH}/inactive")[0]
    assert (row["CurrentWeight"], row["FinishedDate"]) == (0, TODAY)
    assert rows(metrc, f"{PATH}/active") == []
    answer = metrc.post(f"{PATH}/waste", "Gil", FARM, wasted(number, 1))
    assert refusal(answer) == "Harvest Spring is finished."
    ids(metrc.put(f"{PATH}/unfinish", "Gil", FARM, {"Id": number}))
    assert weights(metrc, number) == (100, 100, 0, 0)
    answer = metrc.put(f"{PATH}/unfinish", "Gil", FARM, {"Id": number})
    assert refusal(answer) == "Harvest Spring is not finished."


def test_restored_plants_grow_again_and_their_weight_leaves(metrc: Metrc) -> None:
    number = harvest(metrc, 60, 40)
    labels = sorted(row["Label"] for row in rows(metrc, "/plants/v2/inactive"))
    body = {"HarvestId": number, "PlantTags": [labels[1]]}
    assert ids(metrc.put(f"{PATH}/restore/harvestedplants", "Gil", FARM, body)) == [number]
    assert weights(metrc, number) == (100, 60, 0, 0)
    assert [row["Label"] for row in rows(metrc, "/plants/v2/vegetative")] == [labels[1]]
    answer = metrc.put(f"{PATH}/restore/harvestedplants", "Gil", FARM, body)
    assert refusal(answer) == f"Plant {labels[1]} was not harvested in Spring."
    ids(metrc.post(f"{PATH}/waste", "Gil", FARM, wasted(number, 30)))
    body["PlantTags"] = [labels[0]]
    answer = metrc.put(f"{PATH}/restore/harvestedplants", "Gil", FARM, body)
    assert refusal(answer).startswith("Harvest Spring does not have enough weight: 30.0 Grams")


def test_a_harvest_moves_by_id_or_by_name(metrc: Metrc) -> None:
    number = harvest(metrc, 100)
    body = {"Id": number, "DryingLocation": "Vault", "ActualDate": f"{TODAY}T00:00:00Z"}
    ids(metrc.put(f"{PATH}/location", "Gil", FARM, body))
    assert one(metrc, f"{PATH}/{number}")["DryingLocationName"] == "Vault"
    body.update(Id=None, HarvestName="spring", DryingLocation="Nursery")
    ids(metrc.put(f"{PATH}/location", "Gil", FARM, body))
    assert one(metrc, f"{PATH}/{number}")["DryingLocationName"] == "Nursery"
    answer = metrc.put(f"{PATH}/location", "Gil", FARM, {**body, "HarvestName": "Autumn"})
    assert refusal(answer) == "Harvest Autumn does not exist in the current Facility."


def test_a_failed_sample_fails_the_harvest_and_what_is_packed_of_it(metrc: Metrc) -> None:
    number = harvest(metrc, 100)
    tags = metrc.tags("Gil", FARM)
    ids(metrc.post(f"{PATH}/packages", "Gil", FARM, packing(tags[0], (number, 10))))
    ids(metrc.post(f"{PATH}/packages/testing", "Gil", FARM, packing(tags[1], (number, 5))))
    sample = one(metrc, f"/packages/v2/{tags[1]}")
    assert (sample["IsTestingSample"], sample["LabTestingState"]) == (True, "SubmittedForTesting")
    farm.drive(metrc, tags[1], "C8-9990001-LIC")
    metrc.desk(
        "record-results", licenseNumber="C8-9990001-LIC", label=tags[1], passed=False, release=True
    )
    ids(metrc.post(f"{PATH}/packages", "Gil", FARM, packing(tags[2], (number, 10))))
    states = [one(metrc, f"/packages/v2/{tag}")["LabTestingState"] for tag in (tags[0], tags[2])]
    assert one(metrc, f"{PATH}/{number}")["LabTestingState"] == "TestFailed"
    assert states == ["NotSubmitted", "TestFailed"]
