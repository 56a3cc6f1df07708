"""Endpoints of webhook subscriptions; METRC has them on a host of their own, with any licence."""

from __future__ import annotations

from metrc_simulator.answers import Answer, value
from metrc_simulator.calls import Call
from metrc_simulator.laws import webhooks
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, one_object


def _subscriptions(call: Call) -> Answer:
    """Return the caller's subscriptions, each with its last delivery; keys are not shown."""
    deliveries = call.engine.deliveries
    found = webhooks.own_subscriptions(call.act())
    return value([{**one.body, "lastDelivery": deliveries.get(one.id)} for one in found])


WEBHOOK_ROUTES = [
    Route("GET", "/webhooks/v2", _subscriptions, license_rule="none", vendor=True),
    Route(
        "PUT",
        "/webhooks/v2",
        one_object(webhooks.set_subscription),
        license_rule="none",
        body="object",
        vendor=True,
    ),
    *(
        Route(
            "PUT",
            f"/webhooks/v2/{word}/{{id}}",
            by_id(law),
            license_rule="none",
            body="none",
            vendor=True,
        )
        for word, law in (("enable", webhooks.enable), ("disable", webhooks.disable))
    ),
    Route("DELETE", "/webhooks/v2/{id}", by_id(webhooks.delete), license_rule="none", vendor=True),
]
