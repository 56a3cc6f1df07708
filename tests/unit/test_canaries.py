"""The search for secrets sees each that is planted, in every place and shape it looks into."""

from __future__ import annotations

import base64
import gzip
import html
import json
import tarfile
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests import listening
from tests.journeys.canaries import hits

# With letters that every shape writes otherwise than they are.
SECRET = 'canary/\\key+of "Ana"&<dé>=1234567890'
RAW = SECRET.encode()
SAID = {
    "raw": RAW,
    "base64+0": base64.b64encode(RAW),
    "base64+1": base64.b64encode(b"x" + RAW + b"yz"),
    "base64+2": base64.b64encode(b"xy" + RAW + b"z"),
    "base64url": base64.urlsafe_b64encode(RAW),
    "hex": RAW.hex().encode(),
    "bytea": b"\\\\x" + RAW.hex().encode(),
    "HEX": RAW.hex().upper().encode(),
    "quoted": quote(SECRET, safe="").encode(),
    "quoted+": quote_plus(SECRET).encode(),
    "JSON": json.dumps({"key": SECRET}).encode(),
    "HTML": html.escape(SECRET).encode(),
    "COPY": b"1\t" + RAW.replace(b"\\", b"\\\\") + b"\t\\N",
    "UTF-16LE": SECRET.encode("utf-16-le"),
    "UTF-16BE": SECRET.encode("utf-16-be"),
}


def mail(transfer: str, text: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Your key"
    message.set_content(text, cte=transfer)
    return message.as_bytes()


def zipped(content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack/events.json", content)
    return packed.getvalue()


def tarred(content: bytes) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("base/1")
        info.size = len(content)
        archive.addfile(info, BytesIO(content))
    return packed.getvalue()


def test_every_shape_is_seen_in_a_line_and_named() -> None:
    for name, said in SAID.items():
        line = b'{"event": "sent", "key": "' + said + b'"}\n'
        assert hits({"the key": SECRET}, {name: line}), name
        assert hits({"another": SECRET.replace("Ana", "Ben")}, {name: line}) == [], name
    (found,) = hits({"the key": SECRET}, {"worker.log": b"said " + SAID["hex"]})
    assert found == "the key as hex in worker.log"


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64"])
def test_a_mail_is_read_as_its_reader_does(transfer: str) -> None:
    lead = "Dear Ana, this is what you asked for. " * 3
    sent = mail(transfer, lead + SECRET)
    assert RAW not in sent
    assert hits({"the key": SECRET}, {"mail": sent})
    assert hits({"the key": SECRET}, {"mail": mail(transfer, lead + SAID["hex"].decode())})
    assert hits({"the key": SECRET}, {"mail": mail(transfer, lead)}) == []


def test_what_is_packed_is_opened() -> None:
    rows = b"COPY keys FROM stdin;\n" * 50 + SAID["COPY"] + b"\n\\.\n"
    for name, packed in (
        ("dump.sql.gz", gzip.compress(rows)),
        ("pack.zip", zipped(rows)),
        ("base.tar.gz", tarred(rows)),
        ("twice", gzip.compress(zipped(rows))),
    ):
        assert RAW not in packed
        (found,) = hits({"the key": SECRET}, {name: packed})
        assert found.endswith(f"in {name}") and "COPY" in found, found
    assert hits({"the key": SECRET}, {"pack.zip": zipped(b"nothing")}) == []


def test_the_search_of_a_whole_run_names_files_and_shapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "FOLDER", str(tmp_path))
    mails, flows = tmp_path / "mails", tmp_path / "flows"
    for folder in (mails, flows):
        folder.mkdir()
    said = tmp_path / "said"
    said.write_bytes(b"nothing\n")
    (mails / "1.log").write_bytes(mail("base64", "nothing"))
    places = [said, mails, flows, tmp_path / "never made"]
    assert listening.search({SECRET}, places) == []

    said.write_bytes(b"DEBUG " + SAID["UTF-16LE"])
    (mails / "2.log").write_bytes(mail("quoted-printable", "it is " * 20 + SECRET))
    (flows / "pack.zip").write_bytes(zipped(RAW))
    (flows / "tile").write_bytes(SAID["base64+1"])
    found = listening.search({SECRET, "a secret that is nowhere"}, places)
    assert {line.rpartition(" in ")[2] for line in found} == {
        str(path) for path in (flows / "pack.zip", flows / "tile", mails / "2.log", said)
    }
    assert SECRET not in "".join(found)
    assert any("UTF-16LE" in line for line in found) and any("mail" in line for line in found)
