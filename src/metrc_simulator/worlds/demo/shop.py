"""The neighbor's shop in the demo: patients, receipts, deliveries, and a vehicle on its round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from metrc_simulator.act import Act
from metrc_simulator.laws.packages import keep, set_state
from metrc_simulator.laws.patients import checkins, members
from metrc_simulator.laws.patients.standing import register_caregiver
from metrc_simulator.laws.sales import deliveries, hub, receipts, retailer_deliveries
from metrc_simulator.worlds.demo import roads
from metrc_simulator.worlds.demo.diary import SHOP, Diary

_PATIENT = "P-0001001"
_VEHICLE = {
    "DriverEmployeeId": "EMP-00016",
    "DriverName": "Ira",
    "DriversLicenseNumber": "D5550001",
    "VehicleMake": "Ford",
    "VehicleModel": "Focus",
    "VehicleLicensePlateNumber": "7DEF890",
}
_ADDRESS = {
    "SalesCustomerType": "Consumer",
    "RecipientAddressStreet1": "12 Pine Street",
    "RecipientAddressCity": "Monterey",
    "RecipientAddressState": "CA",
    "RecipientAddressPostalCode": "93940",
}


class Shop:
    """What the shop has so far: two jars of flower that passed their tests."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self._jars: list[str] = []

    def steps(self) -> Iterator[tuple[int, str, Callable[[], None]]]:
        """Yield days ago, hour and act of each step before today."""
        yield 20, "10:20", self._open
        yield 6, "11:20", self._sell_to_patient

    def _act(self) -> Act:
        return self._diary.act(SHOP, "Ira")

    def _open(self) -> None:
        for _ in range(2):
            label = roads.stock(self._diary, SHOP, "Blue Dream Flower", "2000", "NF-001")
            act = self._diary.act(SHOP, "METRC")
            package = act.package(label)
            set_state(act, package, "TestPassed")
            keep(act, package)
            self._jars.append(label)
        for number in (_PATIENT, "P-0001002"):
            members.add_patient(self._act(), self._patient(number))
        register_caregiver(self._diary.act(SHOP, "METRC"), "CG-0000501", [_PATIENT])

    def _patient(self, number: str) -> dict[str, Any]:
        return {
            "LicenseNumber": number,
            "LicenseEffectiveStartDate": "2026-01-01",
            "LicenseEffectiveEndDate": "2027-12-31",
            "RecommendedPlants": 6,
            "RecommendedSmokableQuantity": 2,
            "FlowerOuncesAllowed": "8",
            "ConcentrateOuncesAllowed": "1",
            "ActualDate": self._diary.day,
        }

    def _sell_to_patient(self) -> None:
        number = self._receipt(
            "R-1001", 28, SalesCustomerType="Patient", PatientLicenseNumber=_PATIENT
        )
        receipts.finalize(self._act(), {"Id": number})
        checkins.record_checkin(self._act(), self._checkin())

    def _checkin(self) -> dict[str, Any]:
        return {
            "PatientLicenseNumber": _PATIENT,
            "CheckInLocationId": 1,
            "RegistrationStartDate": "2026-01-01",
            "RegistrationExpiryDate": "2027-12-31",
            "CheckInDate": self._diary.day,
        }

    def _receipt(self, number: str, grams: int, **more: Any) -> int:
        return receipts.record_receipt(
            self._act(),
            {
                "SalesDateTime": self._diary.local(),
                "ExternalReceiptNumber": number,
                "SalesCustomerType": "Consumer",
                "Transactions": [self._line(grams)],
                **more,
            },
        )

    def _line(self, grams: int, jar: int = 0) -> dict[str, Any]:
        return {
            "PackageLabel": self._jars[jar],
            "Quantity": grams,
            "UnitOfMeasure": "Grams",
            "TotalAmount": grams * 9,
        }

    def today(self) -> None:
        """Do a day's business, so that every list of the shop has a row of today."""
        self._receipt("R-1002", 4)
        receipts.finalize(self._act(), {"Id": self._receipt("R-1003", 7)})
        receipts.archive_receipt(self._act(), self._receipt("R-1004", 14))
        self._deliver()
        self._drive_round()
        checkins.record_checkin(self._act(), self._checkin())

    def _delivery(self, grams: int) -> int:
        return deliveries.record_delivery(
            self._act(),
            {
                "TransporterFacilityLicenseNumber": SHOP,
                "SalesDateTime": self._diary.local(),
                "PlannedRoute": "Down the hill and along the bay.",
                "Transactions": [self._line(grams)],
                **_VEHICLE,
                **_ADDRESS,
                **self._times(),
            },
        )

    def _times(self) -> dict[str, str]:
        return {
            "EstimatedDepartureDateTime": self._diary.local(timedelta(minutes=10)),
            "EstimatedArrivalDateTime": self._diary.local(timedelta(minutes=40)),
        }

    def _deliver(self) -> None:
        """One delivery is done, one stands accepted by the shop's own hub."""
        done = self._delivery(7)
        deliveries.complete_delivery(
            self._act(),
            {
                "Id": done,
                "ActualArrivalDateTime": self._diary.local(timedelta(minutes=35)),
                "PaymentType": "Cash",
                "AcceptedPackages": [self._jars[0]],
            },
        )
        hub.accept(self._act(), {"Id": self._delivery(14)})

    def _load(self, grams: int) -> dict[str, Any]:
        return {
            "PackageLabel": self._jars[1],
            "Quantity": grams,
            "UnitOfMeasure": "Grams",
            "TotalPrice": grams * 9,
        }

    def _vehicle(self, grams: int) -> int:
        stop = {
            "Transactions": [self._line(28, jar=1)],
            "EstimatedArrivalDateTime": self._diary.local(timedelta(minutes=40)),
            **_ADDRESS,
        }
        number = retailer_deliveries.record(
            self._act(),
            {
                "DateTime": self._diary.local(),
                "EstimatedDepartureDateTime": self._diary.local(timedelta(minutes=10)),
                "Destinations": [stop],
                "Packages": [self._load(grams)],
                **_VEHICLE,
            },
        )
        retailer_deliveries.depart(self._act(), {"RetailerDeliveryId": number})
        return number

    def _drive_round(self) -> None:
        """One round is over, another is under way."""
        retailer_deliveries.end(
            self._act(),
            {
                "RetailerDeliveryId": self._vehicle(112),
                "ActualArrivalDateTime": self._diary.local(timedelta(hours=1)),
                "Packages": [
                    {"Label": self._jars[1], "EndQuantity": 84, "EndUnitOfMeasure": "Grams"}
                ],
            },
        )
        self._vehicle(140)
