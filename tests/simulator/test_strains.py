"""Strains and additives templates: masters of a facility that grows."""

from __future__ import annotations

from tests.simulator import farm
from tests.simulator.conftest import Metrc
from tests.simulator.farm import FARM, done, ids, one, refusal, rows
from tests.simulator.test_plants import APPLIED

STRAINS = "/strains/v2"
TEMPLATES = "/additivestemplates/v2"


def test_a_strain_says_its_genetics_and_its_name_is_unique(metrc: Metrc) -> None:
    number = farm.strain(metrc, "Spring Hill Kush", ThcLevel=0.1865)
    row = one(metrc, f"{STRAINS}/{number}")
    assert row["Genetics"] == "40% Indica / 60% Sativa"
    assert (row["ThcLevel"], row["CbdLevel"], row["IsUsed"]) == (0.1865, None, False)
    answer = metrc.post(f"{STRAINS}/", "Gil", FARM, {"Name": "spring hill KUSH"})
    assert refusal(answer) == 'Strain "spring hill KUSH" already exists in the current Facility.'
    for field, wrong, sentence in (
        ("IndicaPercentage", 70, "IndicaPercentage and SativaPercentage must add up to 100."),
        ("IndicaPercentage", 140, "IndicaPercentage must lie between 0 and 100."),
        ("TestingStatus", "Rumor", 'Testing Status "Rumor" is not valid.'),
        ("ThcLevel", "much", "ThcLevel is not valid."),
    ):
        body = {"Name": "New", "IndicaPercentage": 40, "SativaPercentage": 60, field: wrong}
        assert refusal(metrc.post(f"{STRAINS}/", "Gil", FARM, body)).startswith(sentence)


def test_a_strain_is_replaced_whole(metrc: Metrc) -> None:
    number = farm.strain(metrc, "Kush", ThcLevel=0.2)
    done(metrc.put(f"{STRAINS}/", "Gil", FARM, {"Id": number, "Name": "Hill Kush"}))
    row = one(metrc, f"{STRAINS}/{number}")
    assert (row["Name"], row["ThcLevel"]) == ("Hill Kush", None)
    assert metrc.put(f"{STRAINS}/", "Gil", FARM, {"Id": 7, "Name": "X"}).status_code == 401


def test_a_strain_that_grows_is_used_and_cannot_be_archived(metrc: Metrc) -> None:
    farm.batch(metrc)
    used = rows(metrc, f"{STRAINS}/active")[0]
    assert used["IsUsed"]
    answer = metrc.call("DELETE", f"{STRAINS}/{used['Id']}", "Gil", FARM)
    assert refusal(answer).startswith("Strain Blue Dream cannot be archived because 1A4")
    free = farm.strain(metrc, "Jack Herer")
    done(metrc.call("DELETE", f"{STRAINS}/{free}", "Gil", FARM))
    assert [row["Name"] for row in rows(metrc, f"{STRAINS}/inactive")] == ["Jack Herer"]
    assert [row["Name"] for row in rows(metrc, f"{STRAINS}/active")] == ["Blue Dream"]


def test_a_template_is_read_alone_in_an_array_and_replaced_whole(metrc: Metrc) -> None:
    body = {**APPLIED, "Name": "Weekly", "Note": "Mornings."}
    number = ids(metrc.post(f"{TEMPLATES}/", "Gil", FARM, body))[0]
    row = metrc.get(f"{TEMPLATES}/{number}", "Gil", FARM).json()[0]
    assert (row["Name"], row["IsActive"], row["Note"]) == ("Weekly", True, "Mornings.")
    assert row["ActiveIngredients"] == [{"Name": "Nitrogen", "Percentage": 15.0}]
    done(metrc.put(f"{TEMPLATES}/", "Gil", FARM, {**APPLIED, "Id": number, "Name": "Daily"}))
    row = metrc.get(f"{TEMPLATES}/{number}", "Gil", FARM).json()[0]
    assert (row["Name"], row["Note"]) == ("Daily", None)
    assert [found["Id"] for found in rows(metrc, f"{TEMPLATES}/active")] == [number]


def test_a_template_that_cannot_be_is_refused_with_its_field(metrc: Metrc) -> None:
    half = {"Name": "Nitrogen", "Percentage": 60}
    for field, wrong, sentence in (
        ("Name", "", "Name was not specified."),
        ("AdditiveType", "Potion", 'Additive Type "Potion" is not valid.'),
        ("ProductSupplier", None, "ProductSupplier was not specified."),
        ("ActiveIngredients", [half, half], "Active Ingredients are more than 100 percent."),
        ("ActiveIngredients", "all", "ActiveIngredients is not valid."),
    ):
        body = {**APPLIED, "Name": "Weekly", field: wrong}
        assert refusal(metrc.post(f"{TEMPLATES}/", "Gil", FARM, body)).startswith(sentence)
    assert rows(metrc, f"{TEMPLATES}/active") == []
