"""One simulator: it signs callers in, finds the route, applies faults, keeps the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, message, nothing
from metrc_simulator.calls import Call
from metrc_simulator.clock import machine_microseconds
from metrc_simulator.contract.door import is_about_the_contract, tell
from metrc_simulator.courier import Courier
from metrc_simulator.desk.door import DeskDoor
from metrc_simulator.engine import Engine
from metrc_simulator.faults import NOT_APPLIED, FaultRule
from metrc_simulator.http_server import Request
from metrc_simulator.journal import Entry, write_entry
from metrc_simulator.people import User
from metrc_simulator.records import Record
from metrc_simulator.routes.finder import find_route
from metrc_simulator.routes.route import Route
from metrc_simulator.windows import BadQuery, read_query
from metrc_simulator.wire import decode
from metrc_simulator.writes import check_object, check_objects

_LATE_SECONDS_AT_MOST = 600.0
_STALE_SECONDS = 5.0
_SERVER_BROKEN = "Could not load file or assembly 'System.Data.SqlClient'."
_HTML = b"<!DOCTYPE html><html><head><title>Service</title></head><body>Please wait.</body></html>"


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
        """Return the answer to one request, having done what it asks."""
        if request.path == "/" or request.path.startswith("/desk"):
            answer = self._desk.answer(request)
        elif is_about_the_contract(request.path):
            answer = tell(request)
        else:
            answer = self._limited(request)
        if request.method != "GET":
            self._courier.carry()
        return answer

    def _limited(self, request: Request) -> Answer:
        """Answer a GET if the limits have room for it; what METRC delays goes on counting."""
        if request.method != "GET":
            return self._api(request)
        limits, counted = self.engine.limits, _counted(request)
        if not limits.enter(counted):
            entry = Entry(
                at=self.engine.clock.now(),
                method=request.method,
                path=request.path,
                query=read_query(request.query),
            )
            return self._refuse(entry, Answer(429, headers={"Retry-After": "1"}))
        try:
            return self._api(request)
        finally:
            limits.leave(counted)

    def _api(self, request: Request) -> Answer:
        engine = self.engine
        entry = Entry(
            at=engine.clock.now(),
            method=request.method,
            path=request.path,
            query=read_query(request.query),
        )
        if not engine.api_up:
            return self._refuse(entry, nothing(503))
        fault = engine.faults.pick(request.method, request.path)
        if fault is None:
            return self._apply(request, entry, None, None)
        entry.fault = fault.kind
        if fault.kind in NOT_APPLIED:
            entry.body = _shown(request.body)
            return self._refuse(entry, _refusal(fault))
        if fault.kind == "late":
            request.wait_until_gone(_LATE_SECONDS_AT_MOST)
        if fault.kind in {"late", "latency"}:
            engine.stopping.wait(fault.delay_seconds)
            entry.at = engine.clock.now()
        answer = self._apply(request, entry, _as_of(fault), _spoil(fault))
        if fault.kind == "slow-after":
            engine.stopping.wait(fault.delay_seconds)
        return answer

    def _refuse(self, entry: Entry, answer: Answer) -> Answer:
        entry.status = None if answer.cut == "drop" else answer.status
        write_entry(self.engine.store, entry)
        return answer

    def _apply(
        self,
        request: Request,
        entry: Entry,
        as_of: int | None,
        spoil: Callable[[Answer], Answer] | None,
    ) -> Answer:
        store = self.engine.store
        if request.method == "GET":
            answer = self._dispatch(request, entry, as_of)
            return self._finish(entry, answer, spoil)
        # The journal row commits with the effects it tells of.
        with store.transaction():
            answer = self._dispatch(request, entry, as_of)
            return self._finish(entry, answer, spoil)

    def _finish(
        self, entry: Entry, answer: Answer, spoil: Callable[[Answer], Answer] | None
    ) -> Answer:
        sent = spoil(answer) if spoil else answer
        entry.status = None if sent.cut == "drop" else sent.status
        write_entry(self.engine.store, entry)
        return sent

    def _dispatch(self, request: Request, entry: Entry, as_of: int | None) -> Answer:
        found = find_route(request.method, request.path)
        if isinstance(found, int):
            return nothing(found)
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
            as_of=as_of if as_of is not None else self._lagging(request.method),
            effects=entry.applied,
        )
        return self._handle(route, call)

    def _caller(self, request: Request, route: Route) -> User | None:
        people = self.engine.people
        user = people.signed_in(request.headers.get("authorization", ""))
        if user is None and route.vendor:
            return people.vendor(request.headers)
        return user

    def _lagging(self, method: str) -> int | None:
        lag = self.engine.profile.switches["read_lag_seconds"]
        return machine_microseconds() - int(lag * 1_000_000) if lag and method == "GET" else None

    def _handle(self, route: Route, call: Call) -> Answer:
        try:
            return route.handler(call)
        except BadQuery as problem:
            return message(400, str(problem))
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


def _refusal(fault: FaultRule) -> Answer:
    answers = {
        "drop-before": Answer(0, cut="drop"),
        "500-before": message(500, "An error has occurred."),
        "400-server": message(400, _SERVER_BROKEN),
        "401": nothing(401),
        "429": Answer(429, headers={"Retry-After": "1"}),
        "429-no-retry-after": nothing(429),
        "html": Answer(200, _HTML, content_type="text/html"),
    }
    return answers[fault.kind]


def _spoil(fault: FaultRule) -> Callable[[Answer], Answer] | None:
    changed: dict[str, Callable[[Answer], Answer]] = {
        "drop-after": lambda answer: Answer(answer.status, cut="drop"),
        "500-after": lambda answer: message(500, "An error has occurred."),
        "truncate": lambda answer: Answer(answer.status, answer.body, cut="truncate"),
        "empty": lambda answer: Answer(answer.status),
    }
    return changed.get(fault.kind)


def _as_of(fault: FaultRule) -> int | None:
    if fault.kind != "stale-read":
        return None
    return machine_microseconds() - int((fault.delay_seconds or _STALE_SECONDS) * 1_000_000)


def _shown(body: bytes) -> Any:
    if not body:
        return None
    try:
        return decode(body)
    except ValueError:
        return body.decode("utf-8", errors="replace")
