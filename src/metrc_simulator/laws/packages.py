"""Packages: which may be changed, and the calls that set one thing on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metrc_simulator.act import (
    Act,
    NotYours,
    Refused,
    date_of,
    flag_of,
    optional_date,
    optional_text,
    text_of,
)
from metrc_simulator.laws.origins import give_back
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, plain

HOLD_FIELDS = {
    "hold": ("IsOnHold", "IsOnHoldCombined"),
    "recall": ("IsOnRecall", "IsOnRecallCombined"),
    "investigation": ("IsOnInvestigation", "IsOnInvestigationHold"),
}


_FAILED = {"TestFailed", "RetestFailed"}


def held(package: Record) -> bool:
    """Return whether any hold, recall or investigation stands on the package."""
    return any(package.body[fields[0]] for fields in HOLD_FIELDS.values())


def writable(act: Act, label: str) -> Record:
    """Return a package of this licence that may be changed now; Refused with METRC's reason."""
    package = act.package(label)
    if package.list_name == "intransit":
        raise Refused(f"Package {package.body['Label']} is in transit and cannot be changed.")
    if package.list_name == "inactive":
        raise Refused(f"Package {package.body['Label']} is not active.")
    if held(package):
        raise Refused(f"Package {package.body['Label']} is on hold and cannot be changed.")
    return package


def keep(act: Act, package: Record) -> Record:
    """Save a package and, when it is a testing sample, its row in the lab samples list."""
    act.save(package)
    if package.body["IsTestingSample"]:
        _keep_sample_row(act, package)
    return package


def _keep_sample_row(act: Act, package: Record) -> None:
    facts = package.facts.get("lab", {})
    body = blank("lab_sample", **facts) | package.body
    # The view shows the package's own id, so the two rows share it.
    act.put(
        Record(
            "lab_samples",
            body,
            license_number=package.license_number,
            label=package.body["Label"],
            list_name=package.list_name,
            id=package.id,
        )
    )


def change_item(act: Act, body: dict[str, Any]) -> None:
    """Replace a package's item; the unit of the package must fit the new item."""
    package = writable(act, text_of(body, "Label"))
    name = text_of(body, "Item")
    item = act.store.find("items", name, act.license_number)
    if item is None or item.list_name != "active":
        raise Refused(f'The Product "{name}" is invalid.')
    unit = act.unit(package.body["UnitOfMeasureName"])
    if item.body["QuantityType"] != unit.quantity_type:
        raise Refused(f"Unit of Measure {unit.name} does not fit Item {item.body['Name']}.")
    package.body["Item"] = dict(item.body)
    keep(act, package)
    act.effect("item changed", label=package.body["Label"], item=item.body["Name"])


def move(act: Act, body: dict[str, Any]) -> None:
    """Move a package to another location of the facility."""
    package = writable(act, text_of(body, "Label"))
    date_of(body, "MoveDate")
    place(act, package, text_of(body, "Location"))
    place_in_sublocation(act, package, optional_text(body, "Sublocation"))
    keep(act, package)
    act.effect("package moved", label=package.body["Label"], location=package.body["LocationName"])


def place(act: Act, package: Record, name: str) -> None:
    """Write a location into a package's row; Refused when the facility has no such location."""
    location = act.store.find("locations", name, act.license_number)
    if location is None or location.list_name != "active":
        raise Refused(f'Location "{name}" is not valid.')
    if not location.body["ForPackages"]:
        raise Refused(f'Location "{location.body["Name"]}" does not take packages.')
    package.body["LocationId"] = location.id
    package.body["LocationName"] = location.body["Name"]
    package.body["LocationTypeName"] = location.body["LocationTypeName"]


def place_in_sublocation(act: Act, package: Record, name: str | None) -> None:
    """Write a sublocation, or none, into a package's row; Refused when there is no such one."""
    sublocation = act.store.find("sublocations", name, act.license_number) if name else None
    if name and (sublocation is None or sublocation.list_name != "active"):
        raise Refused(f'Sublocation "{name}" is not valid.')
    package.body["SublocationId"] = sublocation.id if sublocation else None
    package.body["SublocationName"] = sublocation.body["Name"] if sublocation else None


def set_note(act: Act, body: dict[str, Any]) -> None:
    """Set a package's note."""
    package = writable(act, text_of(body, "PackageLabel"))
    package.body["Note"] = optional_text(body, "Note")
    keep(act, package)
    act.effect("note set", label=package.body["Label"])


def set_external_id(act: Act, body: dict[str, Any]) -> None:
    """Set a package's external id; the facility must have external identifiers enabled."""
    package = writable(act, text_of(body, "PackageLabel"))
    package.body["ExternalId"] = text_of(body, "ExternalId")
    keep(act, package)
    act.effect(
        "external id set", label=package.body["Label"], externalId=package.body["ExternalId"]
    )


def set_dates(act: Act, body: dict[str, Any]) -> None:
    """Set a package's expiration, sell-by and use-by dates; at least one must be given."""
    package = writable(act, text_of(body, "Label"))
    names = ("ExpirationDate", "SellByDate", "UseByDate")
    given = {name: optional_date(body, name) for name in names}
    if not any(given.values()):
        raise Refused("ExpirationDate, SellByDate or UseByDate was not specified.")
    package.body.update(given)
    keep(act, package)
    act.effect("dates set", label=package.body["Label"], **given)


def set_required_tests(act: Act, body: dict[str, Any]) -> None:
    """Set which lab test batches a package must pass."""
    package = writable(act, text_of(body, "Label"))
    package.facts["required_batches"] = required_batches(act, body.get("RequiredLabTestBatches"))
    keep(act, package)
    act.effect(
        "required tests set",
        label=package.body["Label"],
        batches=package.facts["required_batches"],
    )


def required_batches(act: Act, names: Any) -> list[str]:
    """Return batch names in the profile's spelling; Refused when one is unknown."""
    if not isinstance(names, list) or not names:
        raise Refused("RequiredLabTestBatches was not specified.")
    known = {name.lower(): name for name in act.profile.batches()}
    for name in names:
        if not isinstance(name, str) or name.lower() not in known:
            raise Refused(f"Lab Test Batch {name} is not valid.")
    return [known[name.lower()] for name in names]


def finish(act: Act, body: dict[str, Any]) -> None:
    """Finish an empty package: it moves to the inactive list."""
    package = writable(act, text_of(body, "Label"))
    day = date_of(body, "ActualDate")
    if decimal_of(package.body["Quantity"]) != 0:
        raise Refused(f"Package {package.body['Label']} cannot be Finished because it's not empty.")
    package.body["IsFinished"] = True
    package.body["FinishedDate"] = day.isoformat()
    package.list_name = "inactive"
    keep(act, package)
    act.effect("package finished", label=package.body["Label"])


def unfinish(act: Act, body: dict[str, Any]) -> None:
    """Bring a finished package back to the active list."""
    package = act.package(text_of(body, "Label"))
    if not package.body["IsFinished"]:
        raise Refused(f"Package {package.body['Label']} is not finished.")
    package.body["IsFinished"] = False
    package.body["FinishedDate"] = None
    package.list_name = "active"
    keep(act, package)
    act.effect("package unfinished", label=package.body["Label"])


def flagging(field: str, value: bool) -> Callable[[Act, dict[str, Any]], None]:
    """Return the law that sets one flag of a package, such as IsTradeSample."""

    def set_flag(act: Act, body: dict[str, Any]) -> None:
        package = writable(act, text_of(body, "Label"))
        package.body[field] = value
        keep(act, package)
        act.effect("flag set", label=package.body["Label"], field=field, value=value)

    return set_flag


def remediate(act: Act, body: dict[str, Any]) -> None:
    """Record the remediation of a failed package; it then needs a new sample."""
    package = writable(act, text_of(body, "PackageLabel"))
    if package.body["LabTestingState"] not in _FAILED:
        raise Refused(f"Package {package.body['Label']} has no failed lab results to remediate.")
    method = _remediation_method(act, body, "RemediationMethodName")
    day = date_of(body, "RemediationDate")
    text_of(body, "RemediationSteps")
    package.body["ContainsRemediatedProduct"] = True
    package.body["ProductRequiresRemediation"] = False
    package.body["RemediationDate"] = day.isoformat()
    set_state(act, package, "Remediated")
    keep(act, package)
    act.effect("package remediated", label=package.body["Label"], method=method)


def _remediation_method(act: Act, body: dict[str, Any], field: str) -> str:
    method = text_of(body, field)
    for name in act.profile.rows("remediation_methods"):
        if name.lower() == method.lower():
            return str(name)
    raise Refused(f'{field.removesuffix("MethodName")} Method "{method}" is not valid.')


def decontaminate(act: Act, body: dict[str, Any]) -> None:
    """Record the decontamination of a failed package; it then needs a new sample.

    METRC documents the fields alone; that the state becomes Decontaminated is inferred from
    the name of the state.
    """
    package = writable(act, text_of(body, "PackageLabel"))
    if package.body["LabTestingState"] not in _FAILED:
        raise Refused(
            f"Package {package.body['Label']} has no failed lab results to decontaminate."
        )
    method = _remediation_method(act, body, "DecontaminationMethodName")
    day = date_of(body, "DecontaminationDate")
    text_of(body, "DecontaminationSteps")
    package.body["ContainsDecontaminatedProduct"] = True
    package.body["ProductRequiresDecontamination"] = False
    package.body["DecontaminationDate"] = day.isoformat()
    set_state(act, package, "Decontaminated")
    keep(act, package)
    act.effect("package decontaminated", label=package.body["Label"], method=method)


def pretreat(act: Act, body: dict[str, Any]) -> None:
    """Record a treatment before the first test; the lab testing state stays as it is.

    METRC added the call in 2026 and documents its fields alone. Refused once results exist.
    """
    package = writable(act, text_of(body, "PackageLabel"))
    if package.body["LabTestingState"] != "NotSubmitted":
        raise Refused(
            f"Package {package.body['Label']} is {package.body['LabTestingState']} "
            "and cannot be pre-treated."
        )
    day = date_of(body, "PreTreatmentDate")
    text_of(body, "PreTreatmentSteps")
    method = _remediation_method(act, body, "RemediationMethodName")
    reason = text_of(body, "ReasonName")
    package.facts["pretreatment"] = {"date": day.isoformat(), "method": method, "reason": reason}
    keep(act, package)
    act.effect("package pre-treated", label=package.body["Label"], method=method, reason=reason)


def set_state(act: Act, package: Record, state: str) -> None:
    """Write a lab testing state and its date into the package's row."""
    package.body["LabTestingState"] = state
    package.body["LabTestingStateDate"] = act.now.date().isoformat()


def discontinue(act: Act, package_id: int) -> None:
    """Discontinue an untouched package: its quantity goes back to the packages it came from.

    Refused once the package was sold, adjusted, transferred or repackaged. The tag stays used.
    """
    package = writable(act, act.own("packages", package_id).body["Label"])
    if package.facts.get("touched"):
        raise Refused(
            f"Package {package.body['Label']} cannot be discontinued because it has been used."
        )
    for source in package.facts.get("ingredients", []):
        origin = act.package(source["label"])
        origin.body["Quantity"] = plain(origin.body["Quantity"] + source["quantity"])
        keep(act, origin)
        act.effect("quantity restored", label=origin.body["Label"], quantity=source["quantity"])
    give_back(act, package)
    package.body["ArchivedDate"] = act.now.date().isoformat()
    package.body["Quantity"] = plain(package.body["Quantity"] * 0)
    package.list_name = "inactive"
    keep(act, package)
    act.effect("package discontinued", label=package.body["Label"])


def set_hold(act: Act, label: str, kind: str, on: bool) -> None:
    """Set or lift a hold, recall or investigation on any licence's package, as a regulator does."""
    package = act.store.find("packages", label)
    if package is None:
        raise NotYours(f"label: package {label} does not exist.")
    for field in HOLD_FIELDS[kind]:
        package.body[field] = on
    package.mark = "hold" if held(package) else ""
    keep(act, package)
    act.effect("hold set" if on else "hold lifted", label=package.body["Label"], kind=kind)


def donation_and_sample_flags(body: dict[str, Any]) -> dict[str, bool]:
    """Return the flags a new package may carry from its request."""
    return {
        name: flag_of(body, name)
        for name in ("IsDonation", "IsTradeSample", "IsFinishedGood", "ProductRequiresRemediation")
    }
