"""GET handlers: lists are ready rows joined, never rows built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metrc_simulator.act import NotThere, NotYours
from metrc_simulator.answers import Answer, array, page, value
from metrc_simulator.calls import Call, Handler
from metrc_simulator.laws import job_types
from metrc_simulator.profiles.profile import Profile, lab_test_row
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.windows import read_paging, read_window
from metrc_simulator.wire import encode, read_id, stamp_text


def listing(kind: str, list_name: str | None = "active", windowed: bool = False) -> Handler:
    """Return the handler of one licence's list, by LastModified window where METRC has one."""

    def handle(call: Call) -> Answer:
        start = end = None
        if windowed:
            start, end = read_window(call.query, call.engine.profile.switches, call.now)
        query = Query(kind, call.license_number, list_name, start=start, end=end, as_of=call.as_of)
        return bodies_page(call, query)

    return handle


def held_listing(call: Call) -> Answer:
    """Return the packages on hold, recall or investigation."""
    start, end = read_window(call.query, call.engine.profile.switches, call.now)
    return bodies_page(
        call,
        Query(
            "packages",
            call.license_number,
            "active",
            mark="hold",
            start=start,
            end=end,
            as_of=call.as_of,
        ),
    )


def active_packages(call: Call) -> Answer:
    """Return the active packages; the profile says whether held ones are among them."""
    start, end = read_window(call.query, call.engine.profile.switches, call.now)
    mark = None if call.engine.profile.switches["held_packages_in_active"] else ""
    return bodies_page(
        call,
        Query("packages", call.license_number, "active", mark, None, start, end, call.as_of),
    )


def bodies_page(call: Call, query: Query) -> Answer:
    """Return one page of the rows asked for, in METRC's envelope or bare as the profile says."""
    switches = call.engine.profile.switches
    paging = read_paging(call.query, switches)
    rows = call.engine.store.bodies(query, paging.limit, paging.offset)
    if paging.size is None and not switches["envelope_without_page_size"]:
        return array(rows)
    whole = paging.size is None or (paging.number == 1 and len(rows) < paging.size)
    total = len(rows) if whole else call.engine.store.count(query)
    return page(rows, total, paging.number, paging.size)


def bare(kind: str, list_name: str | None = "active", mark: str | None = None) -> Handler:
    """Return the handler of a list that METRC sends as a bare array, never paged."""

    def handle(call: Call) -> Answer:
        query = Query(kind, call.license_number, list_name, mark, as_of=call.as_of)
        return array(call.engine.store.bodies(query))

    return handle


def staged_tags(call: Call) -> Answer:
    """Return the tags set aside for packages, in the longer form that this list alone has."""
    rows = []
    for tag in call.engine.store.select(Query("tags", call.license_number, "staged")):
        row = blank("staged_tag", LastModified=stamp_text(tag.last_modified))
        row.update((name, tag.body[name]) for name in row if name in tag.body)
        rows.append(encode(row))
    return array(rows)


def reference(rows_of: Callable[[Profile], list[Any]], paged: bool) -> Handler:
    """Return the handler of a list that comes from the profile."""

    def handle(call: Call) -> Answer:
        rows = [encode(row) for row in rows_of(call.engine.profile)]
        if not paged:
            return array(rows)
        paging = read_paging(call.query, call.engine.profile.switches)
        shown = (
            rows[paging.offset :] if paging.size is None else rows[paging.offset :][: paging.size]
        )
        return page(shown, len(rows), paging.number, paging.size)

    return handle


def one(kind: str) -> Handler:
    """Return the handler of one row by id; another licence's row answers 401."""

    def handle(call: Call) -> Answer:
        return body_of(call, by_id(call, kind))

    return handle


def item_file(kind: str) -> Handler:
    """Return the handler of one photo or file of an item of the licence."""

    def handle(call: Call) -> Answer:
        found = by_id(call, "item_files")
        if found.list_name != kind:
            raise NotYours(f"{kind} {found.id}")
        return body_of(call, found)

    return handle


def by_id(call: Call, kind: str) -> Record:
    """Return the row of the path; NotYours when it is unknown or another licence's."""
    text = call.segments[0]
    found = call.engine.store.get(kind, read_id(text))
    if found is None:
        raise NotThere(f"{kind} {text}")
    if found.license_number not in call.licenses():
        raise NotYours(f"{kind} {text}")
    return found


def body_of(call: Call, found: Record) -> Answer:
    """Return a row as it is, or as it was at the moment the call reads at."""
    if call.as_of is None:
        return Answer(200, encode(found.body))
    then = call.engine.store.body_as_of(found.kind, found.id, call.as_of)
    if then is None:
        raise NotYours(f"{found.kind} {found.id}")
    return Answer(200, then)


def package(call: Call) -> Answer:
    """Return one package by id (digits only) or by label."""
    text = call.segments[0]
    if text.isascii() and text.isdigit() and len(text) < 19:
        return body_of(call, by_id(call, "packages"))
    found = call.engine.store.find("packages", text)
    if found is None:
        raise NotThere(f"package {text}")
    if found.license_number not in call.licenses():
        raise NotYours(f"package {text}")
    return body_of(call, found)


def facilities(call: Call) -> Answer:
    """Return the facilities the user's key reaches; closed ones are left out."""
    rows = []
    for number in call.user.licenses:
        facility = call.engine.store.find("facilities", number)
        if facility is not None and facility.facts["status"] in {"Active", "Suspended"}:
            rows.append(encode(facility.body))
    return array(rows)


def employee_permissions(call: Call) -> Answer:
    """Return the permission names of one employee of the facility, in lower case."""
    wanted = call.query.get("employeelicensenumber", "")
    for employee in call.engine.store.select(Query("employees", call.license_number)):
        if employee.body["License"]["EmployeeLicenseNumber"] == wanted:
            return value(sorted(name.lower() for name in employee.facts["permissions"]))
    raise NotYours(f"employee {wanted}")


def under_transfer(call: Call) -> Answer:
    """Return the deliveries of a transfer to either of its two sides."""
    transfer = call.engine.store.get("transfers", _number(call))
    _need_side(call, transfer)
    return bodies_page(call, Query("deliveries", parent=_number(call), as_of=call.as_of))


def under_delivery(kind: str) -> Handler:
    """Return the handler of the rows below a delivery, for either side of its transfer."""

    def handle(call: Call) -> Answer:
        delivery = call.engine.store.get("deliveries", _number(call))
        transfer = call.engine.store.get("transfers", delivery.parent) if delivery else None
        _need_side(call, transfer)
        return bodies_page(call, Query(kind, parent=_number(call), as_of=call.as_of))

    return handle


def _number(call: Call) -> int:
    return read_id(call.segments[0])


def _need_side(call: Call, transfer: Record | None) -> None:
    if transfer is None:
        raise NotYours(f"transfer of {call.segments[0]}")
    sides = {
        transfer.license_number,
        transfer.facts["recipient"],
        transfer.body["TransporterFacilityLicenseNumber"],
    }
    if not sides & set(call.licenses()):
        raise NotYours(f"transfer {transfer.id}")


def side_transfer(call: Call) -> Record:
    """Return the transfer of the path if the caller is one of its sides; NotYours otherwise."""
    transfer = call.engine.store.get("transfers", _number(call))
    _need_side(call, transfer)
    assert transfer is not None
    return transfer


def under_template(call: Call) -> Answer:
    """Return the deliveries of a template of one of the user's licences."""
    by_id(call, "templates")
    return bodies_page(call, Query("template_deliveries", parent=_number(call), as_of=call.as_of))


def under_template_delivery(kind: str, paged: bool = True) -> Handler:
    """Return the handler of the rows below a template's delivery."""

    def handle(call: Call) -> Answer:
        store = call.engine.store
        delivery = store.get("template_deliveries", _number(call))
        template = store.get("templates", delivery.parent) if delivery else None
        if template is None or template.license_number not in call.licenses():
            raise NotYours(f"template delivery {call.segments[0]}")
        query = Query(kind, parent=_number(call), as_of=call.as_of)
        return bodies_page(call, query) if paged else array(store.bodies(query))

    return handle


def required_batches(call: Call) -> Answer:
    """Return the lab test batches that a delivered package must pass."""
    found = call.engine.store.get("packages", _number(call))
    if found is None or found.license_number not in call.user.licenses:
        raise NotYours(f"package {call.segments[0]}")
    names = found.facts.get("required_batches", found.body["Item"]["LabTestBatchNames"])
    known = call.engine.profile.batches()
    rows = [
        encode(
            {
                "PackageId": found.id,
                "LabTestBatchId": known.index(name) + 1,
                "LabTestBatchName": name,
            }
        )
        for name in names
    ]
    paging = read_paging(call.query, call.engine.profile.switches)
    return page(rows, len(rows), paging.number, paging.size)


def unit_rows(profile: Profile) -> list[Any]:
    """Return the units of measure as METRC shows them."""
    return [
        {"QuantityType": unit.quantity_type, "Name": unit.name, "Abbreviation": unit.abbreviation}
        for unit in profile.units.values()
    ]


def inactive_unit_rows(profile: Profile) -> list[Any]:
    """Return the units of measure that are no longer in use."""
    return [
        {"QuantityType": row["type"], "Name": row["name"], "Abbreviation": row["abbreviation"]}
        for row in profile.data["units"].get("inactive", [])
    ]


def category_rows(profile: Profile) -> list[Any]:
    """Return the item categories."""
    return [profile.category_row(row) for row in profile.categories.values()]


def reason_rows(profile: Profile) -> list[Any]:
    """Return the adjustment reasons."""
    return [
        blank("adjust_reason", Name=row["name"], RequiresNote=row["requires_note"])
        for row in profile.reasons.values()
    ]


def transfer_type_rows(profile: Profile) -> list[Any]:
    """Return the transfer types."""
    return [
        blank(
            "transfer_type",
            Name=row["name"],
            TransactionType=row["transaction"],
            ForLicensedShipments=not row.get("external_incoming", False),
            ForExternalIncomingShipments=row.get("external_incoming", False),
        )
        for row in profile.transfer_types.values()
    ]


def location_type_rows(profile: Profile) -> list[Any]:
    """Return the location types, each taking everything."""
    return [
        {
            "Id": number,
            "Name": name,
            "ForPlantBatches": True,
            "ForPlants": True,
            "ForHarvests": True,
            "ForPackages": True,
        }
        for number, name in enumerate(profile.rows("location_types"), start=1)
    ]


def active_job_types(call: Call) -> Answer:
    """Return the state's processing job types, which never change, and the facility's own."""
    start, end = read_window(call.query, call.engine.profile.switches, call.now)
    query = Query(
        "job_types", call.license_number, "active", start=start, end=end, as_of=call.as_of
    )
    rows = [encode(row) for row in job_types.profile_rows(call.engine.profile)]
    return some_rows(call, [*rows, *call.engine.store.bodies(query)])


def some_rows(call: Call, rows: list[bytes]) -> Answer:
    """Return the page asked for of rows at hand, in METRC's envelope."""
    paging = read_paging(call.query, call.engine.profile.switches)
    shown = rows[paging.offset :]
    return page(shown[: paging.size], len(rows), paging.number, paging.size)


def lab_type_rows(profile: Profile) -> list[Any]:
    """Return the lab test types."""
    days = profile.switches["result_expiration_days"]
    return [lab_test_row(row, days) for row in profile.lab_tests]


def lab_batch_rows(profile: Profile) -> list[Any]:
    """Return the lab test batches with their types and categories."""
    days = profile.switches["result_expiration_days"]
    rows = []
    for number, name in enumerate(profile.batches(), start=1):
        types = [lab_test_row(row, days) for row in profile.types_of_batch(name)]
        categories = [
            {
                "ProductCategoryId": f"ProductCategory-{place}",
                "ProductCategory": profile.category_row(row),
                "RequireLabTestBatch": True,
            }
            for place, row in enumerate(profile.categories.values(), start=1)
            if name in row["batches"]
        ]
        rows.append(
            {
                "Id": number,
                "Name": name,
                "LabTestTypeCount": len(types),
                "LabTestTypes": types,
                "ItemCategoryCount": len(categories),
                "ItemCategories": categories,
                "RequiresAllFromLabTestBatch": True,
            }
        )
    return rows
