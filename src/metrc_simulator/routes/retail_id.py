"""Endpoints of Retail ID.

METRC lists settings of the state and of the vendor among the permissions; here they are the
profile's switch and the facility's flags, and the user needs the permission the page needs.
"""

from __future__ import annotations

from metrc_simulator.act import NotYours
from metrc_simulator.answers import Answer, value
from metrc_simulator.calls import Call
from metrc_simulator.laws import retail_id
from metrc_simulator.records import Record
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import each_row, one_object

_SWITCH = "retail_id_deployed"
_MANAGE = ("View Packages", "Manage Product Labels")
_VIEW = ("View Product Labels", "Manage Product Labels")
_LABELS = ("Download Product Labels", "Manage Product Labels", "Manage Tag Orders")


def _allotment(call: Call) -> Answer:
    return value(retail_id.allotment(call.act()))


def _by_label(call: Call) -> Answer:
    package = call.engine.store.find("packages", call.segments[0])
    return _received(call, package)


def _by_code(call: Call) -> Answer:
    return _received(call, retail_id.holder_of(call.act(), call.segments[0]))


def _received(call: Call, package: Record | None) -> Answer:
    act = call.act()
    if package is None or not retail_id.may_receive(act, package, call.licenses()):
        raise NotYours(f"package {call.segments[0]}")
    return value(retail_id.received(act, package))


RETAIL_ID_ROUTES = [
    Route("GET", "/retailid/v2/allotment", _allotment, _LABELS, switch=_SWITCH),
    Route(
        "POST",
        "/retailid/v2/associate",
        each_row(retail_id.associate, True),
        _MANAGE,
        flag="CanReceiveAssociateProductLabel",
        switch=_SWITCH,
    ),
    Route(
        "POST",
        "/retailid/v2/generate",
        one_object(retail_id.generate),
        _MANAGE,
        flag="CanDownloadProductLabel",
        switch=_SWITCH,
        body="object",
    ),
    Route(
        "POST",
        "/retailid/v2/merge",
        one_object(retail_id.merge),
        _MANAGE,
        switch=_SWITCH,
        body="object",
    ),
    Route(
        "POST",
        "/retailid/v2/packages/info",
        one_object(retail_id.packages_info),
        _MANAGE,
        switch=_SWITCH,
        body="object",
    ),
    Route("GET", "/retailid/v2/receive/{id}", _by_label, _VIEW, "optional", switch=_SWITCH),
    Route("GET", "/retailid/v2/receive/qr/{id}", _by_code, _VIEW, switch=_SWITCH),
]
