"""The manufacturer's room in the demo: shelves, a brand, pictures, processing jobs, QR codes."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from metrc_simulator.documents import pdf_base64
from metrc_simulator.laws import (
    item_files,
    items,
    job_types,
    locations,
    processing,
    retail_id,
    sublocations,
)
from metrc_simulator.laws.tags import next_tag, use_tag
from metrc_simulator.worlds.demo import roads
from metrc_simulator.worlds.demo.diary import CRUDE, MFG, Diary

# The smallest picture there is: one transparent point.
_POINT = base64.b64encode(
    base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
).decode("ascii")
_STAGED_TAGS = 2


def furnish(diary: Diary) -> None:
    """Put shelves, a brand, files and job types into the manufacturer's setup."""
    act = diary.act(MFG, "Fay")
    for name in ("Shelf A", "Shelf B", "Old Cage"):
        made = sublocations.create_sublocation(act, {"Name": name})
    sublocations.archive_sublocation(act, made)
    items.create_brand(act, {"Name": "Golden Poppy"})
    photo = {"FileName": "cart.gif", "EncodedImageBase64": _POINT}
    item_files.uploading("photo")(act, photo)
    sheet = pdf_base64("Blue Dream Vape Cart 1 g", ["Keep cool and dry."])
    item_files.uploading("file")(act, {"FileName": "sheet.pdf", "EncodedImageBase64": sheet})
    _archived_setup(diary)
    _job_types(diary)
    for _ in range(_STAGED_TAGS):
        _stage_tag(diary)


def _archived_setup(diary: Diary) -> None:
    """Leave an item and a location of former days in the inactive lists."""
    act = diary.act(MFG, "Fay")
    retired = {
        "Name": "Butane Hash Oil",
        "ItemCategory": "Extract (weight)",
        "UnitOfMeasure": "Grams",
    }
    items.archive_item(act, items.create_item(act, retired))
    locations.archive_location(act, locations.create_location(act, {"Name": "Old Vault"}))


def _job_types(diary: Diary) -> None:
    act = diary.act(MFG, "Fay")
    body: dict[str, Any] = {
        "Name": "Winterize",
        "Description": "Take waxes out of crude oil",
        "Category": "Extraction",
        "ProcessingSteps": "Dissolve, freeze, filter",
        "Attributes": ["Infuse"],
    }
    job_types.create_job_type(act, body)
    retired = job_types.create_job_type(act, {**body, "Name": "Cold Press"})
    job_types.archive_job_type(act, retired)


def _stage_tag(diary: Diary) -> None:
    """Set one tag aside for a package that is about to be made."""
    act = diary.act(MFG, "Fay")
    label = next_tag(act)
    use_tag(act, label)
    tag = act.store.find("tags", label, MFG)
    assert tag is not None
    tag.list_name = "staged"
    act.save(tag)


def work(diary: Diary) -> None:
    """Run one processing job to its end, leave one running, and print codes for a package."""
    oil = roads.stock(diary, MFG, CRUDE, "1000", "WS-001")
    done = _start(diary, "Winterize 1", oil, Decimal(400))
    _pack(diary, "Winterize 1", Decimal(380))
    finished = {"Id": done, "FinishDate": diary.day, "FinishNote": "Clear.", "TotalWeightWaste": 20}
    finished["WasteWeightUnitOfMeasureName"] = "Grams"
    processing.finish(diary.act(MFG, "Ana"), finished)
    _start(diary, "Winterize 2", oil, Decimal(300))
    retail_id.generate(diary.act(MFG, "Cy"), {"PackageLabel": oil, "Quantity": 5})


def _start(diary: Diary, name: str, label: str, grams: Decimal) -> int:
    body = {
        "JobName": name,
        "JobType": "Winterize",
        "CountUnitOfMeasure": "Each",
        "VolumeUnitOfMeasure": "Milliliters",
        "WeightUnitOfMeasure": "Grams",
        "StartDate": diary.day,
        "Packages": [{"Label": label, "Quantity": grams, "UnitOfMeasure": "Grams"}],
    }
    return processing.start(diary.act(MFG, "Ana"), body)


def _pack(diary: Diary, job: str, grams: Decimal) -> None:
    act = diary.act(MFG, "Ana")
    body = {
        "JobName": job,
        "Tag": next_tag(act),
        "Item": "Distillate",
        "Quantity": grams,
        "UnitOfMeasure": "Grams",
        "PackageDate": diary.day,
    }
    processing.create_package(act, body)
