"""Laboratory testing: samples, results, releases and how far they travel."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulator.conftest import CART, DIST, LAB, MFG, TODAY, Metrc
from tests.simulator.test_transfer_laws import TEMPLATES, template

PDF = base64.b64encode(b"%PDF-1.4 certificate").decode()
LEAD = "Lead (ug/g) (Vape)"


def carts(metrc: Metrc, quantity: int = 4000, **more: Any) -> str:
    return metrc.stock(DIST, quantity, item=CART, unit="Each", **more)


def each(tag: str, source: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {
        "Tag": tag,
        "UseSameItem": True,
        "Quantity": quantity,
        "UnitOfMeasure": "Each",
        "ActualDate": TODAY,
        "Ingredients": [{"Package": source, "Quantity": quantity, "UnitOfMeasure": "Each"}],
        **more,
    }


def at_the_lab(metrc: Metrc, *sources: str, quantity: int = 20) -> str:
    """Take a sample of the sources and bring it to the lab; returns its label."""
    tag = metrc.tags("Fay", DIST)[0]
    row = each(tag, sources[0], quantity)
    row["Quantity"] = quantity * len(sources)
    row["Ingredients"] = [
        {"Package": source, "Quantity": quantity, "UnitOfMeasure": "Each"} for source in sources
    ]
    assert metrc.post("/packages/v2/testing", "Eve", DIST, row).status_code == 200
    made = metrc.post(TEMPLATES, "Hal", DIST, template(LAB, [tag])).json()["Ids"][0]
    sent = metrc.desk("register-transfer", licenseNumber=DIST, templateId=made)
    metrc.desk(
        "receive",
        licenseNumber=LAB,
        deliveryId=sent["deliveryIds"][0],
        packages=[{"label": tag}],
    )
    return tag


def state(metrc: Metrc, label: str, user: str = "Fay", license_number: str = DIST) -> str:
    found: str = metrc.package(label, user, license_number)["LabTestingState"]
    return found


def test_a_sample_takes_its_units_and_submits_its_source(metrc: Metrc) -> None:
    source = carts(metrc)
    assert state(metrc, source) == "NotSubmitted"
    sample = at_the_lab(metrc, source)
    assert metrc.package(source, "Fay", DIST)["Quantity"] == 3980
    assert state(metrc, source) == "SubmittedForTesting"
    row = metrc.package(sample, "Lou", LAB)
    assert (row["IsTestingSample"], row["Quantity"]) == (True, 20)
    listed = metrc.get("/packages/v2/labsamples", "Lou", LAB).json()["Data"]
    assert [(one["Label"], one["Id"]) for one in listed] == [(sample, row["Id"])]


def test_released_results_travel_to_the_source_and_to_later_children(metrc: Metrc) -> None:
    source = carts(metrc)
    before = metrc.tags("Fay", DIST)[5]
    metrc.post("/packages/v2/", "Hal", DIST, each(before, source, 100))
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=False)
    assert state(metrc, source) == "TestingInProgress"
    assert state(metrc, sample, "Lou", LAB) == "TestingInProgress"
    answer = metrc.put("/labtests/v2/results/release", "Lou", LAB, {"PackageLabel": sample})
    assert (answer.status_code, answer.content) == (200, b"")
    assert state(metrc, source) == "TestPassed"
    assert state(metrc, sample, "Lou", LAB) == "TestPassed"
    after = metrc.tags("Fay", DIST)[0]
    metrc.post("/packages/v2/", "Hal", DIST, each(after, source, 900))
    assert state(metrc, after) == "TestPassed"
    assert state(metrc, before) == "NotSubmitted"


def test_every_source_of_a_sample_is_released_and_no_other_package(metrc: Metrc) -> None:
    one, two, three = carts(metrc, 500), carts(metrc, 500), carts(metrc, 500)
    sample = at_the_lab(metrc, one, two, quantity=4)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    assert [state(metrc, label) for label in (one, two, three)] == [
        "TestPassed",
        "TestPassed",
        "NotSubmitted",
    ]


def test_a_mixture_is_passed_only_if_every_source_is(metrc: Metrc) -> None:
    passed = carts(metrc, 100, labTestingState="TestPassed")
    untested = carts(metrc, 100)
    failed = carts(metrc, 100, labTestingState="TestFailed")
    tags = metrc.tags("Fay", DIST)
    for tag, labels, expected in (
        (tags[0], [passed, passed], "TestPassed"),
        (tags[1], [passed, untested], "NotSubmitted"),
        (tags[2], [passed, failed], "TestFailed"),
    ):
        row = each(tag, passed, 2)
        row["Ingredients"] = [
            {"Package": label, "Quantity": 1, "UnitOfMeasure": "Each"} for label in labels
        ]
        assert metrc.post("/packages/v2/", "Hal", DIST, row).status_code == 200
        assert state(metrc, tag) == expected


def test_a_production_batch_of_tested_goods_is_tested_anew(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000, item="Distillate", labTestingState="TestPassed")
    row = each(metrc.tags()[0], source, 5, UnitOfMeasure="Grams")
    row |= {"IsProductionBatch": True, "ProductionBatchNumber": "PB-V-201"}
    row["Ingredients"][0]["UnitOfMeasure"] = "Grams"
    assert metrc.post("/packages/v2/", "Ana", MFG, row).status_code == 200
    assert state(metrc, row["Tag"], "Fay", MFG) == "NotSubmitted"


def test_results_are_seen_by_the_source_owner_after_release_alone(metrc: Metrc) -> None:
    source = carts(metrc)
    package_id = metrc.package(source, "Fay", DIST)["Id"]
    sample = at_the_lab(metrc, source)
    sample_id = metrc.package(sample, "Lou", LAB)["Id"]
    made = metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True)
    path = "/labtests/v2/results"
    assert metrc.get(path, "Lou", LAB, packageId=sample_id).json()["Total"] > 5
    assert metrc.get(path, "Eve", DIST, packageId=package_id).json()["Total"] == 0
    document = f"/labtests/v2/labtestdocument/{made['documentId']}"
    assert metrc.get(document, "Eve", DIST).status_code == 401
    metrc.put("/labtests/v2/results/release", "Lou", LAB, {"PackageLabel": sample})
    rows = metrc.get(path, "Eve", DIST, packageId=package_id).json()["Data"]
    assert {row["OverallPassed"] for row in rows} == {True}
    assert {row["ResultReleased"] for row in rows} == {True}
    assert {row["PackageId"] for row in rows} == {package_id}
    assert {row["SourcePackageLabel"] for row in rows} == {source}
    assert rows[0]["LabTestResultDocumentFileId"] == made["documentId"]
    content = metrc.get(document, "Eve", DIST).json()["FileContents"]
    assert base64.b64decode(content).startswith(b"%PDF")
    assert metrc.get(document, "Nell").status_code == 401
    assert metrc.get(path, "Lou", LAB, packageId=package_id).status_code == 401


def test_unreleased_results_stay_hidden_when_the_sample_leaves_the_lab(metrc: Metrc) -> None:
    sample = at_the_lab(metrc, carts(metrc))
    sample_id = metrc.package(sample, "Lou", LAB)["Id"]
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True)
    body = template(DIST, [sample])
    made = metrc.post(TEMPLATES, "Lab Manager", LAB, body).json()["Ids"][0]
    sent = metrc.desk("register-transfer", licenseNumber=LAB, templateId=made)
    delivery = {"licenseNumber": DIST, "deliveryId": sent["deliveryIds"][0]}
    metrc.desk("receive", **delivery, packages=[{"label": sample}])
    rows = metrc.get("/labtests/v2/results", "Eve", DIST, packageId=sample_id).json()
    assert rows["Total"] == 0


def test_one_failed_result_fails_the_batch_and_names_the_test(metrc: Metrc) -> None:
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    result = {"labTestTypeName": LEAD, "quantity": 0.7, "passed": False}
    metrc.desk(
        "record-results",
        licenseNumber=LAB,
        label=sample,
        passed=False,
        results=[result],
        release=True,
    )
    assert state(metrc, source) == "TestFailed"
    package_id = metrc.package(source, "Fay", DIST)["Id"]
    rows = metrc.get("/labtests/v2/results", "Eve", DIST, packageId=package_id).json()["Data"]
    assert [row["TestTypeName"] for row in rows if not row["TestPassed"]] == [LEAD]
    assert {row["OverallPassed"] for row in rows} == {False}


def test_a_failed_batch_is_remediated_sampled_again_and_retested(metrc: Metrc) -> None:
    source = carts(metrc)
    row = {
        "PackageLabel": source,
        "RemediationMethodName": "Re-distillation",
        "RemediationDate": TODAY,
        "RemediationSteps": "Recovered and cleaned.",
    }
    answer = metrc.put("/packages/v2/remediate", "Fay", DIST, row)
    assert "has no failed lab results" in answer.json()[0]["message"]
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=False, release=True)
    assert metrc.put("/packages/v2/remediate", "Fay", DIST, row).status_code == 200
    assert state(metrc, source) == "Remediated"
    again = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=again, passed=True, release=True)
    assert state(metrc, source) == "RetestPassed"
    assert state(metrc, sample, "Lou", LAB) == "TestFailed"


def body_of(sample: str, **more: Any) -> dict[str, Any]:
    return {
        "Label": sample,
        "ResultDate": "2026-11-23T10:00:00Z",
        "DocumentFileName": "coa.pdf",
        "DocumentFileBase64": PDF,
        "Results": [{"LabTestTypeName": LEAD, "Quantity": 0.1, "Passed": True, "Notes": ""}],
        **more,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DocumentFileBase64": None}, "DocumentFileBase64 was not specified."),
        ({"DocumentFileBase64": "aGVsbG8="}, "is not a PDF document."),
        ({"DocumentFileBase64": "***"}, "is not base64."),
        ({"DocumentFileBase64": "Ωß漢字"}, "is not base64."),
        ({"ResultDate": "yesterday"}, "ResultDate is not a valid date and time."),
        ({"Results": []}, "Results were not specified."),
        (
            {"Results": [{"LabTestTypeName": "Luck", "Quantity": 1, "Passed": True}]},
            'Lab Test Type "Luck" is not valid.',
        ),
        (
            {"Results": [{"LabTestTypeName": LEAD, "Quantity": 0.6, "Passed": True}]},
            "cannot pass: 0.6 is above 0.5.",
        ),
    ],
)
def test_a_wrong_record_is_refused_by_its_name(
    metrc: Metrc, change: dict[str, Any], words: str
) -> None:
    sample = at_the_lab(metrc, carts(metrc))
    answer = metrc.post("/labtests/v2/record", "Lou", LAB, body_of(sample, **change))
    assert answer.status_code == 400
    assert words in answer.json()[0]["message"]


def test_a_type_has_one_result_and_a_release_needs_all_and_ends_all(metrc: Metrc) -> None:
    sample = at_the_lab(metrc, carts(metrc))
    record = "/labtests/v2/record"
    release = {"PackageLabel": sample}
    assert metrc.post(record, "Lou", LAB, body_of(sample)).status_code == 200
    twice = metrc.post(record, "Lou", LAB, body_of(sample))
    assert "already has a result" in twice.json()[0]["message"]
    early = metrc.put("/labtests/v2/results/release", "Lou", LAB, release)
    assert "required results are missing" in early.json()[0]["message"]
    given = [{"labTestTypeName": LEAD, "quantity": 0, "passed": True}]
    sentence = metrc.refused(
        "record-results", licenseNumber=LAB, label=sample, passed=True, results=given
    )
    assert "already has a result" in sentence
    types = metrc.get("/labtests/v2/types", "Lou").json()["Data"]
    names = [row["Name"] for row in types if "(Vape)" in row["Name"] and row["Name"] != LEAD]
    rows = [{"LabTestTypeName": name, "Quantity": 0, "Passed": True} for name in names]
    assert metrc.post(record, "Lou", LAB, body_of(sample, Results=rows)).status_code == 200
    assert metrc.put("/labtests/v2/results/release", "Lou", LAB, release).status_code == 200
    late = metrc.post(record, "Lou", LAB, body_of(sample))
    assert "has released results" in late.json()[0]["message"]
    again = metrc.put("/labtests/v2/results/release", "Lou", LAB, release)
    assert "has released results" in again.json()[0]["message"]


def test_a_sample_that_is_not_in_the_lab_answers_401(metrc: Metrc) -> None:
    source = carts(metrc)
    tag = metrc.tags("Fay", DIST)[0]
    metrc.post("/packages/v2/testing", "Eve", DIST, each(tag, source, 20))
    assert metrc.post("/labtests/v2/record", "Lou", LAB, body_of(tag)).status_code == 401


def test_revoked_results_take_the_pass_away_everywhere(metrc: Metrc) -> None:
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    child = metrc.tags("Fay", DIST)[0]
    metrc.post("/packages/v2/", "Hal", DIST, each(child, source, 900))
    metrc.desk("revoke-results", label=sample)
    assert [state(metrc, label) for label in (source, child)] == ["NotSubmitted"] * 2
    package_id = metrc.package(source, "Fay", DIST)["Id"]
    rows = metrc.get("/labtests/v2/results", "Eve", DIST, packageId=package_id).json()["Data"]
    assert all(row["RevokedDate"] for row in rows)
    assert "no released results" in metrc.refused("revoke-results", label=child)


def test_the_expiration_is_a_year_after_the_release(metrc: Metrc) -> None:
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    row = metrc.package(source, "Fay", DIST)
    released = row["LabTestingStateDate"]
    assert int(row["LabTestResultExpirationDateTime"][:4]) == int(released[:4]) + 1


def test_the_lab_desk_refuses_a_contradiction(metrc: Metrc) -> None:
    sample = at_the_lab(metrc, carts(metrc))
    bad = [{"labTestTypeName": LEAD, "quantity": 9, "passed": False}]
    base = {"licenseNumber": LAB, "label": sample}
    sentence = metrc.refused("record-results", **base, passed=True, results=bad)
    assert "contradicts" in sentence
    assert metrc.refused("record-results", **base, passed="yes").startswith("passed: 'yes'")


def test_what_is_recorded_is_only_released_at_the_desk(metrc: Metrc) -> None:
    sample = at_the_lab(metrc, carts(metrc))
    base = {"licenseNumber": LAB, "label": sample, "passed": True}
    asked = metrc.http.get(f"/desk/api/sample?label={sample}").json()
    first = metrc.desk("record-results", **base)

    told = metrc.http.get(f"/desk/api/sample?label={sample}").json()
    assert (told["recorded"], told["tests"]) == (len(asked["tests"]), [])
    assert "is recorded already" in metrc.refused("record-results", **base)
    assert metrc.desk("record-results", **base, release=True) == first
    assert state(metrc, sample, "Lou", LAB) == "TestPassed"
