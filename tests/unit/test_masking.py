"""What may be a secret never stands on a page, however deep it lies in a body."""

from __future__ import annotations

import json

from glassbox.queries.exchanges import BODY_BYTES_SHOWN, MASK, masked_text


def test_what_is_named_like_a_secret_is_masked_and_nothing_else() -> None:
    body = {
        "Data": [{"Label": "1A4", "apiKey": "s3cret", "inner": {"Password": "pw", "Quantity": 2}}],
        "token": "",
        "AccessToken": "abc",
    }

    shown = json.loads(masked_text(json.dumps(body).encode()))

    assert shown["Data"][0]["apiKey"] == shown["Data"][0]["inner"]["Password"] == MASK
    assert shown["AccessToken"] == MASK and shown["token"] == ""
    assert shown["Data"][0]["Label"] == "1A4"
    assert shown["Data"][0]["inner"]["Quantity"] == 2


def test_what_is_no_json_is_shown_as_it_is_and_long_bodies_are_cut() -> None:
    assert masked_text(b"<html>down</html>") == "<html>down</html>"
    assert masked_text(b"\xff") == "\ufffd"
    assert len(masked_text(json.dumps(["x" * 1000] * 200).encode())) == BODY_BYTES_SHOWN
