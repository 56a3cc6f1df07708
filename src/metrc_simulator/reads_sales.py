"""GET handlers of sales and patients: lists by the day of the sale, look-ups by a number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, array, page, value
from metrc_simulator.calls import Call, Handler
from metrc_simulator.laws.patients.standing import patient_status
from metrc_simulator.reads import bodies_page, body_of
from metrc_simulator.records import Query
from metrc_simulator.windows import BadQuery, read_paging, read_window
from metrc_simulator.wire import decode, encode, read_moment


def sold(kind: str, list_name: str) -> Handler:
    """Return the handler of a list of sales, by LastModified or by the time of the sale."""

    def handle(call: Call) -> Answer:
        by_sale = call.query.get("salesdatestart") or call.query.get("salesdateend")
        by_change = call.query.get("lastmodifiedstart") or call.query.get("lastmodifiedend")
        if by_sale and by_change:
            raise BadQuery("Sales Date and Last Modified filters cannot be used together")
        if by_sale:
            query = Query(kind, call.license_number, list_name, as_of=call.as_of)
            return _between(call, query, "SalesDateTime", "salesDateStart", "salesDateEnd")
        start, end = read_window(call.query, call.engine.profile.switches, call.now)
        return bodies_page(
            call,
            Query(kind, call.license_number, list_name, start=start, end=end, as_of=call.as_of),
        )

    return handle


def _between(call: Call, query: Query, field: str, start_name: str, end_name: str) -> Answer:
    start, end = _moment(call, start_name), _moment(call, end_name)
    rows = []
    for body in call.engine.store.bodies(query):
        moment = _local(decode(body)[field])
        if (start is None or moment >= start) and (end is None or moment <= end):
            rows.append(body)
    paging = read_paging(call.query, call.engine.profile.switches)
    shown = rows[paging.offset :]
    if paging.size is not None:
        shown = shown[: paging.size]
    return page(shown, len(rows), paging.number, paging.size)


def _local(text: Any) -> datetime:
    # A sale's time is the facility's own and bears no zone; it is compared as it is written.
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query.get(name.lower())
    if not text:
        return None
    moment = read_moment(text)
    if moment is None:
        raise BadQuery(f"{name} is not a valid date and time")
    return moment


def receipt_by_external_number(call: Call) -> Answer:
    """Return the receipt that a shop recorded under a number of its own."""
    for license_number in call.licenses():
        found = call.engine.store.find("receipts", call.segments[0], license_number)
        if found is not None:
            return body_of(call, found)
    raise NotYours(f"receipt {call.segments[0]}")


def checkins(call: Call) -> Answer:
    """Return the check-ins of a licence, by the day of the check-in."""
    query = Query("patient_checkins", call.license_number, "active", as_of=call.as_of)
    return _between(call, query, "CheckInDate", "checkinDateStart", "checkinDateEnd")


def statuses(call: Call) -> Answer:
    """Return what the state knows of a patient, in an array that may be empty."""
    return array([encode(row) for row in patient_status(call.act(), call.segments[0])])


def caregiver(call: Call) -> Answer:
    """Return what the state knows of a caregiver."""
    found = call.engine.store.find("caregivers", call.segments[0])
    if found is None:
        raise NotYours(f"caregiver {call.segments[0]}")
    return value(found.body)
