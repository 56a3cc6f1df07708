"""Reading: who may, which page, which window, in which shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from tests.simulator.conftest import DIST, MFG, NEIGHBOR, SUP, Metrc, split

ENVELOPE = [
    "Data", "Total", "TotalRecords", "PageSize", "RecordsOnPage", "Page", "CurrentPage",
    "TotalPages",
]  # fmt: skip


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def test_a_key_reaches_the_facilities_of_its_person_alone(metrc: Metrc) -> None:
    seen = metrc.get("/facilities/v2/", "Fay").json()
    assert [row["License"]["Number"] for row in seen] == [MFG, DIST]
    assert seen[0]["FacilityType"]["CanInfuseProducts"] is True
    nell = metrc.get("/facilities/v2", "Nell").json()
    assert [row["License"]["Number"] for row in nell] == [NEIGHBOR]


def test_a_wrong_key_answers_401_with_an_empty_body(metrc: Metrc) -> None:
    vendor, user_key = metrc.auth("Ana")
    for pair in ((vendor, "wrong"), ("wrong", user_key), ("", "")):
        answer = metrc.http.get(f"/packages/v2/active?licenseNumber={MFG}", auth=pair)
        assert (answer.status_code, answer.content) == (401, b"")
    assert metrc.http.get("/facilities/v2/").status_code == 401
    assert metrc.http.get("/facilities/v2/", auth=(vendor, user_key)).status_code == 200


def test_another_companys_licence_answers_401_to_every_list(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    for path in ("/packages/v2/active", f"/packages/v2/{label}", "/transfers/v2/incoming"):
        assert metrc.get(path, "Nell", MFG).status_code == 401, path
        assert metrc.get(path, "Sync MFG", MFG).status_code == 200, path
    assert metrc.get(f"/packages/v2/{label}", "Nell").status_code == 401


def test_a_permission_that_is_missing_answers_401(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    tag = metrc.tags()[0]
    assert metrc.post("/packages/v2/", "Ben", MFG, split(tag, label, 1)).status_code == 401
    assert metrc.get("/items/v2/active", "Ben", MFG).status_code == 401
    assert metrc.post("/packages/v2/", "Cy", MFG, split(tag, label, 1)).status_code == 200


def test_a_facility_without_the_flag_answers_401(metrc: Metrc) -> None:
    body = {"Label": "X", "ResultDate": "2026-11-23", "Results": []}
    assert metrc.post("/labtests/v2/record", "Fay", DIST, body).status_code == 401


def test_an_empty_list_has_zero_as_page_size_and_total_pages(metrc: Metrc) -> None:
    answer = metrc.get("/packages/v2/active", "Ana", MFG, pageSize=10)
    assert answer.content == (
        b'{"Data":[],"Total":0,"TotalRecords":0,"PageSize":0,"RecordsOnPage":0,'
        b'"Page":1,"CurrentPage":1,"TotalPages":0}'
    )


def test_pages_cut_a_list_without_loss_or_repetition(metrc: Metrc) -> None:
    row = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row] * 25)
    metrc.desk(
        "receive",
        licenseNumber=MFG,
        deliveryId=sent["deliveryId"],
        packages=[{"label": label} for label in sent["labels"]],
    )
    pages = [
        metrc.get("/packages/v2/active", "Ana", MFG, pageNumber=number, pageSize=20).json()
        for number in (1, 2, 3)
    ]
    assert list(pages[0]) == ENVELOPE
    assert [page["RecordsOnPage"] for page in pages] == [20, 5, 0]
    assert [page["Total"] for page in pages] == [25, 25, 25]
    assert [page["TotalPages"] for page in pages] == [2, 2, 2]
    seen = [row["Label"] for page in pages for row in page["Data"]]
    assert sorted(seen) == sorted(sent["labels"])
    whole = metrc.get("/packages/v2/active", "Ana", MFG).json()
    assert (whole["PageSize"], whole["RecordsOnPage"], whole["TotalPages"]) == (25, 25, 1)


def test_a_page_of_more_than_twenty_is_refused(metrc: Metrc) -> None:
    answer = metrc.get("/packages/v2/active", "Ana", MFG, pageSize=21)
    assert (answer.status_code, answer.json()) == (400, {"Message": "pageSize cannot exceed 20"})
    assert metrc.get("/packages/v2/active", "Ana", MFG, pageSize=20).status_code == 200
    assert metrc.get("/packages/v2/active", "Ana", MFG, pageNumber=0).status_code == 400


def test_a_window_over_a_day_is_refused_and_a_day_is_not(metrc: Metrc) -> None:
    now = datetime.now(UTC)
    window = {"lastModifiedStart": iso(now - timedelta(hours=24)), "lastModifiedEnd": iso(now)}
    assert metrc.get("/packages/v2/active", "Ana", MFG, **window).status_code == 200
    window["lastModifiedStart"] = iso(now - timedelta(hours=24, seconds=1))
    answer = metrc.get("/packages/v2/active", "Ana", MFG, **window)
    assert answer.status_code == 400
    assert answer.json() == {"Message": "Last Modified range cannot exceed 24 hours"}


def test_without_a_window_only_the_last_day_is_listed(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    start = datetime.now(UTC) - timedelta(hours=1)
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 1
    metrc.desk("clock", offsetSeconds=25 * 3600)
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0
    window = {"lastModifiedStart": iso(start), "lastModifiedEnd": iso(start + timedelta(hours=2))}
    rows = metrc.get("/packages/v2/active", "Ana", MFG, **window).json()["Data"]
    assert [row["Label"] for row in rows] == [label]


def test_an_unescaped_plus_becomes_a_blank_and_shifts_the_window_silently(metrc: Metrc) -> None:
    metrc.stock(MFG, 500)
    local = datetime.now(UTC) + timedelta(hours=5)
    start, end = iso(local - timedelta(minutes=10)), iso(local + timedelta(minutes=10))
    start, end = start.replace("+00:00", "+05:00"), end.replace("+00:00", "+05:00")
    query = f"/packages/v2/active?licenseNumber={MFG}&lastModifiedStart={{}}&lastModifiedEnd={{}}"
    right = query.format(start.replace("+", "%2B"), end.replace("+", "%2B"))
    assert metrc.http.get(right, auth=metrc.auth("Ana")).json()["Total"] == 1
    wrong = metrc.http.get(query.format(start, end), auth=metrc.auth("Ana"))
    assert (wrong.status_code, wrong.json()["Total"]) == (200, 0)


def test_last_modified_grows_strictly_even_when_the_clock_goes_back(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    seen = [metrc.package(label)["LastModified"]]
    metrc.desk("clock", offsetSeconds=-3600)
    for note in ("one", "two"):
        row = {"PackageLabel": label, "Note": note}
        assert metrc.put("/packages/v2/note", "Ana", MFG, row).status_code == 200
        seen.append(metrc.package(label)["LastModified"])
    assert seen == sorted(set(seen))
    assert len(seen) == 3


def test_a_package_is_read_by_label_in_any_case_and_by_id(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 500)
    row = metrc.package(label.lower())
    assert row["Label"] == label
    assert metrc.get(f"/packages/v2/{row['Id']}", "Ana").json() == row


def test_an_unknown_record_answers_401_not_404(metrc: Metrc) -> None:
    for path in ("/packages/v2/1A40603000000010000NOSUCH", "/packages/v2/12", "/items/v2/12"):
        assert metrc.get(path, "Fay", MFG).status_code == 401, path


def test_bare_arrays_stay_bare_and_reference_lists_are_enveloped(metrc: Metrc) -> None:
    for path in ("/tags/v2/package/available", "/unitsofmeasure/v2/active", "/labtests/v2/states"):
        rows = metrc.get(path, "Fay", MFG).json()
        assert isinstance(rows, list), path
        assert rows, path
    for path in ("/items/v2/categories", "/packages/v2/adjust/reasons", "/transfers/v2/types",
                 "/labtests/v2/types", "/labtests/v2/batches", "/locations/v2/types"):  # fmt: skip
        page = metrc.get(path, "Fay", MFG, pageSize=2).json()
        assert list(page) == ENVELOPE, path
        assert page["RecordsOnPage"] == min(2, page["Total"]) > 0, path


def test_retired_unknown_and_misused_paths_have_their_own_status(metrc: Metrc) -> None:
    assert metrc.get("/packages/v1/active", "Ana", MFG).status_code == 405
    assert metrc.get("/nothing/v2/here", "Ana", MFG).status_code == 404
    assert metrc.call("DELETE", "/packages/v2/adjust", "Ana", MFG).status_code in (400, 401)
    assert metrc.put("/packages/v2/testing", "Ana", MFG, {}).status_code == 405


def test_employee_permissions_are_not_deployed_in_california(metrc: Metrc) -> None:
    answer = metrc.get("/employees/v2/permissions", "Fay", MFG, employeeLicenseNumber="EMP-00001")
    assert answer.status_code == 404
    names = [row["FullName"] for row in metrc.get("/employees/v2/", "Fay", MFG).json()["Data"]]
    assert {"Ana", "Ben", "Cy", "Dee", "Fay"} <= set(names)


def test_a_missing_licence_number_is_a_bad_request(metrc: Metrc) -> None:
    answer = metrc.get("/packages/v2/active", "Ana")
    assert (answer.status_code, list(answer.json())) == (400, ["Message"])


def test_one_connection_serves_many_requests(metrc: Metrc) -> None:
    with httpx.Client(base_url=metrc.http.base_url, limits=httpx.Limits(max_connections=1)) as one:
        for _ in range(5):
            answer = one.get("/facilities/v2/", auth=metrc.auth("Ana"))
            assert answer.headers["connection"] == "keep-alive"
