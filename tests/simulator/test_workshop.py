"""Sublocations, brands, photos and files of items, job types, and treated packages."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulator.conftest import MFG, TODAY, Metrc, adjustment

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()
PDF = base64.b64encode(b"%PDF-1.4 sheet").decode()
JOB_TYPE = {
    "Name": "Bake Brownies",
    "Description": "Turn oil into brownies",
    "Category": "Infusing",
    "ProcessingSteps": "Melt, mix, bake",
    "Attributes": ["Infuse", "food"],
}


def words(answer: Any) -> str:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    body = answer.json()
    text: str = body["Message"] if isinstance(body, dict) else body[0]["message"]
    return text


def made(answer: Any) -> int:
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["Ids"][0]
    return number


def names(metrc: Metrc, path: str) -> list[str]:
    rows = metrc.get(path, "Fay", MFG).json()["Data"]
    return sorted(row["Name"] for row in rows)


def test_a_package_stands_in_a_sublocation_that_follows_its_name_and_is_kept_while_in_use(
    metrc: Metrc,
) -> None:
    shelf = made(metrc.post("/sublocations/v2/", "Fay", MFG, {"Name": "Shelf 1"}))
    double = metrc.post("/sublocations/v2/", "Fay", MFG, {"Name": "SHELF 1"})
    assert words(double) == 'Sublocation "SHELF 1" already exists in the current Facility.'
    label = metrc.stock(MFG, 10)
    move = {"Label": label, "Location": "Vault", "Sublocation": "shelf 1", "MoveDate": TODAY}
    assert metrc.put("/packages/v2/location", "Fay", MFG, move).status_code == 200
    renamed = {"Id": shelf, "Name": "Top Shelf"}
    assert metrc.put("/sublocations/v2", "Fay", MFG, renamed).content == b""
    row = metrc.package(label)
    assert (row["SublocationId"], row["SublocationName"]) == (shelf, "Top Shelf")
    path = f"/sublocations/v2/{shelf}"
    assert label in words(metrc.call("DELETE", path, "Fay", MFG))
    back = {**move, "Sublocation": None}
    assert metrc.put("/packages/v2/location", "Fay", MFG, back).status_code == 200
    assert metrc.package(label)["SublocationName"] is None
    assert metrc.call("DELETE", path, "Fay", MFG).status_code == 200
    assert names(metrc, "/sublocations/v2/active") == []
    assert names(metrc, "/sublocations/v2/inactive/") == ["Top Shelf"]
    assert metrc.get(path, "Fay").json() == {"Id": shelf, "Name": "Top Shelf"}
    assert metrc.get(path, "Nell").status_code == 401
    assert words(metrc.put("/packages/v2/location", "Fay", MFG, move)).startswith("Sublocation")


def test_a_facility_without_sublocations_answers_401(metrc: Metrc) -> None:
    assert metrc.get("/sublocations/v2/active", "Nell", "CDPH-19990500").status_code == 401


def test_a_brand_is_renamed_on_its_items_and_archived_when_no_item_has_it(metrc: Metrc) -> None:
    brand = made(metrc.post("/items/v2/brand", "Fay", MFG, {"Name": "Poppy"}))
    row = {
        "Name": "Rosin",
        "ItemCategory": "Other Concentrate (weight)",
        "UnitOfMeasure": "Grams",
        "ItemBrand": "Poppy",
    }
    item = made(metrc.post("/items/v2/", "Fay", MFG, row))
    assert words(metrc.call("DELETE", f"/items/v2/brand/{brand}", "Fay", MFG)).endswith("has it.")
    change = {"Id": brand, "Name": "Golden"}
    assert metrc.put("/items/v2/brand", "Fay", MFG, change).status_code == 200
    assert metrc.get(f"/items/v2/{item}", "Fay").json()["ItemBrandName"] == "Golden"
    assert metrc.call("DELETE", f"/items/v2/{item}", "Fay", MFG).status_code == 200
    assert metrc.call("DELETE", f"/items/v2/brand/{brand}", "Fay", MFG).status_code == 200
    assert names(metrc, "/items/v2/brands") == []
    assert metrc.put("/items/v2/brand", "Nell", "CDPH-19990500", change).status_code == 401


@pytest.mark.parametrize(
    ("kind", "content", "content_type"),
    [("photo", PNG, "image/png"), ("file", PDF, "application/pdf")],
)
def test_a_picture_or_document_of_an_item_comes_back_as_it_was_sent(
    metrc: Metrc, kind: str, content: str, content_type: str
) -> None:
    body = {"FileName": "cart", "EncodedImageBase64": content}
    number = made(metrc.post(f"/items/v2/{kind}", "Fay", MFG, body))
    row = metrc.get(f"/items/v2/{kind}/{number}", "Fay", MFG).json()
    assert row == {"FileContents": content, "ContentType": content_type, "FileDownloadName": "cart"}
    other = "file" if kind == "photo" else "photo"
    assert metrc.get(f"/items/v2/{other}/{number}", "Fay", MFG).status_code == 401
    wrong = {**body, "EncodedImageBase64": PDF if kind == "photo" else PNG}
    assert words(metrc.post(f"/items/v2/{kind}", "Fay", MFG, wrong)).startswith("EncodedImage")
    broken = {**body, "EncodedImageBase64": "?"}
    text = words(metrc.post(f"/items/v2/{kind}", "Fay", MFG, broken))
    assert text == "EncodedImageBase64 is not base64."


def test_a_facility_has_job_types_of_its_own_beside_the_states(metrc: Metrc) -> None:
    number = made(metrc.post("/processing/v2/jobtypes", "Fay", MFG, JOB_TYPE))
    assert names(metrc, "/processing/v2/jobtypes/active") == [
        "Bake Brownies",
        "Extraction",
        "Infusing",
    ]
    rows = metrc.get("/processing/v2/jobtypes/active", "Fay", MFG).json()["Data"]
    row = next(one for one in rows if one["Id"] == number)
    assert [one["Name"] for one in row["Attributes"]] == ["Infuse", "Food"]
    double = {**JOB_TYPE, "Name": "INFUSING"}
    text = words(metrc.post("/processing/v2/jobtypes", "Fay", MFG, double))
    assert "already exists" in text
    for field, wrong in (("Category", "Frying"), ("Attributes", ["Fry"])):
        answer = metrc.post("/processing/v2/jobtypes", "Fay", MFG, {**JOB_TYPE, field: wrong})
        assert "Fry" in words(answer) or "Bake" in words(answer)
    job, _ = start(metrc, "Bake Brownies")
    path = f"/processing/v2/jobtypes/{number}"
    assert "Monday" in words(metrc.call("DELETE", path, "Fay", MFG))
    assert metrc.call("DELETE", f"/processing/v2/{job}", "Fay", MFG).status_code == 200
    change = {**JOB_TYPE, "Id": number, "Name": "Bake", "CategoryName": "Infusing"}
    assert metrc.put("/processing/v2/jobtypes", "Fay", MFG, change).content == b""
    assert metrc.call("DELETE", path, "Fay", MFG).status_code == 200
    assert names(metrc, "/processing/v2/jobtypes/inactive") == ["Bake"]
    assert metrc.call("DELETE", "/processing/v2/jobtypes/1", "Fay", MFG).status_code == 401


def start(metrc: Metrc, job_type: str) -> tuple[int, str]:
    label = metrc.stock(MFG, 100)
    body = {
        "JobName": "Monday",
        "JobType": job_type,
        "WeightUnitOfMeasure": "Grams",
        "StartDate": TODAY,
        "Packages": [{"Label": label, "Quantity": 40, "UnitOfMeasure": "Grams"}],
    }
    return made(metrc.post("/processing/v2/start", "Fay", MFG, body)), label


def test_an_archived_job_gives_its_inputs_back_and_one_with_packages_is_kept(metrc: Metrc) -> None:
    job, oil = start(metrc, "Extraction")
    assert metrc.package(oil)["Quantity"] == 60
    output = {
        "JobName": "Monday",
        "Tag": metrc.tags()[0],
        "Item": "Distillate",
        "Quantity": 30,
        "UnitOfMeasure": "Grams",
        "PackageDate": TODAY,
    }
    made(metrc.post("/processing/v2/createpackages", "Fay", MFG, output))
    text = words(metrc.call("DELETE", f"/processing/v2/{job}", "Fay", MFG))
    assert text == "Processing Job Monday cannot be archived because it has packages."
    assert metrc.package(oil)["Quantity"] == 60


def test_an_archived_job_without_packages_restores_its_inputs(metrc: Metrc) -> None:
    job, oil = start(metrc, "Extraction")
    assert metrc.call("DELETE", f"/processing/v2/{job}", "Fay", MFG).status_code == 200
    assert metrc.package(oil)["Quantity"] == 100
    assert metrc.call("DELETE", f"/processing/v2/{job}", "Fay", MFG).status_code == 400


def treatment(label: str, word: str, **more: Any) -> dict[str, Any]:
    return {
        "PackageLabel": label,
        f"{word}Date": TODAY,
        f"{word}Steps": "Filtered twice.",
        **more,
    }


def test_a_failed_package_is_decontaminated_and_needs_a_new_sample(metrc: Metrc) -> None:
    failed = metrc.stock(MFG, 100, labTestingState="TestFailed")
    passed = metrc.stock(MFG, 100, labTestingState="TestPassed")
    method = {"DecontaminationMethodName": "further drying"}
    rows = [treatment(label, "Decontamination", **method) for label in (failed, passed)]
    assert words(metrc.put("/packages/v2/decontaminate", "Fay", MFG, rows[1])) == (
        f"Package {passed} has no failed lab results to decontaminate."
    )
    unknown = {**rows[0], "DecontaminationMethodName": "Wishing"}
    answer = metrc.put("/packages/v2/decontaminate", "Fay", MFG, unknown)
    assert words(answer) == 'Decontamination Method "Wishing" is not valid.'
    assert metrc.put("/packages/v2/decontaminate", "Fay", MFG, rows[0]).content == b""
    row = metrc.package(failed)
    assert (row["LabTestingState"], row["DecontaminationDate"]) == ("Decontaminated", TODAY)
    assert row["ContainsDecontaminatedProduct"] is True


def test_a_package_is_pretreated_before_its_first_test_alone(metrc: Metrc) -> None:
    fresh, passed = metrc.stock(MFG, 100), metrc.stock(MFG, 100, labTestingState="TestPassed")
    more = {"ReasonName": "Microbes", "RemediationMethodName": "Further Drying"}
    row = treatment(fresh, "PreTreatment", **more)
    assert metrc.put("/packages/v2/pretreat", "Fay", MFG, row).content == b""
    assert metrc.applied()[-1] == "package pre-treated"
    answer = metrc.put(
        "/packages/v2/pretreat", "Fay", MFG, treatment(passed, "PreTreatment", **more)
    )
    assert words(answer) == f"Package {passed} is TestPassed and cannot be pre-treated."
    empty = metrc.put("/packages/v2/adjust", "Fay", MFG, adjustment(fresh, 0))
    assert empty.status_code == 200
