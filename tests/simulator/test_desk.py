"""The desk's levers: keys, clock, world, limits, licences, API up and down, and the journal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metrc_simulator.desk.door import PARTS, VERBS
from tests.simulator.conftest import DIST, LAB, MFG, SUP, TODAY, Metrc, adjustment, split


def test_every_verb_that_was_promised_is_there() -> None:
    promised = (
        "ship-in register-transfer depart void receive return record-results hold adjust keys "
        "faults clock reset limits license create-package move finish edit-manifest "
        "revoke-results receive-tags void-tags api"
    )
    assert set(promised.split()) == set(VERBS)


def test_the_keys_are_listed_and_differ_from_world_to_world(metrc: Metrc) -> None:
    first = metrc.http.get("/desk/api/keys").json()
    assert len({user["userKey"] for user in first["users"]}) == len(first["users"]) > 15
    assert list(first["users"][0]) == ["name", "userKey", "licenses", "permissions"]
    metrc.desk("reset", world="empty")
    second = metrc.http.get("/desk/api/keys").json()
    assert second["vendorKey"] != first["vendorKey"]
    assert metrc.get("/facilities/v2/", "Ana").status_code == 200
    assert (
        metrc.http.get("/facilities/v2/", auth=(first["vendorKey"], first["users"][0]["userKey"]))
    ).status_code == 401


def test_a_revoked_key_dies_at_once_and_lives_again(metrc: Metrc) -> None:
    _, user_key = metrc.auth("Ana")
    assert metrc.get("/facilities/v2/", "Ana").status_code == 200
    metrc.desk("keys", userKey=user_key, action="revoke")
    assert metrc.get("/facilities/v2/", "Ana").status_code == 401
    assert metrc.get("/facilities/v2/", "Fay").status_code == 200
    metrc.desk("keys", userKey=user_key, action="restore")
    assert metrc.get("/facilities/v2/", "Ana").status_code == 200
    assert "nobody's key" in metrc.refused("keys", userKey="x", action="revoke")
    assert "neither revoke nor restore" in metrc.refused("keys", userKey=user_key, action="x")


def test_the_clock_moves_metrcs_time_alone(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 10)
    metrc.desk("clock", offsetSeconds=86_400 * 3)
    metrc.put("/packages/v2/note", "Ana", MFG, {"PackageLabel": label, "Note": "later"})
    moved = datetime.fromisoformat(metrc.package(label)["LastModified"])
    ahead = moved - datetime.now(UTC)
    assert timedelta(days=2, hours=23) < ahead < timedelta(days=3, hours=1)
    assert "offsetSeconds: 'x'" in metrc.refused("clock", offsetSeconds="x")


def test_reset_forgets_goods_faults_clock_and_journal(metrc: Metrc) -> None:
    metrc.stock(MFG, 10)
    metrc.desk("clock", offsetSeconds=999)
    metrc.desk("faults", rules=[{"kind": "401"}])
    metrc.desk("api", up=False)
    metrc.desk("reset", world="empty")
    metrc.keys = {}
    assert [entry["path"] for entry in metrc.journal()] == ["/desk/api/reset"]
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0
    assert len(metrc.tags()) == 1000


def test_an_unknown_world_is_refused_and_the_present_one_stays(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 10)
    sentence = metrc.refused("reset", world="atlantis")
    assert sentence == "world 'atlantis' is not known; there are " + sentence.split("are ")[1]
    assert metrc.package(label)["Quantity"] == 10
    assert metrc.refused("reset").startswith("world: None")


def test_the_limit_per_second_answers_429_with_retry_after(metrc: Metrc) -> None:
    metrc.auth("Ana")
    # The bucket of two refills in half a second, and four calls take far less.
    metrc.desk("limits", getPerSecond=2, concurrent=None)
    seen = [metrc.get("/packages/v2/active", "Ana", MFG) for _ in range(4)]
    assert [answer.status_code for answer in seen] == [200] * 2 + [429] * 2
    assert seen[-1].headers["retry-after"] == "1"
    other = metrc.get("/packages/v2/active", "Eve", DIST)
    assert other.status_code == 200, "the limit is per facility"
    metrc.desk("limits", getPerSecond=None, concurrent=None)
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 200
    assert "getPerSecond: -1" in metrc.refused("limits", getPerSecond=-1)


def test_too_many_calls_at_once_answer_429(metrc: Metrc) -> None:
    metrc.auth("Ana")
    metrc.desk("limits", getPerSecond=None, concurrent=0)
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 429
    metrc.desk("limits", getPerSecond=None, concurrent=2)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(metrc.get, "/packages/v2/active", "Ana", MFG) for _ in range(12)]
        assert {call.result().status_code for call in calls} == {200}


def test_a_suspended_licence_reads_and_an_expired_one_gets_nothing(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 10)
    metrc.desk("license", number=MFG, status="Suspended")
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 200
    row = adjustment(label, -1)
    assert metrc.post("/packages/v2/adjust", "Ana", MFG, row).status_code == 401
    metrc.desk("license", number=MFG, status="Expired")
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 401
    seen = metrc.get("/facilities/v2/", "Fay").json()
    assert [facility["License"]["Number"] for facility in seen] == [DIST]
    metrc.desk("license", number=MFG, status="Active")
    assert metrc.post("/packages/v2/adjust", "Ana", MFG, row).status_code == 200
    assert "status: 'Odd'" in metrc.refused("license", number=MFG, status="Odd")


def test_the_api_goes_down_and_the_desk_goes_on(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 10)
    metrc.desk("api", up=False)
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 503
    metrc.desk("adjust", licenseNumber=MFG, label=label, quantity=-4, reason="Waste")
    metrc.desk("api", up=True)
    assert metrc.package(label)["Quantity"] == 6


def test_people_change_packages_by_hand_with_the_apis_fields(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 100)
    tag = metrc.tags()[0]
    made = metrc.desk("create-package", licenseNumber=MFG, userName="Dee", **split(tag, source, 40))
    assert metrc.package(tag)["Id"] == made["id"]
    gone = {"licenseNumber": MFG, "label": tag, "reason": "Entry Error", "note": "typed wrong"}
    assert metrc.desk("adjust", **gone, quantity=-40)["quantity"] == 0
    metrc.desk("finish", licenseNumber=MFG, Label=tag, ActualDate=TODAY)
    assert metrc.package(tag)["IsFinished"] is True
    rows = metrc.get("/packages/v2/adjustments", "Ana", MFG).json()["Data"]
    assert [(row["AdjustedByUserName"], row["AdjustmentNote"]) for row in rows] == [
        ("Desk", "typed wrong")
    ]
    assert "not empty" in metrc.refused("finish", licenseNumber=MFG, Label=source, ActualDate=TODAY)


def test_the_journal_holds_every_request_in_order_with_what_it_did(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 10)
    start = metrc.journal()[-1]["seq"]
    metrc.get("/packages/v2/active", "Ana", MFG, pageSize=5)
    metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -1))
    metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment("nope", -1))
    metrc.desk("hold", label=label, kind="hold", on=True)
    rows = metrc.journal(after=start)
    assert [row["seq"] for row in rows] == [start + number for number in (1, 2, 3, 4)]
    assert list(rows[0]) == [
        "seq", "at", "method", "path", "query", "licenseNumber", "userName", "body", "status",
        "applied", "fault", "receivedAt", "callerCouldKnow",
    ]  # fmt: skip
    assert rows[0]["query"] == {"pageSize": "5", "licenseNumber": MFG}
    assert [(row["status"], len(row["applied"])) for row in rows] == [
        (200, 0), (200, 1), (400, 0), (200, 1),
    ]  # fmt: skip
    effect = rows[1]["applied"][0]
    assert (effect["effect"], effect["change"], effect["quantity"]) == ("package adjusted", -1, 9)
    assert (rows[1]["userName"], rows[1]["licenseNumber"]) == ("Ana", MFG)
    assert metrc.http.get("/desk/api/journal?after=x").status_code == 400


def test_a_refused_desk_verb_changes_nothing_and_is_journaled(metrc: Metrc) -> None:
    before = len(metrc.tags())
    row = {"item": "Crude Oil", "quantity": 1, "unitOfMeasure": "Grams"}
    bad = {**row, "item": "Gold"}
    metrc.refused("ship-in", fromLicense=MFG, toLicense=LAB, packages=[row, bad])
    assert len(metrc.tags()) == before
    entry = metrc.journal()[-2]
    assert (entry["path"], entry["status"], entry["applied"]) == ("/desk/api/ship-in", 400, [])


@pytest.mark.parametrize(
    ("verb", "payload", "words"),
    [
        ("receive", {"licenseNumber": MFG, "deliveryId": "7"}, "deliveryId: '7' is not a whole"),
        ("receive", {"licenseNumber": "X"}, "licenseNumber: 'X' is not a facility"),
        ("register-transfer", {"licenseNumber": MFG, "templateId": 5}, "templateId: 5 is not"),
        ("hold", {"label": "X", "kind": "hold", "on": True}, "package X does not exist"),
        ("hold", {"label": "X", "kind": "hug", "on": True}, "kind: 'hug' is none of"),
        ("void", {"licenseNumber": MFG, "transferId": 5}, "transferId: 5 is not a transfer"),
        ("depart", {"deliveryId": 5}, "deliveryId: delivery 5 does not exist"),
        ("api", {"up": "no"}, "up: 'no' is neither true nor false."),
        ("adjust", {"licenseNumber": MFG, "label": "X", "reason": "Loss"}, "Package X does not"),
    ],
)
def test_a_wrong_desk_field_is_refused_by_name_and_value(
    metrc: Metrc, verb: str, payload: dict[str, Any], words: str
) -> None:
    assert words in metrc.refused(verb, **payload)


def test_what_the_desk_does_not_know_it_says_so(metrc: Metrc) -> None:
    answer = metrc.http.post("/desk/api/dance", json={})
    assert (answer.status_code, "verb: 'dance'" in answer.json()["error"]) == (404, True)
    answer = metrc.http.post("/desk/api/hold", content=b"{")
    assert (answer.status_code, "it is not JSON" in answer.json()["error"]) == (400, True)
    assert metrc.http.post("/desk/api/hold", json=[1]).status_code == 400
    assert metrc.http.get("/desk/api/nothing").status_code == 404


def test_the_overview_shows_what_waits_until_it_is_done(metrc: Metrc) -> None:
    def waiting(block: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = metrc.http.get("/desk/api/overview").json()[block]
        return rows

    row = {"item": "Crude Oil", "quantity": 7, "unitOfMeasure": "Grams"}
    sent = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[row])
    label = sent["labels"][0]
    assert [one["deliveryId"] for one in waiting("deliveries")] == [sent["deliveryId"]]
    decision = {"label": label, "reject": {"reason": "wet"}}
    base = {"deliveryId": sent["deliveryId"]}
    metrc.desk("receive", licenseNumber=MFG, packages=[decision], **base)
    assert waiting("deliveries") == []
    assert [one["packages"][0]["label"] for one in waiting("rejected")] == [label]
    metrc.desk("return", licenseNumber=SUP, labels=[label], **base)
    assert waiting("rejected") == []
    numbers = {one["number"]: one["availableTags"] for one in waiting("facilities")}
    assert numbers[SUP] == 29


def test_the_desk_has_a_page_and_the_root_leads_to_it(metrc: Metrc) -> None:
    answer = metrc.http.get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/desk/"
    assert answer.headers["content-type"].startswith("text/html")


def test_every_part_of_the_page_is_served_and_nothing_else_of_the_folder(metrc: Metrc) -> None:
    page = metrc.http.get("/desk/").text
    for name, content_type in PARTS.items():
        answer = metrc.http.get(f"/desk/static/{name}")
        assert answer.headers["content-type"] == content_type
        for imported in re.findall(r'from "\./([a-z.]+)"', answer.text):
            assert imported in PARTS
    for linked in re.findall(r'"/desk/static/([a-z.]+)"', page):
        assert linked in PARTS
    for name in ("page.html", "../door.py", "..%2Fdoor.py", "nothing.js"):
        assert metrc.http.get(f"/desk/static/{name}").status_code == 404


def test_every_verb_the_page_speaks_is_a_verb_of_the_desk(metrc: Metrc) -> None:
    spoken = {
        verb
        for name in PARTS
        for verb in re.findall(
            r'(?:tryTo|act)\(\s*"([a-z-]+)"', metrc.http.get(f"/desk/static/{name}").text
        )
    }
    assert spoken == set(VERBS)


def test_the_shelf_shows_what_stands_at_a_licence_and_finds_by_last_digits(metrc: Metrc) -> None:
    crude = {"item": "Crude Oil", "quantity": 100, "unitOfMeasure": "Grams"}
    (label,) = metrc.desk("ship-in", fromLicense=SUP, toLicense=MFG, packages=[crude])["labels"]

    own = metrc.http.get(f"/desk/api/shelf?licenseNumber={SUP}").json()
    found = metrc.http.get(f"/desk/api/shelf?search={label[-4:]}").json()
    none = metrc.http.get("/desk/api/shelf?search=nothing-like-it").json()

    assert own["packages"][0] | {"location": None} == {
        "label": label,
        "item": "Crude Oil",
        "quantity": 100.0,
        "unit": "Grams",
        "state": "NotSubmitted",
        "location": None,
        "list": "intransit",
        "license": SUP,
        "held": False,
        "holds": [],
    }
    assert own["locations"] == ["Vault"]
    assert [one["label"] for one in found["packages"]] == [label]
    assert (none["total"], none["packages"]) == (0, [])
    wrong = metrc.http.get("/desk/api/shelf?licenseNumber=NOBODY")
    assert (wrong.status_code, wrong.json()["error"][:13]) == (400, "licenseNumber")
    wrong = metrc.http.get(f"/desk/api/sample?label={label}")
    assert "is not a testing sample" in wrong.json()["error"]


def test_the_faults_in_force_are_shown_with_the_times_that_are_left(metrc: Metrc) -> None:
    metrc.desk("faults", rules=[{"kind": "401", "path": "/packages/v2/*", "times": 2}])
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 401

    (rule,) = metrc.http.get("/desk/api/overview").json()["faults"]

    assert rule == {"kind": "401", "path": "/packages/v2/*", "times": 1}
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 401
    assert metrc.http.get("/desk/api/overview").json()["faults"] == []


def test_the_limit_of_the_vendor_key_holds_over_all_facilities_and_is_measured(
    metrc: Metrc,
) -> None:
    metrc.auth("Ana")
    metrc.desk("limits", getPerSecond=10, vendorGetPerSecond=2)
    calls = [("Ana", MFG), ("Eve", DIST)] * 2
    seen = [metrc.get("/packages/v2/active", user, number).status_code for user, number in calls]
    assert seen == [200] * 2 + [429] * 2
    told = metrc.http.get("/desk/api/limits").json()
    assert (told["granted"], told["refused"], told["mostAtOnce"]) == (2, 2, 1)
    assert metrc.journal()[-1]["status"] == 429
