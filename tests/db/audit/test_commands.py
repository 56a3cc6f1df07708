"""`glassbox audit` as a person types it: what works, and a sentence where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from glassbox.audit.notes import Head, sign_head
from glassbox.audit.offline import verify as offline
from glassbox.audit.signing_keys import read_key, read_public_key
from glassbox.audit.standing import open_stop, stop_ledger
from glassbox.config.console import main
from glassbox.runtime.postgres import ClusterUrls
from tests.db.audit.sealed import write_events
from tests.ledger import make_durable, signer_folder


@pytest.fixture
def typed(database: ClusterUrls) -> Iterator[ClusterUrls]:
    write_events(5)
    make_durable(database)
    with override_settings(
        GLASSBOX_VERIFIER_DATABASE_URL=database.verifier,
        GLASSBOX_OWNER_DATABASE_URL=database.owner,
        GLASSBOX_LEDGER_KEY_FILE=signer_folder(database) / "ledger.vkey",
    ):
        yield database


def test_a_proof_and_a_claim_hold_offline(typed: ClusterUrls, tmp_path: Path) -> None:
    public = read_public_key(signer_folder(typed) / "ledger.vkey")
    with psycopg.connect(typed.verifier) as reading:
        row = reading.execute(
            "SELECT c.note FROM audit_checkpoints c JOIN audit_logs g USING (log_id)"
            " WHERE g.license_id = 7"
        ).fetchone()
    assert row is not None
    (tmp_path / "old").write_text(row[0])
    (event_id,) = write_events(1)
    make_durable(typed)

    assert main(["audit", "proof", str(event_id), "--out", str(tmp_path / "proof")]) == 0
    claim = ["audit", "claim", str(tmp_path / "old"), "--out", str(tmp_path / "claim")]
    assert main(claim) == 0

    offline.check_proof((tmp_path / "proof").read_text(), public)
    old = offline.read_checkpoint(row[0], public)
    offline.check_claim(old, (tmp_path / "claim").read_text(), public)


def test_a_mirror_is_told_of_in_numbers_and_refuses_with_a_sentence(
    typed: ClusterUrls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "mirror", "--to", str(tmp_path / "mirror")]) == 0
    assert "6 new entries of 2 logs" in capsys.readouterr().out
    assert main(["audit", "mirror", "--to", str(tmp_path / "mirror")]) == 0
    assert "0 new entries" in capsys.readouterr().out
    # It holds more than the ledger shows: as after a restore.
    (checkpoint,) = (tmp_path / "mirror").rglob("anchor/*/checkpoint")
    origin = checkpoint.read_text().split("\n")[0]
    longer = Head(origin=origin, size=9, root=bytes(32))
    checkpoint.write_text(sign_head(longer, read_key(signer_folder(typed))))

    assert main(["audit", "mirror", "--to", str(tmp_path / "mirror")]) == 1
    assert "set back to an older state" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["proof", str(uuid4()), "--out", "x"], "There is no event"),
        (["claim", "/nowhere/at/all", "--out", "x"], "No such file"),
        (["export", "--license", "C11-0", "--out", "x"], "There is no licence 'C11-0'"),
        (["resume", "--because", "  "], "Say what was wrong"),
        (
            ["witness", "serve", "--folder", "x", "--name", "a b", "--key", "k", "--port", "1"],
            "is no name of a witness",
        ),
        (
            ["witness", "serve", "--folder", "x", "--name", "a", "--key", "k", "--port", "1"],
            "is no verifier key",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    typed: ClusterUrls, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("x").exists()


def test_a_stop_ends_by_a_persons_word_which_is_kept(
    typed: ClusterUrls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "resume", "--because", "nothing"]) == 0
    assert "Nothing had stopped the ledger" in capsys.readouterr().out
    with psycopg.connect(typed.signer, autocommit=True) as signer:
        stop_ledger(signer, said_by="signer", sentence="Log 1 was set back.")
        assert open_stop(signer)

        assert main(["audit", "resume", "--because", "A newer backup is in place"]) == 0

        assert open_stop(signer) == ""
        row = signer.execute("SELECT ended_because FROM audit_stops").fetchone()
    assert row == ("A newer backup is in place",)
