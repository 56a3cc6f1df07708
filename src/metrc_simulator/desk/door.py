"""The desk's door: its page, its JSON verbs, the journal and the keys."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from metrc_simulator.act import Act, NotYours, Refused
from metrc_simulator.answers import Answer, about_methods, message, nothing, value
from metrc_simulator.desk import goods, laboratory, levers
from metrc_simulator.desk.fields import Payload, user_of
from metrc_simulator.desk.overview import overview
from metrc_simulator.desk.shelf import sample, shelf
from metrc_simulator.engine import Engine
from metrc_simulator.faults import FaultRuleWrong
from metrc_simulator.http_reading import Request
from metrc_simulator.journal import Entry
from metrc_simulator.laws import packages
from metrc_simulator.recording import recording_json
from metrc_simulator.windows import read_query
from metrc_simulator.wire import decode, encode
from metrc_simulator.worlds.cast import WorldBroken

Verb = Callable[[Engine, Payload], tuple[dict[str, Any], Act]]
VERBS: dict[str, Verb] = {
    "ship-in": goods.ship_in,
    "register-transfer": goods.register_transfer,
    "depart": goods.depart,
    "void": goods.void,
    "receive": goods.receive,
    "return": goods.give_back,
    "edit-manifest": goods.edit_manifest,
    "record-results": laboratory.record_results,
    "revoke-results": laboratory.revoke_results,
    "hold": goods.hold,
    "adjust": goods.adjust,
    "create-package": goods.create_package,
    "move": goods.by_hand(packages.move),
    "finish": goods.by_hand(packages.finish),
    "receive-tags": goods.receive_tags,
    "void-tags": goods.void_tags,
    "keys": levers.keys,
    "faults": levers.faults,
    "clock": levers.clock,
    "reset": levers.reset,
    "limits": levers.limits,
    "license": levers.license_status,
    "api": levers.api,
}
LOOKS: dict[str, Callable[[Engine, dict[str, str]], dict[str, Any]]] = {
    "overview": lambda engine, _: overview(engine),
    "limits": lambda engine, _: engine.limits.as_row(),
    "shelf": shelf,
    "sample": sample,
}
# The desk's own page: nothing else is served from the folder.
PAGE = "page.html"
PARTS = {
    "desk.css": "text/css; charset=utf-8",
    **{
        f"{name}.js": "text/javascript; charset=utf-8"
        for name in ("desk", "parts", "journal", "licensee", "laboratory", "regulator", "machine")
    },
}
_REFUSALS = (Refused, NotYours, FaultRuleWrong, WorldBroken)
_CHANGE_PEOPLE = {"keys", "reset"}


class DeskDoor:
    """Answers everything under `/desk`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request to the desk."""
        path = request.path.rstrip("/")
        methods = _methods(path)
        name = path.removeprefix("/desk/api/")
        # A verb nobody knows is answered with those there are.
        if request.method == "POST" and name != path and ("POST" in methods or not methods):
            return self._do(name, request)
        if not methods:
            return nothing(404)
        if request.method not in methods:
            return about_methods(request.method, methods)
        if name != path:
            return self._tell(name, request)
        if path == "":
            return Answer(302, headers={"Location": "/desk/"})
        if path == "/desk":
            return _file(PAGE, "text/html; charset=utf-8")
        name = path.removeprefix("/desk/static/")
        return _file(name, PARTS[name])

    def _tell(self, name: str, request: Request) -> Answer:
        if name in {"journal", "recording"}:
            self.engine.journal.wait_for_leaving()
        if name == "journal":
            query = read_query(request.query)
            numbers = {"after": "0", "limit": "-1"} | query
            try:
                after, limit = int(numbers["after"]), int(numbers["limit"])
            except ValueError:
                return _error(f"after: {query} does not hold whole numbers.")
            if max(abs(after), abs(limit)) >= 2**63:
                return _error(f"after: {query} names more entries than any journal has.")
            return Answer(200, self.engine.journal.json(after, limit))
        if name == "recording":
            return Answer(200, recording_json(self.engine.store, self.engine.journal))
        if name == "keys":
            return value(self._keys())
        try:
            return value(LOOKS[name](self.engine, read_query(request.query)))
        except _REFUSALS as refused:
            return _error(str(refused))

    def _keys(self) -> dict[str, Any]:
        people = self.engine.people
        return {
            "vendorKey": people.vendor_key,
            "users": [
                {
                    "name": user.name,
                    "userKey": user.user_key,
                    "licenses": list(user.licenses),
                    "permissions": sorted(user.permissions),
                }
                for user in people.everyone()
            ],
        }

    def _do(self, name: str, request: Request) -> Answer:
        verb = VERBS.get(name)
        if verb is None:
            return _error(f"verb: {name!r} is none of {', '.join(VERBS)}.", status=404)
        try:
            payload = decode(request.body or b"{}")
        except ValueError as problem:
            return _error(f"body: it is not JSON: {problem}.")
        if not isinstance(payload, dict):
            return _error(f"body: {payload!r} is not an object.")
        engine = self.engine
        now = engine.clock.now()
        entry = Entry(
            at=now,
            received_at=now,
            method="POST",
            path=request.path,
            query={},
            user_name=user_of(payload),
            body=payload,
        )
        try:
            with engine.store.transaction():
                result, act = verb(engine, payload)
                # A replay does the act again at the moment it had.
                entry.at, entry.applied = act.now, act.effects
                entry.license_number = act.license_number or None
                answer = value(result)
                engine.journal.write(entry, answer)
        except _REFUSALS as refused:
            entry.applied = []
            answer = _error(str(refused))
            engine.journal.write(entry, answer)
        except Exception:
            entry.applied = []
            engine.journal.write(entry, message(500, "The simulator itself failed."))
            raise
        finally:
            if name in _CHANGE_PEOPLE:
                engine.people.reload()
        return answer


def _methods(path: str) -> tuple[str, ...]:
    name = path.removeprefix("/desk/api/")
    if name != path:
        looks = name in LOOKS or name in {"journal", "keys", "recording"}
        return (*(("GET",) if looks else ()), *(("POST",) if name in VERBS else ()))
    is_part = path.removeprefix("/desk/static/") in PARTS
    return ("GET",) if path in {"", "/desk"} or is_part else ()


def _file(name: str, content_type: str) -> Answer:
    folder = resources.files("metrc_simulator.desk").joinpath("static")
    return Answer(200, folder.joinpath(name).read_bytes(), content_type=content_type)


def _error(sentence: str, status: int = 400) -> Answer:
    return Answer(status, encode({"error": sentence}))
