"""A recorded run, done again: the same world, the same moments, the same end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from metrc_simulator.console import main
from metrc_simulator.replay import read_recording
from metrc_simulator.running import open_engine, running
from metrc_simulator.simulator import Simulator
from tests.fuzz.writer import Writer
from tests.simulator.conftest import MFG, Metrc, adjustment, split

Capture = pytest.CaptureFixture[str]


def a_days_work(metrc: Metrc) -> None:
    """Write, act at the desk, move the clock, be refused, and lose answers on the way."""
    source = metrc.stock(MFG, 1000)
    metrc.desk("clock", offsetSeconds=86_400)
    metrc.desk(
        "faults",
        rules=[
            {
                "path": "/packages/v2/*",
                "script": ["500-after", "500-before", "drop-after", "drop-before", "late"],
                "delayMs": 50,
            }
        ],
    )
    with httpx.Client(base_url=metrc.http.base_url, timeout=0.3) as impatient:
        hasty = Metrc(impatient, metrc.keys)
        for _ in range(5):
            with contextlib.suppress(httpx.TransportError):
                hasty.post("/packages/v2/adjust", "Ana", MFG, adjustment(source, -12))
    metrc.desk("clock", jumpSeconds=-3_600.5)
    made = metrc.tags()[0]
    assert metrc.post("/packages/v2/", "Ana", MFG, split(made, source, 100)).status_code == 200
    assert metrc.post("/packages/v2/", "Ana", MFG, split(made, source, 100)).status_code == 400
    assert metrc.http.post("/packages/v2/", json=[{}]).status_code == 401
    metrc.desk("hold", label=made, kind="hold", on=True)
    metrc.refused("adjust", licenseNumber=MFG, label=made, quantity="much", reason="x")
    ana = metrc.auth("Ana")[1]
    metrc.desk("keys", userKey=ana, action="revoke")
    assert metrc.get("/packages/v2/active", "Ana", MFG).status_code == 401
    subscription = {
        "objectType": "Package",
        "url": "http://127.0.0.1:9/",
        "verb": "POST",
        "status": "Inactive",
        "template": "#DATA#",
        "tpiApiKey": metrc.auth("Fay")[0],
        "userApiKey": metrc.auth("Fay")[1],
        "facilityLicenseNumbers": [MFG],
    }
    assert metrc.call("PUT", "/webhooks/v2/", "Fay", None, json=subscription).status_code == 200
    stranger = {**subscription, "userApiKey": "nobody's"}
    assert metrc.call("PUT", "/webhooks/v2/", "Fay", None, json=stranger).status_code == 401
    metrc.desk("api", up=False)
    assert metrc.put("/packages/v2/note", "Fay", MFG, {}).status_code == 503
    metrc.desk("api", up=True)


def saved(metrc: Metrc, look: str, path: Path) -> Path:
    """Save what the desk shows."""
    path.write_bytes(metrc.http.get(f"/desk/api/{look}").content)
    return path


def test_a_recorded_day_ends_the_same_when_it_is_done_again(
    metrc: Metrc, tmp_path: Path, capsys: Capture
) -> None:
    a_days_work(metrc)
    recording = saved(metrc, "recording", tmp_path / "recording.json")
    keys = json.dumps(metrc.keys["users"])
    assert main(["replay", str(recording)]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "The end state is the same." in told
    assert "Left out: 1 refused calls that named a key, which no journal keeps (" in told
    text = recording.read_text(encoding="utf-8")
    assert not [user for user in json.loads(keys) if user["userKey"] in text]


def test_a_journal_alone_is_held_to_what_each_entry_did(
    metrc: Metrc, tmp_path: Path, capsys: Capture
) -> None:
    a_days_work(metrc)
    journal = saved(metrc, "journal", tmp_path / "journal.json")
    assert main(["replay", str(journal)]) == 0
    assert "A journal alone holds no end state" in capsys.readouterr().out


def test_a_state_file_is_replayed_across_restarts_and_resets(
    small_world: str, tmp_path: Path, capsys: Capture
) -> None:
    state = str(tmp_path / "metrc.sqlite")
    for restart in range(2):
        with (
            running(small_world, state_path=state) as server,
            httpx.Client(base_url=server.address) as client,
        ):
            metrc = Metrc(client)
            label = metrc.stock(MFG, 10)
            if not restart:
                # Ids go on counting over a reset: the run that is kept begins with it.
                metrc.desk("reset", world=small_world)
                metrc.keys = {}
                metrc.desk("clock", offsetSeconds=60)
            else:
                metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 7))
    before = Path(state).read_bytes()
    assert main(["replay", state]) == 0, capsys.readouterr()
    assert "The end state is the same." in capsys.readouterr().out
    assert Path(state).read_bytes() == before, "a replay only reads"


def test_many_callers_at_once_replay_as_they_fell(
    metrc: Metrc, tmp_path: Path, capsys: Capture
) -> None:
    source, tags = metrc.stock(MFG, 1000), metrc.tags()[:24]
    kinds = ["500-after", "drop-after", "reset-after", "latency", "401", "late"]
    metrc.desk(
        "faults",
        rules=[
            {"kind": kind, "path": "/packages/*", "probability": 0.1, "seed": seed, "delayMs": 20}
            for seed, kind in enumerate(kinds)
        ],
    )

    def act(tag: str) -> None:
        impatient = httpx.Client(base_url=metrc.http.base_url, timeout=0.5)
        with impatient, contextlib.suppress(httpx.TransportError):
            hasty = Metrc(impatient, metrc.keys)
            hasty.desk("clock", jumpSeconds=len(tag))
            hasty.post("/packages/v2/", "Ana", MFG, split(tag, source, 10))
            hasty.post("/packages/v2/adjust", "Ana", MFG, adjustment(source, -1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, tags))
    recording = saved(metrc, "recording", tmp_path / "recording.json")
    assert main(["replay", str(recording)]) == 0, capsys.readouterr().out


Change = Callable[[dict[str, Any]], None]


def _other_quantity(recording: dict[str, Any]) -> None:
    entry = next(one for one in recording["journal"] if one["path"] == "/packages/v2/adjust")
    entry["body"][0]["Quantity"] = -13


def _other_end(recording: dict[str, Any]) -> None:
    recording["state"]["packages"]["sha256"] = "0" * 64


def _lost_entry(recording: dict[str, Any]) -> None:
    recording["journal"] = [one for one in recording["journal"] if one["path"] != "/desk/api/hold"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_quantity, "POST /packages/v2/adjust, applied"),
        (
            _other_end,
            "First difference: packages: 2 rows when it was recorded, 2 now, not the same",
        ),
        (
            _lost_entry,
            "First difference: packages: 2 rows when it was recorded, 2 now, not the same",
        ),
    ],
)
def test_the_first_difference_is_named(
    metrc: Metrc, tmp_path: Path, capsys: Capture, change: Change, words: str
) -> None:
    a_days_work(metrc)
    path = saved(metrc, "recording", tmp_path / "recording.json")
    recording = json.loads(path.read_text(encoding="utf-8"))
    change(recording)
    path.write_text(json.dumps(recording), encoding="utf-8")
    assert main(["replay", str(path)]) == 1
    assert words in capsys.readouterr().out


def test_a_state_file_names_the_row_and_the_field_that_differ(
    small_world: str, tmp_path: Path, capsys: Capture
) -> None:
    state = str(tmp_path / "metrc.sqlite")
    engine = open_engine("ca", small_world, state)
    place = next(engine.store.every("locations"))
    place.body["Name"] = "Somewhere"
    engine.store.save(place, engine.clock.now())
    engine.store.close()
    assert main(["replay", state]) == 1
    assert f"First difference: locations {place.id}: lastModified was" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "Input data was truncated"),
        ("[]", "its first entry is not the start of a world; save the whole journal."),
        ('{"a": 1}', "its first entry is not the start of a world"),
        ("[1]", "it is no journal of a simulator."),
    ],
)
def test_what_is_no_recording_ends_in_one_sentence(
    content: str, words: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "recording.json"
    path.write_text(content, encoding="utf-8")
    assert main(["replay", str(path)]) == 2
    assert words in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "nothing")]) == 2


def test_a_run_says_what_it_stands_on(small_world: str, tmp_path: Path, capsys: Capture) -> None:
    state = str(tmp_path / "metrc.sqlite")
    for switches in ({"unknown_id_status": "404"}, {"read_lag_seconds": "2"}):
        open_engine("ny", small_world, state, switches, seed=5).store.close()
    first, second = (one["applied"][0] for one in read_recording(Path(state)).entries)
    assert (first["profile"], first["seed"], first["world"]) == ("ny", 5, small_world)
    assert first["switches"]["unknown_id_status"] == 404
    assert (second["effect"], second["switches"]["read_lag_seconds"]) == ("world continued", 2)
    assert main(["replay", state]) == 0, capsys.readouterr().out


def test_two_hundred_calls_of_every_kind_replay(tmp_path: Path, capsys: Capture) -> None:
    state = str(tmp_path / "metrc.sqlite")
    engine = open_engine("ca", "demo", state)
    simulator, writer = Simulator(engine), Writer(engine, seed=3)
    for _ in range(200):
        _, request = writer.next()
        simulator.answer(request)
    engine.stopping.set()
    engine.store.close()
    assert main(["replay", state]) == 0, capsys.readouterr().out
