"""Retail ID: codes are generated, bound to packages, read by receivers, and follow a merge."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import MFG, NEIGHBOR, Metrc, split


def send(metrc: Metrc, word: str, body: Any, user: str = "Fay", at: str = MFG) -> Any:
    return metrc.call("POST", f"/retailid/v2/{word}", user, at, json=body)


def generated(metrc: Metrc, label: str, count: int) -> list[str]:
    answer = send(metrc, "generate", {"PackageLabel": label, "Quantity": count})
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["Manifest"]["Qrs"]
    return found


def read(metrc: Metrc, label: str) -> Any:
    return metrc.get(f"/retailid/v2/receive/{label}", "Fay", MFG).json()


def test_generated_codes_are_all_different_and_use_up_the_allotment(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 100)
    before = metrc.get("/retailid/v2/allotment", "Fay", MFG).json()["Allotment"]
    answer = send(metrc, "generate/", {"PackageLabel": label, "Quantity": 30}).json()
    codes = answer["Manifest"]["Qrs"]
    assert len(set(codes)) == 30
    [[first, last]] = answer["Manifest"]["Ranges"]
    assert last - first == 29
    more = generated(metrc, label, 5)
    assert not set(more) & set(codes)
    after = metrc.get("/retailid/v2/allotment", "Fay", MFG).json()
    assert after["Allotment"] == before - 35
    assert after["FacilityLicenseNumber"] == MFG
    row = metrc.package(label)["ProductLabel"]
    assert (row["QrCount"], row["LabelSource"]) == (35, "RetailId")
    beyond = {"PackageLabel": label, "Quantity": after["Allotment"] + 1}
    answer = send(metrc, "generate", beyond)
    assert answer.status_code == 400
    assert "more than" in answer.json()["Message"]
    assert metrc.package(label)["ProductLabel"]["QrCount"] == 35


def test_a_code_moves_only_to_a_package_made_from_the_one_that_has_it(metrc: Metrc) -> None:
    source, stranger = metrc.stock(MFG, 100), metrc.stock(MFG, 100)
    codes = generated(metrc, source, 4)
    child = metrc.tags()[0]
    metrc.post("/packages/v2/", "Fay", MFG, split(child, source, 10))
    urls = [f"https://{code}" for code in codes]
    wrong = send(metrc, "associate", [{"PackageLabel": stranger, "QrUrls": urls[:2]}])
    assert f"belongs to package {source}" in wrong.json()[0]["message"]
    assert read(metrc, source)["QrCount"] == 4
    right = send(metrc, "associate", [{"PackageLabel": child, "QrUrls": urls[:2]}])
    assert right.json() == {"Ids": [metrc.package(child)["Id"]], "Warnings": None}
    assert read(metrc, child)["Eaches"] == codes[:2]
    assert read(metrc, source)["Eaches"] == codes[2:]
    twice = send(metrc, "associate", [{"PackageLabel": child, "QrUrls": [urls[2], urls[2]]}])
    assert "more than once" in twice.json()[0]["message"]
    short = codes[0].rpartition("/")[2]
    found = metrc.get(f"/retailid/v2/receive/qr/{short}", "Fay", MFG).json()
    assert found["ChildTag"] == child
    told = send(metrc, "packages/info", {"packageLabels": [child]}).json()["Packages"][0]
    assert (told["QrCount"], told["HasQrs"], told["Tag"]) == (2, True, child)


def test_merged_packages_keep_every_gram_and_every_code(metrc: Metrc) -> None:
    first, second = metrc.stock(MFG, 100), metrc.stock(MFG, 40)
    codes = generated(metrc, first, 2) + generated(metrc, second, 3)
    assert send(metrc, "merge", {"packageLabels": [first, second]}).content == b""
    assert [metrc.package(label)["Quantity"] for label in (first, second)] == [140, 0]
    assert sorted(read(metrc, first)["Eaches"]) == sorted(codes)
    assert read(metrc, second)["QrCount"] == 0
    other = metrc.stock(MFG, 5, item="Distillate")
    answer = send(metrc, "merge", {"packageLabels": [first, other]})
    assert "another Item" in answer.json()["Message"]
    answer = send(metrc, "merge", {"packageLabels": [first, first]})
    assert "two different packages" in answer.json()["Message"]
    assert metrc.package(first)["Quantity"] == 140


def test_codes_are_nobody_elses(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 100)
    code = generated(metrc, label, 1)[0].rpartition("/")[2]
    for path in (f"receive/{label}", f"receive/qr/{code}"):
        assert metrc.get(f"/retailid/v2/{path}", "Nell", NEIGHBOR).status_code == 401
    body = {"PackageLabel": label, "Quantity": 1}
    assert send(metrc, "generate", body, "Nell", NEIGHBOR).status_code == 401
    assert send(metrc, "generate", body, "Ana").status_code == 401
    assert send(metrc, "generate", [body]).status_code == 400
    assert metrc.get("/retailid/v2/receive/qr/NOTACODE", "Fay", MFG).status_code == 401
