"""Patient check-ins: who was registered where, and came."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, date_of, id_of, text_of
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank


def record_checkin(act: Act, body: dict[str, Any]) -> None:
    """Record that a patient came."""
    row = blank("patient_checkin", **_fields(act, body))
    found = act.add(
        Record(
            "patient_checkins",
            row,
            license_number=act.license_number,
            label=row["PatientLicenseNumber"],
        )
    )
    act.effect("patient checked in", id=found.id, patient=row["PatientLicenseNumber"])


def update_checkin(act: Act, body: dict[str, Any]) -> None:
    """Replace a check-in."""
    found = _active(act, id_of(body, "Id"))
    found.body.update(_fields(act, body))
    found.label = found.body["PatientLicenseNumber"]
    act.save(found)
    act.effect("check-in updated", id=found.id)


def archive_checkin(act: Act, checkin_id: int) -> None:
    """Take a check-in off the list."""
    found = _active(act, checkin_id)
    found.list_name = "inactive"
    act.save(found)
    act.effect("check-in archived", id=found.id)


def _active(act: Act, checkin_id: int) -> Record:
    found = act.own("patient_checkins", checkin_id)
    if found.list_name != "active":
        raise NotYours(f"check-in {checkin_id}")
    return found


def _fields(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    number = id_of(body, "CheckInLocationId")
    names: list[str] = act.profile.rows("patient_locations")
    if not 1 <= number <= len(names):
        raise Refused(f"CheckInLocationId {number} is not valid.")
    start = date_of(body, "RegistrationStartDate")
    expiry = date_of(body, "RegistrationExpiryDate")
    if expiry < start:
        raise Refused("RegistrationExpiryDate is before RegistrationStartDate.")
    return {
        "PatientLicenseNumber": text_of(body, "PatientLicenseNumber"),
        "CheckInLocationId": number,
        "CheckInLocationName": names[number - 1],
        "RegistrationStartDate": start.isoformat(),
        "RegistrationExpiryDate": expiry.isoformat(),
        "CheckInDate": date_of(body, "CheckInDate").isoformat(),
    }
