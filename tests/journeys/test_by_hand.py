"""The main job by hand: every step through the pages, against METRC's laws."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.hands import Hands
from tests.journeys.story import SUPPLIER, now, read
from tests.journeys.wholesale import hire_crew

LAB, RETAILER = "C8-9990001-LIC", "C10-9990001-LIC"
CART = "Blue Dream Vape Cart 1 g"
DISTILLATE_TAG = "1A4060300000001000000101"
SAMPLE_TAG, SPLIT_TAG = "1A4060300000002000000021", "1A4060300000002000000022"


def ship(desk: Desk, to: str, **goods: object) -> dict[str, object]:
    found: dict[str, object] = desk.do(
        "ship-in", fromLicense=SUPPLIER, toLicense=to, packages=[goods]
    )
    return found


def test_oil_is_received_distilled_and_the_batch_closes(
    brand: Brand, database: ClusterUrls, desk: Desk
) -> None:
    hands = Hands(brand, database, MAKER)

    oil = receive_oil_by_hand(hands, desk)
    batch = open_batch_by_hand(hands, oil)
    distil_by_hand(hands, batch, oil)
    tails = hands.press(
        "Ana",
        f"packages/{oil}/draft/adjust/",
        quantity="0",
        metrc_reason="Waste",
        note="Tails of PB-D-7",
        reason="Tails of PB-D-7",
    )
    hands.carry_out("Ana", "Fay", tails)
    finish = hands.press("Ana", f"packages/{oil}/draft/finish/", reason="Used up")
    hands.carry_out("Ana", "Ben", finish)
    hands.button("Ben", f"{batch}verify/")
    hands.button("Ana", f"{batch}close/")

    assert "CLOSED" in hands.see("Ana", batch) or "Closed" in hands.see("Ana", batch)
    assert "700 g" in hands.see("Ana", f"packages/{DISTILLATE_TAG}/")


def test_goods_are_sampled_released_ordered_and_sent_to_a_retailer(
    brand: Brand, database: ClusterUrls, desk: Desk
) -> None:
    hands = Hands(brand, database, MOVER)

    carts = carts_arrive(hands, desk)
    sample = take_sample_by_hand(hands, carts)
    certify_by_hand(hands, desk, sample)
    release_by_hand(hands, carts)
    order = promise_by_hand(hands, carts)
    number = order.split("/")[1]
    out = plan(
        hands, RETAILER, "Wholesale Manifest", SPLIT_TAG, carrier=MOVER, invoice="2", order=number
    )
    leave(hands, desk, out, SPLIT_TAG, quantity=100, receiver=RETAILER)
    read(brand, MOVER)

    assert "1,150.00" in hands.see("Hal", out)
    assert "888" in hands.see("Hal", f"packages/{carts}/")
    assert (
        "PDF"
        in hands.client("Hal")
        .get(f"/l/{MOVER}/{print_packet(hands, out)}")
        .headers["Content-Type"]
        .upper()
    )


def receive_oil_by_hand(hands: Hands, desk: Desk) -> str:
    shipped = ship(desk, MAKER, item="Crude Oil", quantity=1000, unitOfMeasure="Grams")
    (oil,) = shipped["labels"]  # type: ignore[misc]
    read(hands.brand, MAKER)

    delivery = hands.link("Dee", "transfers/incoming/", r"/transfers/(\d+)/")
    place = f"transfers/{delivery}/"
    assert "1,000" not in hands.see("Dee", f"{place}count/")
    hands.press("Dee", f"{place}count/", label=oil, found="1,000", device="Scale 2")
    hands.press("Dee", f"{place}check/")
    card = hands.press("Dee", f"{place}settle/", reason="Weighed at the dock and whole")
    receipt = hands.approve("Dee", "Fay", card)
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": oil, "receivedQuantity": 1000}],
    )
    hands.attest("Dee", receipt, done_at=now().isoformat())
    return str(oil)


def open_batch_by_hand(hands: Hands, oil: str) -> str:
    batch = hands.press(
        "Ana",
        "batches/new/",
        number="PB-D-7",
        product="Distillate",
        process="distillation",
        protocol_version="SOP-D-3",
        planned_quantity="700",
        unit="Grams",
        planned_inputs__label=[oil, ""],
        planned_inputs__quantity=["1000", ""],
        planned_inputs__unit=["Grams", "Grams"],
    )
    hands.press(
        "Ana",
        f"{batch}ingredient/",
        material="Crude Oil",
        quantity_value="1000",
        label=oil,
        unit="Grams",
    )
    hands.press("Ana", f"{batch}step/", step="Distil", text="First pass at 155 degrees")
    return batch


def distil_by_hand(hands: Hands, batch: str, oil: str) -> None:
    created = hands.press(
        "Ana",
        f"{batch}package/",
        tag=DISTILLATE_TAG,
        item="Distillate",
        quantity="700",
        location="Vault",
        ingredients__label=[oil],
        ingredients__quantity=["700"],
        ingredients__unit=["Grams"],
        reason="Distillation PB-D-7",
        unit="Grams",
    )
    hands.carry_out("Ana", "Ben", created)
    hands.press(
        "Ana",
        f"{batch}output/",
        label=DISTILLATE_TAG,
        item_name="Distillate",
        quantity_value="700",
        unit="Grams",
    )
    hands.press(
        "Ana",
        f"{batch}waste/",
        kind="TAILS",
        quantity_value="300",
        reason="Tails",
        label=oil,
        witnessed_by_id=str(hands.brand.users["Ben"]),
        unit="Grams",
    )


def carts_arrive(hands: Hands, desk: Desk) -> str:
    shipped = ship(
        desk,
        MOVER,
        item=CART,
        quantity=1000,
        unitOfMeasure="Each",
        productionBatchNumber="PB-V-9",
    )
    (carts,) = shipped["labels"]  # type: ignore[misc]
    desk.do(
        "receive",
        licenseNumber=MOVER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": carts, "receivedQuantity": 1000}],
    )
    hire_crew(desk)
    read(hands.brand, MOVER)
    return str(carts)


def take_sample_by_hand(hands: Hands, carts: str) -> str:
    sample = hands.press(
        "Eve",
        f"lab/new/?label={carts}",
        label=SAMPLE_TAG,
        source_labels=[carts],
        sample_quantity="12",
        unit="Each",
        laboratory_license_number=LAB,
        sampled_by="Lou",
        is_final_form="yes",
        is_labelled="yes",
    )
    created = hands.press("Eve", f"{sample}create/", reason="Compliance sample of PB-V-9")
    hands.carry_out("Eve", "Hal", created)
    hands.press("Eve", f"{sample}drawing/", video_reference="CAM-3 10:15")
    return sample


def certify_by_hand(hands: Hands, desk: Desk, sample: str) -> None:
    to_lab = plan(hands, LAB, "Transfer", SAMPLE_TAG, carrier=LAB, invoice="INV-1")
    leave(hands, desk, to_lab, SAMPLE_TAG, quantity=12, receiver=LAB)
    hands.press(
        "Eve", f"{sample}custody/", handed_to="Lou", seal_number="L-77", condition="sealed and dry"
    )
    desk.do(
        "record-results", licenseNumber=LAB, label=SAMPLE_TAG, passed=True, results=[], release=True
    )
    read(hands.brand, MOVER)
    hands.press(
        "Eve",
        f"{sample}certificate/",
        paper=SimpleUploadedFile("CCL-1.pdf", b"%PDF-1.4 certificate", "application/pdf"),
        certificate_number="CCL-1",
        laboratory_license_number=LAB,
        production_batch_number="PB-V-9",
        sample_label=SAMPLE_TAG,
        issued_date=now().astimezone(ZoneInfo("America/Los_Angeles")).date().isoformat(),
        passed="passed",
        **{f"panel__{number}": "passed" for number in range(6)},
        thc_mg_per_unit="849",
    )


def release_by_hand(hands: Hands, carts: str) -> None:
    hands.press("Dee", f"packages/{carts}/count/", counted="988", purpose="RELEASE")
    hands.button(
        "Eve",
        f"packages/{carts}/qa/",
        verdict="RELEASED",
        reason="Every panel passed",
        label_batch_number="PB-V-9",
        label_claim_mg="856",
        **{f"QA__0{number}": "yes" for number in (5, 6, 7, 8)},
    )


def promise_by_hand(hands: Hands, carts: str) -> str:
    order = hands.press(
        "Dee",
        "orders/new/",
        number="SO-1",
        buyer_license_number=RETAILER,
        delivery_date=(now() + timedelta(days=1)).date().isoformat(),
        lines__item=[CART],
        lines__quantity=["100"],
        lines__unit=["Each"],
        lines__unit_price=["11.50"],
    )
    hands.button("Hal", f"{order}confirm/")
    hands.press(
        "Hal",
        f"{order}allocate/",
        order_line_id=chosen(hands, f"{order}allocate/", "order_line_id"),
        label=carts,
        allocated_quantity="100",
        split_label=SPLIT_TAG,
    )
    splits = hands.press("Dee", f"{order}split/", reason="Split for SO-1")
    hands.carry_out("Dee", "Hal", splits)
    return order


def chosen(hands: Hands, address: str, name: str) -> str:
    found = re.search(
        rf'name="{name}".*?<option value="(\d+)" selected', hands.see("Hal", address), re.DOTALL
    )
    assert found
    return found.group(1)


def print_packet(hands: Hands, place: str) -> str:
    return hands.press("Hal", f"{place}print/")


def plan(
    hands: Hands, to: str, kind: str, label: str, *, carrier: str, invoice: str, order: str = ""
) -> str:
    leaves = now().astimezone(ZoneInfo("America/Los_Angeles")) + timedelta(hours=1)
    return hands.press(
        "Hal",
        "transfers/new/",
        order_id=order,
        receiver_license_number=to,
        transporter_license_number=carrier,
        transfer_type=kind,
        packages=[label],
        departs_at=leaves.strftime("%Y-%m-%dT%H:%M"),
        arrives_at=(leaves + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        planned_route="Main Street to the harbor",
        invoice_number=invoice,
        driver_name="Gus",
        vehicle_plate="8ABC123",
    )


def leave(
    hands: Hands, desk: Desk, place: str, label: str, *, quantity: int, receiver: str
) -> None:
    """Release, store the template, register by hand, load, depart, and arrive."""
    hands.press("Fay", f"{place}release/")
    hands.carry_out("Hal", "Fay", hands.press("Hal", f"{place}template/", reason="Manifest"))
    card = hands.press("Hal", f"{place}register/", reason="Manifest")
    action = hands.approve("Hal", "Fay", card)
    (template,) = [
        one
        for one in desk.client.get("/desk/api/overview").json()["templates"]
        if label in one["labels"]
    ]
    manifest = desk.do("register-transfer", licenseNumber=MOVER, templateId=template["templateId"])
    hands.attest(
        "Hal", action, done_at=now().isoformat(), manifest_number=manifest["manifestNumber"]
    )
    hands.press("Fay", f"{place}load/", loaded_labels=[label], seal_number="S-1")
    (delivery,) = manifest["deliveryIds"]
    desk.do("depart", deliveryId=delivery)
    desk.do(
        "receive",
        licenseNumber=receiver,
        deliveryId=delivery,
        packages=[{"label": label, "receivedQuantity": quantity}],
    )
