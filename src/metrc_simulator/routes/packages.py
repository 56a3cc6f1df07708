"""Endpoints of packages."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing
from metrc_simulator.laws import adjustments, creation, packages
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_VIEW = ("View Packages",)
_CREATE = ("View Packages", "Create/Submit/Discontinue Packages")
_INVENTORY = ("View Packages", "Manage Packages Inventory")
_NOTES = ("View Packages", "Manage Packages Inventory", "Manage Package Notes")


def _flags() -> list[Route]:
    made = []
    for word, field in (
        ("tradesample", "IsTradeSample"),
        ("donation", "IsDonation"),
        ("finishedgood", "IsFinishedGood"),
    ):
        for verb, value in (("flag", True), ("unflag", False)):
            law = packages.flagging(field, value)
            path = f"/packages/v2/{word}/{verb}"
            made.append(Route("PUT", path, each_row(law, False), _INVENTORY))
    return made


PACKAGE_READS = [
    Route("GET", "/packages/v2/active", reads.active_packages, _VIEW),
    Route("GET", "/packages/v2/onhold", reads.held_listing, _VIEW),
    Route("GET", "/packages/v2/inactive", reads.listing("packages", "inactive", True), _VIEW),
    Route("GET", "/packages/v2/intransit", reads.listing("packages", "intransit", True), _VIEW),
    Route("GET", "/packages/v2/transferred", reads.listing("transferred", windowed=True), _VIEW),
    Route("GET", "/packages/v2/labsamples", reads.listing("lab_samples", windowed=True), _VIEW),
    Route("GET", "/packages/v2/adjustments", reads.listing("adjustments"), _VIEW),
    Route(
        "GET",
        "/packages/v2/adjust/reasons",
        reads.reference(reads.reason_rows, True),
    ),
    Route(
        "GET",
        "/packages/v2/types",
        reads.reference(lambda profile: profile.rows("package_types"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/packages/v2/{id}/source/harvests",
        reads_growing.source_harvests,
        ("View Package Source Harvests",),
        "optional",
    ),
    Route("GET", "/packages/v2/{id}", reads.package, _VIEW, "optional"),
]
PACKAGE_WRITES = [
    Route(
        "POST",
        "/packages/v2",
        each_row(creation.create_package, True),
        _CREATE,
        flag="CanCreateDerivedPackages",
    ),
    Route(
        "POST",
        "/packages/v2/testing",
        each_row(creation.create_sample, True),
        _CREATE,
        flag="CanSubmitPackagesForTesting",
    ),
    Route("POST", "/packages/v2/adjust", each_row(adjustments.adjust_by, True), _INVENTORY),
    Route("PUT", "/packages/v2/adjust", each_row(adjustments.adjust_to, False), _INVENTORY),
    Route("PUT", "/packages/v2/item", each_row(packages.change_item, False), _CREATE),
    Route("PUT", "/packages/v2/note", each_row(packages.set_note, False), _NOTES),
    Route("PUT", "/packages/v2/location", each_row(packages.move, False), _CREATE),
    Route("PUT", "/packages/v2/usebydate", each_row(packages.set_dates, False), _CREATE),
    Route(
        "PUT",
        "/packages/v2/externalid",
        each_row(packages.set_external_id, False),
        _INVENTORY,
        flag="EnableExternalIdentifier",
    ),
    Route(
        "PUT",
        "/packages/v2/labtests/required",
        each_row(packages.set_required_tests, False),
        _CREATE,
    ),
    Route(
        "PUT",
        "/packages/v2/remediate",
        each_row(packages.remediate, False),
        _INVENTORY,
        flag="CanRemediatePackagesWithFailedLabResults",
    ),
    Route(
        "PUT",
        "/packages/v2/decontaminate",
        each_row(packages.decontaminate, False),
        _INVENTORY,
        flag="CanDecontaminatePackagesWithFailedLabResults",
    ),
    Route("PUT", "/packages/v2/pretreat", each_row(packages.pretreat, False), _INVENTORY),
    Route("PUT", "/packages/v2/finish", each_row(packages.finish, False), _INVENTORY),
    Route("PUT", "/packages/v2/unfinish", each_row(packages.unfinish, False), _INVENTORY),
    Route("DELETE", "/packages/v2/{id}", by_id(packages.discontinue), _CREATE),
    *_flags(),
]
