"""Tags: available once, used once, never back (METRC California manual)."""

from __future__ import annotations

import re

from metrc_simulator.act import Act, Refused
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank

_LABEL = re.compile(r"^[A-Z0-9]{24}$")
INVENTORY_TYPES = {"package": "CannabisPackage", "plant": "CannabisPlant"}
TYPE_NAMES = {"package": "Cannabis Package", "plant": "Cannabis Plant"}


def use_tag(act: Act, label: str, kind: str = "package") -> None:
    """Consume an available tag of this licence; Refused when it is not one of this kind."""
    tag = act.store.find("tags", label, act.license_number)
    if tag is None or tag.list_name != "available" or tag.mark != kind:
        raise Refused(f"Tag {label} is not valid.")
    tag.list_name = "used"
    act.save(tag)


def next_tag(act: Act, kind: str = "package") -> str:
    """Return the lowest available tag of this licence; Refused when none is left."""
    found = act.store.select(
        Query("tags", act.license_number, list_name="available", mark=kind), limit=1
    )
    if not found:
        raise Refused(f"Facility {act.license_number} has no available {kind} tag.")
    label: str = found[0].body["Label"]
    return label


def receive_tags(act: Act, labels: list[str], kind: str) -> None:
    """Put new tags on the licence's shelf; Refused when one exists or is misspelt."""
    facility = act.facility()
    for label in labels:
        if not _LABEL.match(label):
            raise Refused(f"labels: {label!r} is not a tag of 24 capital letters and digits.")
        if act.store.find("tags", label) is not None:
            raise Refused(f"labels: tag {label} was issued before.")
        act.add(
            Record(
                "tags",
                blank(
                    "tag",
                    TagInventoryTypeName=INVENTORY_TYPES[kind],
                    TagTypeName=TYPE_NAMES[kind],
                    FacilityId=facility.id,
                    Label=label,
                ),
                license_number=act.license_number,
                label=label,
                list_name="available",
                mark=kind,
            )
        )
    act.effect("tags received", license=act.license_number, count=len(labels), kind=kind)


def void_tags(act: Act, labels: list[str]) -> None:
    """Void available tags for good; Refused when one is used, voided or not of this licence."""
    for label in labels:
        tag = act.store.find("tags", label, act.license_number)
        if tag is None:
            raise Refused(f"labels: tag {label} is not one of {act.license_number}'s.")
        if tag.list_name != "available":
            raise Refused(f"labels: tag {label} is {tag.list_name} and cannot be voided.")
        tag.list_name = "voided"
        act.save(tag)
        act.effect("tag voided", label=tag.body["Label"])


def next_labels(act: Act, count: int) -> list[str]:
    """Return `count` labels that follow the facility's highest one, of whatever kind."""
    prefix: str = act.facility().facts["tag_prefix"]
    used = act.store.select(Query("tags", act.license_number))
    last = max((int(tag.body["Label"][15:]) for tag in used), default=0)
    return [f"{prefix}{number:09d}" for number in range(last + 1, last + count + 1)]
