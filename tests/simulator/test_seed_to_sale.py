"""One seed's way: planted, tagged, harvested, tested, packed, driven to a shop, sold."""

from __future__ import annotations

from tests.simulator import farm
from tests.simulator.conftest import LAB, TODAY, Metrc
from tests.simulator.farm import FARM, SHOP, ids, one


def test_a_seed_becomes_a_plant_a_harvest_a_package_and_a_sale(metrc: Metrc) -> None:
    number = farm.harvest(metrc, 900, 1100)
    tags = metrc.tags("Gil", FARM)
    sample = farm.packing(tags[0], (number, 20))
    ids(metrc.post("/harvests/v2/packages/testing", "Gil", FARM, sample))
    assert one(metrc, f"/harvests/v2/{number}")["LabTestingState"] == "SubmittedForTesting"
    farm.drive(metrc, tags[0], LAB)
    metrc.desk("record-results", licenseNumber=LAB, label=tags[0], passed=True, release=True)
    assert one(metrc, f"/harvests/v2/{number}")["LabTestingState"] == "TestPassed"

    ids(metrc.post("/harvests/v2/packages", "Gil", FARM, farm.packing(tags[1], (number, 500))))
    packed = one(metrc, f"/packages/v2/{tags[1]}")
    assert (packed["LabTestingState"], packed["SourceHarvestNames"]) == ("TestPassed", "Spring")
    farm.drive(metrc, tags[1], SHOP)
    receipt = {
        "SalesDateTime": f"{TODAY}T10:00:00.000",
        "ExternalReceiptNumber": "A-1",
        "SalesCustomerType": "Consumer",
        "Transactions": [
            {
                "PackageLabel": tags[1],
                "Quantity": 3.5,
                "UnitOfMeasure": "Grams",
                "TotalAmount": 35,
            }
        ],
    }
    sale = ids(metrc.post("/sales/v2/receipts", "Ira", SHOP, receipt))[0]

    assert one(metrc, f"/packages/v2/{tags[1]}", "Ira", SHOP)["Quantity"] == 496.5
    assert one(metrc, f"/sales/v2/receipts/{sale}", "Ira", SHOP)["TotalPrice"] == 35
    path = f"/packages/v2/{packed['Id']}/source/harvests"
    grown = metrc.get(path, "Ira", SHOP).json()
    assert [(row["Name"], row["HarvestedByFacilityLicenseNumber"]) for row in grown] == [
        ("Spring", FARM)
    ]
    left = one(metrc, f"/harvests/v2/{number}")
    assert (left["TotalWetWeight"], left["CurrentWeight"]) == (2000, 1480)
