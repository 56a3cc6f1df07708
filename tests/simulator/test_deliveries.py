"""Deliveries: by the shop, by a hub, and from a vehicle that sells on its way."""

from __future__ import annotations

from typing import Any

import httpx

from tests.simulator.conftest import TODAY, Metrc
from tests.simulator.farm import SHOP, done, ids, one, refusal, rows
from tests.simulator.shop import ADDRESS, TIMES, VEHICLE, delivery, jar, left, line

PATH = "/sales/v2/deliveries"
ROUND = f"{PATH}/retailer"


def listed(metrc: Metrc, path: str) -> list[int]:
    return [row["Id"] for row in rows(metrc, path, "Ira", SHOP)]


def completing(number: int, accepted: list[str], **returned: float) -> dict[str, Any]:
    return {
        "Id": number,
        "ActualArrivalDateTime": f"{TODAY}T13:00:00.000",
        "PaymentType": "Cash",
        "AcceptedPackages": accepted,
        "ReturnedPackages": [
            {
                "Label": label,
                "ReturnQuantityVerified": quantity,
                "ReturnUnitOfMeasure": "Grams",
                "ReturnReason": "Spoilage",
                "ReturnReasonNote": "",
            }
            for label, quantity in returned.items()
        ],
    }


def test_a_delivery_takes_its_goods_and_what_is_returned_comes_back(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, delivery(line(first, 10), line(second, 20))))[0]
    assert (left(metrc, first), left(metrc, second)) == (90, 80)
    assert listed(metrc, f"{PATH}/active") == [number]
    for body, sentence in (
        (completing(number, [first]), "Delivery 0000000001 has the packages"),
        (completing(number, [first, second], **{second: 1}), "Delivery 0000000001 has the"),
        (completing(number, [first], **{second: 20.5}), f"Package {second} cannot return 20.5"),
        (completing(number, [first, second]) | {"PaymentType": "Shells"}, 'Payment Type "Shells"'),
    ):
        assert refusal(metrc.put(f"{PATH}/complete", "Ira", SHOP, body)).startswith(sentence)
    assert left(metrc, second) == 80
    done(metrc.put(f"{PATH}/complete", "Ira", SHOP, completing(number, [first], **{second: 15})))
    assert (left(metrc, first), left(metrc, second)) == (90, 95)
    row = one(metrc, f"{PATH}/{number}", "Ira", SHOP)
    assert (row["SalesDeliveryState"], row["ActualArrivalDateTime"][:10]) == ("Completed", TODAY)
    assert [sold["SalesDeliveryState"] for sold in row["Transactions"]] == ["Accepted", "Returned"]
    assert listed(metrc, f"{PATH}/inactive") == [number]
    assert refusal(metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP)).endswith("is not active.")


def test_a_delivery_is_replaced_until_it_left_and_voided_until_it_is_done(metrc: Metrc) -> None:
    label = jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, delivery(line(label, 10))))[0]
    done(metrc.put(PATH, "Ira", SHOP, delivery(line(label, 95), Id=number, RecipientZoneId="0001")))
    assert left(metrc, label) == 5
    assert one(metrc, f"{PATH}/{number}", "Ira", SHOP)["RecipientZoneId"] == 1
    done(metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP))
    assert left(metrc, label) == 100
    assert one(metrc, f"{PATH}/{number}", "Ira", SHOP)["VoidedDate"] is not None


def test_a_delivery_that_cannot_be_is_refused_with_its_field(metrc: Metrc) -> None:
    label = jar(metrc)
    early = f"{TODAY}T10:00:00.000"
    for field, wrong, sentence in (
        ("DriverEmployeeId", None, "DriverEmployeeId was not specified."),
        ("RecipientAddressCity", " ", "RecipientAddressCity was not specified."),
        ("EstimatedArrivalDateTime", early, "EstimatedArrivalDateTime is before"),
        ("TransporterFacilityLicenseNumber", "X", "Facility X does not exist."),
        ("RecipientZoneId", "north", "RecipientZoneId was not specified."),
    ):
        body = delivery(line(label, 1), **{field: wrong})
        assert refusal(metrc.post(PATH, "Ira", SHOP, body)).startswith(sentence)
    assert left(metrc, label) == 100


def test_a_hub_accepts_before_it_departs_and_identifies(metrc: Metrc) -> None:
    label = jar(metrc)
    number = ids(metrc.post(PATH, "Ira", SHOP, delivery(line(label, 10))))[0]
    paid = {"Id": number, "PaymentType": "Cash"}
    for word in ("depart", "verifyID"):
        answer = metrc.put(f"{PATH}/hub/{word}", "Ira", SHOP, paid)
        assert refusal(answer) == "Delivery 0000000001 is not accepted by its hub."
    facility = metrc.get("/facilities/v2/", "Ira").json()[0]["FacilityId"]
    planned = {**VEHICLE, **TIMES, "PlannedRoute": "By the bay."}
    body = {"Id": number, "TransporterFacilityId": str(facility), **planned}
    done(metrc.put(f"{PATH}/hub", "Ira", SHOP, body))
    done(metrc.put(f"{PATH}/hub/accept", "Ira", SHOP, {"Id": number}))
    assert refusal(metrc.put(f"{PATH}/hub", "Ira", SHOP, body)).endswith("accepted by its hub.")
    for word in ("depart", "verifyID"):
        done(metrc.put(f"{PATH}/hub/{word}", "Ira", SHOP, paid))
    row = one(metrc, f"{PATH}/{number}", "Ira", SHOP)
    assert row["PlannedRoute"] == "By the bay."
    assert row["AcceptedDateTime"] < row["ActualDepartureDateTime"]
    answer = metrc.put(PATH, "Ira", SHOP, delivery(line(label, 1), Id=number))
    assert refusal(answer) == "Delivery 0000000001 has departed."


def test_only_the_hub_of_a_delivery_accepts_it(metrc: Metrc) -> None:
    label = jar(metrc)
    body = delivery(line(label, 10), TransporterFacilityLicenseNumber="C11-9990001-LIC")
    number = ids(metrc.post(PATH, "Ira", SHOP, body))[0]
    for wrong in (number, 7):
        answer = metrc.put(f"{PATH}/hub/accept", "Ira", SHOP, {"Id": wrong})
        assert (answer.status_code, answer.content) == (401, b"")


def loading(label: str, quantity: float, **more: Any) -> dict[str, Any]:
    return {
        "PackageLabel": label,
        "Quantity": quantity,
        "UnitOfMeasure": "Grams",
        "TotalPrice": quantity * 9,
        **more,
    }


def stop(*lines: dict[str, Any]) -> dict[str, Any]:
    return {**ADDRESS, **TIMES, "Transactions": list(lines)}


def round_of(*loads: dict[str, Any], stops: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "DateTime": f"{TODAY}T10:10:19.000",
        "EstimatedDepartureDateTime": TIMES["EstimatedDepartureDateTime"],
        "Destinations": list(stops),
        "Packages": list(loads),
        **VEHICLE,
        **more,
    }


def ending(number: int, **counted: float) -> dict[str, Any]:
    return {
        "RetailerDeliveryId": number,
        "ActualArrivalDateTime": f"{TODAY}T18:00:00.000",
        "Packages": [
            {"Label": label, "EndQuantity": quantity, "EndUnitOfMeasure": "Grams"}
            for label, quantity in counted.items()
        ],
    }


def aboard(metrc: Metrc, number: int) -> list[tuple[str, float]]:
    row = one(metrc, f"{ROUND}/{number}", "Ira", SHOP)
    return [(load["PackageLabel"], load["Quantity"]) for load in row["Packages"]]


def on_the_way(metrc: Metrc, number: int, *lines: dict[str, Any]) -> httpx.Response:
    body = {**stop(*lines), "RetailerDeliveryId": number, "SalesDateTime": f"{TODAY}T12:00:00"}
    return metrc.post(f"{ROUND}/sale", "Ira", SHOP, body)


def test_a_vehicle_sells_from_its_load_and_brings_home_the_rest(metrc: Metrc) -> None:
    label = jar(metrc)
    body = round_of(loading(label, 50), stops=(stop(line(label, 7)),))
    number = ids(metrc.post(ROUND, "Ira", SHOP, body))[0]
    assert (left(metrc, label), aboard(metrc, number)) == (50, [(label, 43)])
    assert one(metrc, f"/packages/v2/{label}", "Ira", SHOP)["IsOnRetailerDelivery"]
    assert refusal(on_the_way(metrc, number, line(label, 1))).endswith("has not departed.")
    done(metrc.post(f"{ROUND}/depart", "Ira", SHOP, {"RetailerDeliveryId": number}))
    assert refusal(on_the_way(metrc, number, line(label, 44))).endswith(", 44.0 needed.")
    ids(on_the_way(metrc, number, line(label, 3)))
    row = one(metrc, f"{ROUND}/{number}", "Ira", SHOP)
    assert (len(row["Destinations"]), row["TotalPriceSold"], row["Leg"]) == (2, 19.98, 1)
    assert refusal(metrc.post(f"{ROUND}/end", "Ira", SHOP, ending(number))).endswith(
        f"{label} is still on the vehicle."
    )
    answer = metrc.post(f"{ROUND}/end", "Ira", SHOP, ending(number, **{label: 41}))
    assert refusal(answer) == f"Package {label} cannot end with 41.0: 40.0 is left of it."
    ids(metrc.post(f"{ROUND}/end", "Ira", SHOP, ending(number, **{label: 39})))
    assert (left(metrc, label), aboard(metrc, number)) == (89, [(label, 0)])
    assert not one(metrc, f"/packages/v2/{label}", "Ira", SHOP)["IsOnRetailerDelivery"]
    assert (listed(metrc, f"{ROUND}/active"), listed(metrc, f"{ROUND}/inactive")) == ([], [number])
    assert "quantity missing" in metrc.applied()


def test_a_voided_round_gives_back_its_load_and_what_it_sold(metrc: Metrc) -> None:
    label = jar(metrc)
    body = round_of(loading(label, 50), stops=(stop(line(label, 7)),))
    number = ids(metrc.post(ROUND, "Ira", SHOP, body))[0]
    done(metrc.call("DELETE", f"{ROUND}/{number}", "Ira", SHOP))
    assert left(metrc, label) == 100
    row = one(metrc, f"{ROUND}/{number}", "Ira", SHOP)
    assert (row["VoidedDate"] is None, row["RetailerDeliveryState"]) == (False, "Voided")
    assert refusal(metrc.call("DELETE", f"{ROUND}/{number}", "Ira", SHOP)).endswith("not active.")


def test_a_round_is_loaded_anew_until_it_leaves(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    body = round_of(loading(first, 50), stops=(stop(line(first, 7)),))
    number = ids(metrc.post(ROUND, "Ira", SHOP, body))[0]
    ids(metrc.put(ROUND, "Ira", SHOP, round_of(loading(second, 30), Id=number)))
    assert (left(metrc, first), left(metrc, second)) == (100, 70)
    assert aboard(metrc, number) == [(second, 30)]
    assert not one(metrc, f"/packages/v2/{first}", "Ira", SHOP)["IsOnRetailerDelivery"]
    done(metrc.post(f"{ROUND}/depart", "Ira", SHOP, {"RetailerDeliveryId": number}))
    answer = metrc.put(ROUND, "Ira", SHOP, round_of(loading(first, 1), Id=number))
    assert refusal(answer) == "Retailer Delivery 0000000001 has departed."


def test_restocking_adds_packages_and_takes_them_off(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    number = ids(metrc.post(ROUND, "Ira", SHOP, round_of(loading(first, 50))))[0]
    done(metrc.post(f"{ROUND}/depart", "Ira", SHOP, {"RetailerDeliveryId": number}))
    body = {
        "RetailerDeliveryId": number,
        "DateTime": f"{TODAY}T14:00:00.000",
        "EstimatedDepartureDateTime": f"{TODAY}T15:00:00.000",
        "Packages": [loading(first, 1, RemoveCurrentPackage=True), loading(second, 20)],
    }
    ids(metrc.post(f"{ROUND}/restock", "Ira", SHOP, body))
    assert (left(metrc, first), left(metrc, second)) == (100, 80)
    assert aboard(metrc, number) == [(first, 0), (second, 20)]
    row = one(metrc, f"{ROUND}/{number}", "Ira", SHOP)
    assert (row["TotalPackages"], row["RestockDateTime"] is None) == (1, False)
    done(metrc.post(f"{ROUND}/depart", "Ira", SHOP, {"RetailerDeliveryId": number}))
    assert one(metrc, f"{ROUND}/{number}", "Ira", SHOP)["Leg"] == 2


def test_a_vehicle_sells_only_what_is_on_it(metrc: Metrc) -> None:
    first, second = jar(metrc), jar(metrc)
    body = round_of(loading(first, 50), stops=(stop(line(second, 7)),))
    answer = metrc.post(ROUND, "Ira", SHOP, body)
    assert refusal(answer).startswith(f"Package {second} has 0 on Retailer Delivery")
    assert (left(metrc, first), left(metrc, second)) == (100, 100)
    assert listed(metrc, f"{ROUND}/active") == []
