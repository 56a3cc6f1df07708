"""What people see of the ledger: proofs to take away, and why regulated writes wait."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.db import connection

from glassbox.audit.offline import verify as offline
from glassbox.audit.signing_keys import read_public_key
from glassbox.cli.demo_brand import Brand
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.cast import MFG
from tests.ledger import make_durable, signer_folder
from tests.signed_in_client import client_of


@pytest.fixture
def urls(cluster: Cluster, cast: Brand) -> ClusterUrls:
    return cluster.urls(str(connection.settings_dict["NAME"]))


def test_an_event_is_shown_with_its_proof_and_the_proof_is_taken_away(
    cast: Brand, urls: ClusterUrls, tmp_path: Path
) -> None:
    with psycopg.connect(urls.verifier) as reading:
        row = reading.execute(
            "SELECT event_id FROM compliance_events WHERE license_id = %s LIMIT 1",
            [cast.licenses[MFG]],
        ).fetchone()
    assert row is not None
    address, fay = f"/l/{MFG}/audit/{row[0]}/", client_of(cast, "Fay")
    assert "No signed head stands above" in fay.get(address).content.decode()
    assert fay.get(f"{address}proof/").status_code == 404

    make_durable(urls)

    page = fay.get(address).content.decode()
    answer = fay.get(f"{address}proof/")
    assert "as signed" in page and "of the anchor log" in page
    assert answer["Content-Disposition"].endswith('.tlog-proof"')
    public = read_public_key(signer_folder(urls) / "ledger.vkey")
    entry, _, _, _ = offline.check_proof(answer.content.decode(), public)
    assert str(row[0]) in entry.decode()
    nell = client_of(cast, "Nell")
    assert nell.get(f"{address}proof/").status_code == 404


def test_a_stop_or_a_silent_process_is_told_on_every_page(cast: Brand, urls: ClusterUrls) -> None:
    fay = client_of(cast, "Fay")
    assert "Regulated writes wait" not in fay.get(f"/l/{MFG}/").content.decode()

    with psycopg.connect(urls.signer, autocommit=True) as signer:
        signer.execute("INSERT INTO audit_beats VALUES ('signer', now() - interval '31 seconds')")
    page = fay.get(f"/l/{MFG}/").content.decode()
    assert "The signer of the ledger has not been heard for 30 s" in page
    with psycopg.connect(urls.signer, autocommit=True) as signer:
        signer.execute("UPDATE audit_beats SET beat_at = now()")
        assert "Regulated writes wait" not in fay.get(f"/l/{MFG}/").content.decode()
        signer.execute("INSERT INTO audit_stops (said_by, sentence) VALUES ('signer', 'It forked')")
    assert "It forked" in fay.get(f"/l/{MFG}/audit/").content.decode()
