"""Short words for the neighbor's farm: seeds, a batch, plants, a harvest, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx

from metrc_simulator.act import Act
from metrc_simulator.laws import strains
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.plant_batches.planting import plant_package
from metrc_simulator.laws.tags import next_tag, use_tag
from tests.simulator.conftest import TODAY, Metrc
from tests.simulator.test_transfer_laws import TEMPLATES, template

FARM = "CCL19-9990500"
SHOP = "C10-9990500-LIC"
FLOWER = "Blue Dream Flower"


def ids(answer: httpx.Response) -> list[int]:
    """Return the ids of a write that must have been accepted."""
    assert answer.status_code == 200, answer.text
    found: list[int] = answer.json()["Ids"]
    return found


def done(answer: httpx.Response) -> None:
    """Check that a write was accepted and answered with nothing."""
    assert (answer.status_code, answer.content) == (200, b""), answer.text


def refusal(answer: httpx.Response) -> str:
    """Return the first sentence of a refusal, of one row or of the call."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    sentence: str = body["Message"] if isinstance(body, dict) else body[0]["message"]
    return sentence


def rows(metrc: Metrc, path: str, user: str = "Gil", license_number: str = FARM) -> list[Any]:
    """Return the rows of a list."""
    answer = metrc.get(path, user, license_number)
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    found: list[Any] = answer.json()["Data"]
    return found


def plant_tags(metrc: Metrc) -> list[str]:
    """Return the farm's available plant tags, lowest first."""
    return sorted(row["Label"] for row in metrc.get("/tags/v2/plant/available", "Gil", FARM).json())


def shipped(
    metrc: Metrc, sender: str, receiver: str, item: str, quantity: float, unit: str, **more: Any
) -> str:
    """Bring one package from a licence to another and return its label."""
    row = {"item": item, "quantity": quantity, "unitOfMeasure": unit, **more}
    sent = metrc.desk("ship-in", fromLicense=sender, toLicense=receiver, packages=[row])
    label: str = sent["labels"][0]
    metrc.desk(
        "receive",
        licenseNumber=receiver,
        deliveryId=sent["deliveryId"],
        packages=[{"label": label}],
    )
    return label


def strain(metrc: Metrc, name: str = "Blue Dream", **more: Any) -> int:
    """Make a strain."""
    row = {"Name": name, "TestingStatus": "None", "IndicaPercentage": 40, "SativaPercentage": 60}
    return ids(metrc.post("/strains/v2/", "Gil", FARM, {**row, **more}))[0]


def seeds(metrc: Metrc, quantity: float = 50) -> str:
    """Bring a package of seeds to the farm and return its label."""
    return shipped(metrc, SHOP, FARM, "Blue Dream Seeds", quantity, "Each")


def planting(package: str, name: str, count: int, **more: Any) -> dict[str, Any]:
    """Return the body that plants a package."""
    return {
        "PackageLabel": package,
        "PlantBatchName": name,
        "PlantBatchType": "Seed",
        "PlantCount": count,
        "LocationName": "Nursery",
        "StrainName": "Blue Dream",
        "PlantedDate": f"{TODAY}T00:00:00Z",
        "UnpackagedDate": f"{TODAY}T00:00:00Z",
        **more,
    }


def batch(metrc: Metrc, count: int = 20) -> str:
    """Plant a batch and return its name, which is a plant tag."""
    strain(metrc)
    name = plant_tags(metrc)[0]
    row = planting(seeds(metrc), name, count)
    ids(metrc.post("/packages/v2/plantings", "Gil", FARM, row))
    return name


def tagging(name: str, count: int, first: str, **more: Any) -> dict[str, Any]:
    """Return the body that tags plants of a batch."""
    return {
        "Name": name,
        "Count": count,
        "StartingTag": first,
        "GrowthPhase": "Vegetative",
        "NewLocation": "Greenhouse",
        "NewSublocation": None,
        "GrowthDate": TODAY,
        **more,
    }


def plants(metrc: Metrc, count: int = 4, **more: Any) -> list[str]:
    """Plant a batch, tag some of it and return the plants' labels."""
    name = batch(metrc)
    free = plant_tags(metrc)
    ids(
        metrc.post(
            "/plantbatches/v2/growthphase", "Gil", FARM, tagging(name, count, free[0], **more)
        )
    )
    return free[:count]


def cutting(plant: str, weight: float, **more: Any) -> dict[str, Any]:
    """Return the body that harvests or manicures a plant."""
    return {
        "Plant": plant,
        "Weight": weight,
        "UnitOfWeight": "Grams",
        "DryingLocation": "Drying Room",
        "DryingSublocation": None,
        "HarvestName": "Spring",
        "ActualDate": TODAY,
        **more,
    }


def harvest(metrc: Metrc, *weights: float) -> int:
    """Harvest as many plants as weights are given, into one harvest, and return its id."""
    labels = plants(metrc, len(weights))
    pairs = zip(labels, weights, strict=True)
    made = ids(metrc.put("/plants/v2/harvest", "Gil", FARM, *(cutting(*pair) for pair in pairs)))
    assert len(set(made)) == 1
    return made[0]


def packing(tag: str, *taken: tuple[int, float], **more: Any) -> dict[str, Any]:
    """Return the body that packs weights of harvests."""
    return {
        "Tag": tag,
        "Location": "Vault",
        "Item": FLOWER,
        "UnitOfWeight": "Grams",
        "ActualDate": TODAY,
        "Ingredients": [
            {"HarvestId": number, "HarvestName": None, "Weight": weight, "UnitOfWeight": "Grams"}
            for number, weight in taken
        ],
        **more,
    }


def one(metrc: Metrc, path: str, user: str = "Gil", license_number: str = FARM) -> dict[str, Any]:
    """Return one row by its path."""
    answer = metrc.get(path, user, license_number)
    assert answer.status_code == 200, (path, answer.status_code)
    row: dict[str, Any] = answer.json()
    return row


def drive(metrc: Metrc, label: str, receiver: str) -> None:
    """Bring a package of the farm to another licence by a manifest of its own template."""
    made = ids(metrc.post(TEMPLATES, "Gil", FARM, template(receiver, [label])))[0]
    sent = metrc.desk("register-transfer", licenseNumber=FARM, templateId=made)
    delivery = sent["deliveryIds"][0]
    metrc.desk("depart", deliveryId=delivery)
    metrc.desk("receive", licenseNumber=receiver, deliveryId=delivery, packages=[{"label": label}])


def stock(act: Act, item_name: str, quantity: Decimal) -> str:
    """Make a package out of nothing, without a simulator that runs, and return its label."""
    item = act.store.find("items", item_name, act.license_number)
    assert item is not None, item_name
    label = next_tag(act)
    use_tag(act, label)
    unit = act.unit(item.body["UnitOfMeasureName"])
    act.add(new_package(act, label, item.body, quantity, unit, TODAY))
    return label


def open_farm(act: Act) -> None:
    """Plant forty seeds, without a simulator that runs."""
    strains.create_strain(act, {"Name": "Blue Dream"})
    package = stock(act, "Blue Dream Seeds", Decimal(50))
    name = next_tag(act, "plant")
    plant_package(act, planting(package, name, 40))
