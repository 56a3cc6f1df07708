"""The transporter's hub: arrive, check in, check out, depart, in this order for each direction.

METRC documents the four calls and their two fields; the order and what each stamps is inferred
from the names of the calls and of the row's fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, id_of, text_of
from metrc_simulator.laws.transfers import open_delivery
from metrc_simulator.records import Query, Record
from metrc_simulator.wire import moment_text

STEPS = ("arrive", "checkin", "checkout", "depart")
_STAMPS = {
    "arrive": "TransporterActualArrivalDateTime",
    "checkin": "TransporterAcceptedDateTime",
    "depart": "TransporterActualDepartureDateTime",
}
_DIRECTIONS = {"outbound": "Outbound", "return": "Return"}


def hub_step(step: str) -> Callable[[Act, dict[str, Any]], None]:
    """Return the law of one step of a delivery through a transporter's hub."""

    def act_at_hub(act: Act, body: dict[str, Any]) -> None:
        delivery_id = id_of(body, "ShipmentDeliveryId")
        direction = _DIRECTIONS.get(text_of(body, "TransporterDirection").lower())
        if direction is None:
            raise Refused(
                f'TransporterDirection "{body["TransporterDirection"]}" is neither Outbound '
                "nor Return."
            )
        row = _seen_here(act, delivery_id)
        _check_road(act, delivery_id, direction)
        done = row.facts.setdefault(direction, [])
        expected = STEPS[len(done)] if len(done) < len(STEPS) else None
        if step != expected:
            raise Refused(
                f"Delivery {delivery_id} cannot {step}: "
                + (f"{expected} comes next." if expected else "it has departed from the hub.")
            )
        done.append(step)
        if step in _STAMPS:
            row.body[_STAMPS[step]] = moment_text(act.now)
        act.save(row)
        act.effect("hub step done", deliveryId=delivery_id, step=step, direction=direction)

    return act_at_hub


def _seen_here(act: Act, delivery_id: int) -> Record:
    delivery = act.store.get("deliveries", delivery_id)
    row = act.store.get("hub_transfers", delivery.parent) if delivery else None
    if row is None or row.license_number != act.license_number:
        raise NotYours(f"delivery {delivery_id}")
    return row


def _check_road(act: Act, delivery_id: int, direction: str) -> None:
    delivery, transfer = open_delivery(act, delivery_id)
    if direction == "Outbound":
        if delivery.body["ActualDepartureDateTime"] is None:
            raise Refused(f"Manifest {transfer.body['ManifestNumber']} has not departed.")
        if delivery.body["ReceivedDateTime"] is not None:
            raise Refused(f"Manifest {transfer.body['ManifestNumber']} is received.")
        return
    waiting = act.store.select(Query("delivery_packages", None, "Rejected", parent=delivery_id))
    if not waiting:
        raise Refused(f"Manifest {transfer.body['ManifestNumber']} has nothing to return.")
