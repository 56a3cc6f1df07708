"""Keys: they go to METRC and nowhere else."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import MetrcError, WrongCall
from metrc_client.redaction import Keys
from tests.unit.metrc_client.conftest import USER_KEY, VENDOR_KEY, Kept
from tests.unit.metrc_client.scripted_host import Reply, answer, reset, scripted

PAIR = base64.b64encode(f"{VENDOR_KEY}:{USER_KEY}".encode()).decode()
SPELLINGS = (VENDOR_KEY, USER_KEY, PAIR, quote(VENDOR_KEY, safe=""), VENDOR_KEY.replace("/", "\\/"))
ECHO = " ".join(SPELLINGS).encode()
MFG = "CDPH-19990001"
Opener = Callable[..., MetrcClient]


def read(client: MetrcClient) -> Any:
    return client.one(endpoints.FACILITIES)


def write(client: MetrcClient) -> Any:
    return client.write(
        endpoints.PACKAGES_CREATE, [{"Note": f"my key is {USER_KEY}"}], license_number=MFG
    )


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize(
    "reply",
    [answer(200, ECHO), answer(400, ECHO), answer(403, ECHO), answer(500, ECHO), reset],
    ids=["ok", "400", "403", "500", "reset"],
)
def test_no_key_is_in_an_error_a_record_or_a_log(
    metrc: Opener,
    kept: Kept,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[MetrcClient], Any],
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted(reply) as host, pytest.raises(MetrcError) as caught:
        call(metrc(host.address))
    told = [
        "".join(traceback.format_exception(caught.value)),
        repr(caught.value),
        repr(kept.exchanges),
        caplog.text,
    ]
    assert kept.exchanges
    for words in told:
        assert not [spelling for spelling in SPELLINGS if spelling in words]


def test_what_takes_the_place_of_a_key_shows_that_one_was_there(metrc: Opener, kept: Kept) -> None:
    with scripted(answer(500, ECHO)) as host, pytest.raises(MetrcError):
        write(metrc(host.address))
    (exchange,) = kept.exchanges
    assert exchange.request_body == b'[{"Note": "my key is [key removed]"}]'
    assert exchange.response_body == b" ".join([b"[key removed]"] * len(SPELLINGS))


def test_a_client_and_its_keys_print_no_key(metrc: Opener) -> None:
    client = metrc("http://127.0.0.1:9")
    keys = Keys(vendor=VENDOR_KEY, user=USER_KEY)
    assert repr(client) == "MetrcClient('http://127.0.0.1:9')"
    assert repr(keys) == str(keys) == "Keys()"


def test_words_without_a_key_stay_as_they_are() -> None:
    body = b'{"Name": "user-key-of-Ana"}'
    keys = Keys(vendor=VENDOR_KEY, user=USER_KEY)
    assert keys.removed_from_bytes(body) is body
    assert keys.removed_from("METRC said no.") == "METRC said no."


def test_a_key_too_short_to_be_one_tears_no_holes() -> None:
    assert Keys(vendor="a", user="b").removed_from("a cab") == "a cab"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "must begin with https://"),
        ("api-ca.metrc.example", "must begin with https://"),
        ("ftp://api-ca.metrc.example", "must begin with https://"),
        ("https://ana:secret-word@api-ca.metrc.example", "nothing but host and path"),
        ("https://api-ca.metrc.example/?key=secret-word", "nothing but host and path"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_a_password(
    metrc: Opener, address: str, said: str
) -> None:
    with pytest.raises(WrongCall, match=said) as caught:
        metrc(address)
    assert "secret-word" not in str(caught.value)
