"""Desk verbs for goods: ship in, register, depart, receive, return, and changes by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metrc_simulator.act import Act, Refused
from metrc_simulator.desk.fields import (
    Payload,
    license_of,
    objects,
    truth,
    user_of,
    whole,
    word,
    words,
)
from metrc_simulator.engine import Engine
from metrc_simulator.laws import (
    adjustments,
    creation,
    external,
    packages,
    receiving,
    tags,
    transfers,
)
from metrc_simulator.records import Record
from metrc_simulator.wire import decimal_of, plain

Result = dict[str, Any]


def _act(engine: Engine, payload: Payload, field: str = "licenseNumber") -> Act:
    return engine.act(license_of(engine, payload, field), user_of(payload))


def ship_in(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Make packages at a licence out of nothing and put them on the road to another."""
    act = _act(engine, payload, "fromLicense")
    to_license = license_of(engine, payload, "toLicense")
    labels = [_new_stock(act, row) for row in objects(payload, "packages")]
    rows = [
        {"PackageLabel": label, "WholesalePrice": row.get("wholesalePrice")}
        for label, row in zip(labels, objects(payload, "packages"), strict=True)
    ]
    local = act.now.replace(tzinfo=None).isoformat(timespec="milliseconds")
    destination = {
        "RecipientLicenseNumber": to_license,
        "TransferTypeName": payload.get("transferType", "Transfer"),
        "EstimatedDepartureDateTime": local,
        "EstimatedArrivalDateTime": local,
        "PlannedRoute": "By the shortest road.",
        "Transporters": [{"TransporterFacilityLicenseNumber": act.license_number}],
        "Packages": rows,
    }
    transfer = transfers.register(act, {"Destinations": [destination]}, None)
    transfers.depart(act, transfer.body["DeliveryId"])
    return {**_manifest(transfer), "labels": labels}, act


def _new_stock(act: Act, row: Payload) -> str:
    label = word(row, "label").upper() if row.get("label") else tags.next_tag(act)
    if act.store.find("tags", label) is None:
        tags.receive_tags(act, [label], "package")
    tags.use_tag(act, label)
    name = word(row, "item")
    item = act.store.find("items", name, act.license_number)
    if item is None:
        raise Refused(f"item: {name!r} is not an item of {act.license_number}.")
    quantity = decimal_of(row.get("quantity"))
    if quantity is None or quantity <= 0:
        raise Refused(f"quantity: {row.get('quantity')!r} is not a quantity above zero.")
    unit = act.unit(word(row, "unitOfMeasure"))
    if unit.quantity_type != item.body["QuantityType"]:
        raise Refused(f"unitOfMeasure: {unit.name!r} does not fit {item.body['Name']}.")
    day = act.now.date().isoformat()
    package = creation.new_package(act, label, item.body, plain(quantity), unit, day)
    if row.get("labTestingState"):
        _given_state(act, package, word(row, "labTestingState"))
    if row.get("productionBatchNumber"):
        package.body["IsProductionBatch"] = True
        package.body["ProductionBatchNumber"] = word(row, "productionBatchNumber")
    package.body["ItemFromFacilityLicenseNumber"] = act.license_number
    package.body["ItemFromFacilityName"] = act.facility().body["Name"]
    act.add(package)
    act.effect("stock made", label=label, quantity=plain(quantity), item=item.body["Name"])
    return label


def _given_state(act: Act, package: Record, state: str) -> None:
    if state not in act.profile.rows("lab_states"):
        raise Refused(f"labTestingState: {state!r} is not a lab testing state.")
    packages.set_state(act, package, state)
    package.body["InitialLabTestingState"] = state


def _manifest(transfer: Record) -> Result:
    return {
        "transferId": transfer.id,
        "deliveryId": transfer.body["DeliveryId"],
        "manifestNumber": transfer.body["ManifestNumber"],
    }


def register_transfer(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Register a manifest from one of the licence's templates."""
    act = _act(engine, payload)
    template_id = whole(payload, "templateId")
    template = act.store.get("templates", template_id)
    if template is None or template.license_number != act.license_number:
        raise Refused(f"templateId: {template_id} is not a template of {act.license_number}.")
    transfer = transfers.register(act, template.facts["request"], template_id)
    found = _manifest(transfer)
    return {
        "transferId": found["transferId"],
        "deliveryIds": [found["deliveryId"]],
        "manifestNumber": found["manifestNumber"],
    }, act


def depart(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Let the truck of a delivery leave."""
    delivery_id = whole(payload, "deliveryId")
    delivery = engine.store.get("deliveries", delivery_id)
    transfer = engine.store.get("transfers", delivery.parent) if delivery else None
    act = engine.act(transfer.license_number if transfer else "", user_of(payload))
    transfers.depart(act, delivery_id)
    return {}, act


def void(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Void a manifest of the licence."""
    act = _act(engine, payload)
    transfers.void(act, whole(payload, "transferId"))
    return {}, act


def receive(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Settle a delivery at its receiver; goods from outside METRC get their tags with it."""
    act = _act(engine, payload)
    delivery_id, packages_named = whole(payload, "deliveryId"), objects(payload, "packages")
    from_outside = any("tag" in one for one in packages_named)
    settle = external.receive_external if from_outside else receiving.receive
    settle(act, delivery_id, packages_named)
    return {}, act


def give_back(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Take rejected packages back at the shipper."""
    act = _act(engine, payload)
    receiving.give_back(act, whole(payload, "deliveryId"), words(payload, "labels"))
    return {}, act


def edit_manifest(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Edit a manifest that has not departed."""
    act = _act(engine, payload)
    transfers.edit(act, whole(payload, "transferId"), payload)
    return {}, act


def hold(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Set or lift a regulator's hold, recall or investigation."""
    kind = word(payload, "kind")
    if kind not in packages.HOLD_FIELDS:
        raise Refused(f"kind: {kind!r} is none of {', '.join(packages.HOLD_FIELDS)}.")
    label = word(payload, "label")
    package = engine.store.find("packages", label)
    act = engine.act(package.license_number if package else "", user_of(payload))
    packages.set_hold(act, label, kind, truth(payload, "on"))
    return {}, act


def adjust(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Change a package's quantity by a signed quantity, as a person does in METRC's page."""
    act = _act(engine, payload)
    package = act.package(word(payload, "label"))
    adjustments.adjust_by(
        act,
        {
            "Label": package.body["Label"],
            "Quantity": payload.get("quantity"),
            "UnitOfMeasure": payload.get("unitOfMeasure", package.body["UnitOfMeasureName"]),
            "AdjustmentReason": word(payload, "reason"),
            "AdjustmentDate": act.now.date().isoformat(),
            "ReasonNote": payload.get("note", "By hand in METRC."),
        },
    )
    return {"quantity": act.package(word(payload, "label")).body["Quantity"]}, act


def create_package(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Make a package with the fields of the API's call."""
    act = _act(engine, payload)
    return {"id": creation.create_package(act, payload)}, act


def by_hand(law: Callable[[Act, Payload], None]) -> Callable[..., tuple[Result, Act]]:
    """Return the verb that applies an API law with the API's fields."""

    def verb(engine: Engine, payload: Payload) -> tuple[Result, Act]:
        act = _act(engine, payload)
        law(act, payload)
        return {}, act

    return verb


def receive_tags(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Put new tags on the licence's shelf: the labels given, or the next `count`."""
    act = _act(engine, payload)
    kind = payload.get("kind", "package")
    if kind not in tags.INVENTORY_TYPES:
        raise Refused(f"kind: {kind!r} is none of {', '.join(tags.INVENTORY_TYPES)}.")
    if payload.get("labels") is not None:
        labels = words(payload, "labels")
    else:
        count = whole(payload, "count")
        if not 1 <= count <= 100_000:
            raise Refused(f"count: {count} is not between 1 and 100000.")
        labels = tags.next_labels(act, count)
    tags.receive_tags(act, labels, kind)
    return {"labels": labels}, act


def void_tags(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Void available tags."""
    act = _act(engine, payload)
    tags.void_tags(act, words(payload, "labels"))
    return {}, act
