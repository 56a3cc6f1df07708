"""Answers that only some endpoints give, and calls that only some take."""

from __future__ import annotations

import json

import pytest

from metrc_client import endpoints
from metrc_client.answers import read_text, read_write_answer
from metrc_client.client import MetrcClient
from metrc_client.errors import BadAnswer, WrongCall
from metrc_client.rooms import connect
from metrc_simulator.testing import SimulatedMetrc, simulated_metrc

__all__ = ["simulated_metrc"]


def test_a_page_for_people_is_one_row_of_text_and_anything_else_is_refused() -> None:
    answer = read_text(b"<p>Manifest</p>", {"content-type": "text/html"}, "GET /x")
    assert answer.rows == ("<p>Manifest</p>",)
    with pytest.raises(BadAnswer, match="application/json"):
        read_text(b"{}", {"content-type": "application/json"}, "GET /x")


def test_a_write_that_answers_an_object_of_its_own_is_a_yes_only_where_documented() -> None:
    body = json.dumps({"IssuanceId": 7}).encode()
    assert read_write_answer(200, body) is None
    answer = read_write_answer(200, body, is_object=True)
    assert answer is not None and answer.content == {"IssuanceId": 7}


def test_the_client_keeps_to_what_an_endpoint_takes(simulated_metrc: SimulatedMetrc) -> None:
    vendor, user = simulated_metrc.keys("Fay")
    with MetrcClient(
        simulated_metrc.address, vendor_key=vendor, user_key=user, license_number="CDPH-19990001"
    ) as client:
        with pytest.raises(WrongCall, match="'packageId' in its query"):
            client.rows(endpoints.LAB_RESULTS)
        with pytest.raises(WrongCall, match="takes one object, not 2"):
            client.write(connect.RETAIL_ID_GENERATE, [{}, {}])
        with pytest.raises(WrongCall, match="takes no objects"):
            client.write(connect.WEBHOOKS_ENABLE, [{}], path={"subscriptionId": "1"})
