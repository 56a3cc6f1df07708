"""Endpoints of patients, their check-ins, and what the state says of patients and caregivers."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing, reads_sales
from metrc_simulator.laws.patients import checkins, members
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_PATIENTS = ("Manage Patients",)
_CHECKINS = ("ManagePatientsCheckIns",)
_MEMBERS = "CanHaveMemberPatients"
_REPORTS = "CanReportPatientCheckIns"
_PATH = "/patient-checkins/v2"

PATIENT_ROUTES = [
    Route("GET", "/patients/v2/active", reads.listing("patients"), _PATIENTS, flag=_MEMBERS),
    Route("GET", "/patients/v2/{id}", reads.one("patients"), _PATIENTS, "optional"),
    Route("POST", "/patients/v2", each_row(members.add_patient, True), _PATIENTS, flag=_MEMBERS),
    Route("PUT", "/patients/v2", each_row(members.update_patient, False), _PATIENTS, flag=_MEMBERS),
    Route("DELETE", "/patients/v2/{id}", by_id(members.remove_patient), _PATIENTS, flag=_MEMBERS),
    Route("GET", "/patients/v2/statuses/{id}", reads_sales.statuses, ("Lookup Patients",)),
    Route("GET", "/caregivers/v2/status/{id}", reads_sales.caregiver, ("Lookup Caregivers",)),
    Route(
        "GET",
        f"{_PATH}/locations",
        reads.reference(reads_growing.numbered("patient_locations"), False),
        license_rule="none",
    ),
    Route("GET", _PATH, reads_sales.checkins, _CHECKINS, flag=_REPORTS),
    Route("POST", _PATH, each_row(checkins.record_checkin, False), _CHECKINS, flag=_REPORTS),
    Route("PUT", _PATH, each_row(checkins.update_checkin, False), _CHECKINS, flag=_REPORTS),
    Route("DELETE", f"{_PATH}/{{id}}", by_id(checkins.archive_checkin), _CHECKINS, flag=_REPORTS),
]
