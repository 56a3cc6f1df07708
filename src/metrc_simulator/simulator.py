"""One simulator: it signs callers in, finds the route, applies faults, keeps the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from metrc_simulator.act import NotThere, NotYours
from metrc_simulator.answers import Answer, about_methods, message, nothing
from metrc_simulator.calls import Call
from metrc_simulator.clock import machine_microseconds
from metrc_simulator.contract.door import is_about_the_contract, tell
from metrc_simulator.courier import Courier
from metrc_simulator.desk.door import DeskDoor
from metrc_simulator.engine import Engine
from metrc_simulator.fault_kinds import FAULT_KINDS
from metrc_simulator.faults import Fault
from metrc_simulator.http_reading import Request
from metrc_simulator.journal import Entry
from metrc_simulator.people import User
from metrc_simulator.records import Record
from metrc_simulator.routes.finder import METHODS, find_route, methods_of
from metrc_simulator.routes.route import Route
from metrc_simulator.windows import BadQuery, read_query
from metrc_simulator.wire import decode
from metrc_simulator.writes import check_object, check_objects

_LATE_SECONDS_AT_MOST = 600.0
_STALE_SECONDS = 5.0
_READS = {"GET", "OPTIONS"}


class Simulator:
    """Answers every request of one running simulator."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._desk = DeskDoor(engine)
        self._courier = Courier(engine)
        self._courier.carry()
        self._facilities: dict[str, Record | None] = {}
        self._facilities_version = -1

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request, having done what it asks.

        HEAD is answered as GET is; its body stays here.
        """
        asked = replace(request, method="GET") if request.method == "HEAD" else request
        if request.path == "*":
            return about_methods(request.method, METHODS)
        if request.path == "/" or request.path.startswith("/desk"):
            answer = self._desk.answer(asked)
        elif is_about_the_contract(request.path):
            answer = tell(asked)
        else:
            answer = self._api(asked, request.method)
        if asked.method not in _READS:
            self._courier.carry()
        return answer

    def repeat(self, request: Request, entry: Entry) -> Answer:
        """Do again what a recorded request asked, at its moment: no limit, fault or journal."""
        with self.engine.store.transaction():
            return self._dispatch(request, entry, None)

    def _api(self, request: Request, method: str) -> Answer:
        now = self.engine.clock.now()
        entry = Entry(
            at=now,
            received_at=now,
            method=method,
            path=request.path,
            query=read_query(request.query),
        )
        try:
            return self._limited(request, entry)
        except Exception:
            # What it did is undone with its transaction; that it came is not.
            entry.applied = []
            self.engine.journal.write(entry, message(500, "The simulator itself failed."))
            raise

    def _limited(self, request: Request, entry: Entry) -> Answer:
        """Answer a GET if the limits have room for it; what METRC delays goes on counting."""
        if request.method != "GET":
            return self._call(request, entry)
        limits, counted = self.engine.limits, _counted(request)
        if not limits.enter(counted):
            return self._refuse(entry, Answer(429, headers={"Retry-After": "1"}))
        try:
            return self._call(request, entry)
        finally:
            limits.leave(counted)

    def _call(self, request: Request, entry: Entry) -> Answer:
        engine = self.engine
        if not engine.api_up:
            return self._refuse(entry, nothing(503))
        fault = engine.faults.pick(entry.method, request.path)
        if fault is None:
            return self._apply(request, entry, None)
        kind = FAULT_KINDS[fault.kind]
        entry.fault = fault.kind
        if not kind.applied:
            entry.body = _shown(request.body)
            answer = kind.send(nothing(0), fault.delay_seconds)
            # A refusal says truly that nothing was done; a page of HTML says nothing.
            entry.tells = 400 <= answer.status < 500
            return self._refuse(entry, answer)
        is_gone = fault.kind == "late" and request.wait_until_gone(_LATE_SECONDS_AT_MOST)
        if kind.waits == "before":
            engine.stopping.wait(fault.delay_seconds or 0)
            entry.at = engine.clock.now()
        answer = self._apply(request, entry, fault, is_gone)
        if kind.waits == "after":
            engine.stopping.wait(fault.delay_seconds or 0)
        return answer

    def _refuse(self, entry: Entry, answer: Answer) -> Answer:
        self.engine.journal.write(entry, answer)
        return answer

    def _apply(
        self, request: Request, entry: Entry, fault: Fault | None, is_gone: bool = False
    ) -> Answer:
        if request.method in _READS:
            return self._finish(request, entry, fault, is_gone)
        # The journal row commits with the effects it tells of.
        with self.engine.store.transaction():
            return self._finish(request, entry, fault, is_gone)

    def _finish(self, request: Request, entry: Entry, fault: Fault | None, is_gone: bool) -> Answer:
        as_of = self._as_of(request, fault)
        answer = self._dispatch(request, entry, as_of)
        sent = answer
        if fault is not None:
            sent = FAULT_KINDS[fault.kind].send(answer, fault.delay_seconds)
        if is_gone:
            sent = replace(sent, cut="drop")
        is_true = sent.status == answer.status and sent.body == answer.body
        entry.tells = is_true and as_of is None
        self.engine.journal.write(entry, sent)
        return sent

    def _dispatch(self, request: Request, entry: Entry, as_of: int | None) -> Answer:
        found = find_route(request.method, request.path)
        if isinstance(found, int):
            if found == 404:
                return nothing(404)
            return about_methods(request.method, methods_of(request.path))
        route, segments = found
        body, wrong = self._body(request, entry, route)
        if wrong is not None:
            return wrong
        user = self._caller(request, route)
        if user is None:
            return nothing(401)
        entry.user_name = user.name
        query = {name.lower(): value for name, value in entry.query.items()}
        license_number = "" if route.license_rule == "none" else query.get("licensenumber", "")
        entry.license_number = license_number or None
        refusal = self._permit(route, user, license_number)
        if refusal is not None:
            return refusal
        call = Call(
            engine=self.engine,
            user=user,
            license_number=license_number,
            query=query,
            segments=tuple(unquote(segment) for segment in segments),
            body=body,
            now=entry.at,
            as_of=as_of,
            effects=entry.applied,
        )
        return self._handle(route, call)

    def _caller(self, request: Request, route: Route) -> User | None:
        people = self.engine.people
        user = people.signed_in(request.headers.get("authorization", ""))
        if user is None and route.vendor:
            return people.vendor(request.headers)
        return user

    def _as_of(self, request: Request, fault: Fault | None) -> int | None:
        if request.method != "GET":
            return None
        lag_seconds = self.engine.profile.switches["read_lag_seconds"]
        if fault is not None and fault.kind == "stale-read":
            lag_seconds = fault.delay_seconds or _STALE_SECONDS
        return machine_microseconds() - int(lag_seconds * 1_000_000) if lag_seconds else None

    def _handle(self, route: Route, call: Call) -> Answer:
        try:
            return route.handler(call)
        except BadQuery as problem:
            return message(400, str(problem))
        except NotThere:
            return nothing(self.engine.profile.switches["unknown_id_status"])
        except NotYours:
            return nothing(401)

    def _body(self, request: Request, entry: Entry, route: Route) -> tuple[Any, Answer | None]:
        if not route.takes_body():
            return None, None
        try:
            body = decode(request.body)
        except ValueError:
            entry.body = _shown(request.body)
            return None, message(400, "The request body is not valid JSON.")
        entry.body = body
        if route.body == "object":
            return body, check_object(body)
        return body, check_objects(body, self.engine.profile.switches["objects_per_write_at_most"])

    def _facility(self, license_number: str) -> Record | None:
        version = self.engine.store.version("facilities")
        if version != self._facilities_version:
            self._facilities, self._facilities_version = {}, version
        if license_number not in self._facilities:
            found = self.engine.store.find("facilities", license_number)
            self._facilities[license_number] = found
        return self._facilities[license_number]

    def _permit(self, route: Route, user: User, license_number: str) -> Answer | None:
        if not route.permits(user.permissions):
            return nothing(401)
        if not route.deployed(self.engine.profile):
            return nothing(404)
        if not license_number:
            missing = route.license_rule == "required"
            return message(400, "licenseNumber was not specified") if missing else None
        facility = self._facility(license_number)
        if facility is None or license_number not in user.licenses:
            return nothing(401)
        status = facility.facts["status"]
        if status != "Active" and (status != "Suspended" or route.method != "GET"):
            return nothing(401)
        return None if route.suits(facility.body["FacilityType"]) else nothing(401)


def _counted(request: Request) -> str:
    """Return what a GET counts for: the facility it names, else whoever calls."""
    query = {name.lower(): one for name, one in read_query(request.query).items()}
    return query.get("licensenumber") or request.headers.get("authorization", "")


def _shown(body: bytes) -> Any:
    if not body:
        return None
    try:
        return decode(body)
    except ValueError:
        return body.decode("utf-8", errors="replace")
