"""Laboratory testing in the demo: samples taken, carried to the laboratory, judged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.laws import labs
from metrc_simulator.laws.certificates import certificate_of
from metrc_simulator.laws.creation import create_sample
from metrc_simulator.laws.tags import next_tag
from metrc_simulator.worlds.demo.diary import DIST, LAB, Diary

_MEASURED = {"Total THC": Decimal("849.0"), "Total CBD": Decimal("2.1"), "Lead": Decimal("0.05")}
# What the failing batch carries far above its limit of 0.1 ug/g.
_FOUND = ("Chlorfenapyr", Decimal("0.42"))


def take_sample(diary: Diary, carts: str, units: int) -> str:
    """Take a sample of a batch for the laboratory; returns its label."""
    act = diary.act(DIST, "Eve")
    label = next_tag(act)
    create_sample(
        act,
        {
            "Tag": label,
            "UseSameItem": True,
            "Quantity": units,
            "UnitOfMeasure": "Each",
            "ActualDate": diary.day,
            "Location": "Vault",
            "Ingredients": [{"Package": carts, "Quantity": units, "UnitOfMeasure": "Each"}],
        },
    )
    return label


def record(diary: Diary, sample: str, passes: bool = True) -> None:
    """Record every required result of a sample with its certificate."""
    act = diary.act(LAB, "Lou")
    package = act.package(sample)
    rows = [_result(kind, passes) for kind in labs.required_types(act, package)]
    labs.record_results(
        act,
        {
            "Label": sample,
            "ResultDate": act.now.isoformat(),
            "DocumentFileName": f"COA-{sample}.pdf",
            "DocumentFileBase64": certificate_of(act, package, rows),
            "Results": rows,
        },
    )


def _result(kind: dict[str, Any], passes: bool) -> dict[str, Any]:
    name: str = kind["name"]
    analyte = name.partition(" (")[0]
    level = _MEASURED.get(analyte, Decimal("0.0"))
    is_found = not passes and analyte == _FOUND[0]
    return {
        "LabTestTypeName": name,
        "Quantity": _FOUND[1] if is_found else level,
        "Passed": not is_found,
        "Notes": "Above the limit; repeated once." if is_found else None,
    }


def release(diary: Diary, sample: str) -> None:
    """Release a sample's results."""
    labs.release(diary.act(LAB, "Lou"), {"PackageLabel": sample})
