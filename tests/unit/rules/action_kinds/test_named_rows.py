from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict
from glassbox.rules.action_kinds.reading import DeliveryPackageSeen, Reading, RowSeen
from glassbox.rules.action_kinds.registry import ACTION_KINDS
from glassbox.rules.action_kinds.templates import local_text
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
LOCATION = {"name": "Quarantine", "type_name": "Default Location Type"}
SHOWN = {"Name": "Quarantine", "LocationTypeName": "Default Location Type"}
CARTS = tag(301)
TEMPLATE: dict[str, Any] = {
    "name": "T-0001",
    "recipient_license_number": "C10-9990001-LIC",
    "transfer_type": "Wholesale Manifest",
    "transporter_license_number": "C11-9990001-LIC",
    "invoice_number": "INV-1",
    "planned_route": "I-5 south",
    "departs_at": "2026-11-06T17:00:00+00:00",
    "arrives_at": "2026-11-06T19:30:00+00:00",
    "time_zone": "America/Los_Angeles",
    "driver": {"name": "Gus", "employee_id": "E7", "drivers_license_number": "D123"},
    "vehicle": {"make": "Ford", "model": "Transit", "plate": "8ABC123"},
    "packages": [{"label": CARTS, "wholesale_price": "10350.00"}],
}
CREW_SHOWN = {"Name": "T-0001", "DriverName": "Gus", "VehicleLicensePlateNumber": "8ABC123"}


def rows(*found: RowSeen, whole: bool = True, carried: tuple[str, ...] | None = None) -> Reading:
    return Reading(
        read_at=AT,
        rows=found,
        rows_whole=whole,
        delivery_packages={
            label: DeliveryPackageSeen(label=label, shipment_state="Shipped")
            for label in carried or ()
        },
        delivery_whole=carried is not None,
    )


def row(metrc_id: int, name: str = "Quarantine", values: dict[str, str] | None = None) -> RowSeen:
    return RowSeen(metrc_id=metrc_id, name=name, values=values or SHOWN)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (rows(row(7)), ProbeVerdict.APPLIED),
        (rows(row(7, "QUARANTINE")), ProbeVerdict.APPLIED),
        (rows(row(7), row(8)), ProbeVerdict.DIFFERENT),
        (rows(row(7, values={"LocationTypeName": "Planting"})), ProbeVerdict.DIFFERENT),
        (rows(row(3, "Vault")), ProbeVerdict.ABSENT),
        (rows(row(3, "Vault"), whole=False), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_what_a_list_proves_about_a_create_by_name(after: Reading, verdict: ProbeVerdict) -> None:
    kind = ACTION_KINDS["location.create"]
    assert kind.judge_probe(LOCATION, rows(row(3, "Vault")), after).verdict is verdict


def test_a_row_that_was_there_before_is_not_our_effect() -> None:
    kind = ACTION_KINDS["location.create"]
    old = rows(row(3))
    assert kind.judge_probe(LOCATION, old, old).verdict is ProbeVerdict.ABSENT


def test_an_update_is_seen_by_its_values() -> None:
    kind = ACTION_KINDS["location.update"]
    facts = {"id": 3, **LOCATION}
    before = rows(row(3, "Vault", {"Name": "Vault", "LocationTypeName": "Default Location Type"}))
    other = rows(row(3, "Dock", {"Name": "Dock", "LocationTypeName": "Default Location Type"}))
    assert kind.build_payload(facts)[0]["Id"] == 3
    assert kind.judge_probe(facts, before, rows(row(3))).verdict is ProbeVerdict.APPLIED
    assert kind.judge_probe(facts, before, before).verdict is ProbeVerdict.ABSENT
    assert kind.judge_probe(facts, before, other).verdict is ProbeVerdict.DIFFERENT
    assert kind.judge_probe(facts, before, rows()).verdict is ProbeVerdict.DIFFERENT
    gone = rows(whole=False)
    assert kind.judge_probe(facts, before, gone).verdict is ProbeVerdict.CANNOT_TELL


def test_a_delete_is_seen_by_absence_from_a_whole_list() -> None:
    kind = ACTION_KINDS["template.delete"]
    facts = {"id": 3, "name": "T-0001"}
    assert kind.endpoint.replace("{id}", str(kind.path_values(facts)["id"])) == (
        "DELETE /transfers/v2/templates/outgoing/3"
    )
    assert kind.build_payload(facts) == []
    assert kind.judge_probe(facts, None, rows()).verdict is ProbeVerdict.APPLIED
    assert kind.judge_probe(facts, None, rows(row(3))).verdict is ProbeVerdict.ABSENT
    assert kind.judge_probe(facts, None, rows(whole=False)).verdict is ProbeVerdict.CANNOT_TELL


def test_drivers_vehicles_and_items_use_metrcs_field_names() -> None:
    driver = {"name": "Gus", "drivers_license_number": "D123", "employee_id": "E7"}
    assert ACTION_KINDS["driver.create"].build_payload(driver) == [
        {"Name": "Gus", "DriversLicenseNumber": "D123", "EmployeeId": "E7"}
    ]
    vehicle = {"make": "Ford", "model": "Transit", "plate": "8ABC123"}
    assert ACTION_KINDS["vehicle.create"].build_payload(vehicle) == [
        {"Make": "Ford", "Model": "Transit", "LicensePlateNumber": "8ABC123"}
    ]
    item = {
        "name": "Vape cart 1 g",
        "category": "Vape Cartridge",
        "unit": "Each",
        "unit_weight": "1",
        "unit_weight_unit": "Grams",
    }
    body = ACTION_KINDS["item.create"].build_payload(item)[0]
    assert (body["ItemCategory"], body["UnitOfMeasure"]) == ("Vape Cartridge", "Each")
    assert (body["UnitWeight"], body["UnitWeightUnitOfMeasure"]) == (1, "Grams")


def test_a_template_speaks_metrcs_words_in_facility_time() -> None:
    body: Any = ACTION_KINDS["template.create"].build_payload(TEMPLATE)[0]
    stop = body["Destinations"][0]
    assert stop["RecipientLicenseNumber"] == "C10-9990001-LIC"
    assert stop["EstimatedDepartureDateTime"] == "2026-11-06T09:00:00.000"
    assert stop["Packages"] == [
        {
            "PackageLabel": CARTS,
            "WholesalePrice": 10350,
            "GrossWeight": None,
            "GrossUnitOfWeightName": None,
        }
    ]
    crew = stop["Transporters"][0]
    assert (crew["DriverName"], crew["DriverLicenseNumber"]) == ("Gus", "D123")
    assert len(body["Destinations"]) == 1
    assert ACTION_KINDS["template.create"].effect_sentence(TEMPLATE) == (
        'Create the Wholesale Manifest template "T-0001" to C10-9990001-LIC with 1 package '
        "(…00000301), $10,350 in all. No package moves by this."
    )


def test_both_changes_of_the_clock_are_met() -> None:
    zone = "America/Los_Angeles"
    summer = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    winter = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert local_text(summer, zone) == local_text(winter, zone) == "2026-11-01T01:30:00.000"
    spring = datetime(2026, 3, 8, 10, 30, tzinfo=UTC)
    assert local_text(spring, zone) == "2026-03-08T03:30:00.000"
    with pytest.raises(InvalidInput, match="Los_Angeles"):
        local_text(spring, "Pacific")


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (rows(row(5, "T-0001", CREW_SHOWN), carried=(CARTS,)), ProbeVerdict.APPLIED),
        (rows(row(5, "T-0001", CREW_SHOWN), carried=(tag(9),)), ProbeVerdict.DIFFERENT),
        (rows(row(5, "T-0001", CREW_SHOWN)), ProbeVerdict.CANNOT_TELL),
        (rows(), ProbeVerdict.ABSENT),
    ],
)
def test_a_template_is_there_when_its_packages_are(after: Reading, verdict: ProbeVerdict) -> None:
    kind = ACTION_KINDS["template.create"]
    assert kind.keying is Keying.NAME
    assert kind.judge_probe(TEMPLATE, rows(), after).verdict is verdict


def test_a_template_whose_packages_alone_change_is_absent_until_they_do() -> None:
    kind = ACTION_KINDS["template.update"]
    facts = {"id": 5, **TEMPLATE}
    old = rows(row(5, "T-0001", CREW_SHOWN), carried=(tag(9),))
    new = rows(row(5, "T-0001", CREW_SHOWN), carried=(CARTS,))
    odd = rows(row(5, "T-0001", CREW_SHOWN), carried=(tag(8),))
    assert kind.build_payload(facts)[0]["TransferTemplateId"] == 5
    assert kind.judge_probe(facts, old, old).verdict is ProbeVerdict.ABSENT
    assert kind.judge_probe(facts, old, new).verdict is ProbeVerdict.APPLIED
    assert kind.judge_probe(facts, old, odd).verdict is ProbeVerdict.DIFFERENT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"arrives_at": "2026-11-06T16:00:00+00:00"}, "arrives_at"),
        ({"departs_at": "2026-11-06T17:00:00"}, "departs_at"),
        ({"packages": [{"label": CARTS}, {"label": CARTS}]}, "packages"),
        ({"packages": [{"label": CARTS, "wholesale_price": "-1"}]}, "packages[0].wholesale_price"),
        ({"driver": "Gus"}, "driver"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_template_is_refused_by_the_name_of_the_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ACTION_KINDS["template.create"].build_payload({**TEMPLATE, **changes})
    assert refusal.value.field == field
