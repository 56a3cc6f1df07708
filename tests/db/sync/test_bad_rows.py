"""Rows of the wrong shape, feed by feed: each becomes a case, and its neighbours are stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import Item, Location, MetrcEmployee, ReferenceValue, Tag
from glassbox.models.companies import Facility
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.fields import TenantRow
from glassbox.models.lab import LabResult
from glassbox.models.packages import MetrcAdjustment, Package
from glassbox.models.transfers import Driver, Vehicle
from glassbox.operations.sync import adjustments, catalog, labs, packages
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.sync.catalog import Store
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.package_state import PackageList
from tests.builders import open_cases
from tests.cast import MFG, tag


def store(brand: Brand, now: datetime, feed: str, into: Store, *rows: Any) -> Batch:
    with short_transaction(brand.licenses[MFG]) as license:
        batch = Batch(
            actor=system_actor("sync"),
            license=license,
            feed=feed,
            rows=tuple(ReadRow(raw=raw, api_request_id=None) for raw in rows),
            now=now,
            is_first_walk=True,
            is_whole_list=True,
        )
        into(batch)
        return batch


PACKAGE = {
    "Id": 7,
    "Label": tag(1),
    "Quantity": Decimal("12.5"),
    "UnitOfMeasureName": "Grams",
    "Item": {"Name": "Crude Oil"},
    "LabTestingState": "NotSubmitted",
    "LastModified": "2026-11-20T10:00:00+00:00",
}
RESULT = {"LabTestResultId": 3, "TestTypeName": "Lead", "TestPassed": True, "TestResultLevel": 0}


def result_store(batch: Batch) -> None:
    labs.store_results(batch, tag(1))


# Feed, store, table, a good row, bad rows with a word that their case must say.
FEEDS: tuple[tuple[str, Store, type[TenantRow], Any, tuple[tuple[Any, str], ...]], ...] = (
    (
        "packages_active",
        packages.package_store(PackageList.ACTIVE),
        Package,
        PACKAGE,
        (
            (None, "NoneType"),
            ("text", "str"),
            ({**PACKAGE, "Label": None}, "no Label"),
            ({**PACKAGE, "Label": "x" * 41}, "characters"),
            ({**PACKAGE, "Label": tag(2), "Quantity": None}, "Quantity"),
            ({**PACKAGE, "Label": tag(2), "Quantity": "NaN"}, "Quantity"),
            ({**PACKAGE, "Label": tag(2), "Quantity": Decimal("1e17")}, tag(2)),
            ({**PACKAGE, "Label": tag(2), "UnitOfMeasureName": ""}, "UnitOfMeasureName"),
            ({**PACKAGE, "Label": tag(2), "UnitOfMeasureName": "Handfuls"}, "Handfuls"),
            ({**PACKAGE, "Label": tag(2), "IsOnHold": "yes"}, "IsOnHold"),
            ({**PACKAGE, "Label": tag(2), "IsOnRecall": 1}, "IsOnRecall"),
            ({**PACKAGE, "Label": tag(2), "LastModified": "soon"}, "LastModified"),
            ({**PACKAGE, "Label": tag(2), "LocationName": "\x00"}, tag(2)),
            ({**PACKAGE, "Label": tag(2), "Id": "seven"}, tag(2)),
        ),
    ),
    (
        "items",
        catalog.store_items,
        Item,
        {"Id": 1, "Name": "Crude Oil", "UnitOfMeasureName": "Grams"},
        (
            ({"Id": None, "Name": "Oil"}, "Oil has no Id"),
            ({"Id": 2, "Name": None}, "no Name"),
            ({"Id": 2, "Name": {"an": "object"}}, "no text"),
            ({"Id": 2, "Name": "x" * 201}, "201 characters"),
            ({"Id": 2, "Name": "Oil", "UnitOfMeasureName": ["g"]}, "UnitOfMeasureName"),
            ({"Id": 2**70, "Name": "Oil"}, "wrong kind"),
            ({"Id": 2, "Name": "Half \ud800"}, "wrong kind"),
        ),
    ),
    (
        "locations",
        catalog.store_locations,
        Location,
        {"Id": 1, "Name": "Vault"},
        (({"Id": True, "Name": "Room"}, "which is no id"), ([], "list")),
    ),
    (
        "employees",
        catalog.store_employees,
        MetrcEmployee,
        {"FullName": "Ana", "License": {"Number": "L1"}},
        (({"FullName": ""}, "FullName"), ({"FullName": "x" * 300}, "characters"), (5, "int")),
    ),
    (
        "drivers",
        catalog.store_drivers,
        Driver,
        {"Id": 1, "Name": "Gus", "EmployeeId": 17},
        (({"Name": "Gus"}, "no Id"), ({"Id": 2, "Name": "G", "EmployeeId": {}}, "EmployeeId")),
    ),
    (
        "vehicles",
        catalog.store_vehicles,
        Vehicle,
        {"Id": 1, "Make": "Ford", "Model": None, "LicensePlateNumber": "8ABC123"},
        (({"Make": "Ford"}, "no Id"), ({"Id": 2, "LicensePlateNumber": "x" * 21}, "21 char")),
    ),
    (
        "tags",
        catalog.store_tags,
        Tag,
        {"Label": tag(9)},
        (({"Label": None}, "no Label"), ({"Label": 5}, "no Label"), (None, "NoneType")),
    ),
    (
        "adjust_reason",
        catalog.reference_store("adjust_reason"),
        ReferenceValue,
        "Waste",
        (({"Name": None}, "no Name"), (7, "int"), ("x" * 300, "characters")),
    ),
    (
        "lab_results",
        result_store,
        LabResult,
        RESULT,
        (
            ({**RESULT, "LabTestResultId": None}, "LabTestResultId"),
            ({**RESULT, "TestTypeName": None}, "TestTypeName"),
            ({**RESULT, "TestTypeName": "Zinc", "TestPassed": None}, "TestPassed"),
            ({**RESULT, "TestTypeName": "Zinc", "TestResultLevel": "much"}, "TestResultLevel"),
        ),
    ),
    (
        "adjustments",
        adjustments.store_adjustments,
        MetrcAdjustment,
        {
            "PackageLabel": tag(1),
            "AdjustmentQuantity": -5,
            "AdjustmentUnitOfMeasureName": "Grams",
            "AdjustmentReasonName": "Waste",
        },
        (
            ({"PackageLabel": tag(1), "AdjustmentQuantity": None}, "AdjustmentQuantity"),
            ({"AdjustmentQuantity": 3}, "no Label"),
        ),
    ),
)
CASES = [
    pytest.param(feed, into, model, good, bad, says, id=f"{feed}-{number}")
    for feed, into, model, good, bads in FEEDS
    for number, (bad, says) in enumerate(bads)
]


@pytest.mark.parametrize(("feed", "into", "model", "good", "bad", "says"), CASES)
def test_a_bad_row_is_a_case_and_its_neighbours_are_stored(
    cast: Brand,
    frozen_now: datetime,
    feed: str,
    into: Store,
    model: type[TenantRow],
    good: Any,
    bad: Any,
    says: str,
) -> None:
    batch = store(cast, frozen_now, feed, into, bad, good)

    assert (batch.bad, batch.shows_absence) == (1, False)
    with short_transaction(cast.licenses[MFG]):
        assert model._default_manager.count() == 1
        (case,) = ExceptionCase.objects.all()
    assert (case.case_class, case.severity) == ("BAD_RECORD", "MEDIUM")
    assert says in case.what_happened


def test_a_case_closes_when_the_record_can_be_read_again_in_any_list(
    cast: Brand, frozen_now: datetime
) -> None:
    spoiled = {**PACKAGE, "Quantity": None}
    active = packages.package_store(PackageList.ACTIVE)
    inactive = packages.package_store(PackageList.INACTIVE)
    for _ in range(2):
        store(cast, frozen_now, "packages_active", active, spoiled)
    assert [key for _, key, _ in open_cases(cast.licenses[MFG])] == [
        f"bad-record:packages:{tag(1)}"
    ]

    store(cast, frozen_now, "packages_inactive", inactive, PACKAGE)

    assert open_cases(cast.licenses[MFG]) == []


def test_unknown_fields_and_nulls_are_kept_and_harm_nothing(
    cast: Brand, frozen_now: datetime
) -> None:
    nulls = dict.fromkeys(("Id", "Item", "LocationName", "LabTestingState", "LastModified"))
    row = {**PACKAGE, **nulls, "BrandNew": {"deep": [1, None]}}

    store(cast, frozen_now, "packages_active", packages.package_store(PackageList.ACTIVE), row)

    with short_transaction(cast.licenses[MFG]):
        (snapshot,) = Package.objects.get().snapshots.all()
    assert snapshot.raw["BrandNew"] == {"deep": [1, None]}
    assert (snapshot.quantity, snapshot.metrc_id, snapshot.lab_state) == (Decimal("12.5"), None, "")


def test_a_driver_goes_only_when_a_whole_list_without_a_bad_row_leaves_them_out(
    cast: Brand, frozen_now: datetime
) -> None:
    gus, hal = {"Id": 1, "Name": "Gus"}, {"Id": 2, "Name": "Hal"}
    later = frozen_now + timedelta(hours=1)
    store(cast, frozen_now, "drivers", catalog.store_drivers, gus, hal)

    def active() -> set[str]:
        with short_transaction(cast.licenses[MFG]):
            return set(Driver.objects.filter(is_active=True).values_list("name", flat=True))

    store(cast, later, "drivers", catalog.store_drivers, gus, {"Id": 2, "Name": None})
    assert active() == {"Gus", "Hal"}
    store(cast, later, "drivers", catalog.store_drivers, gus)
    assert active() == {"Gus"}


def test_a_facility_of_another_licence_is_not_taken_for_ours(
    cast: Brand, frozen_now: datetime
) -> None:
    row = {"License": {"Number": "C10-0000000-LIC"}, "Name": "Somebody else"}

    store(cast, frozen_now, "facility", catalog.store_facility, row)

    with short_transaction(cast.licenses[MFG]):
        assert not Facility.objects.exists()


def test_an_older_word_of_a_package_never_replaces_a_newer_one(
    cast: Brand, frozen_now: datetime
) -> None:
    active = packages.package_store(PackageList.ACTIVE)
    newer = {**PACKAGE, "Quantity": 3, "LastModified": "2026-11-21T10:00:00+00:00"}
    store(cast, frozen_now, "packages_active", active, newer)
    store(cast, frozen_now, "packages_active", active, PACKAGE)

    with short_transaction(cast.licenses[MFG]):
        (snapshot,) = Package.objects.get().snapshots.all()
    assert snapshot.quantity == 3
