"""The neighbor's farm in the demo: seeds, plants, two harvests, and what is done there today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act
from metrc_simulator.laws import additives, growing, strains
from metrc_simulator.laws.harvests import ending as harvest_ending
from metrc_simulator.laws.harvests import packing as harvest_packing
from metrc_simulator.laws.harvests import weights
from metrc_simulator.laws.plant_batches import counts, packing, planting
from metrc_simulator.laws.plant_waste import pack_waste
from metrc_simulator.laws.plants import cloning, ending, harvesting, tracked
from metrc_simulator.laws.tags import next_tag
from metrc_simulator.worlds.demo import roads
from metrc_simulator.worlds.demo.diary import FARM, Diary

_STRAIN = "Blue Dream"
_PLANTS = 14


class Farm:
    """What the farm has so far: its batches by the tags that name them, its plants by theirs."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self._seedlings = ""
        self._clones = ""
        self._plants: list[str] = []

    def steps(self) -> Iterator[tuple[int, str, Callable[[], None]]]:
        """Yield days ago, hour and act of each step before today."""
        yield 42, "09:20", self._plant
        yield 35, "09:20", self._tag
        yield 28, "09:20", self._take_clones
        yield 21, "09:20", self._flower
        yield 5, "09:20", self._harvest

    def _act(self) -> Act:
        return self._diary.act(FARM, "Gil")

    def _plant(self) -> None:
        for name in (_STRAIN, "Jack Herer"):
            strains.create_strain(self._act(), _strain(name))
        additives.create_template(self._act(), _additive("Wonder Sprout"))
        seeds = roads.stock(self._diary, FARM, "Blue Dream Seeds", "60", "SEED-001")
        self._seedlings = next_tag(self._act(), "plant")
        planting.plant_package(
            self._act(),
            {
                "PackageLabel": seeds,
                "PlantBatchName": self._seedlings,
                "PlantBatchType": "Seed",
                "PlantCount": 40,
                "LocationName": "Nursery",
                "StrainName": _STRAIN,
                "PlantedDate": self._diary.day,
                "UnpackagedDate": self._diary.day,
            },
        )

    def _tag(self) -> None:
        first = next_tag(self._act(), "plant")
        counts.change_growth_phase(
            self._act(),
            {
                "Name": self._seedlings,
                "Count": _PLANTS,
                "StartingTag": first,
                "GrowthPhase": "Vegetative",
                "NewLocation": "Greenhouse",
                "GrowthDate": self._diary.day,
            },
        )
        self._plants = counts.following(first, _PLANTS)
        additives.apply_template_in_location(
            self._act(),
            {
                "AdditivesTemplateName": "Wonder Sprout",
                "Rate": "5 Pounds",
                "Volume": "1000 Sq. ft.",
                "TotalAmountApplied": 5,
                "TotalAmountUnitOfMeasure": "Gallons",
                "LocationName": "Greenhouse",
                "ActualDate": self._diary.day,
            },
        )

    def _take_clones(self) -> None:
        for label in self._plants[:3]:
            self._grow(label, "Mother")
        self._clones = next_tag(self._act(), "plant")
        cloning.plant_from_plant(
            self._act(),
            {
                "PlantLabel": self._plants[0],
                "PlantBatchName": self._clones,
                "PlantBatchType": "Clone",
                "PlantCount": 10,
                "LocationName": "Nursery",
                "StrainName": _STRAIN,
                "ActualDate": self._diary.day,
            },
        )

    def _grow(self, label: str, phase: str) -> None:
        tracked.change_growth_phase(
            self._act(), {"Label": label, "GrowthPhase": phase, "GrowthDate": self._diary.day}
        )

    def _flower(self) -> None:
        for label in self._plants[3:12]:
            self._grow(label, "Flowering")

    def _harvest(self) -> None:
        number = self._cut(self._plants[3:7], "2210.5")
        weights.waste(self._act(), self._harvest_waste(number, "310"))
        self._pack(harvest_packing.create_sample, number, "20")
        self._pack(harvest_packing.create_package, number, "5000")
        harvest_ending.finish(self._act(), {"Id": number, "ActualDate": self._diary.day})

    def _cut(self, labels: list[str], grams_each: str, name: str | None = None) -> int:
        number = 0
        for label in labels:
            number = harvesting.harvest(
                self._act(),
                {
                    "Plant": label,
                    "Weight": Decimal(grams_each),
                    "UnitOfWeight": "Grams",
                    "DryingLocation": "Drying Room",
                    "HarvestName": name,
                    "ActualDate": self._diary.day,
                },
            )
        return number

    def _harvest_waste(self, number: int, weight: str) -> dict[str, Any]:
        return {
            "Id": number,
            "WasteType": "Plant Material",
            "UnitOfWeight": "Grams",
            "WasteWeight": Decimal(weight),
            "ActualDate": self._diary.day,
        }

    def _pack(self, law: Callable[[Act, dict[str, Any]], int], number: int, weight: str) -> None:
        law(
            self._act(),
            {
                "Tag": next_tag(self._act()),
                "Location": "Vault",
                "Item": "Blue Dream Flower",
                "UnitOfWeight": "Grams",
                "ActualDate": self._diary.day,
                "Ingredients": [
                    {
                        "HarvestId": number,
                        "Weight": Decimal(weight),
                        "UnitOfWeight": "Grams",
                    }
                ],
            },
        )

    def today(self) -> None:
        """Do a day's work, so that every list of the farm has a row of today."""
        self._keep_masters()
        self._keep_batches()
        self._keep_plants()
        number = self._cut(self._plants[7:9], "2105.25")
        weights.waste(self._act(), self._harvest_waste(number, "120"))
        self._hold("plants", self._act().store.find("plants", self._plants[9]))
        self._hold("plants", self._act().store.find("plants", self._plants[1]))
        self._hold("harvests", self._act().store.get("harvests", self._trim()))
        number = self._cut(self._plants[10:11], "1990", "Last plant of the row")
        harvest_ending.finish(self._act(), {"Id": number, "ActualDate": self._diary.day})

    def _keep_masters(self) -> None:
        number = strains.create_strain(self._act(), _strain("Old Favorite"))
        strains.archive_strain(self._act(), number)
        strains.create_strain(self._act(), _strain("Green Crack"))
        number = additives.create_template(self._act(), _additive("Round Leaf"))
        additives.create_template(self._act(), _additive("Leaf Guard"))
        additives.archive_template(self._act(), number)

    def _keep_batches(self) -> None:
        day = self._diary.day
        packing.create_package(
            self._act(),
            {
                "PlantBatch": self._clones,
                "Count": 10,
                "Item": "Blue Dream Clones",
                "Tag": next_tag(self._act()),
                "Location": "Vault",
                "ActualDate": day,
            },
        )
        counts.destroy(
            self._act(),
            {
                "PlantBatch": self._seedlings,
                "Count": 2,
                "WasteReasonName": "Male Plants",
                "ActualDate": day,
            },
        )
        counts.waste(
            self._act(),
            {
                "WasteMethodName": "Compost",
                "WasteWeight": 40,
                "UnitOfMeasureName": "Grams",
                "ReasonName": "Trim",
                "WasteDate": day,
                "PlantBatchName": self._seedlings,
            },
        )
        additives.apply_to_plant_batch(
            self._act(),
            {
                **_additive("Wonder Sprout"),
                "TotalAmountApplied": 1,
                "TotalAmountUnitOfMeasure": "Gallons",
                "PlantBatchName": self._seedlings,
                "ActualDate": day,
            },
        )

    def _keep_plants(self) -> None:
        day = self._diary.day
        for label in (self._plants[0], self._plants[11], self._plants[12]):
            tracked.move(self._act(), {"Label": label, "Location": "Greenhouse", "ActualDate": day})
        for label in (self._plants[2], self._plants[13]):
            ending.destroy(
                self._act(),
                {
                    "Label": label,
                    "WasteMethodName": "Compost",
                    "WasteWeight": 150,
                    "WasteUnitOfMeasureName": "Grams",
                    "WasteReasonName": "Male Plants",
                    "ActualDate": day,
                },
            )
        number = ending.waste(
            self._act(),
            {
                "WasteMethodName": "Compost",
                "WasteWeight": 600,
                "UnitOfMeasureName": "Grams",
                "ReasonName": "Trim",
                "LocationName": "Greenhouse",
                "WasteDate": day,
            },
        )
        pack_waste(self._act(), number, next_tag(self._act()), "Plant Waste")

    def _trim(self) -> int:
        return harvesting.manicure(
            self._act(),
            {
                "Plant": self._plants[11],
                "Weight": 85,
                "UnitOfWeight": "Grams",
                "DryingLocation": "Drying Room",
                "ActualDate": self._diary.day,
            },
        )

    def _hold(self, kind: str, row: Any) -> None:
        assert row is not None, kind
        growing.set_hold(self._diary.act(FARM, "METRC"), row, True)


def _strain(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "TestingStatus": "None",
        "IndicaPercentage": 40,
        "SativaPercentage": 60,
    }


def _additive(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "AdditiveType": "Fertilizer",
        "ApplicationDevice": "Sprayer",
        "EpaRegistrationNumber": None,
        "ProductSupplier": "Valley Garden Supply",
        "ProductTradeName": name,
        "ActiveIngredients": [{"Name": "Nitrogen", "Percentage": 15}],
    }
