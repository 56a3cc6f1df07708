"""Outgoing transfer templates: create, update, delete. A template moves no package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    ActionKind,
    Change,
    Judgement,
    Keying,
    ProbeVerdict,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    tail,
)
from glassbox.rules.action_kinds.named_rows import (
    Wanted,
    archive_kind,
    judge_create,
    judge_update,
    named_lane,
    row_changes,
)
from glassbox.rules.action_kinds.payloads import Body, number
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import TRANSFER_ACTION_GATES
from glassbox.rules.quantities import number_text
from glassbox.rules.verdicts import InvalidInput

MOST_PACKAGES = 500
LIST_READ = "GET /transfers/v2/templates/outgoing"
# Asked for by the template's id, or by its name while it has no id; its deliveries lead there.
PACKAGES_READ = "GET /transfers/v2/templates/outgoing/deliveries/{id}/packages"
_FIELDS = (
    *("name", "recipient_license_number", "transfer_type", "transporter_license_number"),
    *("invoice_number", "planned_route", "departs_at", "arrives_at", "time_zone"),
    *("driver", "vehicle", "phone", "packages"),
)


@dataclass(frozen=True, kw_only=True)
class _Template:
    """One template with one destination and one transporter (corrections 7)."""

    wanted: Wanted
    recipient_license_number: str
    transfer_type: str
    labels: tuple[str, ...]
    price: Decimal | None


def local_text(moment: datetime, time_zone: str) -> str:
    """Return a moment as METRC's template bodies want it: facility time, no offset (ME-22).

    :raises InvalidInput: if there is no such time zone
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        raise InvalidInput(
            field="time_zone", value=time_zone, way_out="Use a name such as America/Los_Angeles."
        ) from None
    local = moment.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(timespec="milliseconds")


def _read(facts: Facts, *, is_update: bool) -> _Template:
    reader = FactReader(facts)
    reader.only(*_FIELDS, *(("id",) if is_update else ()))
    name = reader.text("name", max_length=100)
    rows, prices = _read_packages(reader)
    driver, vehicle = reader.inner("driver"), reader.inner("vehicle")
    body: Body = {"TransferTemplateId": reader.whole("id")} if is_update else {}
    crew = _crew(reader, driver, vehicle)
    body |= {"Name": name, **crew, "Destinations": [_destination(reader, crew, rows)]}
    return _Template(
        wanted=Wanted(
            name=name,
            body=body,
            shown={
                "Name": name,
                "DriverName": driver.text("name"),
                "VehicleLicensePlateNumber": vehicle.text("plate"),
            },
        ),
        recipient_license_number=reader.text("recipient_license_number"),
        transfer_type=reader.text("transfer_type"),
        labels=tuple(str(row["PackageLabel"]) for row in rows),
        price=sum(prices, Decimal(0)) if prices else None,
    )


def _read_packages(reader: FactReader) -> tuple[list[Body], list[Decimal]]:
    rows: list[Body] = []
    prices = []
    for row in reader.rows("packages", at_most=MOST_PACKAGES):
        row.only("label", "wholesale_price")
        price = row.decimal("wholesale_price") if row.has("wholesale_price") else None
        if price is not None and price < 0:
            raise InvalidInput(
                field=row.where("wholesale_price"), value=price, way_out="Give zero or more."
            )
        if price is not None:
            prices.append(price)
        rows.append(
            {
                "PackageLabel": row.tag("label"),
                "WholesalePrice": None if price is None else number(price),
                "GrossWeight": None,
                "GrossUnitOfWeightName": None,
            }
        )
    labels = [row["PackageLabel"] for row in rows]
    if len(set(labels)) != len(labels):
        raise InvalidInput(
            field="packages", value=labels, way_out="Put every package on the transfer once."
        )
    return rows, prices


def _crew(reader: FactReader, driver: FactReader, vehicle: FactReader) -> Body:
    return {
        "TransporterFacilityLicenseNumber": reader.text("transporter_license_number"),
        "DriverOccupationalLicenseNumber": driver.text("employee_id"),
        "DriverName": driver.text("name"),
        "DriverLicenseNumber": driver.text("drivers_license_number"),
        "PhoneNumberForQuestions": reader.optional_text("phone"),
        "VehicleMake": vehicle.text("make"),
        "VehicleModel": vehicle.text("model"),
        "VehicleLicensePlateNumber": vehicle.text("plate"),
    }


def _destination(reader: FactReader, crew: Body, rows: list[Body]) -> Body:
    departs, arrives = reader.moment("departs_at"), reader.moment("arrives_at")
    if arrives <= departs:
        raise InvalidInput(
            field="arrives_at", value=arrives.isoformat(), way_out="Arrive after the departure."
        )
    zone = reader.text("time_zone")
    times: Body = {
        "EstimatedDepartureDateTime": local_text(departs, zone),
        "EstimatedArrivalDateTime": local_text(arrives, zone),
    }
    details = {
        key: crew[key]
        for key in (
            *("DriverOccupationalLicenseNumber", "DriverName", "DriverLicenseNumber"),
            *("VehicleMake", "VehicleModel", "VehicleLicensePlateNumber"),
        )
    }
    return {
        "RecipientLicenseNumber": reader.text("recipient_license_number"),
        "InvoiceNumber": reader.optional_text("invoice_number"),
        "TransferTypeName": reader.text("transfer_type"),
        "PlannedRoute": reader.text("planned_route", max_length=1000),
        **times,
        "Transporters": [
            {
                **crew,
                "DriverLayoverLeg": None,
                "IsLayover": False,
                **times,
                "TransporterDetails": [{**details, "DriverLayoverLeg": None}],
            }
        ],
        "Packages": rows,
    }


def _sentence(template: _Template, verb: str) -> str:
    named = ", ".join(tail(label) for label in template.labels[:10])
    more = f" and {len(template.labels) - 10} more" if len(template.labels) > 10 else ""
    price = f", ${number_text(template.price)} in all" if template.price is not None else ""
    packages = "package" if len(template.labels) == 1 else "packages"
    return (
        f'{verb} the {template.transfer_type} template "{template.wanted.name}" to '
        f"{template.recipient_license_number} with {len(template.labels)} {packages} "
        f"({named}{more}){price}. No package moves by this."
    )


def _changes(
    template: _Template, metrc_id: int | None, preimage: Reading | None
) -> tuple[Change, ...]:
    packages = Change(
        subject=template.wanted.name,
        field="packages",
        before="-",
        after=", ".join(template.labels),
    )
    return (*row_changes(template.wanted, metrc_id, preimage), packages)


def _check_packages(template: _Template, judged: Judgement, reading: Reading) -> Judgement:
    """Hold a template that is there to the packages it should carry."""
    if judged.verdict is not ProbeVerdict.APPLIED:
        return judged
    if not reading.delivery_whole:
        return cannot_tell(
            f'The packages of the template "{template.wanted.name}" could not be read.'
        )
    extra = set(reading.delivery_packages) ^ set(template.labels)
    if extra:
        return different(
            f'The template "{template.wanted.name}" in METRC disagrees about package '
            f"{tail(min(extra))}."
        )
    return applied(
        f'METRC has the template "{template.wanted.name}" with its {len(template.labels)} packages.'
    )


def _judge_create(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    template = _read(facts, is_update=False)
    judged = judge_create("template", template.wanted, preimage, reading)
    return _check_packages(template, judged, reading)


def _judge_update(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    template = _read(facts, is_update=True)
    judged = judge_update("template", _metrc_id(facts), template.wanted, preimage, reading)
    checked = _check_packages(template, judged, reading)
    was = preimage.delivery_packages if preimage and preimage.delivery_whole else None
    # Only the packages may have been the change; then the old set means "not yet", not "wrong".
    if (
        judged.verdict is ProbeVerdict.APPLIED
        and checked.verdict is ProbeVerdict.DIFFERENT
        and was is not None
        and set(was) == set(reading.delivery_packages)
    ):
        return absent(f'METRC still has the template "{template.wanted.name}" as before.')
    return checked


def _metrc_id(facts: Facts) -> int:
    return FactReader(facts).whole("id")


def _lanes(template: _Template) -> tuple[str, ...]:
    return (named_lane("template", template.wanted.name),)


def _create_reads(facts: Facts) -> tuple[Read, ...]:
    name = _read(facts, is_update=False).wanted.name
    return (Read(endpoint=LIST_READ), Read(endpoint=PACKAGES_READ, key=name))


def _update_reads(facts: Facts) -> tuple[Read, ...]:
    metrc_id = str(_metrc_id(facts))
    return (Read(endpoint=LIST_READ, key=metrc_id), Read(endpoint=PACKAGES_READ, key=metrc_id))


CREATE_TEMPLATE = ActionKind(
    name="template.create",
    title="Create a transfer template",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="POST /transfers/v2/templates/outgoing",
    keying=Keying.NAME,
    max_objects_per_send=1,
    build_payload=lambda facts: [_read(facts, is_update=False).wanted.body],
    natural_key=lambda facts: None,
    labels=lambda facts: _read(facts, is_update=False).labels,
    lanes=lambda facts: _lanes(_read(facts, is_update=False)),
    effect_sentence=lambda facts: _sentence(_read(facts, is_update=False), "Create"),
    before_after=lambda facts, preimage: _changes(_read(facts, is_update=False), None, preimage),
    expect=no_effect,
    deciding_reads=_create_reads,
    judge_probe=_judge_create,
    gates=TRANSFER_ACTION_GATES,
)
UPDATE_TEMPLATE = ActionKind(
    name="template.update",
    title="Change a transfer template",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="PUT /transfers/v2/templates/outgoing",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=lambda facts: [_read(facts, is_update=True).wanted.body],
    natural_key=lambda facts: None,
    labels=lambda facts: _read(facts, is_update=True).labels,
    lanes=lambda facts: (
        f"template#{_metrc_id(facts)}",
        *_lanes(_read(facts, is_update=True)),
    ),
    effect_sentence=lambda facts: _sentence(_read(facts, is_update=True), "Change"),
    before_after=lambda facts, preimage: _changes(
        _read(facts, is_update=True), _metrc_id(facts), preimage
    ),
    expect=no_effect,
    deciding_reads=_update_reads,
    judge_probe=_judge_update,
    gates=TRANSFER_ACTION_GATES,
)
DELETE_TEMPLATE = archive_kind(
    resource="template",
    title="template",
    endpoint="DELETE /transfers/v2/templates/outgoing/{id}",
    reads=(LIST_READ,),
    tier=Tier.STANDARD,
)

KINDS = (CREATE_TEMPLATE, UPDATE_TEMPLATE, DELETE_TEMPLATE)
