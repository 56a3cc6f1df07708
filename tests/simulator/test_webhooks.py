"""Webhooks: registered, switched, and delivered to a listener of the test in the template's words."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.simulator.conftest import DIST, MFG, Metrc, adjustment, split

TEMPLATE = '{"data":#DATA#, "datacount":#DATACOUNT#}'
ERROR = '{"error": #ERRORMESSAGE#, "errorcode": #ERRORCODE#}'
SECONDS = 5


class Listener:
    """An address that is called; `next` waits for the next call's method and body."""

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[str, str, Any]] = queue.Queue()
        calls = self.calls

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                calls.put((self.command, self.path, json.loads(self.rfile.read(size))))
                self.send_response(204)
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test's output clean."""

        self.server = HTTPServer(("127.0.0.1", 0), Ear)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"

    def next(self) -> tuple[str, str, Any]:
        return self.calls.get(timeout=SECONDS)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.stop()


def subscription(metrc: Metrc, url: str, **more: Any) -> dict[str, Any]:
    vendor_key, user_key = metrc.auth("Fay")
    return {
        "objectType": "Package",
        "url": url,
        "verb": "POST",
        "status": "Active",
        "userApiKey": user_key,
        "tpiApiKey": vendor_key,
        "serverPublicKeyFingerprint": "",
        "template": TEMPLATE,
        "errorResponseJsonTemplate": ERROR,
        "facilityLicenseNumbers": MFG,
        **more,
    }


def register(metrc: Metrc, body: dict[str, Any]) -> Any:
    return metrc.call("PUT", "/webhooks/v2/", "Fay", None, json=body)


def test_a_changed_package_is_delivered_in_the_words_of_the_template(
    metrc: Metrc, listener: Listener
) -> None:
    label = metrc.stock(MFG, 100)
    number = register(metrc, subscription(metrc, listener.url)).json()["subscriptionId"]
    metrc.put("/packages/v2/adjust", "Fay", MFG, adjustment(label, 60))
    method, path, body = listener.next()
    assert (method, path) == ("POST", "/hook?x=1")
    assert body == {"data": [metrc.package(label)], "datacount": 1}
    assert body["data"][0]["Quantity"] == 60
    metrc.put("/packages/v2/adjust", "Fay", MFG, adjustment("1A4060300000001000009999", 1))
    metrc.desk("hold", label=label, kind="hold", on=True)
    assert listener.next()[2]["data"][0]["IsOnHold"] is True
    assert listener.calls.empty()
    assert metrc.call("GET", "/webhooks/v2", "Fay", None).json()[0]["subscriptionId"] == number


def test_what_a_refused_write_undid_is_not_delivered(metrc: Metrc, listener: Listener) -> None:
    label, tag = metrc.stock(MFG, 100), metrc.tags()[0]
    register(metrc, subscription(metrc, listener.url))
    unknown = {"Package": "1A4060300000001000009999", "Quantity": 1, "UnitOfMeasure": "Grams"}
    row = split(tag, label, 10)
    row["Ingredients"].append(unknown)
    assert metrc.post("/packages/v2/", "Fay", MFG, row).status_code == 400
    metrc.put("/packages/v2/adjust", "Fay", MFG, adjustment(label, 60))
    assert listener.next()[2]["data"][0]["Quantity"] == 60
    assert listener.calls.empty()


def test_a_disabled_or_deleted_subscription_is_silent_and_other_facilities_are_not_told(
    metrc: Metrc, listener: Listener
) -> None:
    label, other = metrc.stock(MFG, 100), metrc.stock(DIST, 100)
    number = register(metrc, subscription(metrc, listener.url, verb="PUT")).json()["subscriptionId"]
    path = f"/webhooks/v2/{{}}{number}"

    def change(quantity: float) -> None:
        row = adjustment(label, quantity)
        assert metrc.put("/packages/v2/adjust", "Fay", MFG, row).status_code == 200

    assert metrc.call("PUT", path.format("disable/"), "Fay", None).status_code == 200
    change(90)
    assert metrc.call("PUT", path.format("enable/"), "Fay", None).status_code == 200
    metrc.put("/packages/v2/adjust", "Fay", DIST, adjustment(other, 1))
    change(80)
    method, _, body = listener.next()
    assert (method, body["data"][0]["Quantity"]) == ("PUT", 80)
    assert metrc.call("DELETE", path.format(""), "Ana", None).status_code == 401
    assert metrc.call("DELETE", path.format(""), "Fay", None).status_code == 200
    change(70)
    assert metrc.call("GET", "/webhooks/v2", "Fay", None).json() == []
    assert listener.calls.empty()


def test_a_dead_key_is_told_in_the_words_of_the_error_template(
    metrc: Metrc, listener: Listener
) -> None:
    label = metrc.stock(MFG, 100)
    body = subscription(metrc, listener.url)
    register(metrc, body)
    metrc.desk("keys", userKey=body["userApiKey"], action="revoke")
    metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 60))
    assert listener.next()[2] == {"error": "The user may not view packages.", "errorcode": 401}


def test_registering_again_replaces_and_no_key_is_shown_or_kept_in_the_journal(
    metrc: Metrc, listener: Listener
) -> None:
    body = subscription(metrc, listener.url)
    first = register(metrc, body).json()["subscriptionId"]
    again = register(metrc, {**body, "facilityLicenseNumbers": [MFG, DIST]}).json()
    assert again["subscriptionId"] == first
    assert again["facilityLicenseNumbers"] == [MFG, DIST]
    told = metrc.call("GET", "/webhooks/v2", "Fay", None).text + json.dumps(metrc.journal())
    assert body["userApiKey"] not in told
    assert body["tpiApiKey"] not in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objectType": "Weather"}, 'objectType "Weather" is none of Package.'),
        ({"url": "http://example.org/hook"}, "is not an http address of this machine"),
        ({"url": "http://127.0.0.1:hook"}, "is not an http address of this machine"),
        ({"verb": "GET"}, 'verb "GET" is none of POST, PUT.'),
        ({"template": "{}"}, "template must contain #DATA#."),
        ({"facilityLicenseNumbers": "C10-9990001-LIC"}, "is not a Facility of the user."),
        ({"facilityLicenseNumbers": ""}, "facilityLicenseNumbers was not specified."),
    ],
)
def test_a_wrong_subscription_is_refused_by_its_field(
    metrc: Metrc, change: dict[str, Any], words: str
) -> None:
    right = subscription(metrc, "http://localhost:9/hook")
    answer = register(metrc, {**right, **change})
    assert answer.status_code == 400
    assert words in answer.json()["Message"]
    for key in ("tpiApiKey", "userApiKey"):
        wrong = subscription(metrc, "http://localhost:9/hook", **{key: "wrong"})
        assert register(metrc, wrong).status_code == 401
    assert metrc.call("GET", "/webhooks/v2", "Fay", None).json() == []
