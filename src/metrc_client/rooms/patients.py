"""Patients, caregivers and check-ins."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, rows, write

CAREGIVERS_STATUS = one("/caregivers/v2/status/{caregiverLicenseNumber}", "Lookup Caregivers")
PATIENT_CHECKINS_LOCATIONS = rows("/patient-checkins/v2/locations", license=NONE)
PATIENT_CHECKINS = rows("/patient-checkins/v2/", "ManagePatientsCheckIns")
PATIENT_CHECKINS_CREATE = write("POST", "/patient-checkins/v2/", "ManagePatientsCheckIns")
PATIENT_CHECKINS_UPDATE = write("PUT", "/patient-checkins/v2/", "ManagePatientsCheckIns")
PATIENT_CHECKIN_DELETE = write("DELETE", "/patient-checkins/v2/{id}", "ManagePatientsCheckIns")
PATIENT = one("/patients/v2/{id}", "Manage Patients", license=OPTIONAL)
PATIENTS_ACTIVE = pages("/patients/v2/active", "Manage Patients")
PATIENTS_CREATE = write("POST", "/patients/v2/", "Manage Patients")
PATIENTS_UPDATE = write("PUT", "/patients/v2/", "Manage Patients")
PATIENT_DELETE = write("DELETE", "/patients/v2/{id}", "Manage Patients")
PATIENTS_STATUSES = rows("/patients/v2/statuses/{patientLicenseNumber}", "Lookup Patients")
