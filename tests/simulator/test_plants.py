"""Tagged plants: phases, tags, groups under one tag, additives, waste, clones, holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from metrc_simulator.act import Act, Refused
from metrc_simulator.laws import growing, strains
from metrc_simulator.laws.plant_batches import counts, planting
from metrc_simulator.laws.plant_waste import pack_waste
from metrc_simulator.laws.plants import ending, tracked
from metrc_simulator.laws.tags import next_tag
from metrc_simulator.records import Query
from metrc_simulator.running import open_engine
from tests.simulator import farm
from tests.simulator.conftest import TODAY, Metrc
from tests.simulator.farm import FARM, done, ids, one, refusal, rows

PATH = "/plants/v2"


def grown(label: str, phase: str, **more: Any) -> dict[str, Any]:
    return {"Id": None, "Label": label, "GrowthPhase": phase, "GrowthDate": TODAY, **more}


def labels(metrc: Metrc, list_name: str) -> list[str]:
    return sorted(row["Label"] for row in rows(metrc, f"{PATH}/{list_name}"))


def test_a_plant_stands_in_the_list_of_its_phase_alone(metrc: Metrc) -> None:
    first, second, third = farm.plants(metrc, 3)
    free = farm.plant_tags(metrc)[0]
    done(
        metrc.put(
            f"{PATH}/growthphase",
            "Gil",
            FARM,
            grown(first, "Flowering", NewTag=free, NewLocation="Nursery"),
            grown(second, "Mother"),
        )
    )
    assert labels(metrc, "vegetative") == [third]
    assert labels(metrc, "flowering") == [free]
    assert labels(metrc, "mother") == [second]
    flowering = one(metrc, f"{PATH}/{free.lower()}")
    assert (flowering["FloweringDate"], flowering["LocationName"]) == (TODAY, "Nursery")
    assert one(metrc, f"{PATH}/{flowering['Id']}") == flowering
    assert metrc.get(f"{PATH}/{first}", "Gil", FARM).status_code == 401


def test_mother_is_a_phase_where_the_facility_has_it(metrc: Metrc) -> None:
    phases = ["Vegetative", "Flowering"]
    assert metrc.get(f"{PATH}/growthphases", "Gil", FARM).json() == [*phases, "Mother"]
    assert metrc.get(f"{PATH}/growthphases", "Ira", farm.SHOP).json() == phases
    answer = metrc.put(f"{PATH}/growthphase", "Gil", FARM, grown(farm.plants(metrc)[0], "Young"))
    assert refusal(answer).startswith('Growth Phase "Young" is not valid.')


def test_a_tag_that_was_replaced_stays_used(metrc: Metrc) -> None:
    first, second = farm.plants(metrc, 2)
    tags = metrc.get("/tags/v2/plant/available", "Gil", FARM).json()
    tag = min(tags, key=lambda row: str(row["Label"]))
    by_id = {"Id": None, "Label": first, "TagId": tag["Id"], "NewTag": None, "ReplaceDate": TODAY}
    done(metrc.put(f"{PATH}/tag", "Gil", FARM, by_id))
    assert labels(metrc, "vegetative") == [second, tag["Label"]]
    by_label = {"Id": None, "Label": second, "TagId": None, "NewTag": first, "ReplaceDate": TODAY}
    answer = metrc.put(f"{PATH}/tag", "Gil", FARM, by_label)
    assert refusal(answer) == f"Tag {first} is not valid."


def test_a_plant_moves_and_changes_its_strain(metrc: Metrc) -> None:
    label = farm.plants(metrc, 1)[0]
    farm.strain(metrc, "Jack Herer")
    number = one(metrc, f"{PATH}/{label}")["Id"]
    moved = {"Id": number, "Label": None, "Location": "nursery", "ActualDate": TODAY}
    done(metrc.put(f"{PATH}/location", "Gil", FARM, moved))
    strained = {"Id": number, "Label": None, "StrainName": "jack herer"}
    done(metrc.put(f"{PATH}/strain", "Gil", FARM, strained))
    row = one(metrc, f"{PATH}/{label}")
    assert (row["LocationName"], row["StrainName"]) == ("Nursery", "Jack Herer")
    answer = metrc.put(f"{PATH}/location", "Gil", FARM, {**moved, "Location": "Roof"})
    assert refusal(answer) == 'Location "Roof" is not valid.'
    unknown = metrc.put(f"{PATH}/location", "Gil", FARM, {**moved, "Id": 7})
    assert (unknown.status_code, unknown.content) == (401, b"")


def merging(target: str, source: str) -> dict[str, Any]:
    return {
        "TargetPlantGroupLabel": target,
        "SourcePlantGroupLabel": source,
        "MergeDate": TODAY,
    }


def splitting(source: str, label: str, count: int) -> dict[str, Any]:
    return {
        "SplitDate": TODAY,
        "SourcePlantLabel": source,
        "PlantCount": count,
        "TagLabel": label,
        "StrainLabel": None,
    }


def test_plants_merged_under_one_tag_can_be_split_again_and_none_is_gained(metrc: Metrc) -> None:
    first, second, third = farm.plants(metrc, 3)
    done(metrc.put(f"{PATH}/merge", "Gil", FARM, merging(first, second)))
    done(metrc.put(f"{PATH}/merge", "Gil", FARM, merging(first, third)))
    assert labels(metrc, "vegetative") == [first]
    assert labels(metrc, "inactive") == [second, third]
    free = farm.plant_tags(metrc)
    answer = metrc.put(f"{PATH}/split", "Gil", FARM, splitting(first, free[0], 3))
    assert refusal(answer) == f"Plant {first} stands for 3 plants; 3 cannot be split off."
    ids(metrc.put(f"{PATH}/split", "Gil", FARM, splitting(first, free[0], 2)))
    assert labels(metrc, "vegetative") == [first, free[0]]
    answer = metrc.put(f"{PATH}/split", "Gil", FARM, splitting(first, free[1], 1))
    assert refusal(answer) == f"Plant {first} stands for 1 plants; 1 cannot be split off."
    answer = metrc.put(f"{PATH}/merge", "Gil", FARM, merging(first, first))
    assert refusal(answer) == f"Plant {first} cannot be merged with itself."


def test_counts_are_adjusted_where_the_state_has_the_call(metrc: Metrc) -> None:
    label = farm.plants(metrc, 1)[0]
    row = {"Label": label, "AdjustCount": 4, "AdjustReason": "Entry", "AdjustmentDate": TODAY}
    assert metrc.put(f"{PATH}/adjust", "Gil", FARM, row).status_code == 404


@pytest.fixture
def grower(small_world: str) -> Iterator[Act]:
    engine = open_engine("ca", small_world)
    act = engine.act(FARM, "Gil")
    act.profile.switches["plant_batch_named_by_tag"] = False
    strains.create_strain(act, {"Name": "Blue Dream"})
    planted = {"Name": "A", "Type": "Seed", "Count": 9, "Strain": "Blue Dream"}
    planting.create_plantings(act, {**planted, "ActualDate": TODAY})
    counts.change_growth_phase(act, farm.tagging("A", 3, next_tag(act, "plant")))
    yield act
    engine.store.close()


def _labels(act: Act) -> list[str]:
    return [row.body["Label"] for row in act.store.select(Query("plants", FARM))]


def test_a_tag_stands_for_as_many_plants_as_were_counted(grower: Act) -> None:
    label = _labels(grower)[0]
    row = {"Label": label, "AdjustReason": "Entry", "AdjustmentDate": TODAY}
    tracked.adjust_count(grower, {**row, "AdjustCount": 4})
    assert tracked.plants_under(tracked.plant_named(grower, label)) == 5
    with pytest.raises(Refused, match="below one plant"):
        tracked.adjust_count(grower, {**row, "AdjustCount": -5})


def destruction(label: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": None,
        "Label": label,
        "WasteMethodName": "Compost",
        "WasteMaterialMixed": "Soil",
        "WasteWeight": 15.69,
        "WasteUnitOfMeasureName": "grams",
        "WasteReasonName": "Destroy",
        "Count": 0,
        "ReasonNote": "Had to go.",
        "ActualDate": TODAY,
        **more,
    }


def test_part_of_the_plants_under_a_tag_can_be_destroyed(grower: Act) -> None:
    label = _labels(grower)[0]
    row = {"Label": label, "AdjustReason": "Entry", "AdjustmentDate": TODAY, "AdjustCount": 4}
    tracked.adjust_count(grower, row)
    wasted = destruction(label, WasteWeight=Decimal("15.69"))
    ending.destroy(grower, {**wasted, "Count": 3})
    assert tracked.plants_under(tracked.plant_named(grower, label)) == 2
    with pytest.raises(Refused, match="stands for 2 plants, not 3"):
        ending.destroy(grower, {**wasted, "Count": 3})
    ending.destroy(grower, {**wasted, "Count": 2})
    with pytest.raises(Refused, match=f"Plant {label} is destroyed"):
        ending.destroy(grower, wasted)


def test_a_destroyed_plant_is_inactive_and_its_waste_is_listed(metrc: Metrc) -> None:
    first, second = farm.plants(metrc, 2)
    done(metrc.put(f"{PATH}/growthphase", "Gil", FARM, grown(second, "Mother")))
    for label in (first, second):
        ids(metrc.call("DELETE", f"{PATH}/", "Gil", FARM, json=[destruction(label)]))
    assert labels(metrc, "inactive") == [first]
    assert labels(metrc, "mother/inactive") == [second]
    row = one(metrc, f"{PATH}/{first}")
    assert (row["State"], row["DestroyedByUserName"], row["DestroyedNote"]) == (
        "Destroyed",
        "Gil",
        "Had to go.",
    )
    assert [waste["WasteWeight"] for waste in rows(metrc, f"{PATH}/waste")] == [15.69, 15.69]


def test_a_waste_of_several_plants_is_shared_among_them_to_the_last_gram(metrc: Metrc) -> None:
    farm.plants(metrc, 3)
    row = {
        "WasteMethodName": "Grinder",
        "MixedMaterial": "Soil",
        "WasteWeight": 10,
        "UnitOfMeasureName": "Grams",
        "ReasonName": "Trim",
        "Note": "",
        "LocationName": "Greenhouse",
        "WasteDate": TODAY,
        "PlantLabels": [],
    }
    number = ids(metrc.post(f"{PATH}/waste", "Gil", FARM, row))[0]
    shares = [part["WasteAmount"] for part in rows(metrc, f"{PATH}/waste/{number}/plant")]
    assert sorted(shares) == [3.3333, 3.3333, 3.3334]
    assert rows(metrc, f"{PATH}/waste/{number}/package") == []
    assert len(labels(metrc, "vegetative")) == 3
    answer = metrc.post(f"{PATH}/waste", "Gil", FARM, {**row, "LocationName": "Nursery"})
    assert refusal(answer) == 'Location "Nursery" has no plants.'
    assert metrc.get(f"{PATH}/waste/{number + 1}/plant", "Gil", FARM).status_code == 401


def test_a_packed_waste_is_a_package_under_its_waste(grower: Act) -> None:
    wasted = destruction(_labels(grower)[0], WasteWeight=Decimal("15.69"))
    ending.destroy(grower, wasted)
    waste = grower.store.select(Query("plant_waste", FARM))[0]
    tag = next_tag(grower)
    pack_waste(grower, waste.id, tag, "Plant Waste")
    found = grower.store.select(Query("packages", parent=waste.id))
    assert [(row.body["Label"], row.body["Quantity"]) for row in found] == [(tag, Decimal("15.69"))]
    with pytest.raises(Refused, match="is packed"):
        pack_waste(grower, waste.id, next_tag(grower), "Plant Waste")


APPLIED = {
    "AdditiveType": "Fertilizer",
    "ProductTradeName": "Wonder Sprout",
    "EpaRegistrationNumber": None,
    "ProductSupplier": "G Labs",
    "ApplicationDevice": "Sprayer",
    "ActiveIngredients": [{"Name": "Nitrogen", "Percentage": 15}],
}
AMOUNT = {
    "TotalAmountApplied": 5,
    "TotalAmountUnitOfMeasure": "Gallons",
    "ActualDate": TODAY,
}


def test_additives_go_to_plants_by_name_by_place_and_by_template(metrc: Metrc) -> None:
    both = farm.plants(metrc, 2)
    batch = one(metrc, f"{PATH}/{both[0]}")["PlantBatchName"]
    template = {**APPLIED, "Name": "Weekly"}
    ids(metrc.post("/additivestemplates/v2/", "Gil", FARM, template))
    named = {"AdditivesTemplateName": "weekly", "Rate": "5 Pounds", "Volume": "1000 Sq. ft."}
    where = {"LocationName": "Greenhouse", "SublocationName": None}
    for path, target, plants in (
        ("/plants/v2/additives", {"PlantLabels": both}, 2),
        ("/plants/v2/additives/bylocation", where, 2),
        ("/plantbatches/v2/additives", {"PlantBatchName": batch}, 18),
    ):
        ids(metrc.post(path, "Gil", FARM, {**APPLIED, **AMOUNT, **target}))
        ids(metrc.post(f"{path}/usingtemplate", "Gil", FARM, {**named, **AMOUNT, **target}))
        last, before = rows(metrc, "/plants/v2/additives")[:2]
        assert [last["PlantCount"], before["PlantCount"]] == [plants, plants], path
        assert (last["Rate"], last["Volume"]) == ("5 Pounds", 1000)
        assert (last["ProductTradeName"], before["Rate"]) == ("Wonder Sprout", None)
    wrong = {**APPLIED, **AMOUNT, "PlantLabels": ["nobody"]}
    answer = metrc.post("/plants/v2/additives", "Gil", FARM, wrong)
    assert refusal(answer) == "Plant nobody does not exist in the current Facility."


def test_clones_become_a_batch_or_a_package_and_the_mother_goes_on(metrc: Metrc) -> None:
    mother = farm.plants(metrc, 1)[0]
    name, tag = farm.plant_tags(metrc)[0], metrc.tags("Gil", FARM)[0]
    row = {
        "PlantLabel": mother,
        "PlantBatchName": name,
        "PlantBatchType": "Clone",
        "PlantCount": 3,
        "LocationName": "Nursery",
        "StrainName": "Blue Dream",
        "ActualDate": f"{TODAY}T13:11:03Z",
    }
    number = ids(metrc.post(f"{PATH}/plantings", "Gil", FARM, row))[0]
    batch = one(metrc, f"/plantbatches/v2/{number}")
    assert (batch["SourcePlantLabel"], batch["UntrackedCount"]) == (mother, 3)
    packed = {
        "PlantLabel": mother,
        "PackageTag": tag,
        "PlantBatchType": "Clone",
        "Item": "Blue Dream Clones",
        "Location": "Vault",
        "Count": 25,
        "ActualDate": f"{TODAY}T12:25:43Z",
    }
    ids(metrc.post(f"{PATH}/plantbatch/packages", "Gil", FARM, packed))
    assert one(metrc, f"/packages/v2/{tag}")["Quantity"] == 25
    assert one(metrc, f"{PATH}/{mother}")["ClonedCount"] == 28
    answer = metrc.post(f"{PATH}/plantbatch/packages", "Gil", FARM, {**packed, "Item": farm.FLOWER})
    assert refusal(answer) == "Item Blue Dream Flower is not one of immature plants."


def test_a_held_plant_is_listed_and_cannot_be_changed(grower: Act) -> None:
    first, second = _labels(grower)[:2]
    tracked.change_growth_phase(grower, grown(second, "Mother"))
    for label in (first, second):
        found = grower.store.find("plants", label)
        assert found is not None
        growing.set_hold(grower, found, True)
    for mark, label in (("hold", first), ("mother_hold", second)):
        held = grower.store.select(Query("plants", FARM, mark=mark))
        assert [row.body["Label"] for row in held] == [label]
    with pytest.raises(Refused, match=f"Plant {first} is on hold"):
        tracked.change_growth_phase(grower, grown(first, "Flowering"))
    found = grower.store.find("plants", first)
    assert found is not None
    growing.set_hold(grower, found, False)
    tracked.change_growth_phase(grower, grown(first, "Flowering"))


def test_every_permission_of_a_call_is_needed(metrc: Metrc) -> None:
    label = farm.plants(metrc, 1)[0]
    assert (
        metrc.put(f"{PATH}/growthphase", "Ira", FARM, grown(label, "Flowering")).status_code == 401
    )
    assert metrc.get(f"{PATH}/vegetative", "Nell", FARM).status_code == 401
    assert labels(metrc, "vegetative") == [label]


def test_labels_that_are_no_texts_are_refused_like_any_bad_field(metrc: Metrc) -> None:
    for wrong in ([["a"]], [1], {"a": 1}, "a"):
        body = {**APPLIED, **AMOUNT, "PlantLabels": wrong}
        answer = metrc.post("/plants/v2/additives", "Gil", FARM, body)
        assert refusal(answer) in {"PlantLabels is not valid.", "PlantLabels was not specified."}
    name = farm.batch(metrc, 5)
    body = farm.tagging(name, 10**12, farm.plant_tags(metrc)[0])
    answer = metrc.post("/plantbatches/v2/growthphase", "Gil", FARM, body)
    assert refusal(answer).startswith(f"Plant Batch {name} has 5 untracked plants")
