"""Endpoints of transfers, their templates, drivers and vehicles."""

from __future__ import annotations

from metrc_simulator import reads, reads_documents
from metrc_simulator.laws import external, hub, templates, transporters
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_TRANSFERS = ("Manage Transfers", "View Transfers")
_MANAGE = ("Manage Transfers",)
_EXTERNAL = "/transfers/v2/external/incoming"
_EXTERNAL_FLAG = "CanTransferFromExternalFacilities"
_HUB = ("Manage Transfer Hub",)
_TEMPLATES = ("Manage Transfer Templates", "View Transfer Templates")
_MANAGE_TEMPLATES = ("Manage Transfer Templates",)
_TRANSPORTERS = ("Transporters",)
_MANAGE_TRANSPORTERS = ("Manage Transporters",)

TRANSFER_ROUTES = [
    Route("GET", "/transfers/v2/incoming", reads.listing("incoming", windowed=True), _TRANSFERS),
    Route("GET", "/transfers/v2/outgoing", reads.listing("outgoing", windowed=True), _TRANSFERS),
    Route("GET", "/transfers/v2/rejected", reads.listing("rejected"), _TRANSFERS),
    Route("GET", "/transfers/v2/types", reads.reference(reads.transfer_type_rows, True)),
    Route(
        "GET",
        "/transfers/v2/deliveries/packages/states",
        reads.reference(lambda profile: profile.rows("shipment_package_states"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/transfers/v2/manifest/{id}/pdf",
        reads_documents.manifest_pdf,
        _TEMPLATES,
        "optional",
    ),
    Route("GET", "/transfers/v2/manifest/{id}/html", reads_documents.manifest_html, _TRANSFERS),
    Route("GET", "/transfers/v2/hub", reads_documents.hub_transfers, _TRANSFERS),
    Route(
        "POST", _EXTERNAL, each_row(external.create_external, True), _MANAGE, flag=_EXTERNAL_FLAG
    ),
    Route(
        "PUT", _EXTERNAL, each_row(external.update_external, False), _MANAGE, flag=_EXTERNAL_FLAG
    ),
    Route(
        "DELETE",
        _EXTERNAL + "/{id}",
        by_id(external.void_external),
        _MANAGE,
        flag=_EXTERNAL_FLAG,
    ),
    *(
        Route("POST", f"/transfers/v2/hub/{step}", each_row(hub.hub_step(step), False), _HUB)
        for step in hub.STEPS
    ),
    Route("GET", "/transfers/v2/{id}/deliveries", reads.under_transfer, _TRANSFERS, "none"),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/packages",
        reads.under_delivery("delivery_packages"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/packages/wholesale",
        reads.under_delivery("delivery_wholesale"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/transporters",
        reads.under_delivery("delivery_transporters"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/transporters/details",
        reads.under_delivery("delivery_details"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/package/{id}/requiredlabtestbatches",
        reads.required_batches,
        _TRANSFERS,
        "none",
    ),
]
_TEMPLATE = "/transfers/v2/templates/outgoing"
TEMPLATE_ROUTES = [
    Route("GET", _TEMPLATE, reads.listing("templates", windowed=True), _TEMPLATES),
    Route("POST", _TEMPLATE, each_row(templates.create_template, True), _MANAGE_TEMPLATES),
    Route("PUT", _TEMPLATE, each_row(templates.update_template, False), _MANAGE_TEMPLATES),
    Route("DELETE", _TEMPLATE + "/{id}", by_id(templates.remove_template), _MANAGE_TEMPLATES),
    Route("GET", _TEMPLATE + "/{id}/deliveries", reads.under_template, _TEMPLATES, "none"),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/packages",
        reads.under_template_delivery("template_packages"),
        _TEMPLATES,
        "none",
    ),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/transporters",
        reads.under_template_delivery("template_transporters"),
        _TEMPLATES,
        "none",
    ),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/transporters/details",
        reads.under_template_delivery("template_details", paged=False),
        _TEMPLATES,
        "none",
    ),
]


def transporter_routes() -> list[Route]:
    """Return the endpoints of drivers and of vehicles, which are alike."""
    made = []
    for word, create, update, remove in (
        (
            "drivers",
            transporters.create_driver,
            transporters.update_driver,
            transporters.remove_driver,
        ),
        (
            "vehicles",
            transporters.create_vehicle,
            transporters.update_vehicle,
            transporters.remove_vehicle,
        ),
    ):
        path = f"/transporters/v2/{word}"
        made += [
            Route("GET", path, reads.listing(word), _TRANSPORTERS),
            Route("GET", path + "/{id}", reads.one(word), _TRANSPORTERS, "optional"),
            Route("POST", path, each_row(create, True), _MANAGE_TRANSPORTERS),
            Route("PUT", path, each_row(update, False), _MANAGE_TRANSPORTERS),
            Route("DELETE", path + "/{id}", by_id(remove), _MANAGE_TRANSPORTERS),
        ]
    return made
