"""Every fault, on the real socket, told by the answer and by the journal."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from metrc_simulator.routes.finder import ROUTES
from tests.simulator.conftest import MFG, Metrc, adjustment


@pytest.fixture
def label(metrc: Metrc) -> str:
    return metrc.stock(MFG, 1000)


def order(metrc: Metrc, kind: str, **more: Any) -> None:
    metrc.desk("faults", rules=[{"kind": kind, "path": "/packages/v2/*", "times": 1, **more}])


def write(metrc: Metrc, label: str) -> httpx.Response:
    return metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -12))


def last(metrc: Metrc) -> dict[str, Any]:
    return next(row for row in reversed(metrc.journal()) if row["path"] == "/packages/v2/adjust")


def quantity(metrc: Metrc, label: str) -> Any:
    return metrc.package(label)["Quantity"]


@pytest.mark.parametrize(("kind", "left"), [("drop-before", 1000), ("drop-after", 988)])
def test_a_dropped_connection_leaves_the_caller_without_an_answer(
    metrc: Metrc, label: str, kind: str, left: int
) -> None:
    order(metrc, kind)
    with pytest.raises(httpx.RemoteProtocolError):
        write(metrc, label)
    assert quantity(metrc, label) == left
    entry = last(metrc)
    assert (entry["fault"], entry["status"]) == (kind, None)
    assert len(entry["applied"]) == (1 if left == 988 else 0)
    assert write(metrc, label).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "left"),
    [
        ("500-before", 500, 1000),
        ("500-after", 500, 988),
        ("400-server", 400, 1000),
        ("401", 401, 1000),
        ("429", 429, 1000),
        ("429-no-retry-after", 429, 1000),
        ("html", 200, 1000),
        ("empty", 200, 988),
    ],
)
def test_a_fault_answers_as_named_and_the_journal_tells_what_was_done(
    metrc: Metrc, label: str, kind: str, status: int, left: int
) -> None:
    order(metrc, kind)
    answer = write(metrc, label)
    assert answer.status_code == status
    assert quantity(metrc, label) == left
    entry = last(metrc)
    assert (entry["fault"], entry["status"]) == (kind, status)
    assert bool(entry["applied"]) is (left == 988)
    assert entry["body"][0]["Label"] == label
    assert write(metrc, label).status_code == 200
    assert last(metrc)["fault"] is None


@pytest.mark.parametrize(("kind", "left"), [("reset-before", 1000), ("reset-after", 988)])
def test_a_reset_reaches_the_caller_as_a_reset(
    metrc: Metrc, label: str, kind: str, left: int
) -> None:
    order(metrc, kind)
    with pytest.raises(httpx.ReadError) as broken:
        write(metrc, label)
    assert "reset by peer" in str(broken.value)
    assert quantity(metrc, label) == left
    entry = last(metrc)
    assert (entry["fault"], entry["status"], entry["callerCouldKnow"]) == (kind, None, False)
    assert len(entry["applied"]) == (1 if left == 988 else 0)
    assert write(metrc, label).status_code == 200


@pytest.mark.parametrize(
    ("kind", "left"),
    [("never-answers-before", 1000), ("never-answers-after", 988), ("half-body", 988)],
)
def test_a_silent_server_holds_the_caller_until_it_goes(
    metrc: Metrc, label: str, kind: str, left: int
) -> None:
    order(metrc, kind)
    impatient = httpx.Client(base_url=metrc.http.base_url, timeout=0.4)
    with impatient, pytest.raises(httpx.ReadTimeout):
        write(Metrc(impatient, metrc.keys), label)
    assert quantity(metrc, label) == left
    entry = last(metrc)
    assert (entry["fault"], entry["callerCouldKnow"]) == (kind, False)
    assert entry["status"] == (200 if kind == "half-body" else None)
    assert write(metrc, label).status_code == 200


def test_half_a_body_comes_with_the_length_of_the_whole(metrc: Metrc, label: str) -> None:
    whole = metrc.get("/packages/v2/active", "Ana", MFG).content
    order(metrc, "half-body", method="GET")
    auth = metrc.auth("Ana")
    with (
        httpx.Client(base_url=metrc.http.base_url, timeout=0.4, auth=auth) as client,
        client.stream("GET", "/packages/v2/active", params={"licenseNumber": MFG}) as answer,
    ):
        assert int(answer.headers["content-length"]) == len(whole)
        got = b""
        with pytest.raises(httpx.ReadTimeout):
            for piece in answer.iter_bytes():
                got += piece
    assert got == whole[: len(whole) // 2]


def test_the_bodies_of_faults_are_those_of_the_field(metrc: Metrc, label: str) -> None:
    order(metrc, "429")
    assert write(metrc, label).headers["retry-after"] == "1"
    order(metrc, "429-no-retry-after")
    assert "retry-after" not in write(metrc, label).headers
    order(metrc, "400-server")
    assert "System.Data.SqlClient" in write(metrc, label).json()["Message"]
    order(metrc, "html")
    answer = write(metrc, label)
    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<!DOCTYPE html>")
    order(metrc, "empty")
    assert write(metrc, label).content == b""
    order(metrc, "401")
    assert write(metrc, label).content == b""


def test_a_truncated_answer_breaks_off_in_the_middle(metrc: Metrc, label: str) -> None:
    order(metrc, "truncate")
    with pytest.raises(httpx.RemoteProtocolError):
        write(metrc, label)
    assert quantity(metrc, label) == 988
    order(metrc, "truncate", method="PUT")
    with pytest.raises(httpx.RemoteProtocolError):
        metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 900))
    assert quantity(metrc, label) == 900


def test_a_late_write_is_applied_after_the_client_gave_up(metrc: Metrc, label: str) -> None:
    order(metrc, "late", delayMs=300, method="POST")
    with httpx.Client(base_url=metrc.http.base_url, timeout=0.3) as impatient:
        hasty = Metrc(impatient, metrc.keys)
        with pytest.raises(httpx.ReadTimeout):
            write(hasty, label)
    assert quantity(metrc, label) == 1000
    deadline = time.monotonic() + 5
    while quantity(metrc, label) == 1000 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert quantity(metrc, label) == 988
    assert last(metrc)["fault"] == "late"


def test_slow_after_commits_first_and_answers_later(metrc: Metrc, label: str) -> None:
    order(metrc, "slow-after", delayMs=600, method="POST")
    with ThreadPoolExecutor() as pool:
        started = time.monotonic()
        waiting = pool.submit(write, metrc, label)
        while quantity(metrc, label) == 1000 and time.monotonic() < started + 5:
            time.sleep(0.02)
        seen_seconds = time.monotonic() - started
        assert waiting.result().status_code == 200
        answered_seconds = time.monotonic() - started
    assert seen_seconds < 0.5 < 0.6 <= answered_seconds


def test_latency_delays_before_anything_is_done(metrc: Metrc, label: str) -> None:
    order(metrc, "latency", delayMs=300, method="GET")
    started = time.monotonic()
    assert quantity(metrc, label) == 1000
    assert time.monotonic() - started >= 0.3


def test_a_stale_read_shows_the_state_before_the_last_change(metrc: Metrc, label: str) -> None:
    time.sleep(0.3)
    write(metrc, label)
    metrc.desk("faults", rules=[{"kind": "stale-read", "times": 3, "delayMs": 250}])
    assert quantity(metrc, label) == 1000
    rows = metrc.get("/packages/v2/active", "Ana", MFG).json()
    assert [(row["Label"], row["Quantity"]) for row in rows["Data"]] == [(label, 1000)]
    assert write(metrc, label).status_code == 200, "a stale read never hits a write"
    metrc.desk("faults", rules=[])
    assert quantity(metrc, label) == 976


def test_a_stale_read_does_not_know_a_package_that_has_just_come(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 5)
    metrc.desk("faults", rules=[{"kind": "stale-read", "times": 2, "delayMs": 60_000}])
    assert metrc.get(f"/packages/v2/{label}", "Ana", MFG).status_code == 401
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0
    assert quantity(metrc, label) == 5


def test_times_method_and_path_choose_the_calls(metrc: Metrc, label: str) -> None:
    metrc.desk(
        "faults",
        rules=[
            {"kind": "500-before", "method": "post", "path": "/packages/v2/adjust", "times": 2},
            {"kind": "401", "path": "/items/v2/*"},
        ],
    )
    assert [write(metrc, label).status_code for _ in range(3)] == [500, 500, 200]
    assert [metrc.get("/items/v2/active", "Fay", MFG).status_code for _ in range(3)] == [401] * 3
    assert quantity(metrc, label) == 988
    metrc.desk("faults", rules=[])
    assert metrc.get("/items/v2/active", "Fay", MFG).status_code == 200


def test_a_script_hits_the_matching_calls_one_by_one_and_ends(metrc: Metrc, label: str) -> None:
    metrc.desk(
        "faults",
        rules=[
            {
                "path": "/packages/v2/adjust",
                "script": ["none", "500-after", {"kind": "429", "delayMs": 1500}, "reset-after"],
            },
            {"kind": "401", "path": "/packages/v2/adjust", "times": 1},
        ],
    )
    assert write(metrc, label).status_code == 200
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 200
    assert write(metrc, label).status_code == 500
    refused = write(metrc, label)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    [left, _] = metrc.http.get("/desk/api/overview").json()["faults"]
    assert left["script"] == ["reset-after"]
    with pytest.raises(httpx.ReadError):
        write(metrc, label)
    assert [write(metrc, label).status_code for _ in range(2)] == [401, 200]
    assert quantity(metrc, label) == 1000 - 4 * 12
    assert metrc.http.get("/desk/api/overview").json()["faults"] == []


@pytest.mark.parametrize(
    ("kind", "could_know"),
    [
        (None, True),
        ("401", True),
        ("429", True),
        ("400-server", True),
        ("latency", True),
        ("500-before", False),
        ("500-after", False),
        ("html", False),
        ("empty", False),
        ("truncate", False),
        ("drop-after", False),
    ],
)
def test_the_journal_says_whether_the_caller_could_know(
    metrc: Metrc, label: str, kind: str | None, could_know: bool
) -> None:
    if kind:
        order(metrc, kind)
    with contextlib.suppress(httpx.RemoteProtocolError):
        write(metrc, label)
    assert last(metrc)["callerCouldKnow"] is could_know


def test_an_empty_answer_of_a_call_that_answers_empty_is_the_truth(
    metrc: Metrc, label: str
) -> None:
    order(metrc, "empty", method="PUT")
    answer = metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 900))
    assert (answer.status_code, answer.content) == (200, b"")
    assert last(metrc)["callerCouldKnow"] is True


def test_who_read_the_past_could_not_know_the_present(metrc: Metrc, label: str) -> None:
    order(metrc, "stale-read", delayMs=60_000)
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0
    assert metrc.journal()[-1]["callerCouldKnow"] is False


def test_who_hung_up_before_the_answer_could_not_know(metrc: Metrc, label: str) -> None:
    order(metrc, "slow-after", delayMs=500, method="POST")
    impatient = httpx.Client(base_url=metrc.http.base_url, timeout=0.2)
    with impatient, pytest.raises(httpx.ReadTimeout):
        write(Metrc(impatient, metrc.keys), label)
    assert last(metrc)["callerCouldKnow"] is None
    assert last(metrc)["applied"]
    deadline = time.monotonic() + 5
    while last(metrc)["callerCouldKnow"] is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert last(metrc)["callerCouldKnow"] is False


def test_a_seeded_probability_repeats_itself(metrc: Metrc, label: str) -> None:
    rule = {"kind": "500-before", "probability": 0.5, "seed": 7}
    runs = []
    for _ in range(2):
        metrc.desk("faults", rules=[rule])
        runs.append([metrc.get("/packages/v2/active", "Ana", MFG).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert {200, 500} == set(runs[0])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "gremlin"}, "kind: 'gremlin' is none of drop-before"),
        ({"kind": "401", "times": "many"}, "times: 'many' is not a number."),
        ({"kind": "401", "delayMs": -1}, "delayMs: -1 is not a number of 0 or more."),
        ({"kind": "401", "verb": "GET"}, "rules: verb is not a field of a fault rule."),
        ({"kind": "401", "path": 5}, "path: 5 is not a text."),
        ({"kind": "401", "seed": 1.5}, "seed: Decimal('1.5') is neither a whole number nor"),
        ({"kind": "late", "delayMs": 1e300}, "is more than 1000000000."),
        ({"kind": "none"}, "kind: 'none' is none of drop-before"),
        ({"script": ["none", "gremlin"]}, "kind: 'gremlin' is none of none, drop-before"),
        ({"script": []}, "script: [] is not a list of 1 to 10000 kinds."),
        ({"script": [{"kind": "401", "path": "x"}]}, "script: path is not a field of a step."),
        ({"script": ["401"], "times": 2}, "a script, or a kind with times, but not both."),
    ],
)
def test_a_wrong_rule_is_refused_and_the_rules_in_force_stay(
    metrc: Metrc, label: str, rule: dict[str, Any], words: str
) -> None:
    metrc.desk("faults", rules=[{"kind": "429", "times": 1}])
    assert words in metrc.refused("faults", rules=[rule])
    assert write(metrc, label).status_code == 429


@pytest.mark.parametrize("kind", ["429", "drop-after", "reset-before", "html", "truncate"])
def test_a_fault_hits_every_endpoint_there_is(metrc: Metrc, kind: str) -> None:
    metrc.desk("faults", rules=[{"kind": kind}])
    start = metrc.journal()[-1]["seq"]
    for route in ROUTES:
        path = route.path.replace("{id}", "1")
        with contextlib.suppress(httpx.TransportError):
            metrc.call(route.method, path, "Fay", MFG, json=[{}])
    entries = metrc.journal(after=start)
    assert [(one["method"], one["fault"]) for one in entries] == [
        (route.method, kind) for route in ROUTES
    ]
    assert not [one for one in entries if one["callerCouldKnow"] is not (kind == "429")]


def test_the_api_is_down_and_the_pages_are_up(metrc: Metrc, label: str) -> None:
    metrc.desk("api", up=False)
    for path in ("/packages/v2/active", "/webhooks/v2/", "/nowhere"):
        answer = metrc.get(path, "Ana", MFG)
        assert (answer.status_code, answer.content) == (503, b"")
    assert write(metrc, label).status_code == 503
    entry = last(metrc)
    assert (entry["status"], entry["applied"], entry["callerCouldKnow"]) == (503, [], False)
    for path in ("/desk/", "/desk/api/overview", "/docs/", "/openapi.json"):
        assert metrc.http.get(path).status_code == 200
    metrc.desk("hold", label=label, kind="hold", on=True)
    metrc.desk("api", up=True)
    assert metrc.package(label)["IsOnHold"] is True


def test_faults_never_hit_the_desk(metrc: Metrc) -> None:
    metrc.desk("faults", rules=[{"kind": "drop-before"}])
    assert metrc.journal()[-1]["path"] == "/desk/api/faults"
    metrc.desk("faults", rules=[])
