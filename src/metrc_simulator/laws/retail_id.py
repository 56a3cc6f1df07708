"""Retail ID: one QR code a unit, issued for a package or bound to the one it was packed in.

METRC documents the calls and their fields; which codes may be bound to which package, and that
codes follow a merge, is inferred.
"""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, converted, text_of
from metrc_simulator.laws.adjustments import adjust_by
from metrc_simulator.laws.packages import keep, writable
from metrc_simulator.records import Query, Record

_DOMAIN = "id.1a4.com"
_PREFIX = "3W5E"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LABEL_SOURCE = "RetailId"


def code_of(number: int) -> str:
    """Return the short code of a QR number."""
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return _PREFIX + text.rjust(9, "0")


def allotment(act: Act) -> dict[str, Any]:
    """Return how many codes the facility may still generate."""
    facility = act.facility()
    given: int = act.profile.switches["retail_id_allotment"]
    return {
        "FacilityId": facility.id,
        "Allotment": given - facility.facts.get("codes_generated", 0),
        "FacilityLicenseNumber": act.license_number,
    }


def generate(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Generate codes for a package; Refused beyond the facility's allotment."""
    package = writable(act, text_of(body, "PackageLabel"))
    count = body.get("Quantity")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise Refused("Quantity must be a whole number greater than zero.")
    left = allotment(act)["Allotment"]
    if count > left:
        raise Refused(f"Quantity {count} is more than the {left} labels allotted.")
    facility = act.facility()
    facility.facts["codes_generated"] = facility.facts.get("codes_generated", 0) + count
    act.save(facility)
    first = int(act.store.setting("retail_id_last") or 100_000_000) + 1
    act.store.keep_setting("retail_id_last", str(first + count - 1))
    codes = [code_of(number) for number in range(first, first + count)]
    issuance = _issue(act, package, codes, [[first, first + count - 1]])
    act.effect("codes generated", label=package.body["Label"], count=count)
    name = package.body["Item"]["Name"]
    return {
        "CoaBl": f"{package.body['Label']}@{facility.body['Name']}~COA",
        "IssuanceId": issuance.body["IssuanceId"],
        "Manifest": {
            "Qrs": [f"{_DOMAIN}/{code}" for code in codes],
            "Ranges": issuance.body["Ranges"],
        },
        "StackBl": f"{name}@{facility.body['Name']}",
        "Url": f"https://1a4.com/g/s/{issuance.body['IssuanceId']}",
    }


def _issue(act: Act, package: Record, codes: list[str], ranges: list[list[int]]) -> Record:
    number = act.store.next_number("retail_issuance")
    body = {
        "IssuanceId": f"{number:024x}",
        "LabelSet": number,
        "Codes": codes,
        "Ranges": ranges,
        "CreatedAt": act.now.isoformat(timespec="seconds"),
    }
    issuance = act.add(
        Record(
            "retail_issuances",
            body,
            license_number=act.license_number,
            label=package.body["Label"],
            parent=package.id,
        )
    )
    _mark(act, package)
    return issuance


def _mark(act: Act, package: Record) -> None:
    """Write into the package's row which codes it has now."""
    issuances = _issuances(act, package)
    package.body["ProductLabel"].update(
        QrCount=sum(len(one.body["Codes"]) for one in issuances),
        LabelSource=_LABEL_SOURCE if issuances else None,
        QrCodeRanges=[pair for one in issuances for pair in one.body["Ranges"]] or None,
        LastLabelGenerationDate=act.now.date().isoformat(),
    )
    package.body["LabelsLastGeneratedDateTime"] = act.now.isoformat(timespec="seconds")
    keep(act, package)


def _issuances(act: Act, package: Record) -> list[Record]:
    return act.store.select(Query("retail_issuances", parent=package.id))


def associate(act: Act, body: dict[str, Any]) -> int:
    """Bind printed codes to the package they were packed in; returns the package's id.

    A code that another package has goes over only to a package made from that one.
    """
    package = writable(act, text_of(body, "PackageLabel"))
    urls = body.get("QrUrls")
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise Refused("QrUrls was not specified.")
    codes = [url.rstrip("/").rpartition("/")[2].upper() for url in urls]
    for code in codes:
        if not code.isalnum():
            raise Refused(f"QrUrls: {code!r} is not the end of a Retail ID address.")
        if codes.count(code) > 1:
            raise Refused(f"QrUrls: {code} is listed more than once.")
        _leave_holder(act, package, code)
    _issue(act, package, codes, [])
    act.effect("codes associated", label=package.body["Label"], count=len(codes))
    return package.id


def _leave_holder(act: Act, package: Record, code: str) -> None:
    issuance = _issuance_of(act, code)
    if issuance is None:
        return
    holder = act.store.get("packages", issuance.parent)
    if holder is None or holder.license_number != act.license_number or holder.id == package.id:
        raise Refused(f"QrUrls: {code} is associated already.")
    sources = (package.body["SourcePackageLabels"] or "").split(", ")
    if holder.body["Label"] not in sources:
        raise Refused(f"QrUrls: {code} belongs to package {holder.body['Label']}.")
    issuance.body["Codes"] = [one for one in issuance.body["Codes"] if one != code]
    act.save(issuance)
    _mark(act, holder)


def _issuance_of(act: Act, code: str) -> Record | None:
    for issuance in act.store.select(Query("retail_issuances")):
        if code in issuance.body["Codes"]:
            return issuance
    return None


def holder_of(act: Act, code: str) -> Record:
    """Return the package that has a code now; NotYours when nobody has it."""
    issuance = _issuance_of(act, code.upper())
    package = act.store.get("packages", issuance.parent) if issuance else None
    if package is None:
        raise NotYours(f"code {code}")
    return package


def may_receive(act: Act, package: Record, licenses: tuple[str, ...]) -> bool:
    """Return whether one of the licences holds the package or is to receive it."""
    if package.license_number in licenses:
        return True
    for line in act.store.select(Query("delivery_packages", list_name="Shipped")):
        if line.body["PackageId"] == package.id:
            delivery = act.store.get("deliveries", line.parent)
            transfer = act.store.get("transfers", delivery.parent) if delivery else None
            return transfer is not None and transfer.facts["recipient"] in licenses
    return False


def received(act: Act, package: Record) -> dict[str, Any]:
    """Return the codes of a package as its receiver reads them."""
    issuances = _issuances(act, package)
    codes = [code for one in issuances for code in one.body["Codes"]]
    return {
        "Eaches": [f"{_DOMAIN}/{code}" for code in codes],
        "SiblingTags": _siblings(act, package),
        "RequiresVerification": False,
        "Ranges": [pair for one in issuances for pair in one.body["Ranges"]],
        "QrCount": len(codes),
        "ChildTag": package.body["Label"],
        "LabelSource": _LABEL_SOURCE,
    }


def _siblings(act: Act, package: Record) -> list[str]:
    """Packages with codes that were made from a source of this one."""
    sources = set(filter(None, (package.body["SourcePackageLabels"] or "").split(", ")))
    found = []
    for issuance in act.store.select(Query("retail_issuances")):
        other = act.store.get("packages", issuance.parent)
        if other is None or other.id == package.id:
            continue
        others = set((other.body["SourcePackageLabels"] or "").split(", "))
        if sources & others and other.body["Label"] not in found:
            found.append(other.body["Label"])
    return found


def labels_of(body: dict[str, Any]) -> list[str]:
    """Return the package labels asked for; Refused when there are none."""
    labels = body.get("packageLabels")
    if not isinstance(labels, list) or not labels or not all(isinstance(x, str) for x in labels):
        raise Refused("packageLabels was not specified.")
    return labels


def packages_info(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of the codes of packages of this licence."""
    return {"Packages": [_told(act, act.package(label)) for label in labels_of(body)]}


def _told(act: Act, package: Record) -> dict[str, Any]:
    issuances = _issuances(act, package)
    count = sum(len(one.body["Codes"]) for one in issuances)
    return {
        "Tag": package.body["Label"],
        "QrCount": count,
        "EstimatedBalance": count,
        "SiblingCount": len(_siblings(act, package)),
        "IssuanceId": issuances[-1].body["IssuanceId"] if issuances else None,
        "Issuances": [
            {
                "LabelSet": one.body["LabelSet"],
                "LabelQuantity": len(one.body["Codes"]),
                "CreatedAt": one.body["CreatedAt"],
            }
            for one in issuances
        ],
        "HasQrs": count > 0,
        "RequiresVerification": False,
    }


def merge(act: Act, body: dict[str, Any]) -> None:
    """Merge packages of one item into the first: quantities and codes go over, the rest is empty.

    METRC needs an adjustment reason whose name contains "Merge" for it.
    """
    if not act.profile.switches["retail_id_merge_enabled"]:
        raise NotYours("retail id merge")
    packages = [writable(act, label) for label in labels_of(body)]
    first, others = packages[0], packages[1:]
    ids = {package.id for package in packages}
    if not others or len(ids) < len(packages):
        raise Refused("packageLabels must name two different packages at least.")
    names = [row["name"] for row in act.profile.reasons.values()]
    reason = next((name for name in names if "merge" in name.lower()), None)
    if reason is None:
        raise Refused("No Adjustment Reason for a merge is configured.")
    for other in others:
        if other.body["Item"]["Name"] != first.body["Item"]["Name"]:
            raise Refused(f"Package {other.body['Label']} is of another Item and cannot be merged.")
        _merge_into(act, first.body["Label"], other, reason)


def _merge_into(act: Act, label: str, other: Record, reason: str) -> None:
    quantity = other.body["Quantity"]
    into = act.package(label)
    own_unit = act.unit(into.body["UnitOfMeasureName"])
    unit = act.unit(other.body["UnitOfMeasureName"])
    changes = (
        (other.body["Label"], -quantity, unit.name),
        (into.body["Label"], converted(quantity, unit, own_unit), own_unit.name),
    )
    for changed, change, unit_name in changes:
        adjust_by(
            act,
            {
                "Label": changed,
                "Quantity": change,
                "UnitOfMeasure": unit_name,
                "AdjustmentReason": reason,
                "AdjustmentDate": act.now.date().isoformat(),
                "ReasonNote": f"{other.body['Label']} into {label}",
            },
        )
    for issuance in _issuances(act, other):
        issuance.parent, issuance.label = into.id, label
        act.save(issuance)
    for merged in (label, other.body["Label"]):
        _mark(act, act.package(merged))
    act.effect("packages merged", label=label, merged=other.body["Label"])
