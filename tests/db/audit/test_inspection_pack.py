"""An inspection pack: what is in it, that it holds on a bare machine, and that no byte can change."""

from __future__ import annotations

import io
import json
import os
import random
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import override_settings

from glassbox.access import NotPermitted
from glassbox.audit.archive import write_archive
from glassbox.audit.offline import verify as offline
from glassbox.audit.offline import verify_pack
from glassbox.audit.signing_keys import read_public_key
from glassbox.operations.inspection_packs import prepare_pack
from glassbox.queries.inspection_pack.packs import fetched_pack, pack_rows
from glassbox.rules.verdicts import InvalidInput, NotFound
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.builders import events_of, put_exchange, put_package, read_in
from tests.cast import DIST, MFG, person, tag
from tests.db.audit.bare_machine import is_root_only, make_machine, run_alone
from tests.db.lab.story import CARTS
from tests.db.labels.test_scan import outgoing
from tests.db.transfers.test_outgoing import SPLIT, Outgoing
from tests.ledger import make_durable, signer_folder
from tests.signed_in_client import client_of
from tests.unit.paperwork.test_sheets import text_of

__all__ = ["outgoing"]

SAID = {"Data": [{"Label": CARTS, "Quantity": 3980, "Note": "<script>alert(1)</script>"}]}


@pytest.fixture
def urls(cluster: Cluster, outgoing: Outgoing) -> Iterator[ClusterUrls]:
    urls = cluster.urls(str(connection.settings_dict["NAME"]))
    with override_settings(GLASSBOX_LEDGER_KEY_FILE=signer_folder(urls) / "ledger.vkey"):
        exchange_id = put_exchange(
            outgoing.license_id, "/packages/v2/active", SAID, now=outgoing.now
        )
        read_in(outgoing.license_id, CARTS, exchange_id)
        make_durable(urls)
        yield urls


def prepare(outgoing: Outgoing, name: str = "Hal", **said: Any) -> int:
    return prepare_pack(
        actor=person(outgoing.brand, name),
        license_id=outgoing.license_id,
        now=outgoing.now,
        **{"choice": "uids", "reason": "Inspector Moreno of DCC, routine visit", **said},
    )


def fetch(outgoing: Outgoing, pack_id: int) -> bytes:
    return fetched_pack(
        actor=person(outgoing.brand, "Hal"), license_ids=(outgoing.license_id,), pack_id=pack_id
    )


def files_of(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def pack(outgoing: Outgoing, urls: ClusterUrls) -> bytes:
    pack_id = prepare(outgoing, text=f"{CARTS} {SPLIT} {tag(80)}")
    make_durable(urls)
    return fetch(outgoing, pack_id)


@pytest.fixture
def public(urls: ClusterUrls) -> bytes:
    return read_public_key(signer_folder(urls) / "ledger.vkey")


def test_a_pack_has_records_papers_approvals_exchanges_events_and_a_first_page(
    pack: bytes, outgoing: Outgoing
) -> None:
    files = files_of(pack)
    record = json.loads(files[f"records/packages/{CARTS}.json"])
    manifest = json.loads(files["manifest.json"])
    page = files["index.html"].decode()

    assert manifest["labels"] == [CARTS, SPLIT]
    assert record["metrc_said"][-1]["quantity"] == "3980"
    assert record["qa_reviews"][-1]["reviewed_by"] == "Eve"
    exchange = json.loads(files[f"exchanges/{record['metrc_said'][-1]['api_request']}.json"])
    assert json.loads(files[f"bodies/{exchange['response_sha256']}"]) == SAID
    assert any(name.startswith("papers/") for name in files)
    assert any(name.startswith("records/transfers/") for name in files)
    assert "qa.released" in page and "3,980 units" in page and tag(80) in page
    assert "Inspector Moreno" in page and f'href="records/packages/{CARTS}.json"' in page
    assert CARTS[-8:] in text_of(files["summary.pdf"])
    # Every link of the first page leads to a file of the pack.
    links = {part.split('"')[0] for part in page.split('href="')[1:]}
    assert links and links <= set(files)


def test_the_making_is_an_event_and_the_event_names_the_list(
    pack: bytes, outgoing: Outgoing
) -> None:
    (event,) = events_of(outgoing.license_id, "pack.prepared")
    (row,) = pack_rows(actor=person(outgoing.brand, "Hal"), license_ids=(outgoing.license_id,))

    assert event["body"]["manifest_sha256"] == row.manifest_sha256
    assert event["body"]["labels"] == [CARTS, SPLIT]
    assert event["actor"]["id"] == outgoing.brand.users["Hal"]
    assert row.file_count == len(files_of(pack))


def check_pack(files: dict[str, bytes], public: bytes) -> dict[str, object]:
    return verify_pack.check_pack(files, lambda text: offline.check_proof(text, public)[:2])


@is_root_only
def test_twenty_packages_take_seconds_and_hold_without_network_on_a_machine_with_only_python(
    outgoing: Outgoing,
    urls: ClusterUrls,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    for number in range(500, 520):
        put_package(outgoing.license_id, tag(number, DIST), 1, now=outgoing.now)
    machine, began = make_machine(tmp_path / "machine"), time.monotonic()
    pack_id = prepare(outgoing, choice="random", count=20)
    make_durable(urls)
    pack = fetch(outgoing, pack_id)
    (machine / "pack.zip").write_bytes(pack)
    for name in ("verify.py", "verify_pack.py"):
        (machine / name).write_bytes(files_of(pack)[name])
    key = (signer_folder(urls) / "ledger.vkey").read_text().strip()

    done = run_alone(machine, "verify.py", "--key", key, "pack.zip")
    seconds = time.monotonic() - began

    assert done.returncode == 0 and "All of it holds" in done.stdout, done.stderr
    assert len(json.loads(files_of(pack)["manifest.json"])["labels"]) == 20
    assert seconds < 60
    record_property("seconds_to_make_and_verify", round(seconds, 1))
    # It is as bare as it is said to be: no network, no library of ours, nothing of this machine.
    for line in (
        f"import socket; socket.create_connection(('127.0.0.1', {port_of(urls)}), 2)",
        "import cryptography",
        "open('/etc/hostname')",
    ):
        assert run_alone(machine, "-c", line).returncode == 1
    (machine / "pack.zip").write_bytes(pack[:-200] + b"!" + pack[-199:])
    done = run_alone(machine, "verify.py", "--key", key, "pack.zip")
    assert done.returncode == 1 and "DOES NOT HOLD" in done.stderr


def port_of(urls: ClusterUrls) -> int:
    """Return where the database listens, which every other process of this machine can reach."""
    port = urlsplit(urls.application).port
    assert port is not None
    socket.create_connection(("127.0.0.1", port), 2).close()
    return port


def run_bare(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run what the pack brings, with nothing but Python: no site packages, an empty environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *words],
        cwd=tmp_path,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_holds_on_a_bare_machine_as_archive_and_as_folder(
    pack: bytes, tmp_path: Path, urls: ClusterUrls
) -> None:
    (tmp_path / "pack.zip").write_bytes(pack)
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(io.BytesIO(pack)).extractall(folder)
    key = (signer_folder(urls) / "ledger.vkey").read_text().strip()

    for words in (("--key", key, "pack.zip"), ("--key", key, "unpacked"), ("unpacked",)):
        done = run_bare(tmp_path, "unpacked/verify.py", *words)
        assert done.returncode == 0, done.stderr
        assert "All of it holds" in done.stdout
    assert "files  prepared" in done.stdout
    (folder / "notes.txt").write_text("mine")
    done = run_bare(tmp_path, "unpacked/verify.py", "unpacked")
    assert done.returncode == 1 and "notes.txt is not one of the pack" in done.stderr


def test_one_changed_byte_anywhere_in_the_archive_is_refused(
    pack: bytes, public: bytes, tmp_path: Path
) -> None:
    path, dice = tmp_path / "pack.zip", random.Random(6)
    ends = [0, 8, 10, 12, len(pack) - 22, len(pack) - 1]
    for place in [*ends, *(dice.randrange(len(pack)) for _ in range(150))]:
        changed = bytearray(pack)
        changed[place] ^= 1 << dice.randrange(8)
        path.write_bytes(changed)
        with pytest.raises((ValueError, KeyError)):
            check_pack(verify_pack.read_pack(path), public)
    path.write_bytes(pack)
    check_pack(verify_pack.read_pack(path), public)


def test_one_changed_byte_in_every_file_is_refused_even_if_it_is_packed_again(
    pack: bytes, public: bytes
) -> None:
    files, dice = files_of(pack), random.Random(6)
    for name, content in files.items():
        changed = bytearray(content)
        if changed:
            changed[dice.randrange(len(changed))] ^= 1
            with pytest.raises((ValueError, KeyError)):
                check_pack({**files, name: bytes(changed)}, public)
        without = {other: body for other, body in files.items() if other != name}
        with pytest.raises((ValueError, KeyError)):
            check_pack(without, public)


def test_a_forger_who_writes_the_list_anew_is_refused_by_the_ledger(
    pack: bytes, public: bytes
) -> None:
    files = files_of(pack)
    name = f"records/packages/{CARTS}.json"
    files[name] = files[name].replace(b"3980", b"3981")
    listed = json.loads(files["manifest.json"])
    listed["files"][name] = verify_pack.sha256(files[name])
    files["manifest.json"] = json.dumps(listed).encode()

    with pytest.raises(verify_pack.PackWrong, match=r"manifest.json is not the one"):
        check_pack(files, public)


def test_an_exchange_that_its_run_did_not_have_is_refused(pack: bytes) -> None:
    files = files_of(pack)
    (name,) = (one for one in files if one.startswith("exchanges/") and one.endswith(".json"))
    exchange = json.loads(files[name])
    files[name] = json.dumps({**exchange, "response_sha256": "0" * 64}).encode()

    with pytest.raises(verify_pack.PackWrong, match="not among the exchanges of its run"):
        verify_pack.check_exchange(name, files, {})
    run = f"exchanges/run-{exchange['sync_run']}.txt"
    with pytest.raises(verify_pack.PackWrong, match="commits to"):
        verify_pack.check_exchange(run, files, {f"sync:{exchange['sync_run']}": "0" * 64})


def test_a_pack_waits_for_the_signed_head_over_its_event(
    outgoing: Outgoing, urls: ClusterUrls
) -> None:
    pack_id = prepare(outgoing, text=CARTS)
    hal = client_of(outgoing.brand, "Hal")
    waiting = hal.get(f"/l/{DIST}/packs/{pack_id}/").content.decode()
    assert "No signed head stands above its event yet" in waiting
    assert hal.get(f"/l/{DIST}/packs/{pack_id}/file/").status_code == 404

    make_durable(urls)

    assert "Take the pack away" in hal.get(f"/l/{DIST}/packs/{pack_id}/").content.decode()
    answer = hal.get(f"/l/{DIST}/packs/{pack_id}/file/")
    assert answer["Content-Type"] == "application/zip"
    assert "pack.tlog-proof" in files_of(answer.content)


def test_it_is_of_a_batch_of_a_period_or_drawn_so_that_it_can_be_drawn_again(
    outgoing: Outgoing, urls: ClusterUrls
) -> None:
    put_package(outgoing.license_id, tag(700, DIST), 5, now=outgoing.now, batch_number="PB-Z-9")
    day = outgoing.now.date()
    prepare(outgoing, choice="batch", batch="PB-Z-9")
    prepare(outgoing, choice="period", first=day - timedelta(days=1), last=day)
    prepare(outgoing, choice="random", count=2, seed="spring")
    prepare(outgoing, choice="random", count=2, seed="spring")
    batch, period, drawn, again = (
        event["body"] for event in events_of(outgoing.license_id, "pack.prepared")
    )

    assert batch["labels"] == [tag(700, DIST)]
    assert {CARTS, SPLIT, tag(700, DIST)} <= set(period["labels"])
    assert drawn["labels"] == again["labels"] and len(drawn["labels"]) == 2
    assert drawn["seed"] == "spring"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"text": ""}, "Give the UIDs"),
        ({"text": CARTS, "reason": " "}, "Say who asks"),
        ({"choice": "all"}, "Choose one of"),
        ({"choice": "batch", "batch": "PB-NONE"}, "No package of this licence"),
        ({"choice": "batch"}, "No package of this licence"),
        ({"choice": "random", "count": 0}, "draw 1 to"),
        ({"text": "A " * 201}, "at most 200"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(
    outgoing: Outgoing, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        prepare(outgoing, **said)
    assert events_of(outgoing.license_id, "pack.prepared") == []


def test_an_auditor_takes_packs_away_and_prepares_none_and_the_neighbour_has_neither(
    outgoing: Outgoing, urls: ClusterUrls
) -> None:
    pack_id = prepare(outgoing, text=CARTS)
    make_durable(urls)
    with pytest.raises(NotPermitted):
        prepare(outgoing, name="Ivy", text=CARTS)
    with pytest.raises(NotFound):
        prepare(outgoing, name="Nell", text=CARTS)

    ivy, nell = client_of(outgoing.brand, "Ivy"), client_of(outgoing.brand, "Nell")
    assert ivy.get(f"/l/{DIST}/packs/{pack_id}/file/").status_code == 200
    assert ivy.get(f"/l/{MFG}/packs/{pack_id}/file/").status_code == 404
    for place in (f"l/{DIST}", "both"):
        assert nell.get(f"/{place}/packs/{pack_id}/file/").status_code == 404


def test_the_same_files_are_the_same_archive() -> None:
    files = {"b.txt": b"2", "a/ü.txt": b"1", "c": b""}

    assert write_archive(files) == write_archive(dict(reversed(files.items())))


def test_a_hand_fills_in_the_form_and_is_led_to_the_pack(
    outgoing: Outgoing, urls: ClusterUrls
) -> None:
    hal = client_of(outgoing.brand, "Hal")
    refused = hal.post(f"/l/{DIST}/packs/new/", {"choice": "uids", "text": CARTS, "reason": ""})
    done = hal.post(
        f"/l/{DIST}/packs/new/", {"choice": "uids", "text": CARTS, "reason": "DCC visit"}
    )

    assert refused.status_code == 422 and CARTS in refused.content.decode()
    assert done.status_code == 302
    assert "DCC visit" in hal.get(done["Location"]).content.decode()
    assert "DCC visit" in hal.get("/both/packs/").content.decode()
