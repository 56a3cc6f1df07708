"""Evidence: a photo or paper that goes with a comment on an action."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from glassbox.cli.demo_brand import Brand
from glassbox.operations.actions import words
from glassbox.operations.documents import BYTES_AT_MOST
from glassbox.queries.actions.page import action_page
from glassbox.queries.documents import document_rows, filed_document
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of
from tests.cast import DIST, MFG, person
from tests.db.actions.story import draft, put_oil
from tests.signed_in_client import client_of

PHOTO = words.Evidence(name="filler.png", content=b"\x89PNG\r\n\x1a\n and its rows")


def test_evidence_goes_with_a_comment_once_and_stays_in_its_licence(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    at = {"license_id": cast.licenses[MFG], "action_id": action_id, "now": frozen_now}

    def say(evidence: words.Evidence) -> None:
        words.comment_on_action(
            actor=person(cast, "Cy"), comment="The filler", evidence=evidence, **at
        )

    say(PHOTO)
    say(PHOTO)
    for name, content, way_out in (
        ("page.pdf", b"<html><script>", "PDF, PNG or JPEG"),
        ("none.png", b"", "1 byte to 5 MB"),
        ("huge.pdf", b"%PDF" + bytes(BYTES_AT_MOST), "1 byte to 5 MB"),
        (" ", PHOTO.content, "a name"),
    ):
        with pytest.raises(InvalidInput, match=way_out):
            say(words.Evidence(name=name, content=content))

    page = action_page(
        actor=person(cast, "Ana"),
        license_ids=(cast.licenses[MFG],),
        action_id=action_id,
        now=frozen_now,
    )
    first, second = (one.evidence for one in page.comments)
    assert first is not None
    assert first == second
    sha256 = hashlib.sha256(PHOTO.content).hexdigest()
    assert (first.name, first.sha256) == ("filler.png", sha256)
    said = events_of(cast.licenses[MFG], "action.commented")
    assert [event["body"]["evidence_sha256"] for event in said] == [sha256, sha256]
    assert len(events_of(cast.licenses[MFG], "document.filed")) == 1
    filed = filed_document(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        document_id=first.document_id,
    )
    assert (filed.content, filed.row.media_type) == (PHOTO.content, "image/png")
    with pytest.raises(NotFound):
        filed_document(
            actor=person(cast, "Dee"),
            license_id=cast.licenses[DIST],
            document_id=first.document_id,
        )
    assert document_rows(actor=person(cast, "Nell"), license_ids=(cast.licenses[MFG],)) == ()


def test_a_photo_goes_through_the_page_of_an_action(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    page = f"/l/{MFG}/actions/{action_id}/"
    client = client_of(cast, "Cy")

    sent = client.post(
        f"{page}comment/",
        {"comment": "The filler", "evidence": SimpleUploadedFile("filler.png", PHOTO.content)},
    )
    refused = client.post(
        f"{page}comment/",
        {"comment": "Look", "evidence": SimpleUploadedFile("look.png", b"<svg onload=x>")},
    )

    assert sent.status_code == 302
    assert (refused.status_code, b"Give a PDF, PNG or JPEG" in refused.content) == (422, True)
    (place,) = set(re.findall(rf"/l/{MFG}/documents/\d+/", client.get(page).content.decode()))
    served = client.get(place)
    assert served.content == PHOTO.content
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"
