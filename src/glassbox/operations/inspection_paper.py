"""What stands on an inspector's sheet: the facts of each label in words, each METRC number dated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from glassbox.models.companies import License
from glassbox.paperwork.sheets import InspectedLabel, InspectionSheet
from glassbox.queries.labels.sheet import LabelSheet, ManifestLine, Scanned
from glassbox.rules.actor import Actor
from glassbox.rules.quantities import quantity


def paper_of(
    *, license: License, scanned: Scanned, drawn: str, actor: Actor, reason: str, now: datetime
) -> InspectionSheet:
    """Return the paper of a prepared sheet, inside the operation's transaction."""
    zone = ZoneInfo(license.time_zone)
    (read,) = scanned.readings
    said = (
        f"METRC's word as of {_at(read.as_of, zone)}"
        if read.as_of
        else "METRC was never read whole, and packages may be lacking"
    )
    period = f"{scanned.period.first} to {scanned.period.last}"
    counts = (
        f"{len(scanned.sheets)} found, {len(scanned.not_ours)} not ours, "
        f"{len(scanned.not_known)} unknown or without goods, "
        f"{len(scanned.read.duplicates)} given twice, {len(scanned.not_tags)} no tags"
    )
    return InspectionSheet(
        license=f"{license.legal_name}, licence {license.number}",
        stamp=f"{said}; ours as of {_at(now, zone)}.",
        is_stale=not read.is_being_read,
        period=period,
        facts=(
            ("Prepared by", f"{actor.name}, {_at(now, zone)}"),
            ("For", reason.strip()),
            ("Labels", counts),
            ("Drawn at random from", drawn or "not drawn: the labels were given"),
            ("Adjustments and events", period),
        ),
        answers=(
            *((one.word, f"{one.sentence} {one.what_to_do}") for one in scanned.unknown),
            *((word, "Given twice; it stands below once.") for word in scanned.read.duplicates),
        ),
        labels=tuple(_inspected(sheet, zone) for sheet in scanned.sheets),
    )


def _inspected(sheet: LabelSheet, zone: ZoneInfo) -> InspectedLabel:
    return InspectedLabel(
        label=sheet.label,
        item=sheet.item_name,
        facts=label_facts(sheet, zone),
        adjustments=tuple(
            (
                str(row.on or ""),
                _amount(row.quantity, row.unit),
                row.reason,
                row.note,
                row.by,
                f"action {row.action_id}" if row.action_id else "made outside Glassbox",
            )
            for row in sheet.adjustments
        ),
        manifests=tuple(
            (
                line.number or "not registered",
                line.state.lower().replace("_", " "),
                f"{line.other_name} {line.other_license_number}".strip(),
                _amount(line.quantity, line.unit),
                _at(line.at, zone),
            )
            for line in sheet.open_manifests
        ),
        events=tuple(
            (_at(event.at, zone), event.source, f"{event.title} {event.text}".strip(), event.who)
            for event in sheet.events
        ),
    )


def label_facts(sheet: LabelSheet, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return what is known of one label in words, each fact with its name."""
    counted = sheet.counted
    metrc = f"{_amount(sheet.metrc_quantity, sheet.metrc_unit)}, {sheet.metrc_state}"
    holds = (*(("State hold",) if sheet.is_held_by_state else ()), *sheet.hold_reasons)
    return (
        ("It should be", sheet.place),
        ("METRC's room", sheet.metrc_location or "none"),
        (f"METRC, as of {_at(sheet.metrc_as_of, zone)}", f"{metrc}, {sheet.lab_state}".strip(", ")),
        (
            "Ours",
            f"{_amount(sheet.our_quantity, sheet.unit)},"
            f" {sheet.local_state.lower().replace('_', ' ')}"
            + (" (differs from METRC)" if sheet.counts_differ else ""),
        ),
        (
            "Last counted",
            f"{_amount(counted.quantity, counted.unit)} by {counted.by}, {_at(counted.at, zone)}"
            if counted
            else "never by us",
        ),
        ("COA", _certificate(sheet)),
        ("Production batch", sheet.production_batch_number or "none"),
        ("Printed UID", "its own" if sheet.printed_label == sheet.label else sheet.printed_label),
        ("Came with", _manifests(sheet.label, sheet.came_with) or "no delivery of ours"),
        ("Goes with", _manifests(sheet.label, sheet.goes_with) or "no delivery"),
        ("QA", sheet.release),
        ("Holds", "; ".join(holds) or "none"),
        ("Open cases", "; ".join(case.title for case in sheet.cases) or "none"),
    )


def _certificate(sheet: LabelSheet) -> str:
    coa = sheet.certificate
    if coa is None:
        return f"none is filed; {sheet.results}" if sheet.results else "none is filed"
    left = f"{coa.days_left} days left" if coa.days_left > 0 else f"too old since {coa.expires_on}"
    verdict = "" if coa.passed else " FAILED,"
    return f"{coa.number},{verdict} issued {coa.issued_date}, {left}; {coa.laboratory}"


def _manifests(label: str, lines: tuple[ManifestLine, ...]) -> str:
    return "; ".join(
        f"{line.number or 'not registered'} ({line.state.lower().replace('_', ' ')},"
        f" {line.other_license_number}"
        + ("" if line.label == label else f", as …{line.label[-8:]}")
        + ")"
        for line in lines
    )


def _amount(value: Decimal | None, unit: str) -> str:
    return "not seen" if value is None else quantity(value, unit).text()


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if moment else "never"
