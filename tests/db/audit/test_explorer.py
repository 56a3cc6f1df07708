"""The audit explorer: what is filtered for is found, page after page, and the ledger is recomputed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.test import Client, override_settings

from glassbox.access import NotPermitted
from glassbox.audit.anchors import Anchor, AnchorKind, keep_anchor, keep_try
from glassbox.audit.notes import Head
from glassbox.audit.offline import verify as offline
from glassbox.audit.signing_keys import read_public_key
from glassbox.cli.demo_brand import Brand
from glassbox.models.inspections import LedgerVerification
from glassbox.operations import ledger_verification
from glassbox.operations.ledger_verification import ask_for_verification, run_verification
from glassbox.operations.transaction import short_transaction
from glassbox.queries.audit_trail.chain import chain_status
from glassbox.queries.audit_trail.events import EVENTS_PER_PAGE, EventFilter, EventList, event_list
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import NotFound
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.builders import events_of, open_cases
from tests.cast import DIST, MFG, NEIGHBOR, person
from tests.db.audit.sealed import write_events
from tests.ledger import make_durable, signer_folder
from tests.signed_in_client import client_of

NOW = datetime.now(UTC)
VERIFIER = system_actor("verifier")


@pytest.fixture
def urls(cluster: Cluster, cast: Brand) -> Iterator[ClusterUrls]:
    urls = cluster.urls(str(connection.settings_dict["NAME"]))
    with override_settings(
        GLASSBOX_VERIFIER_DATABASE_URL=urls.verifier,
        GLASSBOX_LEDGER_KEY_FILE=signer_folder(urls) / "ledger.vkey",
    ):
        yield urls


def listed(cast: Brand, **asked: object) -> EventList:
    return event_list(
        actor=person(cast, "Fay"),
        license_ids=(cast.licenses[MFG], cast.licenses[DIST]),
        filter=EventFilter(**asked),  # type: ignore[arg-type]
    )


def test_pages_follow_each_other_without_a_gap_or_a_double(cast: Brand) -> None:
    written = write_events(EVENTS_PER_PAGE, license_id=cast.licenses[MFG])
    written += write_events(7, license_id=cast.licenses[DIST])
    written += write_events(EVENTS_PER_PAGE, license_id=cast.licenses[MFG])
    seen: list[UUID] = []
    found = listed(cast, type="case.opened")
    pages = [found]
    while found.older:
        found = listed(cast, type="case.opened", before=found.older)
        pages.append(found)
    for one in pages:
        seen += [row.event_id for row in one.rows]

    assert [len(one.rows) for one in pages] == [EVENTS_PER_PAGE, EVENTS_PER_PAGE, 7]
    assert seen == sorted(written, key=seen.index)
    assert set(seen) == set(written)
    assert pages[0].newer == ""
    back = listed(cast, type="case.opened", after=pages[2].newer)
    assert [row.event_id for row in back.rows] == [row.event_id for row in pages[1].rows]
    first = listed(cast, type="case.opened", after=back.newer)
    assert [row.event_id for row in first.rows] == [row.event_id for row in pages[0].rows]
    assert first.newer == ""


def test_every_filter_finds_what_it_names_and_nothing_else(cast: Brand) -> None:
    (at_maker, _) = write_events(2, license_id=cast.licenses[MFG])
    write_events(1, license_id=cast.licenses[DIST])
    (row,) = listed(cast, object="case:0", license=MFG).rows

    assert row.event_id == at_maker
    assert len(listed(cast, object="case:0").rows) == 2
    for same in ({"object": str(at_maker)}, {"object": row.leaf_sha256[:12]}):
        assert [one.event_id for one in listed(cast, **same).rows] == [at_maker]
    assert {one.license_number for one in listed(cast, license=DIST).rows} == {DIST}
    assert all(one.actor_name for one in listed(cast, who="glassbox").rows)
    assert listed(cast, who=str(cast.users["Ana"])).rows == ()
    assert listed(cast, action="4711").rows == ()
    tomorrow, yesterday = NOW.date() + timedelta(days=2), NOW.date() - timedelta(days=2)
    assert listed(cast, first=tomorrow).rows == ()
    assert listed(cast, last=yesterday).rows == ()
    assert listed(cast, object="case:0", first=yesterday, last=tomorrow).rows != ()


@pytest.mark.parametrize("asked", ["who=Ana", "action=x", "first=soon", "before=1"])
def test_a_filter_that_cannot_be_is_refused_with_the_way_out(cast: Brand, asked: str) -> None:
    answer = client_of(cast, "Fay").get(f"/l/{MFG}/audit/?{asked}")

    assert answer.status_code == 422
    assert "cannot be used" in answer.content.decode()


def test_a_tick_stands_only_below_a_signed_head(cast: Brand, urls: ClusterUrls) -> None:
    (event_id,) = write_events(1, license_id=cast.licenses[MFG])
    assert not listed(cast, object=str(event_id)).rows[0].is_signed
    make_durable(urls)
    assert listed(cast, object=str(event_id)).rows[0].is_signed
    (later,) = write_events(1, license_id=cast.licenses[MFG])
    assert not listed(cast, object=str(later)).rows[0].is_signed
    assert listed(cast).pending_count == 1


def test_the_csv_has_the_rows_of_the_filter(cast: Brand) -> None:
    written = write_events(3, license_id=cast.licenses[MFG])
    answer = client_of(cast, "Ivy").get(f"/l/{MFG}/audit.csv?type=case.opened")
    table, _, _ = answer.content.decode().partition("\r\n\r\n")
    rows = list(csv.DictReader(io.StringIO(table)))

    assert [row["Event id"] for row in rows] == [str(one) for one in reversed(written)]
    assert {row["Object"] for row in rows} == {"case:0", "case:1", "case:2"}
    assert {row["Under a signed head"] for row in rows} == {"no"}


def test_an_export_says_under_which_head_it_was_made(cast: Brand, urls: ClusterUrls) -> None:
    address = f"/l/{MFG}/audit.csv"
    before = client_of(cast, "Ivy").get(address).content.decode()
    assert f"# Ledger of {MFG}: no head was signed yet." in before

    write_events(3, license_id=cast.licenses[MFG])
    make_durable(urls)
    with psycopg.connect(urls.verifier) as reading:
        row = reading.execute(
            "SELECT g.origin, c.size, encode(c.root, 'hex') FROM audit_checkpoints c"
            " JOIN audit_logs g USING (log_id) WHERE g.license_id = %s",
            [cast.licenses[MFG]],
        ).fetchone()
    assert row is not None
    said = f"# Ledger of {MFG}: {row[0]}, {row[1]} entries, root {row[2][:32]}, signed 2"
    assert said in client_of(cast, "Ivy").get(address).content.decode()


def test_the_page_says_who_holds_the_head_outside(cast: Brand, urls: ClusterUrls) -> None:
    write_events(3, license_id=cast.licenses[MFG])
    make_durable(urls)
    address = f"/l/{MFG}/audit/"
    assert (
        b"no copy of a head is known to lie elsewhere"
        in client_of(cast, "Ivy").get(address).content
    )

    with psycopg.connect(urls.application, autocommit=True) as raw:
        row = raw.execute("SELECT log_id, origin, size FROM audit_logs").fetchone()
        assert row is not None
        for name, size in (("w1.example/a", row[2]), ("w2.example/b", 0)):
            head = Head(origin=row[1], size=size, root=bytes(32))
            anchor = Anchor(
                kind=AnchorKind.WITNESS,
                name=name,
                log_id=row[0],
                head=head,
                said_at=NOW,
                evidence=b"",
            )
            keep_anchor(raw, anchor)
            keep_try(raw, AnchorKind.WITNESS, name, now=NOW, problem="")
        keep_try(raw, AnchorKind.MIRROR, "/srv/mirror", now=NOW, problem="It is not mounted.")
    page = client_of(cast, "Ivy").get(address).content.decode()

    assert "✓ witness" in page and "w2.example/b" in page
    assert "this head not yet" in page, "a witness that is behind is not called a holder"
    assert "holds nothing yet" in page and "It is not mounted." in page


def verified(cast: Brand) -> LedgerVerification:
    license_id = cast.licenses[MFG]
    asked = ask_for_verification(actor=person(cast, "Fay"), license_id=license_id, now=NOW)
    run_verification(actor=VERIFIER, license_id=license_id, verification_id=asked, now=NOW)
    with short_transaction(license_id):
        return LedgerVerification.objects.get(id=asked)


def test_verify_now_recomputes_this_licence_and_is_remembered(
    cast: Brand, urls: ClusterUrls
) -> None:
    make_durable(urls)
    found = verified(cast)
    (status,) = chain_status(actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],))

    assert (found.state, found.problem, found.signatures_checked) == ("HOLDS", "", True)
    assert found.events_done == found.events_planned == status.signed_size
    assert status.last is not None and status.last.asked_by == "Fay"
    assert status.anchor_index is not None
    (asked,) = events_of(cast.licenses[MFG], "verification.asked")
    (ended,) = events_of(cast.licenses[MFG], "verification.ended")
    assert asked["actor"]["id"] == cast.users["Fay"]
    assert ended["new_state"] == "HOLDS"
    page = client_of(cast, "Fay").get(f"/l/{MFG}/audit/").content.decode()
    assert "✓ holds" in page and "asked by Fay" in page


@pytest.mark.parametrize("damage", ["body", "opening", "checkpoint"])
def test_verify_now_names_the_first_bad_event(
    cast: Brand, urls: ClusterUrls, cast_superuser: psycopg.Connection, damage: str
) -> None:
    (victim,) = write_events(1, license_id=cast.licenses[MFG])
    make_durable(urls)
    for table in ("compliance_events", "audit_openings", "audit_checkpoints"):
        cast_superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    if damage == "body":
        cast_superuser.execute(
            "UPDATE compliance_events SET body = overlay(body PLACING '\\x39' FROM 200)"
            " WHERE event_id = %s",
            [victim],
        )
    elif damage == "opening":
        cast_superuser.execute(
            "UPDATE audit_openings SET value = 'other' WHERE event_id = %s AND field = 'reason'",
            [victim],
        )
    else:
        cast_superuser.execute("UPDATE audit_checkpoints SET size = size - 1 WHERE number = 1")
    found = verified(cast)

    assert found.state == "BROKEN"
    assert ("Checkpoint" if damage == "checkpoint" else str(victim)) in found.problem
    assert [case[:2] for case in open_cases(cast.licenses[MFG])] == [
        ("LEDGER_BROKEN", "ledger-broken")
    ]
    page = client_of(cast, "Fay").get(f"/l/{MFG}/audit/").content.decode()
    assert "does not hold" in page and found.problem[:40] in page


def test_what_is_wrong_at_a_neighbour_is_not_told_here(
    cast: Brand, urls: ClusterUrls, cast_superuser: psycopg.Connection
) -> None:
    (victim,) = write_events(1, license_id=cast.licenses[NEIGHBOR])
    make_durable(urls)
    cast_superuser.execute("ALTER TABLE compliance_events DISABLE TRIGGER ALL")
    cast_superuser.execute(
        "UPDATE compliance_events SET body = overlay(body PLACING '\\x39' FROM 200)"
        " WHERE event_id = %s",
        [victim],
    )

    assert verified(cast).state == "HOLDS"


def test_only_one_recomputation_is_under_way_and_a_dead_worker_is_followed(
    cast: Brand, urls: ClusterUrls
) -> None:
    make_durable(urls)
    license_id, fay = cast.licenses[MFG], person(cast, "Fay")
    first = ask_for_verification(actor=fay, license_id=license_id, now=NOW)
    assert ask_for_verification(actor=fay, license_id=license_id, now=NOW) == first
    with short_transaction(license_id):
        LedgerVerification.objects.filter(id=first).update(state="RUNNING", events_done=3)
    assert ask_for_verification(actor=fay, license_id=license_id, now=NOW) == first
    run_verification(actor=VERIFIER, license_id=license_id, verification_id=first, now=NOW)
    with pytest.raises(NotFound):
        run_verification(actor=VERIFIER, license_id=license_id, verification_id=first, now=NOW)
    assert len(events_of(license_id, "verification.asked")) == 1


def test_what_takes_too_long_ends_and_says_what_to_do(
    cast: Brand, urls: ClusterUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_durable(urls)
    monkeypatch.setattr(ledger_verification, "SECONDS_AT_MOST", -1.0)
    found = verified(cast)

    assert found.state == "UNFINISHED"
    assert "glassbox audit verify" in found.problem


def test_who_may_not_have_it_recomputed_is_told_so(cast: Brand, urls: ClusterUrls) -> None:
    make_durable(urls)
    with pytest.raises(NotPermitted):
        ask_for_verification(actor=person(cast, "Ivy"), license_id=cast.licenses[MFG], now=NOW)
    page = client_of(cast, "Ivy").get(f"/l/{MFG}/audit/").content.decode()
    assert "You can do it offline" in page


def test_a_range_of_proofs_holds_offline_and_a_changed_byte_does_not(
    cast: Brand, urls: ClusterUrls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(9, license_id=cast.licenses[MFG])
    make_durable(urls)
    client: Client = client_of(cast, "Ivy")
    answer = client.get(f"/l/{MFG}/audit/proofs/?from=2&to=5")
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    public = read_public_key(signer_folder(urls) / "ledger.vkey")

    assert offline.check_directory(tmp_path, public) == 4
    assert len(re.findall("^holds", capsys.readouterr().out, re.MULTILINE)) == 4
    victim = next(tmp_path.glob("00000003-*.tlog-proof"))
    victim.write_text(victim.read_text().replace("index 3", "index 4"))
    with pytest.raises(offline.Wrong):
        offline.check_directory(tmp_path, public)
    assert client.get(f"/l/{MFG}/audit/proofs/?from=900&to=901").status_code == 404
    assert client.get(f"/l/{MFG}/audit/proofs/?from=x&to=1").status_code == 422
    nell = client_of(cast, "Nell")
    assert nell.get(f"/l/{MFG}/audit/proofs/?from=2&to=5").status_code == 404
