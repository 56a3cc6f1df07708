"""Laboratory testing: results recorded at the lab, released, and what a release travels to."""

from __future__ import annotations

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

from metrc_simulator.act import (
    Act,
    NotYours,
    Refused,
    flag_of,
    id_of,
    number_of,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.packages import keep, set_state, writable
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import encode, moment_text, read_moment

_DOCUMENT_BYTES_AT_MOST = 5 * 1024 * 1024


def record_results(act: Act, body: dict[str, Any]) -> int:
    """Record results of a sample in the lab's inventory; returns the result's id.

    The sample and its sources go to TestingInProgress. A sample that is not in the lab's
    inventory answers 401 (METRC documentation).
    """
    sample = _sample_here(act, text_of(body, "Label"))
    if sample.facts.get("released"):
        raise Refused(f"Package {sample.body['Label']} has released results.")
    moment = read_moment(text_of(body, "ResultDate"))
    if moment is None:
        raise Refused("ResultDate is not a valid date and time.")
    rows = rows_of(body, "Results")
    if not rows:
        raise Refused("Results were not specified.")
    document_id = _document(act, sample, body)
    result_id: int = sample.facts.get("result_id") or act.store.next_number("lab_result")
    sample.facts["result_id"] = result_id
    day = moment.date().isoformat()
    done = recorded_types(act, sample)
    for row in rows:
        kind, passed, level = _result(act, row, done)
        done.add(kind["name"].lower())
        line = _line(act, sample, kind, day)
        line.body.update(
            TestPassed=passed, TestResultLevel=level, TestComment=optional_text(row, "Notes")
        )
        line.body["LabTestResultDocumentFileId"] = document_id
        act.add(line)
    _mark_in_progress(act, sample, day)
    act.effect("results recorded", label=sample.body["Label"], count=len(rows))
    if not act.profile.switches["release_step"] and not _missing_types(act, sample):
        release(act, {"PackageLabel": sample.body["Label"]})
    return result_id


def _sample_here(act: Act, label: str) -> Record:
    sample = act.store.find("packages", label, act.license_number)
    if sample is None:
        raise NotYours(f"label: package {label} is not in {act.license_number}'s inventory.")
    sample = writable(act, label)
    if not sample.body["IsTestingSample"]:
        raise Refused(f"Package {sample.body['Label']} is not a testing sample.")
    return sample


def _result(act: Act, row: dict[str, Any], done: set[str]) -> tuple[dict[str, Any], bool, Decimal]:
    name = text_of(row, "LabTestTypeName")
    kind = act.profile.types_by_name.get(name.lower())
    if kind is None:
        raise Refused(f'Lab Test Type "{name}" is not valid.')
    if kind["name"].lower() in done and act.profile.switches["one_result_per_type"]:
        raise Refused(f'Lab Test Type "{kind["name"]}" already has a result.')
    level = number_of(row, "Quantity")
    passed = flag_of(row, "Passed")
    if passed and kind["maximum"] is not None and level > kind["maximum"]:
        raise Refused(
            f'Lab Test Type "{kind["name"]}" cannot pass: {level} is above {kind["maximum"]}.'
        )
    return kind, passed, level


def _line(act: Act, sample: Record, kind: dict[str, Any], day: str) -> Record:
    body = blank(
        "lab_result",
        PackageId=sample.id,
        LabTestResultId=sample.facts["result_id"],
        LabFacilityLicenseNumber=act.license_number,
        LabFacilityName=act.facility().body["Name"],
        SourcePackageLabel=sample.body["SourcePackageLabels"],
        ProductName=sample.body["Item"]["Name"],
        ProductCategoryName=sample.body["Item"]["ProductCategoryName"],
        TestPerformedDate=day,
        TestTypeName=kind["name"],
        TestInformationalOnly=kind["informational"],
    )
    return Record(
        "lab_results",
        body,
        license_number=act.license_number,
        label=kind["name"],
        list_name="unreleased",
        parent=sample.id,
    )


def _document(act: Act, sample: Record, body: dict[str, Any]) -> int | None:
    encoded = optional_text(body, "DocumentFileBase64")
    if encoded is None:
        known: int | None = sample.facts.get("document_id")
        if known is None and act.profile.switches["document_required"]:
            raise Refused("DocumentFileBase64 was not specified.")
        return known
    document = act.add(
        Record(
            "lab_documents",
            file_row(checked_pdf(encoded), optional_text(body, "DocumentFileName") or "COA.pdf"),
            license_number=act.license_number,
            parent=sample.id,
        )
    )
    sample.facts["document_id"] = document.id
    return document.id


def checked_pdf(encoded: str) -> str:
    """Return base64 of a PDF of at most 5 MB unchanged; Refused for anything else."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Refused("DocumentFileBase64 is not base64.") from None
    if not content.startswith(b"%PDF"):
        raise Refused("DocumentFileBase64 is not a PDF document.")
    if len(content) > _DOCUMENT_BYTES_AT_MOST:
        raise Refused("DocumentFileBase64 is larger than 5 MB.")
    return encoded


def file_row(contents_base64: str, name: str) -> dict[str, Any]:
    """Return METRC's JSON form of a file."""
    return {
        "FileContents": contents_base64,
        "ContentType": "application/pdf",
        "FileDownloadName": name,
        "HttpStatusCode": "OK",
    }


def replace_document(act: Act, body: dict[str, Any]) -> None:
    """Replace the document of a result that is not released yet."""
    result_id = id_of(body, "LabTestResultId")
    lines = act.store.select(Query("lab_results", act.license_number))
    line = next((row for row in lines if row.body["LabTestResultId"] == result_id), None)
    if line is None:
        raise NotYours(f"lab result {result_id}")
    sample = act.own("packages", line.parent)
    if sample.facts.get("released"):
        raise Refused(f"Package {sample.body['Label']} has released results.")
    document = act.store.get("lab_documents", sample.facts.get("document_id") or 0)
    name = text_of(body, "DocumentFileName")
    row = file_row(checked_pdf(text_of(body, "DocumentFileBase64")), name)
    if document is None:
        raise Refused(f"Lab result {result_id} has no document to replace.")
    document.body = row
    act.save(document)
    act.effect("document replaced", label=sample.body["Label"])


def _mark_in_progress(act: Act, sample: Record, day: str) -> None:
    for package in [sample, *sources_of(act, sample)]:
        set_state(act, package, "TestingInProgress")
        package.body["LabTestingRecordedDate"] = day
        keep(act, package)
    sample.facts["lab"] = {
        "LabFacilityLicenseNumber": act.license_number,
        "LabFacilityName": act.facility().body["Name"],
        "TestPerformedDate": day,
    }
    keep(act, sample)


def sources_of(act: Act, sample: Record) -> list[Record]:
    """Return the packages a sample was taken from, wherever they are now."""
    labels = dict.fromkeys(sample.facts.get("sample_of", []))
    found = [act.store.find("packages", label) for label in labels]
    return [package for package in found if package is not None]


def required_types(act: Act, sample: Record) -> list[dict[str, Any]]:
    """Return the test types a sample needs: those of its batches or of its item's category."""
    names = sample.facts.get("required_batches") or sample.body["Item"]["LabTestBatchNames"]
    return [kind for name in names for kind in act.profile.types_of_batch(name) if kind["required"]]


def recorded_types(act: Act, sample: Record) -> set[str]:
    """Return the names of the test types that have a result, in lower case."""
    return {line.label for line in act.store.select(Query("lab_results", parent=sample.id))}


def _missing_types(act: Act, sample: Record) -> list[str]:
    """Return the names of the required test types that have no result yet."""
    done = recorded_types(act, sample)
    names = [kind["name"] for kind in required_types(act, sample)]
    return [name for name in names if name.lower() not in done]


def release(act: Act, body: dict[str, Any]) -> None:
    """Release a sample's results to the sample, its sources, and what is made from them later."""
    sample = _sample_here(act, text_of(body, "PackageLabel"))
    label = sample.body["Label"]
    if sample.facts.get("released"):
        raise Refused(f"Package {label} has released results.")
    lines = act.store.select(Query("lab_results", parent=sample.id))
    if not lines:
        raise Refused(f"Package {label} has no results to release.")
    missing = _missing_types(act, sample)
    if missing:
        raise Refused(
            f"Package {label} cannot be released: {len(missing)} required results are missing, "
            f"the first is {missing[0]}."
        )
    passed = all(row.body["TestPassed"] or row.body["TestInformationalOnly"] for row in lines)
    for line in lines:
        line.body.update(
            OverallPassed=passed,
            ResultReleased=True,
            ResultReleaseDateTime=moment_text(act.now),
            ExpirationDateTime=_expiration(act),
        )
        line.list_name = "released"
        act.save(line)
    sample.facts["released"] = True
    sample.facts.setdefault("lab", {}).update(
        OverallPassed=passed,
        ResultReleased=True,
        ResultReleaseDateTime=moment_text(act.now),
    )
    _travel(act, sample, lines[0].body["TestPerformedDate"], passed)


def _expiration(act: Act) -> str:
    days = act.profile.switches["result_expiration_days"]
    return moment_text(act.now + timedelta(days=days))


def _travel(act: Act, sample: Record, day: str, passed: bool) -> None:
    word = "Retest" if sample.facts.get("retest") else "Test"
    state = f"{word}{'Passed' if passed else 'Failed'}"
    reached = [sample, *sources_of(act, sample)]
    if act.profile.switches["children_before_release_inherit"]:
        reached += _children(act, reached)
    for package in reached:
        set_state(act, package, state)
        package.body.update(
            LabTestingPerformedDate=day,
            LabTestResultExpirationDateTime=_expiration(act),
            ProductRequiresRemediation=not passed,
        )
        package.facts["results_of"] = [sample.id]
        keep(act, package)
        act.effect("lab state set", label=package.body["Label"], state=state)
    _tell_harvests(act, sample, state)
    act.effect("results released", label=sample.body["Label"], passed=passed)


def _tell_harvests(act: Act, sample: Record, state: str) -> None:
    for number in sample.facts.get("sample_of_harvests", []):
        harvest = act.store.get("harvests", number)
        if harvest is None:
            continue
        harvest.body["LabTestingState"] = state
        harvest.body["LabTestingStateDate"] = act.now.date().isoformat()
        # What is packed from the harvest from now on carries these results.
        harvest.facts["results_of"] = [sample.id]
        act.save(harvest)
        act.effect("lab state set", harvest=harvest.body["Name"], state=state)


def _children(act: Act, parents: list[Record]) -> list[Record]:
    """Return packages made from `parents`, and from those, that have no results of their own."""
    known = {parent.body["Label"] for parent in parents}
    found: list[Record] = []
    for package in act.store.select(Query("packages")):
        made_from = {row["label"] for row in package.facts.get("ingredients", [])}
        own_batch = package.body["IsProductionBatch"] or package.body["IsTestingSample"]
        if made_from & known and package.body["Label"] not in known and not own_batch:
            known.add(package.body["Label"])
            found.append(package)
    return found


def revoke(act: Act, label: str) -> None:
    """Revoke a sample's released results everywhere they travelled, as a regulator does."""
    sample = act.store.find("packages", label)
    if sample is None or not sample.facts.get("released"):
        raise Refused(f"label: package {label} has no released results to revoke.")
    day = act.now.date().isoformat()
    for line in act.store.select(Query("lab_results", parent=sample.id)):
        line.body.update(RevokedDate=day, LabTestDetailRevokedDate=day)
        act.save(line)
    state = act.profile.switches["state_after_revocation"]
    for package in act.store.select(Query("packages")):
        if sample.id in package.facts.get("results_of", []):
            set_state(act, package, state)
            package.body["LabTestResultExpirationDateTime"] = None
            keep(act, package)
            act.effect("lab state set", label=package.body["Label"], state=state)
    act.effect("results revoked", label=sample.body["Label"])


def visible_results(act: Act, package: Record) -> list[bytes]:
    """Return the result rows a holder of `package` may see, as ready JSON.

    The lab sees what it recorded; everybody else sees released results alone, under the id of
    the package asked for.
    """
    rows = []
    for sample_id in dict.fromkeys([package.id, *package.facts.get("results_of", [])]):
        for line in act.store.select(Query("lab_results", parent=sample_id)):
            if line.list_name == "released" or line.license_number == act.license_number:
                rows.append(encode({**line.body, "PackageId": package.id}))
    return rows


def may_read_document(act: Act, document: Record, licenses: tuple[str, ...]) -> bool:
    """Return whether one of the licences recorded the document or holds a package it speaks of."""
    if document.license_number in licenses:
        return True
    for number in licenses:
        for package in act.store.select(Query("packages", number)):
            if document.parent in package.facts.get("results_of", []):
                return True
    return False
