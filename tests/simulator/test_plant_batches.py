"""Plant batches: planted from packages, named by tags, counted until nothing is untracked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metrc_simulator.act import Act, Refused
from metrc_simulator.laws import strains
from metrc_simulator.laws.plant_batches import planting
from metrc_simulator.records import Query
from metrc_simulator.running import open_engine
from tests.simulator import farm
from tests.simulator.conftest import MFG, TODAY, Metrc
from tests.simulator.farm import FARM, done, ids, one, refusal, rows

PATH = "/plantbatches/v2"


def only(metrc: Metrc, list_name: str = "active") -> dict[str, Any]:
    found = rows(metrc, f"{PATH}/{list_name}")
    assert len(found) == 1, found
    row: dict[str, Any] = found[0]
    return row


def test_planting_a_package_takes_its_seeds_and_a_tag_for_the_name(metrc: Metrc) -> None:
    name = farm.batch(metrc, 20)
    row = only(metrc)
    seeds = one(metrc, f"/packages/v2/{row['SourcePackageLabel']}")
    assert (row["Name"], row["UntrackedCount"], row["StrainName"]) == (name, 20, "Blue Dream")
    assert (row["PlantBatchTypeName"], row["LocationName"]) == ("Seed", "Nursery")
    assert (seeds["Quantity"], name in farm.plant_tags(metrc)) == (30, False)
    assert one(metrc, f"{PATH}/{row['Id']}") == row


def test_a_batch_needs_an_unused_plant_tag_for_a_name(metrc: Metrc) -> None:
    name = farm.batch(metrc, 20)
    label = only(metrc)["SourcePackageLabel"]
    for wrong in (name, "Spring batch", metrc.tags("Gil", FARM)[0]):
        answer = metrc.post("/packages/v2/plantings", "Gil", FARM, farm.planting(label, wrong, 1))
        assert refusal(answer).startswith(f"Tag {wrong.upper()}"), wrong
    assert one(metrc, f"/packages/v2/{label}")["Quantity"] == 30


@pytest.fixture
def grower(small_world: str) -> Iterator[Act]:
    engine = open_engine("ca", small_world)
    act = engine.act(FARM, "Gil")
    strains.create_strain(act, {"Name": "Blue Dream"})
    yield act
    engine.store.close()


def from_nothing(name: str, *sources: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Clone",
        "Count": 25,
        "Strain": "Blue Dream",
        "ActualDate": TODAY,
        "SourcePlantBatches": [{"PlantBatchName": source} for source in sources],
    }


def test_where_names_are_free_a_batch_has_any_name_once(grower: Act) -> None:
    with pytest.raises(Refused, match="Tag SPRING is not valid"):
        planting.create_plantings(grower, from_nothing("Spring"))
    grower.profile.switches["plant_batch_named_by_tag"] = False
    planting.create_plantings(grower, from_nothing("Spring"))
    with pytest.raises(Refused, match='"spring" already exists'):
        planting.create_plantings(grower, from_nothing("spring"))


def test_a_batch_of_several_sources_names_them_and_leaves_their_counts(grower: Act) -> None:
    grower.profile.switches["plant_batch_named_by_tag"] = False
    made = [planting.create_plantings(grower, from_nothing(name)) for name in ("One", "Two")]
    planting.create_plantings(grower, from_nothing("Both", "one", "Two"))
    found = {
        row.body["Name"]: row.body for row in grower.store.select(Query("plant_batches", FARM))
    }
    assert found["Both"]["SourcePlantBatchIds"] == made
    assert found["Both"]["SourcePlantBatchNames"] == "One, Two"
    assert found["Both"]["MultiPlantBatch"]
    assert [row["UntrackedCount"] for row in found.values()] == [25, 25, 25]


def test_planting_from_nothing_is_for_facilities_with_the_flag(metrc: Metrc) -> None:
    answer = metrc.post(f"{PATH}/plantings", "Gil", FARM, from_nothing("Spring"))
    assert (answer.status_code, answer.content) == (401, b"")


def test_tagging_uses_tags_in_a_row_and_moves_the_count(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    free = farm.plant_tags(metrc)
    ids(metrc.post(f"{PATH}/growthphase", "Gil", FARM, farm.tagging(name, 3, free[0])))
    row = only(metrc)
    labels = sorted(plant["Label"] for plant in rows(metrc, "/plants/v2/vegetative"))
    assert (row["UntrackedCount"], row["TrackedCount"]) == (2, 3)
    assert labels == free[:3]
    assert farm.plant_tags(metrc) == free[3:]


def test_tagging_into_a_used_tag_or_over_the_count_changes_nothing(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    free = farm.plant_tags(metrc)
    done(metrc.put(f"{PATH}/tag", "Gil", FARM, _tag(name, free[2])))
    before = only(metrc)
    many = farm.tagging(free[2], 3, free[0])
    answer = metrc.post(f"{PATH}/growthphase", "Gil", FARM, many)
    assert refusal(answer) == f"Tag {free[2]} is not valid."
    answer = metrc.post(f"{PATH}/growthphase", "Gil", FARM, farm.tagging(free[2], 6, free[3]))
    assert refusal(answer).endswith("has 5 untracked plants, 6 needed.")
    assert only(metrc) == before
    assert rows(metrc, "/plants/v2/vegetative") == []


def _tag(name: str, label: str) -> dict[str, Any]:
    return {"Id": None, "Group": name, "TagId": None, "NewTag": label, "ReplaceDate": TODAY}


def test_a_batch_without_untracked_plants_is_inactive_until_it_has_some(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    change = {
        "PlantBatchName": name,
        "Quantity": -5,
        "AdjustmentReason": "Scale Variance",
        "AdjustmentDate": TODAY,
    }
    ids(metrc.post(f"{PATH}/adjust", "Gil", FARM, change))
    assert only(metrc, "inactive")["UntrackedCount"] == 0
    assert rows(metrc, f"{PATH}/active") == []
    answer = metrc.post(f"{PATH}/adjust", "Gil", FARM, {**change, "Quantity": -1})
    assert refusal(answer) == f"Plant Batch {name} cannot be adjusted below zero."
    ids(metrc.post(f"{PATH}/adjust", "Gil", FARM, {**change, "Quantity": 2}))
    assert only(metrc)["UntrackedCount"] == 2


def destruction(name: str, **more: Any) -> dict[str, Any]:
    return {
        "PlantBatch": name,
        "Count": 2,
        "WasteMethodName": "Grinder",
        "WasteMaterialMixed": "Soil",
        "WasteReasonName": "Contamination",
        "ReasonNote": "Mold.",
        "WasteWeight": 1.25,
        "WasteUnitOfMeasure": "Grams",
        "ActualDate": TODAY,
        **more,
    }


def test_destroying_plants_counts_them_and_records_their_waste(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    ids(metrc.call("DELETE", f"{PATH}/", "Gil", FARM, json=[destruction(name)]))
    row = only(metrc)
    assert (row["UntrackedCount"], row["DestroyedCount"]) == (3, 2)
    waste = rows(metrc, f"{PATH}/waste")[0]
    assert (waste["WasteWeight"], waste["PlantBatchName"], waste["PlantCount"]) == (1.25, name, 2)
    for more, sentence in (
        ({"WasteWeight": 0}, "A weight is required for Waste Reason Contamination."),
        ({"WasteReasonName": "Destroy", "ReasonNote": None}, "A note is required"),
        ({"WasteReasonName": "Boredom"}, 'Waste Reason "Boredom" is not valid.'),
        ({"WasteMethodName": "Incinerator"}, 'Waste Method "Incinerator" is not valid.'),
    ):
        answer = metrc.call("DELETE", f"{PATH}/", "Gil", FARM, json=[destruction(name, **more)])
        assert refusal(answer).startswith(sentence)
    light = destruction(name, WasteReasonName="Male Plants", WasteWeight=0, WasteMethodName=None)
    ids(metrc.call("DELETE", f"{PATH}/", "Gil", FARM, json=[light]))
    assert len(rows(metrc, f"{PATH}/waste")) == 1


def test_waste_of_a_batch_leaves_its_count(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    row = {
        "WasteMethodName": "Compost",
        "MixedMaterial": "Soil",
        "WasteWeight": 15.69,
        "UnitOfMeasureName": "grams",
        "ReasonName": "Trim",
        "Note": "",
        "WasteDate": TODAY,
        "PlantBatchName": name,
    }
    made = ids(metrc.post(f"{PATH}/waste", "Gil", FARM, row))[0]
    waste = rows(metrc, f"{PATH}/waste")[0]
    assert int(waste["PlantWasteNumber"]) == made
    assert (waste["WasteWeight"], waste["WasteUnitOfMeasureName"]) == (15.69, "Grams")
    assert only(metrc)["UntrackedCount"] == 5


def clones(name: str, tag: str, count: int = 3) -> dict[str, Any]:
    return {
        "Id": None,
        "PlantBatch": name,
        "Count": count,
        "Location": "Vault",
        "Item": "Blue Dream Clones",
        "Tag": tag,
        "ActualDate": TODAY,
    }


def test_packing_plants_takes_them_and_discontinuing_gives_them_back(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    tags = metrc.tags("Gil", FARM)
    made = ids(metrc.post(f"{PATH}/packages", "Gil", FARM, clones(name, tags[0])))[0]
    package, row = one(metrc, f"/packages/v2/{tags[0]}"), only(metrc)
    assert (package["Quantity"], package["PackageType"]) == (3, "ImmaturePlant")
    assert (row["UntrackedCount"], row["PackagedCount"]) == (2, 3)
    done(metrc.call("DELETE", f"/packages/v2/{made}", "Gil", FARM))
    row = only(metrc)
    assert (row["UntrackedCount"], row["PackagedCount"]) == (5, 0)
    ids(metrc.post(f"{PATH}/packages/frommotherplant", "Gil", FARM, clones(name, tags[1], 40)))
    assert only(metrc) == row
    answer = metrc.post(f"{PATH}/packages", "Gil", FARM, clones(name, tags[1]))
    assert refusal(answer) == f"Tag {tags[1]} is not valid."


def test_splitting_moves_plants_into_a_batch_of_their_own(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    second = farm.plant_tags(metrc)[0]
    row = {"PlantBatch": name, "GroupName": second, "Count": 2, "ActualDate": f"{TODAY}T00:00:00Z"}
    ids(metrc.post(f"{PATH}/split", "Gil", FARM, row))
    found = {batch["Name"]: batch for batch in rows(metrc, f"{PATH}/active")}
    assert [found[name]["UntrackedCount"], found[second]["UntrackedCount"]] == [3, 2]
    assert found[second]["SourcePlantBatchNames"] == name


def test_name_strain_and_location_of_a_batch_change_alone(metrc: Metrc) -> None:
    name = farm.batch(metrc, 5)
    other = farm.strain(metrc, "Jack Herer")
    before, free = only(metrc), farm.plant_tags(metrc)
    named = {"Id": None, "Group": name, "NewGroup": free[0]}
    strained = {"Id": before["Id"], "Name": None, "StrainId": other, "StrainName": None}
    moved = {"Name": free[0], "Location": "Greenhouse", "Sublocation": None, "MoveDate": TODAY}
    done(metrc.put(f"{PATH}/name", "Gil", FARM, named))
    done(metrc.put(f"{PATH}/strain", "Gil", FARM, strained))
    done(metrc.put(f"{PATH}/location", "Gil", FARM, moved))
    after = only(metrc)
    changed = {field for field in before if before[field] != after[field]}
    assert changed == {"Name", "StrainId", "StrainName", "LocationId", "LocationName", "LastModified"}  # fmt: skip
    assert (after["StrainName"], after["LocationName"]) == ("Jack Herer", "Greenhouse")


def test_a_facility_that_grows_nothing_answers_401(metrc: Metrc) -> None:
    for path in (f"{PATH}/active", "/plants/v2/vegetative", "/harvests/v2/active"):
        assert metrc.get(path, "Gil", FARM).status_code == 200
        assert metrc.get(path, "Fay", MFG).status_code == 401
    answer = metrc.call("DELETE", f"{PATH}/", "Ira", FARM, json=[destruction("any")])
    assert answer.status_code == 401
