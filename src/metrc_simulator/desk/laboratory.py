"""Desk verbs of the laboratory: record results, release them, revoke them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, NotYours, Refused
from metrc_simulator.desk.fields import Payload, license_of, truth, user_of, word
from metrc_simulator.engine import Engine
from metrc_simulator.laws import labs
from metrc_simulator.laws.certificates import certificate_of
from metrc_simulator.records import Record

Result = dict[str, Any]


def record_results(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Record a sample's results at the lab: those given, and the other required ones filled in.

    `passed` is the outcome as a whole; results that contradict it are refused. Without a
    document a certificate is made. When all are recorded, only the release is left to do.
    """
    act = engine.act(license_of(engine, payload), user_of(payload))
    label = word(payload, "label")
    sample = act.store.find("packages", label, act.license_number)
    if sample is None:
        raise NotYours(f"label: package {label} is not in {act.license_number}'s inventory.")
    passed = truth(payload, "passed")
    rows = _results(act, sample, payload, passed)
    releases = truth({"release": False, **payload}, "release")
    if not rows and not releases:
        raise Refused(f"label: every required result of package {label} is recorded already.")
    if rows:
        labs.record_results(act, _body(act, sample, payload, rows))
    # Where the state has no release step, what is complete is released already.
    if releases and not act.package(label).facts.get("released"):
        labs.release(act, {"PackageLabel": label})
    facts = act.package(label).facts
    return {"labTestResultId": facts["result_id"], "documentId": facts["document_id"]}, act


def _body(act: Act, sample: Record, payload: Payload, rows: list[dict[str, Any]]) -> dict[str, Any]:
    label = sample.body["Label"]
    return {
        "Label": label,
        "ResultDate": act.now.isoformat(),
        "DocumentFileName": f"COA-{label}.pdf",
        "DocumentFileBase64": payload.get("documentPdfBase64") or certificate_of(act, sample, rows),
        "Results": rows,
    }


def _results(act: Act, sample: Record, payload: Payload, passed: bool) -> list[dict[str, Any]]:
    given = payload.get("results") or []
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise Refused(f"results: {given!r} is not a list of objects.")
    rows = [
        {
            "LabTestTypeName": word(row, "labTestTypeName"),
            "Quantity": row.get("quantity"),
            "Passed": truth(row, "passed"),
            "Notes": row.get("notes"),
        }
        for row in given
    ]
    named = {row["LabTestTypeName"].lower() for row in rows} | labs.recorded_types(act, sample)
    missing = [
        kind for kind in labs.required_types(act, sample) if kind["name"].lower() not in named
    ]
    if not passed and (rows or missing) and all(row["Passed"] for row in rows):
        _add_failure(rows, missing)
    rows += [
        {"LabTestTypeName": kind["name"], "Quantity": Decimal("0.0"), "Passed": True}
        for kind in missing
    ]
    if passed and not all(row["Passed"] for row in rows):
        raise Refused("passed: true contradicts a result that did not pass.")
    return rows


def _add_failure(rows: list[dict[str, Any]], missing: list[dict[str, Any]]) -> None:
    kind = next((one for one in missing if not one["informational"]), None)
    if kind is None:
        raise Refused("passed: false contradicts results that all passed.")
    missing.remove(kind)
    level = (kind["maximum"] or Decimal("0")) + 1
    rows.append({"LabTestTypeName": kind["name"], "Quantity": level, "Passed": False})


def revoke_results(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Revoke a sample's released results."""
    label = word(payload, "label")
    sample = engine.store.find("packages", label)
    act = engine.act(sample.license_number if sample else "", user_of(payload))
    labs.revoke(act, label)
    return {}, act
