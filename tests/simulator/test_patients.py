"""Patients: members of a shop, their check-ins, and what the state says of them."""

from __future__ import annotations

from typing import Any

from tests.simulator import shop
from tests.simulator.conftest import R1, TODAY, Metrc
from tests.simulator.farm import SHOP, done, ids, one, refusal, rows

PATH = "/patients/v2"
CHECKINS = "/patient-checkins/v2/"


def patient(number: str = "P-1", **more: Any) -> dict[str, Any]:
    return {
        "LicenseNumber": number,
        "LicenseEffectiveStartDate": "2026-01-01",
        "LicenseEffectiveEndDate": "2099-12-31",
        "RecommendedPlants": 6,
        "RecommendedSmokableQuantity": 2.0,
        "FlowerOuncesAllowed": "1.5",
        "HasSalesLimitExemption": False,
        "ActualDate": TODAY,
        **more,
    }


def members(metrc: Metrc) -> list[str]:
    found = rows(metrc, f"{PATH}/active", "Ira", SHOP)
    return sorted(row["LicenseNumber"] for row in found)


def test_a_patient_is_a_member_once_until_removed(metrc: Metrc) -> None:
    number = ids(metrc.post(f"{PATH}/", "Ira", SHOP, patient()))[0]
    row = one(metrc, f"{PATH}/{number}", "Ira", SHOP)
    assert (row["PatientId"], row["RegistrationDate"]) == (number, TODAY)
    assert (row["RecommendedPlants"], row["OtherFacilitiesCount"]) == (6, 0)
    answer = metrc.post(f"{PATH}/", "Ira", SHOP, patient("p-1"))
    assert refusal(answer) == "Patient p-1 already exists in the current Facility."
    done(metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP))
    assert members(metrc) == []
    assert metrc.call("DELETE", f"{PATH}/{number}", "Ira", SHOP).status_code == 401
    ids(metrc.post(f"{PATH}/", "Ira", SHOP, patient()))
    assert members(metrc) == ["P-1"]


def test_a_patient_is_replaced_by_licence_number_and_may_get_a_new_one(metrc: Metrc) -> None:
    for number in ("P-1", "P-2"):
        ids(metrc.post(f"{PATH}/", "Ira", SHOP, patient(number)))
    body = patient("P-1", NewLicenseNumber="P-3", RecommendedPlants=7)
    done(metrc.put(f"{PATH}/", "Ira", SHOP, body))
    assert members(metrc) == ["P-2", "P-3"]
    assert refusal(metrc.put(f"{PATH}/", "Ira", SHOP, body)).startswith("Patient P-1 does not")
    taken = patient("P-2", NewLicenseNumber="p-3")
    assert refusal(metrc.put(f"{PATH}/", "Ira", SHOP, taken)).startswith("Patient p-3 already")
    for field, wrong, sentence in (
        ("LicenseEffectiveEndDate", "2025-01-01", "LicenseEffectiveEndDate is before"),
        ("RecommendedPlants", 1.5, "RecommendedPlants must be a whole number."),
        ("FlowerOuncesAllowed", "some", "FlowerOuncesAllowed is not valid."),
        ("FlowerOuncesAllowed", "NaN", "FlowerOuncesAllowed is not valid."),
        ("FlowerOuncesAllowed", "1E+99999", "FlowerOuncesAllowed is too large."),
    ):
        answer = metrc.put(f"{PATH}/", "Ira", SHOP, patient("P-2", **{field: wrong}))
        assert refusal(answer).startswith(sentence)


def test_the_state_counts_what_a_patient_bought_against_the_allowance(metrc: Metrc) -> None:
    ids(metrc.post(f"{PATH}/", "Ira", SHOP, patient()))
    label = shop.jar(metrc)
    bought = {"SalesCustomerType": "Patient", "PatientLicenseNumber": "P-1"}
    sale = shop.receipt(shop.line(label, 0.5, "Ounces"), **bought)
    number = ids(metrc.post("/sales/v2/receipts", "Ira", SHOP, sale))[0]
    old = shop.receipt(shop.line(label, 1), SalesDateTime="2026-01-02T10:00:00", **bought)
    ids(metrc.post("/sales/v2/receipts", "Ira", SHOP, old))

    def flower() -> tuple[float, float, float]:
        row = metrc.get(f"{PATH}/statuses/p-1", "Ira", SHOP).json()[0]
        assert (row["PatientLicenseNumber"], row["Active"]) == ("P-1", True)
        kinds = ("Allowed", "Purchased", "Available")
        first, second, third = (row[f"FlowerOunces{kind}"] for kind in kinds)
        return first, second, third

    assert flower() == (1.5, 0.5, 1.0)
    done(metrc.call("DELETE", f"/sales/v2/receipts/{number}", "Ira", SHOP))
    assert flower() == (1.5, 0, 1.5)
    assert metrc.get(f"{PATH}/statuses/nobody", "Ira", SHOP).json() == []
    assert metrc.get("/caregivers/v2/status/nobody", "Ira", SHOP).status_code == 401


def test_the_number_of_other_facilities_follows_every_membership(metrc: Metrc) -> None:
    mine = ids(metrc.post(f"{PATH}/", "Ira", SHOP, patient()))[0]
    theirs = ids(metrc.post(f"{PATH}/", "Seller", R1, patient()))[0]
    assert one(metrc, f"{PATH}/{mine}", "Ira", SHOP)["OtherFacilitiesCount"] == 1
    assert one(metrc, f"{PATH}/{theirs}", "Seller", R1)["OtherFacilitiesCount"] == 1
    done(metrc.call("DELETE", f"{PATH}/{theirs}", "Seller", R1))
    assert one(metrc, f"{PATH}/{mine}", "Ira", SHOP)["OtherFacilitiesCount"] == 0
    assert metrc.get(f"{PATH}/{mine}", "Seller", R1).status_code == 401


def checkin(**more: Any) -> dict[str, Any]:
    return {
        "PatientLicenseNumber": "X100420",
        "CheckInLocationId": 1,
        "RegistrationStartDate": "2026-11-01",
        "RegistrationExpiryDate": "2027-10-31",
        "CheckInDate": "2026-11-06",
        **more,
    }


def test_checkins_are_listed_by_day_changed_and_archived(metrc: Metrc) -> None:
    later = checkin(CheckInDate="2026-11-09")
    done(metrc.post(CHECKINS, "Ira", SHOP, checkin(), later))
    window = {"checkinDateStart": "2026-11-07", "checkinDateEnd": "2026-11-09"}
    found = metrc.get(CHECKINS, "Ira", SHOP, **window).json()["Data"]
    assert [row["CheckInDate"] for row in found] == ["2026-11-09"]
    number = found[0]["Id"]
    done(metrc.put(CHECKINS, "Ira", SHOP, checkin(Id=number, PatientLicenseNumber="X2")))
    names = [row["PatientLicenseNumber"] for row in rows(metrc, CHECKINS, "Ira", SHOP)]
    assert sorted(names) == ["X100420", "X2"]
    done(metrc.call("DELETE", f"{CHECKINS}{number}", "Ira", SHOP))
    assert len(rows(metrc, CHECKINS, "Ira", SHOP)) == 1
    assert metrc.call("DELETE", f"{CHECKINS}{number}", "Ira", SHOP).status_code == 401
    for field, wrong, sentence in (
        ("CheckInLocationId", 2, "CheckInLocationId 2 is not valid."),
        ("RegistrationExpiryDate", "2026-10-01", "RegistrationExpiryDate is before"),
        ("PatientLicenseNumber", None, "PatientLicenseNumber was not specified."),
    ):
        answer = metrc.post(CHECKINS, "Ira", SHOP, checkin(**{field: wrong}))
        assert refusal(answer).startswith(sentence)


def test_a_facility_without_member_patients_answers_401(metrc: Metrc) -> None:
    other = "C10-9990002-LIC"
    assert metrc.get(f"{PATH}/active", "Seller", other).status_code == 401
    assert metrc.post(CHECKINS, "Seller", other, checkin()).status_code == 401
    assert metrc.get(f"{PATH}/active", "Seller", R1).status_code == 200
