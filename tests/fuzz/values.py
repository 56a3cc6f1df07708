"""What a field of a write may be given: something the world knows, or something nobody would say."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from metrc_simulator.documents import pdf_base64
from metrc_simulator.engine import Engine
from metrc_simulator.records import Query, Record

ROWS_KNOWN_AT_MOST = 400
_GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_PDF = pdf_base64("Sheet", ["Keep cool and dry."])
JUNK: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x" * 5_000,
    "Ωß漢字\u0000\u202e",
    "1A4060300000001000000001",
    "'; DROP TABLE packages; --",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
    0,
    -1,
    1,
    2**31,
    2**63,
    10**40,
    0.1,
    -0.0,
    1e308,
    1e-308,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    [{"Id": 1}],
    {"Id": {"Id": None}},
    ["x"] * 11,
)
# The kind of row that the ids of a room's writes are of, the longest beginning first.
_KIND_OF_A_PATH = (
    ("/items/v2/brand", "brands"),
    ("/items/v2", "items"),
    ("/locations/v2", "locations"),
    ("/sublocations/v2", "sublocations"),
    ("/packages/v2", "packages"),
    ("/transfers/v2/templates", "templates"),
    ("/transfers/v2", "transfers"),
    ("/transporters/v2/drivers", "drivers"),
    ("/transporters/v2/vehicles", "vehicles"),
    ("/processing/v2/jobtypes", "job_types"),
    ("/processing/v2", "processing_jobs"),
    ("/strains/v2", "strains"),
    ("/harvests/v2/waste", "harvest_waste"),
    ("/harvests/v2", "harvests"),
    ("/plantbatches/v2", "plant_batches"),
    ("/plants/v2", "plants"),
    ("/sales/v2/deliveries/retailer", "retailer_deliveries"),
    ("/sales/v2/deliveries", "sales_deliveries"),
    ("/sales/v2/receipts", "receipts"),
    ("/additivestemplates/v2", "additives_templates"),
    ("/patients/v2", "patients"),
    ("/patient-checkins/v2", "patient_checkins"),
    ("/webhooks/v2", "webhooks"),
)
# Fields that name a row by its label: the kind, and the list it should stand in.
_LABEL_OF = {
    "Label": "packages",
    "PackageLabel": "packages",
    "packageLabels": "packages",
    "AcceptedPackages": "packages",
    "Package": "packages",
    "Item": "items",
    "ItemName": "items",
    "ItemBrand": "brands",
    "Location": "locations",
    "LocationName": "locations",
    "DryingLocation": "locations",
    "NewLocation": "locations",
    "Sublocation": "sublocations",
    "SublocationName": "sublocations",
    "NewSublocation": "sublocations",
    "Strain": "strains",
    "StrainName": "strains",
    "StrainLabel": "strains",
    "PlantBatch": "plant_batches",
    "PlantBatchName": "plant_batches",
    "Group": "plant_batches",
    "HarvestName": "harvests",
    "OldName": "harvests",
    "Plant": "plants",
    "PlantLabel": "plants",
    "PlantLabels": "plants",
    "PlantTags": "plants",
    "SourcePlantLabel": "plants",
    "TargetPlantGroupLabel": "plants",
    "SourcePlantGroupLabel": "plants",
    "JobType": "job_types",
    "JobName": "processing_jobs",
    "AdditivesTemplateName": "additives_templates",
    "PatientLicenseNumber": "patients",
    "CaregiverLicenseNumber": "caregivers",
}
_TAGS = {
    "Tag": "package",
    "PackageTag": "package",
    "NewTag": "plant",
    "StartingTag": "plant",
    "TagLabel": "plant",
    "GroupName": "plant",
    "NewGroup": "plant",
}
_ID_OF = {
    "HarvestId": "harvests",
    "TagId": "tags",
    "StrainId": "strains",
    "TransferTemplateId": "templates",
    "TransferId": "transfers",
    "ShipmentDeliveryId": "deliveries",
    "TransferDestinationId": "template_deliveries",
    "RetailerDeliveryId": "retailer_deliveries",
    "LabTestResultId": "lab_results",
    "ProcessingJobTypeId": "job_types",
}
_WORDS: dict[str, tuple[Any, ...]] = {
    "Type": ("Seed", "Clone"),
    "PlantBatchType": ("Seed", "Clone"),
    "GrowthPhase": ("Vegetative", "Flowering"),
    "TagType": ("Cannabis Package", "Cannabis Plant"),
    "TransporterDirection": ("Outbound", "Return"),
    "AdditiveType": ("Fertilizer", "Pesticide"),
    "TestingStatus": ("None", "InHouse", "ThirdParty"),
    "WasteType": ("Fibrous", "MaterialCulled"),
    "status": ("Active", "Inactive"),
    "DocumentFileName": ("result.pdf",),
    "DocumentFileBase64": (_PDF,),
    "FileName": ("cart.gif", "sheet.pdf"),
    "EncodedImageBase64": (_GIF, _PDF),
    "RecipientAddressState": ("CA",),
    "RecipientAddressPostalCode": ("93940",),
    "EmployeeId": ("1",),
    "DriverEmployeeId": ("1",),
    "IndicaPercentage": (40,),
    "SativaPercentage": (60,),
    "CheckInLocationId": (1,),
    "PatientRegistrationLocationId": (1,),
    "LicenseEffectiveStartDate": ("2026-01-01",),
    "LicenseEffectiveEndDate": ("2027-12-31",),
    "FlowerOuncesAllowed": (None, 8),
    "ThcOuncesAllowed": (None, 8),
    "ConcentrateOuncesAllowed": (None, 8),
    "InfusedOuncesAllowed": (None, 8),
    "RecipientZoneId": (None,),
    "ProductImageFileSystemIds": (None,),
    "LabelImageFileSystemIds": (None,),
    "PackagingImageFileSystemIds": (None,),
    "ProductPDFFileSystemIds": (None,),
    "FilterBy": ("Name", "Category", "UnitOfMeasure"),
    "FilterValue": ("Distillate", "Grams"),
    "QrUrls": ("https://id.1a4.com/3W5E00000AB12", "https://id.1a4.com/3W5E00000CD34"),
    "url": ("http://127.0.0.1:9/hook",),
}
# Lists whose rows are over and done with.
_ENDED = {"inactive", "used", "voided", "archived", "mother_inactive"}
# Fields whose words stand in a block of the profile.
_BLOCKS = {
    "LocationTypeName": "location_types",
    "ItemCategory": "item_categories",
    "AdjustmentReason": "adjust_reasons",
    "TransferTypeName": "transfer_types",
    "WasteMethodName": "waste_methods",
    "WasteReasonName": "plant_waste_reasons",
    "ReasonName": "plant_waste_reasons",
    "SalesCustomerType": "customer_types",
    "PaymentType": "payment_types",
    "ReturnReason": "delivery_return_reasons",
    "AdjustReason": "adjust_reasons",
}


class Knowledge:
    """What the world holds, looked up again now and then, for values that may well be right."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self.engine = engine
        self.chance = chance
        self._rows: dict[tuple[str, str], list[Record]] = {}

    def forget(self) -> None:
        """Look everything up anew from now on."""
        self._rows.clear()

    def rows(self, kind: str, license_number: str) -> list[Record]:
        """Return rows of a kind in a licence, the newest ones and the listed ones."""
        key = (kind, license_number)
        if key not in self._rows:
            found = self.engine.store.select(Query(kind, license_number))
            if not found:
                found = self.engine.store.select(Query(kind))
            live = [row for row in found if row.list_name not in _ENDED and row.mark != "hold"]
            self._rows[key] = (live or found)[-ROWS_KNOWN_AT_MOST:]
        return self._rows[key]

    def value(self, path: str, name: str, kind: str, license_number: str) -> Any:
        """Return a value for a field that may be right: by its name, else by its type."""
        field = name.rpartition(".")[2].removesuffix("[]")
        if _WORDS.get(field) == (None,):
            return None
        found = self._known(path, field, license_number)
        if found is None:
            found = self._of_type(field, kind)
        is_list = kind.startswith("array")
        return [found] if is_list and not isinstance(found, list) else found

    def row_id(self, path: str, license_number: str) -> int:
        """Return the id of a row that the path's writes are about."""
        kind = next((one for start, one in _KIND_OF_A_PATH if path.startswith(start)), "packages")
        rows = self.rows(kind, license_number)
        return self._one_of(rows).id if rows else 1

    def _one_of(self, rows: list[Record]) -> Record:
        """Return a row, one of the newest half the time: those can still be worked with."""
        return self.chance.choice(rows[-3:] if self.chance.random() < 0.5 else rows)

    def _known(self, path: str, field: str, license_number: str) -> Any:
        for source in (self._from_tags, self._from_rows, self._from_profile):
            found = source(path, field, license_number)
            if found is not None:
                return found
        return None

    def _from_tags(self, path: str, field: str, license_number: str) -> Any:
        if field not in _TAGS:
            return None
        tags = [one for one in self.rows("tags", license_number) if one.mark == _TAGS[field]]
        return self.chance.choice(tags).body["Label"] if tags else None

    def _from_rows(self, path: str, field: str, license_number: str) -> Any:
        if field == "Id":
            return self.row_id(path, license_number)
        is_of_plants = path.startswith("/plants/") and field == "Label"
        is_named = path.startswith(("/plantbatches/", "/harvests/")) and field == "Name"
        kind = "plants" if is_of_plants else _LABEL_OF.get(field, "")
        if is_named:
            kind = "plant_batches" if path.startswith("/plantbatches/") else "harvests"
        if kind:
            rows = self.rows(kind, license_number)
            return _label(self._one_of(rows)) if rows else None
        if field in _ID_OF:
            rows = self.rows(_ID_OF[field], license_number)
            return self._one_of(rows).id if rows else None
        if field in {"RecipientLicenseNumber", "TransporterFacilityLicenseNumber"}:
            return self.chance.choice(self.rows("facilities", "")).license_number
        return None

    def _from_profile(self, path: str, field: str, license_number: str) -> Any:
        profile = self.engine.profile
        if "Unit" in field and ("Measure" in field or field == "UnitOfWeight"):
            return self.chance.choice(("Grams", "Grams", "Grams", "Each", "Milliliters"))
        if field in {"Category", "CategoryName"}:
            return self.chance.choice(profile.rows("job_types"))["category"]
        if field == "LabTestTypeName":
            return self.chance.choice(profile.lab_tests)["name"]
        if field == "RequiredLabTestBatches":
            return [self.chance.choice(profile.batches())]
        if field in _BLOCKS:
            block = profile.data.get(_BLOCKS[field], {}).get("rows", [])
            names = [one["name"] if isinstance(one, dict) else one for one in block]
            return self.chance.choice(names) if names else None
        return self.chance.choice(_WORDS[field]) if field in _WORDS else None

    def _of_type(self, field: str, kind: str) -> Any:
        now = datetime.now(UTC)
        makers: dict[str, Callable[[], Any]] = {
            "integer": lambda: self.chance.randrange(1, 5),
            "number": lambda: self.chance.choice((0, self.chance.randrange(1, 80) / 4)),
            "boolean": lambda: self.chance.random() < 0.5,
            "date": lambda: (now - timedelta(days=self.chance.randrange(3))).date().isoformat(),
            "datetime": lambda: (now - timedelta(hours=self.chance.randrange(60))).isoformat(),
        }
        base = kind.removeprefix("array<").rstrip(">")
        return makers.get(base, lambda: f"{field} {self.chance.randrange(1_000)}")()


def _label(row: Record) -> str:
    shown = row.body.get("Label") or row.body.get("Name") or row.body.get("LicenseNumber")
    return str(shown or row.label)
