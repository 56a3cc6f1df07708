"""Receipts: what is sold leaves its package, and comes back when the sale is undone."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import MFG, TODAY, Metrc
from tests.simulator.farm import SHOP, done, ids, one, refusal
from tests.simulator.shop import jar, left, line, receipt

PATH = "/sales/v2/receipts"


def listed(metrc: Metrc, list_name: str, **window: Any) -> list[str]:
    answer = metrc.get(f"{PATH}/{list_name}", "Ira", SHOP, **window)
    assert answer.status_code == 200, answer.text
    return [row["ExternalReceiptNumber"] for row in answer.json()["Data"]]


def test_a_receipt_takes_each_transaction_out_of_its_package(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    lines = (line(first, 3.5), line(second, 0.5, "Ounces", TotalAmount=90))
    number = ids(metrc.post(PATH, "Ira", SHOP, receipt(*lines)))[0]
    assert (left(metrc, first), left(metrc, second)) == (96.5, 85.8252)
    row = one(metrc, f"{PATH}/{number}", "Ira", SHOP)
    assert (row["TotalPackages"], row["TotalPrice"]) == (2, 99.99)
    assert row["SalesDateTime"] == f"{TODAY}T16:44:53.000"
    assert row["RecordedByUserName"] == "Ira"
    assert [sold["QuantitySold"] for sold in row["Transactions"]] == [3.5, 0.5]
    assert one(metrc, f"{PATH}/external/abc-1234", "Ira", SHOP) == row
    assert metrc.get(f"{PATH}/external/nobody", "Ira", SHOP).status_code == 401


def test_a_sale_that_cannot_be_is_refused_and_nothing_is_taken(metrc: Metrc) -> None:
    label = jar(metrc)
    for body, sentence in (
        (receipt(line(label, 101)), f"Package {label} does not have enough quantity"),
        (receipt(line(label, 0)), "Quantity must be greater than zero."),
        (receipt(line(label, 1), line(label, 1)), f"Package {label} was specified more than once."),
        (receipt(line(label, 1, "Each")), "Unit of Measure Each cannot be converted to Grams."),
        (receipt(line(label, 1, TotalAmount=-1)), "TotalAmount must not be below zero."),
        (receipt(line(label, 1, Price="cheap")), "Price is not valid."),
        (receipt(), "Transactions were not specified."),
        (receipt(line(label, 1), SalesDateTime="noon"), "SalesDateTime is not a valid date"),
        (receipt(line(label, 1), SalesCustomerType="Ghost"), 'Sales Customer Type "Ghost"'),
        (receipt(line(label, 1), SalesCustomerType="Caregiver"), "This Facility cannot sell to"),
        (
            receipt(line(label, 1), PatientRegistrationLocationId=9),
            "PatientRegistrationLocationId 9",
        ),
    ):
        assert refusal(metrc.post(PATH, "Ira", SHOP, body)).startswith(sentence)
    both = metrc.post(PATH, "Ira", SHOP, receipt(line(label, 1)), receipt(line("nobody", 1)))
    assert both.json()[0]["row"] == 1
    assert left(metrc, label) == 100
    assert listed(metrc, "active") == []


def test_a_replaced_receipt_gives_back_what_it_sold_before(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, receipt(line(first, 60))))[0]
    body = receipt(line(first, 90), line(second, 1), Id=number, ExternalReceiptNumber="B")
    done(metrc.put(PATH, "Ira", SHOP, body))
    assert (left(metrc, first), left(metrc, second)) == (10, 99)
    assert listed(metrc, "active") == ["B"]
    answer = metrc.put(PATH, "Ira", SHOP, receipt(line(first, 101), Id=number))
    assert refusal(answer).startswith(f"Package {first} does not have enough quantity: 100.0")
    assert (left(metrc, first), left(metrc, second)) == (10, 99)


def test_a_final_receipt_is_inactive_and_cannot_be_changed(metrc: Metrc) -> None:
    label = jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, receipt(line(label, 10))))[0]
    done(metrc.put(f"{PATH}/finalize", "Ira", SHOP, {"Id": number}))
    assert (listed(metrc, "active"), listed(metrc, "inactive")) == ([], ["ABC-1234"])
    for answer in (
        metrc.put(PATH, "Ira", SHOP, receipt(line(label, 1), Id=number)),
        metrc.put(f"{PATH}/finalize", "Ira", SHOP, {"Id": number}),
        metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP),
    ):
        assert refusal(answer) == "Receipt 0000000001 is final."
    done(metrc.put(f"{PATH}/unfinalize", "Ira", SHOP, {"Id": number}))
    answer = metrc.put(f"{PATH}/unfinalize", "Ira", SHOP, {"Id": number})
    assert refusal(answer) == "Receipt 0000000001 is not final."
    assert listed(metrc, "active") == ["ABC-1234"]


def test_an_archived_receipt_gives_everything_back_once(metrc: Metrc) -> None:
    label = jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, receipt(line(label, 10))))[0]
    done(metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP))
    assert left(metrc, label) == 100
    assert one(metrc, f"{PATH}/{number}", "Ira", SHOP)["ArchivedDate"] is not None
    assert listed(metrc, "inactive") == ["ABC-1234"]
    assert metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP).status_code == 401
    assert left(metrc, label) == 100


def test_receipts_are_found_by_the_time_of_the_sale_or_of_the_change_not_both(
    metrc: Metrc,
) -> None:
    label = jar(metrc)
    for number, day in (("old", "2025-01-02"), ("new", "2026-11-20")):
        body = receipt(
            line(label, 1), SalesDateTime=f"{day}T10:00:00", ExternalReceiptNumber=number
        )
        ids(metrc.post(PATH, "Ira", SHOP, body))
    assert listed(metrc, "active", salesDateStart="2025-01-01", salesDateEnd="2025-02-01") == [
        "old"
    ]
    assert listed(metrc, "active", salesDateStart="2025-02-01") == ["new"]
    assert sorted(listed(metrc, "active")) == ["new", "old"]
    assert listed(metrc, "active", salesDateStart="2025-01-01", pageSize=1, pageNumber=2) == ["old"]
    answer = metrc.get(
        f"{PATH}/active", "Ira", SHOP, salesDateStart="2025-01-01", lastModifiedStart="2025-01-01"
    )
    assert answer.status_code == 400
    assert metrc.get(f"{PATH}/active", "Ira", SHOP, salesDateStart="soon").status_code == 400


def test_selling_needs_the_permission_and_a_facility_that_sells(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 50)
    assert metrc.post(PATH, "Gil", SHOP, receipt(line(label, 1))).status_code == 401
    body = receipt(line(label, 1))
    assert metrc.post(PATH, "Seller", MFG, body).status_code == 401
    assert metrc.package(label)["Quantity"] == 50
