"""Scenario S18: attacks on privilege and separation, through the API with tokens and by people's browsers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
from django.db import connections
from playwright.sync_api import expect

from glassbox.api.urls import document
from glassbox.cli.demo_brand import MAKER, MOVER
from glassbox.operations.roles import grant_role
from glassbox.rules.actor import system_actor
from glassbox.rules.permissions import Role
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.main_job import CARTS_TAG, RETAILER, Job
from tests.browser.test_first_look import label_of_oil
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

# Nobody sends within this time what somebody has approved; then nobody sends it at all.
LONG_ENOUGH_SECONDS = 3.0
AUDIT_TABLE = "compliance_events"
PDF = {"name": "CCL-0850.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 another paper"}


class System:
    """Another system of the company: it knows an address and a token, and nothing else."""

    def __init__(self, house: House, visitor: Visitor, number: str, *scopes: str) -> None:
        visitor.open(f"/l/{number}/company/tokens/new/")
        visitor.fill(name="Attacker")
        for scope in scopes:
            visitor.page.locator(f"input[name=scopes][value={scope}]").check()
        visitor.page.click("main .work-form .btn-primary")
        token = visitor.page.locator("#once").input_value()
        self.number = number
        self.client = httpx.Client(
            base_url=house.address,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )

    def leave(self) -> None:
        self.client.close()

    def post(self, below: str, body: Any = None, *, number: str = "") -> httpx.Response:
        return self.client.post(
            f"/api/v1/l/{number or self.number}/{below}",
            json=body,
            headers={"Idempotency-Key": f"s18-{time.monotonic_ns()}"},
        )

    def draft(self, kind: str, facts: dict[str, Any], **rest: int) -> int:
        """Draft an action, hand it to review, and return its id."""
        asked = {"kind": kind, "reason": "An attack", "facts": facts, **rest}
        answer = self.post("actions", asked)
        assert answer.status_code == 201, answer.text
        (one,) = answer.json()
        action_id: int = one["action"]["id"]
        assert self.post(f"actions/{action_id}/review").status_code == 200
        return action_id


@pytest.fixture
def system(house: House) -> Iterator[Callable[..., System]]:
    """Call it with a visitor, a licence and scopes: they make a token, and a system holds it."""
    systems: list[System] = []

    def come(visitor: Visitor, number: str, *scopes: str) -> System:
        systems.append(System(house, visitor, number, *scopes))
        return systems[-1]

    yield come
    for one in systems:
        one.leave()


def writes(house: House) -> int:
    """Return how many writes METRC was asked for, from its own journal."""
    rows = house.desk.client.get("/desk/api/journal").json()
    return sum(row["method"] != "GET" and "/v2/" in row["path"] for row in rows)


def press_anyway(visitor: Visitor, address: str, **said: str) -> int:
    """Send what a button would send, whether the page has the button or not."""
    cookies = {one["name"]: one["value"] for one in visitor.context.cookies()}
    answer = visitor.context.request.post(
        f"{visitor.house.address}{address}",
        form={"csrfmiddlewaretoken": cookies["csrftoken"], **said},
        max_redirects=0,
    )
    return answer.status


def is_refused(visitor: Visitor, place: str, saying: str) -> None:
    """An approver's page says why not and offers no button; pressing it all the same is refused."""
    page = visitor.open(place)
    button = page.get_by_role("button", name="Approve:")
    expect(button).to_be_disabled()
    visitor.sees(saying)
    seen = str(page.locator("input[name=payload_sha256]").first.get_attribute("value"))
    assert press_anyway(visitor, f"{place}approve/", payload_sha256=seen) == 422


def forget(visitor: Visitor, status: str) -> None:
    visitor.problems[:] = [one for one in visitor.problems if status not in one]


def behind(act: Callable[[], Any]) -> Any:
    # Beside a running browser Django refuses its database to our own thread.
    def alone() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(alone).result()


def at_the_licence(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("America/Los_Angeles")).strftime("%Y-%m-%dT%H:%M")


def move(label: str) -> dict[str, Any]:
    return {"labels": [label], "location": "Vault", "date": datetime.now(UTC).date().isoformat()}


def test_a_readers_token_and_a_readers_browser_change_nothing(
    visit: Visit, house: House, system: Any
) -> None:
    ivy = visit("Ivy")
    before = writes(house)
    other = system(ivy, MAKER, "read", "events")
    posts = [path for path, methods in document()["paths"].items() if "post" in methods]
    bodies = {
        "actions": {"kind": "package.adjust", "reason": "An attack", "facts": {}},
        "review": None,
    }

    assert len(posts) >= 4
    for path in posts:
        below = path.partition("{license_number}/")[2].replace("{action_id}", "1")
        body = bodies.get(below.rpartition("/")[2], {"comment": "An attack"})
        assert other.post(below, body).status_code == 403, path
    assert other.client.get(f"/api/v1/l/{MAKER}/packages").status_code == 200
    for address in ("sync/read/", "actions/1/approve/", "reconciliation/compare/"):
        assert press_anyway(ivy, f"/l/{MAKER}/{address}") in (403, 404), address
    assert writes(house) == before


def test_nothing_is_sent_without_another_persons_approval(
    visit: Visit, house: House, system: Any
) -> None:
    ana, fay = visit("Ana"), visit("Fay")
    label = label_of_oil(ana).split("/")[4]
    before, sent = house.metrc_package(label, MAKER)["Quantity"], writes(house)
    other = system(ana, MAKER, "read", "draft")

    action_id = other.draft(
        "package.adjust",
        {
            "label": label,
            "quantity_before": str(before),
            "quantity": str(before - 40),
            "unit": "Grams",
            "reason": "Waste",
            "note": "Gone",
            "date": datetime.now(UTC).date().isoformat(),
        },
    )
    place = f"/l/{MAKER}/actions/{action_id}/"
    assert other.post(f"actions/{action_id}/approve").status_code == 404, "there is no such address"
    # A token is no session: the page sends it to the sign-in, and approves nothing.
    assert other.client.post(f"{place}approve/").status_code in (302, 403)
    ana.open(place)
    expect(ana.page.get_by_role("button", name="Approve:")).to_be_disabled()
    assert press_anyway(ana, f"{place}approve/") in (403, 422)
    time.sleep(LONG_ENOUGH_SECONDS)
    assert writes(house) == sent
    seen = other.client.get(f"/api/v1/l/{MAKER}/actions/{action_id}").json()
    assert seen["action"]["state"] == "IN_REVIEW"

    fay.open(place)
    fay.press("Approve:")
    fay.sees_accepted()

    assert writes(house) == sent + 1
    assert house.metrc_package(label, MAKER)["Quantity"] == before - 40


def test_the_manufacturer_cannot_go_straight_to_a_retailer(
    visit: Visit, house: House, system: Any
) -> None:
    ana, ben, fay = visit("Ana"), visit("Ben"), visit("Fay")
    label, sent = label_of_oil(ana).split("/")[4], writes(house)
    leaves = datetime.now(UTC) + timedelta(hours=1)
    ana.open(f"/l/{MAKER}/transfers/new/")
    ana.page.locator(f"input[name='packages'][value='{label}']").check()
    ana.fill(
        receiver_license_number=RETAILER,
        transporter_license_number=MOVER,
        transfer_type="Transfer",
        departs_at=at_the_licence(leaves),
        arrives_at=at_the_licence(leaves + timedelta(hours=2)),
        planned_route="Straight to the shop",
        invoice_number="INV-9",
    )
    shop = ana.press("Plan the transfer")
    fay.open(f"{shop}release/")
    fay.page.click("main .work-form .btn-primary")
    expect(fay.page.locator("main .alert-danger")).to_contain_text("CA-LIC-04")
    forget(fay, "422")
    other = system(ana, MAKER, "read", "draft")

    action_id = other.draft(
        "template.create",
        {
            "name": "Shortcut",
            "recipient_license_number": RETAILER,
            "transfer_type": "Transfer",
            "transporter_license_number": MOVER,
            "invoice_number": "INV-9",
            "planned_route": "Straight to the shop",
            "departs_at": leaves.isoformat(),
            "arrives_at": (leaves + timedelta(hours=2)).isoformat(),
            "time_zone": "America/Los_Angeles",
            "driver": {
                "name": "Gus",
                "employee_id": "EMP-1",
                "drivers_license_number": "D1234567",
            },
            "vehicle": {"make": "Ford", "model": "Transit", "plate": "8GPX123"},
            "packages": [{"label": label}],
        },
        transfer_id=int(shop.rstrip("/").rpartition("/")[2]),
    )

    is_refused(ben, f"/l/{MAKER}/actions/{action_id}/", "CA-LIC-04")
    assert writes(house) == sent


def test_the_distributors_people_do_not_reach_a_package_of_the_manufacturer(
    visit: Visit, house: House, system: Any
) -> None:
    hal, fay = visit("Hal"), visit("Fay")
    label, sent = label_of_oil(fay).split("/")[4], writes(house)
    other = system(hal, MOVER, "read", "draft")
    attack = {"kind": "package.move", "reason": "An attack", "facts": move(label)}

    assert other.post("actions", attack, number=MAKER).status_code == 401
    assert other.client.get(f"/api/v1/l/{MOVER}/packages/{label}").status_code == 404
    assert press_anyway(hal, f"/l/{MAKER}/packages/{label}/draft/move/") == 404
    hal.open(f"/l/{MAKER}/packages/{label}/")
    hal.sees("Not found")
    forget(hal, "404")
    action_id = other.draft("package.move", move(label))

    is_refused(fay, f"/l/{MOVER}/actions/{action_id}/", "package")
    assert writes(house) == sent


def test_who_made_it_never_releases_it_and_a_new_certificate_voids_a_release(
    finished_job: Job, visit: Visit, house: House
) -> None:
    eve, ana = visit("Eve"), visit("Ana")
    review = f"/l/{MOVER}/packages/{CARTS_TAG}/qa/"
    machine = system_actor("set-up")
    began = datetime.now(UTC) - timedelta(minutes=1)
    # The release of the main job falls with the certificate that it was given on.
    assert "Revoked" not in eve.open(review).locator("main").inner_text()
    file_another_certificate(eve, finished_job)
    eve.open(review)
    eve.sees("Revoked: The certificate CCL-0849 was replaced")
    # Whoever has the old checklist on the screen signs nothing with it.
    answer(eve)
    late = eve.context.new_page()
    eve.page, old = late, eve.page
    file_another_certificate(eve, finished_job)
    eve.page = old
    eve.page.get_by_role("button", name="Release").click()
    eve.sees("The evidence changed since you opened the review")
    forget(eve, "422")
    late.close()

    behind(
        lambda: grant_role(
            actor=machine,
            license_id=house.brand.licenses[MOVER],
            user_id=house.brand.users["Ana"],
            role=Role.QA_MANAGER,
            now=began,
        )
    )
    ana.open(review)
    answer(ana)
    ana.page.get_by_role("button", name="Release").click()
    ana.sees("made, packed or counted")
    forget(ana, "422")
    assert still_released(house) == 0


def file_another_certificate(eve: Visitor, job: Job) -> None:
    eve.open(f"{job.places['sample']}certificate/")
    eve.page.set_input_files(
        "[name=paper]", {**PDF, "buffer": PDF["buffer"] + str(time.monotonic_ns()).encode()}
    )
    eve.fill(
        certificate_number="CCL-0849",
        passed="passed",
        **{f"panel__{number}": "passed" for number in range(6)},
        thc_mg_per_unit="849",
    )
    eve.press("File the certificate")


def answer(visitor: Visitor) -> None:
    """Tick what a person judges, and say why."""
    for tick in visitor.page.locator("main input[type=checkbox]").all():
        tick.check()
    visitor.fill(reason="Every panel passed")


def still_released(house: House) -> int:
    with psycopg.connect(house.urls.superuser) as connection:
        row = connection.execute(
            "SELECT count(*) FROM qa_reviews q JOIN packages p ON p.id = q.package_id"
            " WHERE p.label = %s AND q.verdict = 'RELEASED' AND q.revoked_at IS NULL",
            [CARTS_TAG],
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def test_an_edited_record_is_found_shown_and_given_to_a_person(
    visit: Visit, house: House, system: Any
) -> None:
    fay = visit("Fay")
    verify(fay, "holds")

    with one_byte_more(house) as event_id:
        verify(fay, "does not hold")
        expect(fay.page.locator("#chains .alert-danger")).to_contain_text("its bytes")
        expect(fay.page.locator("#chains .alert-danger")).to_contain_text(event_id)
    fay.open(f"/l/{MOVER}/cases/")
    fay.sees("The ledger does not hold")
    verify(fay, "holds")


def verify(visitor: Visitor, verdict: str) -> None:
    visitor.open(f"/l/{MOVER}/audit/chains/")
    visitor.press("Verify now")
    badge = visitor.page.locator("#chains .badge", has_text=re.compile("holds|hold"))
    expect(badge).to_contain_text(verdict, timeout=40_000)


@contextmanager
def one_byte_more(house: House) -> Iterator[str]:
    """Edit a posted record of the distributor's as the database's superuser, and put it back."""
    license_id = house.brand.licenses[MOVER]
    with psycopg.connect(house.urls.superuser, autocommit=True) as attacker:
        row = attacker.execute(
            "SELECT event_id, body FROM compliance_events WHERE license_id = %s"
            " ORDER BY ts LIMIT 1",
            [license_id],
        ).fetchone()
        assert row is not None
        edit = "UPDATE compliance_events SET body = %s WHERE event_id = %s"
        attacker.execute(f"ALTER TABLE {AUDIT_TABLE} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
        try:
            attacker.execute(edit, [bytes(row[1]) + b" ", row[0]])
            yield str(row[0])
        finally:
            attacker.execute(edit, [row[1], row[0]])
            attacker.execute(f"ALTER TABLE {AUDIT_TABLE} ENABLE TRIGGER ALL")  # type: ignore[arg-type]
