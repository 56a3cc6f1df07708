"""Endpoints of lab tests and processing jobs."""

from __future__ import annotations

from metrc_simulator import reads, reads_documents
from metrc_simulator.laws import job_types, labs, processing
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_INVENTORY = ("View Packages", "Manage Packages Inventory")

LAB_ROUTES = [
    Route(
        "GET",
        "/labtests/v2/states",
        reads.reference(lambda profile: profile.rows("lab_states"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/labtests/v2/types",
        reads.reference(reads.lab_type_rows, True),
        license_rule="none",
    ),
    Route(
        "GET",
        "/labtests/v2/batches",
        reads.reference(reads.lab_batch_rows, True),
        license_rule="none",
    ),
    Route("GET", "/labtests/v2/results", reads_documents.lab_results, _INVENTORY),
    Route(
        "GET",
        "/labtests/v2/labtestdocument/{id}",
        reads_documents.lab_document,
        _INVENTORY,
        "optional",
    ),
    Route(
        "POST",
        "/labtests/v2/record",
        each_row(labs.record_results, True),
        _INVENTORY,
        flag="CanTestPackages",
    ),
    Route(
        "PUT",
        "/labtests/v2/labtestdocument",
        each_row(labs.replace_document, False),
        _INVENTORY,
        flag="CanTestPackages",
    ),
    Route(
        "PUT",
        "/labtests/v2/results/release",
        each_row(labs.release, False),
        _INVENTORY,
        flag="CanTestPackages",
    ),
]
_JOB = ("Manage Processing Job",)
_JOB_FLAG = "CanRecordProcessingJobs"
_JOB_TYPES = "/processing/v2/jobtypes"
PROCESSING_ROUTES = [
    Route("GET", "/processing/v2/active", reads.listing("processing_jobs", windowed=True), _JOB),
    Route(
        "GET",
        "/processing/v2/inactive",
        reads.listing("processing_jobs", "inactive", True),
        _JOB,
    ),
    Route(
        "GET",
        "/processing/v2/jobtypes/active",
        reads.active_job_types,
        _JOB,
    ),
    Route(
        "GET",
        "/processing/v2/jobtypes/inactive",
        reads.listing("job_types", "inactive", True),
        _JOB,
    ),
    Route(
        "GET",
        "/processing/v2/jobtypes/attributes",
        reads.reference(job_types.attribute_rows, True),
        _JOB,
    ),
    Route(
        "GET",
        "/processing/v2/jobtypes/categories",
        reads.reference(job_types.category_rows, True),
        _JOB,
    ),
    Route("POST", _JOB_TYPES, each_row(job_types.create_job_type, True), _JOB, flag=_JOB_FLAG),
    Route("PUT", _JOB_TYPES, each_row(job_types.update_job_type, False), _JOB, flag=_JOB_FLAG),
    Route("DELETE", _JOB_TYPES + "/{id}", by_id(job_types.archive_job_type), _JOB, flag=_JOB_FLAG),
    Route("GET", "/processing/v2/{id}", reads.one("processing_jobs"), _JOB, "optional"),
    Route("POST", "/processing/v2/start", each_row(processing.start, True), _JOB, flag=_JOB_FLAG),
    Route("POST", "/processing/v2/adjust", each_row(processing.adjust, True), _JOB, flag=_JOB_FLAG),
    Route(
        "POST",
        "/processing/v2/createpackages",
        each_row(processing.create_package, True),
        _JOB,
        flag=_JOB_FLAG,
    ),
    Route("PUT", "/processing/v2/finish", each_row(processing.finish, False), _JOB, flag=_JOB_FLAG),
    Route(
        "PUT", "/processing/v2/unfinish", each_row(processing.unfinish, False), _JOB, flag=_JOB_FLAG
    ),
    Route("DELETE", "/processing/v2/{id}", by_id(processing.archive), _JOB, flag=_JOB_FLAG),
]
