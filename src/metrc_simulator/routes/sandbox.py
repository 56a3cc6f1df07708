"""Endpoints of the sandbox's helpers; a production host forbids them (403)."""

from __future__ import annotations

from metrc_simulator.answers import Answer, nothing, value
from metrc_simulator.calls import Call, Handler
from metrc_simulator.laws import sandbox
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import one_object


def _in_a_sandbox(handler: Handler) -> Handler:
    def handle(call: Call) -> Answer:
        if not call.engine.profile.switches["sandbox_helpers"]:
            return nothing(403)
        return handler(call)

    return handle


def _set_up(call: Call) -> Answer:
    """Look a user's key up, or make a user; 204 when the key given is nobody's."""
    people = call.engine.people
    asked = call.query.get("userkey", "")
    if asked:
        found = people.of_key(asked)
        return nothing(204) if found is None else value({"UserKey": found.user_key})
    record = sandbox.mint_user(call.act())
    people.reload()
    return value({"UserKey": record.body["userKey"]})


def _tag_types(call: Call) -> Answer:
    return value(sandbox.tag_type_rows(call.act()))


SANDBOX_ROUTES = [
    Route(
        "POST",
        "/sandbox/v2/integrator/setup",
        _in_a_sandbox(_set_up),
        license_rule="none",
        body="none",
        vendor=True,
    ),
    Route("GET", "/sandbox/v2/tagtypes", _in_a_sandbox(_tag_types), vendor=True),
    Route(
        "POST",
        "/sandbox/v2/facility/tags",
        _in_a_sandbox(one_object(sandbox.mint_tags)),
        body="object",
        vendor=True,
    ),
    Route(
        "POST",
        "/sandbox/v2/packages/create",
        _in_a_sandbox(one_object(sandbox.create_stock)),
        body="object",
        vendor=True,
    ),
]
