"""The main job by clicks: from the supplier's manifest to a delivered order of a retailer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser

from glassbox.cli.demo_brand import MAKER, MOVER
from tests.browser.house import House
from tests.browser.visitor import Visitor
from tests.journeys.story import SUPPLIER

LAB, RETAILER = "C8-9990001-LIC", "C10-9990001-LIC"
CART = "Blue Dream Vape Cart 1 g"
CARTS_TAG = "1A4060300000001000000201"
SAMPLE_TAG, ORDER_TAG = "1A4060300000002000000301", "1A4060300000002000000401"
BATCH = "PB-V-201"


@dataclass
class Job:
    """What the job left behind: the address of each thing, by its name."""

    distillate: str = ""
    places: dict[str, str] = field(default_factory=dict)


class Team:
    """The brand's people, each at a browser of their own, and METRC's desk."""

    def __init__(self, browser: Browser, house: House) -> None:
        self.browser = browser
        self.house = house
        self.people: dict[str, Visitor] = {}

    def person(self, name: str) -> Visitor:
        """Return a person, signed in."""
        if name not in self.people:
            self.people[name] = Visitor(self.browser, self.house, name).sign_in()
        return self.people[name]

    def approve(self, drafter: str, approver: str, place: str) -> None:
        """The drafter hands the action over; somebody else approves what they see."""
        self.person(drafter).open(place)
        self.person(drafter).press("Send for review")
        self.person(approver).open(place)
        self.person(approver).press("Approve:")

    def carry_out(self, drafter: str, approver: str, place: str, *numbers: str) -> None:
        """Approve an action and wait until its page says that METRC shows it."""
        self.approve(drafter, approver, place)
        self.person(approver).sees_accepted()
        self.house.read(*numbers)

    def attest(self, name: str, place: str, *numbers: str, **values: str) -> None:
        """Say on the card that one did it in METRC; a read confirms it."""
        visitor = self.person(name)
        visitor.open(place)
        visitor.fill(**{f"value_{field}": value for field, value in values.items()})
        visitor.press("I did it")
        visitor.sees_accepted()
        self.house.read(*numbers)

    def desk(self, verb: str, **fields: Any) -> Any:
        """Somebody does something in METRC's own pages, or outside of the brand."""
        return self.house.desk.do(verb, **fields)

    def leave(self) -> None:
        """Everybody goes; nobody may have seen an error."""
        for visitor in self.people.values():
            visitor.close()


def do_the_main_job(browser: Browser, house: House) -> Job:
    """Play the second half of scenario S01 by clicks, with its numbers."""
    team, job = Team(browser, house), Job()
    job.distillate = _receive(
        team, job, MAKER, SUPPLIER, item="Distillate", quantity=4012, unitOfMeasure="Grams"
    )
    _fill_carts(team, job)
    home = _plan(team, "Ana", MAKER, MOVER, "Transfer", CARTS_TAG, invoice="INV-1001")
    delivery = _hand_over(team, "Ana", home, CARTS_TAG, MAKER)
    house.read(MAKER, MOVER)
    _take_in(team, job, MOVER, CARTS_TAG, "4000", delivery)
    _sample(team, job)
    _release(team, job)
    _sell(team, job)
    team.leave()
    return job


def _receive(team: Team, job: Job, number: str, shipper: str, **goods: Any) -> str:
    shipped = team.desk("ship-in", fromLicense=shipper, toLicense=number, packages=[goods])
    (label,) = shipped["labels"]
    team.house.read(number)
    _take_in(team, job, number, label, str(goods["quantity"]), shipped["deliveryId"])
    return str(label)


def _take_in(
    team: Team, job: Job, number: str, label: str, quantity: str, delivery_id: int
) -> None:
    """Count a delivery blind, settle it, receive it in METRC, attest it."""
    dee = team.person("Dee")
    dee.open(f"/l/{number}/transfers/incoming/")
    with dee.page.expect_navigation():
        dee.page.locator("#main table td a").first.click()
    place = dee.where()
    dee.send(f"{place}count/", label=label, found=quantity, device="Scale 2")
    dee.send(f"{place}check/")
    card = dee.send(f"{place}settle/", reason="Counted at the dock and whole")
    team.approve("Dee", "Fay", card)
    team.desk(
        "receive",
        licenseNumber=number,
        deliveryId=delivery_id,
        packages=[{"label": label, "receivedQuantity": int(quantity)}],
    )
    team.attest("Dee", card, number)
    job.places[f"incoming {number}"] = place
    job.places["card"] = card


def _fill_carts(team: Team, job: Job) -> None:
    """4,012 g of distillate become 4,000 carts of 1 g and 12 g of waste; nothing else."""
    ana, oil = team.person("Ana"), job.distillate
    batch = ana.send(
        f"/l/{MAKER}/batches/new/",
        number=BATCH,
        product=CART,
        process="filling",
        protocol_version="SOP-V-7",
        planned_quantity="4000",
        unit="Each",
        label_claim_mg="856",
        planned_inputs__label=[oil],
        planned_inputs__quantity=["4012"],
    )
    job.places["batch"] = batch
    ana.send(f"{batch}ingredient/", material="Distillate", quantity_value="4012", label=oil)
    ana.send(f"{batch}step/", step="Fill", text="Filled and capped on line 1")
    package = ana.send(
        f"{batch}package/",
        tag=CARTS_TAG,
        item=CART,
        quantity="4000",
        unit="Each",
        location="Packing Room",
        ingredients__label=[oil],
        ingredients__quantity=["4000"],
        reason=f"Filling {BATCH}",
    )
    team.carry_out("Ana", "Ben", package, MAKER)
    job.places["action"] = package
    waste = ana.send(
        f"/l/{MAKER}/packages/{oil}/draft/adjust/",
        quantity="0",
        metrc_reason="Waste",
        note=f"Filling waste of {BATCH}",
        reason="Left in the filler",
    )
    team.carry_out("Ana", "Fay", waste, MAKER)
    ben = str(team.house.brand.users["Ben"])
    ana.send(
        f"{batch}output/",
        label=CARTS_TAG,
        item_name=CART,
        quantity_value="4000",
        unit="Each",
        net_content="1",
    )
    ana.send(
        f"{batch}waste/",
        kind="WASTE",
        quantity_value="12",
        reason="Left in the filler",
        label=oil,
        witnessed_by_id=ben,
    )
    team.person("Cy").send(
        f"{batch}labels/",
        issued="4050",
        applied="4000",
        destroyed="38",
        returned="12",
        verified_by_id=ben,
    )
    team.person("Ben").open(batch)
    team.person("Ben").press("Verify the record")
    ana.open(batch)
    ana.press("Close the batch")
    ana.sees("Closed")


def _plan(
    team: Team,
    name: str,
    shipper: str,
    to: str,
    kind: str,
    label: str,
    *,
    invoice: str,
    order: str = "",
) -> str:
    leaves = datetime.now(UTC).astimezone(ZoneInfo("America/Los_Angeles")) + timedelta(hours=1)
    carrier = LAB if to == LAB else MOVER
    who = team.person(name)
    who.open(f"/l/{shipper}/transfers/new/{order}")
    who.page.locator(f"input[name='packages'][value='{label}']").check()
    who.fill(
        receiver_license_number=to,
        transporter_license_number=carrier,
        transfer_type=kind,
        departs_at=leaves.strftime("%Y-%m-%dT%H:%M"),
        arrives_at=(leaves + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        planned_route="Main Street to the harbor",
        invoice_number=invoice,
        driver_name="Gus",
        vehicle_plate="8ABC123",
    )
    return who.press("Plan the transfer")


def _hand_over(team: Team, name: str, place: str, label: str, number: str) -> int:
    """Release, store the template, register by hand, load, depart; return the delivery's id."""
    second = "Ben" if number == MAKER else "Fay"
    team.person("Fay").send(f"{place}release/")
    template = team.person(name).send(f"{place}template/", reason="Manifest")
    team.carry_out(name, second, template, number)
    card = team.person(name).send(f"{place}register/", reason="Manifest")
    team.approve(name, "Fay", card)
    (stored,) = [
        one
        for one in team.house.desk.client.get("/desk/api/overview").json()["templates"]
        if label in one["labels"]
    ]
    manifest = team.desk("register-transfer", licenseNumber=number, templateId=stored["templateId"])
    team.attest(name, card, number, manifest_number=manifest["manifestNumber"])
    fay = team.person("Fay")
    fay.send(f"{place}load/", loaded_labels=True, seal_number="S-1")
    (delivery,) = manifest["deliveryIds"]
    team.desk("depart", deliveryId=delivery)
    return int(delivery)


def _sample(team: Team, job: Job) -> None:
    """20 of 4,000 go to the laboratory, which finds 849 mg and releases."""
    eve = team.person("Eve")
    eve.open(f"/l/{MOVER}/lab/new/?label={CARTS_TAG}")
    eve.page.locator(f"input[name='source_labels'][value='{CARTS_TAG}']").check()
    eve.fill(
        label=SAMPLE_TAG,
        sample_quantity="20",
        laboratory_license_number=LAB,
        sampled_by="Lou",
        is_final_form=True,
        is_labelled=True,
    )
    sample = eve.press("Plan the sample")
    job.places["sample"] = sample
    created = eve.send(f"{sample}create/", reason=f"Compliance sample of {BATCH}")
    team.carry_out("Eve", "Hal", created, MOVER)
    eve.send(f"{sample}drawing/", video_reference="CAM-3 10:15")
    to_lab = _plan(team, "Hal", MOVER, LAB, "Transfer", SAMPLE_TAG, invoice="INV-1002")
    delivery = _hand_over(team, "Hal", to_lab, SAMPLE_TAG, MOVER)
    eve.send(f"{sample}custody/", handed_to="Lou", seal_number="L-77")
    _arrive(team, LAB, delivery, SAMPLE_TAG, 20)
    team.desk(
        "record-results", licenseNumber=LAB, label=SAMPLE_TAG, passed=True, results=[], release=True
    )
    team.house.read(MOVER)
    eve.open(f"{sample}certificate/")
    eve.page.set_input_files(
        "[name=paper]",
        {"name": "CCL-0849.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 certificate"},
    )
    eve.fill(
        certificate_number="CCL-0849",
        passed="passed",
        **{f"panel__{number}": "passed" for number in range(6)},
        thc_mg_per_unit="849",
    )
    eve.press("File the certificate")


def _release(team: Team, job: Job) -> None:
    """Dee counts, Eve looks at everything and releases."""
    carts = f"/l/{MOVER}/packages/{CARTS_TAG}/"
    team.person("Dee").send(f"{carts}count/", counted="3980", purpose="RELEASE")
    eve = team.person("Eve")
    eve.open(f"{carts}qa/")
    for tick in eve.page.locator("main input[type=checkbox]").all():
        tick.check()
    eve.fill(
        label_batch_number=BATCH,
        reason="849 mg against 856 mg is 0.82 %; every panel passed",
    )
    eve.press("Release")
    job.places["carts"] = carts


def _sell(team: Team, job: Job) -> None:
    """900 carts at $11.50 are ordered, promised, split off, and delivered to the retailer."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    order = team.person("Dee").send(
        f"/l/{MOVER}/orders/new/",
        number="SO-R1",
        buyer_license_number=RETAILER,
        delivery_date=tomorrow,
        lines__item=[CART],
        lines__quantity=["900"],
        lines__unit_price=["11.50"],
    )
    job.places["order"] = order
    hal = team.person("Hal")
    hal.open(order)
    hal.press("Confirm the order")
    hal.send(f"{order}allocate/", label=CARTS_TAG, allocated_quantity="900", split_label=ORDER_TAG)
    split = team.person("Dee").send(f"{order}split/", reason="Split for SO-R1")
    team.carry_out("Dee", "Hal", split, MOVER)
    number = order.rstrip("/").rpartition("/")[2]
    out = _plan(
        team,
        "Hal",
        MOVER,
        RETAILER,
        "Wholesale Manifest",
        ORDER_TAG,
        invoice="INV-1003",
        order=f"?order={number}",
    )
    job.places["outgoing"] = out
    delivery = _hand_over(team, "Hal", out, ORDER_TAG, MOVER)
    _arrive(team, RETAILER, delivery, ORDER_TAG, 900)
    team.house.read(MOVER)


def _arrive(team: Team, number: str, delivery: int, label: str, quantity: int) -> None:
    team.desk(
        "receive",
        licenseNumber=number,
        deliveryId=delivery,
        packages=[{"label": label, "receivedQuantity": quantity}],
    )
