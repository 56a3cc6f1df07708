"""Behind each number of METRC's on our pages lies the exchange it was read in: one click away."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

from django.test import Client

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.people import User
from glassbox.models.sync import ApiRequest, StoredBody
from glassbox.models.transfers import Transfer
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import action_of, approve, draft, look, now, read, receive_oil, send
from tests.journeys.test_sync_feeds import SAMPLE, carts_at_the_lab, send_sample_to_the_lab
from tests.ledger import make_durable

LAB = "C8-9990001-LIC"


class Reader:
    """Somebody who clicks from a page to what it rests on, and reads METRC's answer there."""

    def __init__(self, brand: Brand, number: str, name: str = "Fay") -> None:
        self.client, self.number, self.brand = Client(), number, brand
        self.client.force_login(User.objects.get(id=brand.users[name]))

    def page(self, address: str) -> str:
        answer = self.client.get(f"/l/{self.number}/{address}", follow=True)
        assert answer.status_code == 200, address
        return unescape(answer.content.decode())

    def links(self, address: str, pattern: str) -> list[str]:
        """Return the links of a page that match, as addresses below the licence's own."""
        found = re.findall(rf'href="/l/{self.number}/({pattern})"', self.page(address))
        assert found, f"{address} has no link like {pattern}"
        return found

    def answer_behind(self, link: str) -> tuple[str, Any]:
        """Follow a link; return the page it ends at, and the answer whose bytes it shows."""
        ended = self.client.get(f"/l/{self.number}/{link}", follow=True)
        assert ended.status_code == 200, link
        place = ended.redirect_chain[-1][0] if ended.redirect_chain else link
        (exchange_id,) = re.findall(r"exchanges/(\d+)/", place)
        with short_transaction(self.brand.licenses[self.number]):
            request = ApiRequest.objects.select_related("hashes").get(id=exchange_id)
            sha256 = request.hashes.response_sha256
            stored = StoredBody.objects.filter(sha256=sha256).first()
            # METRC answers a write with no body at all, and no body is kept for it.
            answer = json.loads(bytes(stored.body)) if stored else {}
        text = unescape(ended.content.decode())
        assert "✓ The stored bytes have these SHA-256" in text
        assert request.hashes.response_sha256 in text
        return text, answer


def rows_of(answer: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        answer["Data"] if isinstance(answer, dict) and "Data" in answer else answer
    )
    return rows if isinstance(rows, list) else [rows]


def naming(answer: Any, label: str) -> dict[str, Any]:
    (row,) = (one for one in rows_of(answer) if label in one.values())
    return row


def test_a_package_an_action_and_a_difference_lead_to_what_metrc_said(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4000)
    fay = Reader(brand, MAKER)

    (link,) = set(fay.links(f"packages/{oil}/", rf"packages/{oil}/read/"))
    page, answer = fay.answer_behind(link)
    assert naming(answer, oil)["Quantity"] == 4000
    assert "What it says of" in page and '"Quantity": 4000' in page

    facts = {"label": oil, "quantity_before": "4000", "quantity": "3988", "unit": "Grams"}
    facts |= {"reason": "Scale Variance", "note": "A test", "date": now().date().isoformat()}
    action = draft(brand, "Ana", MAKER, "package.adjust", facts)
    approve(brand, database, "Ana", "Fay", MAKER, action)
    send(brand, MAKER, action)
    look(brand, MAKER, action)
    assert action_of(brand, MAKER, action).state == "ACCEPTED"
    answers = [
        fay.answer_behind(one)[1]
        for one in fay.links(f"actions/{action}/", r"sync/exchanges/\d+/(?:\?label=\w+)?")
    ]
    assert len(answers) > 1
    assert any(
        row.get("Label") == oil and row.get("Quantity") == 3988
        for one in answers
        for row in rows_of(one)
        if isinstance(row, dict)
    )

    make_durable(database)
    told = [fay.page(one) for one in fay.links(f"audit/?action={action}", r"audit/[0-9a-f-]{36}/")]
    (answered,) = (one for one in told if "<h1>action.answered</h1>" in one)
    assert "The METRC exchange it speaks of" in answered
    assert '"Quantity": 3988' in answered, "the request that was sent"
    assert "The way of this event's hash to the signed head" in answered
    (approved,) = (one for one in told if "<h1>action.approved</h1>" in one)
    assert "Before and after" in approved and "Nothing had been sent by then" in approved

    read(brand, MAKER)
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-500, reason="Scale Variance")
    read(brand, MAKER)
    reconcile_license(actor=system_actor("reconcile"), license_id=brand.licenses[MAKER], now=now())
    (report, *_) = fay.links("reconciliation/", r"reconciliation/\d+/")
    (line, *_) = fay.links(report, rf"packages/{oil}/read/\?at=[^\"]+")
    assert naming(fay.answer_behind(line)[1], oil)["Quantity"] == 3488
    said = [
        row
        for one in fay.links(f"differences/{oil}/", rf"sync/exchanges/\d+/\?label={oil}")
        for row in rows_of(fay.answer_behind(one)[1])
        if oil in row.values()
    ]
    assert {row.get("Quantity") for row in said} >= {4000, 3988, 3488}
    assert {row.get("AdjustmentQuantity") for row in said} >= {-12, -500}


def test_a_delivery_leads_to_what_metrc_said(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 4000)
    fay = Reader(brand, MAKER)
    with short_transaction(brand.licenses[MAKER]):
        transfer = Transfer.objects.get()
    place = f"transfers/{transfer.pk}/"

    (whole,) = fay.links(place, rf"{place}read/")
    _, answer = fay.answer_behind(whole)
    assert naming(answer, transfer.manifest_number)["ShipperFacilityLicenseNumber"]
    (shipped,) = fay.links(place, rf"{place}read/\?label={oil}")
    assert naming(fay.answer_behind(shipped)[1], oil)["ShippedQuantity"] == 4000


def test_a_laboratory_result_leads_to_what_metrc_said(brand: Brand, desk: Desk) -> None:
    carts = carts_at_the_lab(brand, desk)
    read(brand, MOVER)
    send_sample_to_the_lab(desk)
    desk.do(
        "record-results", licenseNumber=LAB, label=SAMPLE, passed=True, results=[], release=True
    )
    read(brand, MOVER)
    hal = Reader(brand, MOVER)

    page, answer = hal.answer_behind(f"packages/{carts}/results/read/")
    tests = {row["TestTypeName"] for row in rows_of(answer)}
    one = sorted(tests)[0]
    _, again = hal.answer_behind(f"packages/{carts}/results/read/?test={quote(one)}")
    assert len(tests) > 5 and all(row["TestPassed"] for row in rows_of(answer))
    assert again == answer
    assert f"{one} of {carts}" in page


def test_the_event_that_ends_a_run_commits_to_each_exchange_of_it(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 4000)
    make_durable(database)
    fay = Reader(brand, MAKER)

    page, _ = fay.answer_behind(f"packages/{oil}/read/")
    assert "sync.completed" in page and "this one among them" in page
    assert "does not agree" not in page and "below a signed head" in page
    (proof,) = re.findall(rf'href="/l/{MAKER}/audit/[0-9a-f-]+/proof/"', page)
    told = fay.client.get(proof.split('"')[1])
    assert told.status_code == 200 and told.content.startswith(b"c2sp.org/tlog-proof@v1")
    with short_transaction(brand.licenses[MAKER]):
        request = ApiRequest.objects.filter(path="/packages/v2/active").first()
        assert request is not None
        request.hashes.response_sha256 = "0" * 64
        request.hashes.save()
    assert "does not agree" in fay.page(f"packages/{oil}/read/")


def test_nobody_else_is_led_to_our_exchanges(brand: Brand, desk: Desk) -> None:
    (oil,) = receive_oil(brand, desk, 4000)
    nell = Client()
    nell.force_login(User.objects.get(id=brand.users["Nell"]))
    fay = Reader(brand, MAKER)

    for place in (f"l/{MAKER}", "both"):
        assert nell.get(f"/{place}/packages/{oil}/read/").status_code == 404
    assert fay.client.get(f"/l/{MOVER}/packages/{oil}/read/").status_code == 404
    assert fay.client.get(f"/l/{MAKER}/packages/{oil}/read/?at=x").status_code == 422
    assert (
        fay.client.get(f"/l/{MAKER}/packages/{oil}/read/?at=2020-01-01T00:00:00Z").status_code
        == 404
    )
