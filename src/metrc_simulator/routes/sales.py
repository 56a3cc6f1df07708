"""Endpoints of receipts, of deliveries, and of the retailer's vehicle.

METRC documents settings of the state and of the vendor among the permissions of some of these;
here they are the facility's flags, and the user needs the permission that the page needs.
"""

from __future__ import annotations

from metrc_simulator import reads, reads_growing, reads_sales
from metrc_simulator.laws.sales import deliveries, hub, receipts, retailer_deliveries
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import RowLaw, by_id, each_row

_SALES = ("View Sales", "Manage Sales")
_DELIVERIES = ("View Sales Delivery", "Manage Sales Delivery")
_RETAILER = ("View Retailer Delivery", "Manage Retailer Delivery")
_MANAGE = ("Manage Sales",)
_MANAGE_DELIVERY = ("Manage Sales Delivery",)
_MANAGE_HUB = ("Manage Sales Delivery Hub",)
_MANAGE_RETAILER = ("Manage Retailer Delivery",)
_SELLS = ("CanSellToConsumers", "CanSellToPatients", "CanSellToExternalPatients", "CanSellToCaregivers")  # fmt: skip
_DELIVERS = ("CanDeliverSalesToConsumers", "CanDeliverSalesToPatients")
_SWITCH = "retailer_deliveries_deployed"


def _receipt(method: str, word: str, law: RowLaw, answers_ids: bool) -> Route:
    path = f"/sales/v2/receipts{word}"
    return Route(method, path, each_row(law, answers_ids), _MANAGE, any_flag=_SELLS)


def _delivery(method: str, word: str, law: RowLaw, answers_ids: bool) -> Route:
    path = f"/sales/v2/deliveries{word}"
    return Route(method, path, each_row(law, answers_ids), _MANAGE_DELIVERY, any_flag=_DELIVERS)


def _hub(word: str, law: RowLaw, permissions: tuple[str, ...] = _MANAGE_HUB) -> Route:
    path = f"/sales/v2/deliveries/hub{word}"
    return Route("PUT", path, each_row(law, False), permissions)


def _vehicle(method: str, word: str, law: RowLaw, answers_ids: bool) -> Route:
    return Route(
        method,
        f"/sales/v2/deliveries/retailer{word}",
        each_row(law, answers_ids),
        _MANAGE_RETAILER,
        flag="RetailerDelivery",
        switch=_SWITCH,
    )


def _vehicle_list(word: str) -> Route:
    return Route(
        "GET",
        f"/sales/v2/deliveries/retailer/{word}",
        reads.listing("retailer_deliveries", word, windowed=True),
        _RETAILER,
        flag="RetailerDelivery",
        switch=_SWITCH,
    )


SALES_REFERENCE = [
    Route(
        "GET",
        "/sales/v2/customertypes",
        reads.reference(reads_growing.names_of("customer_types"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/sales/v2/patientregistration/locations",
        reads.reference(reads_growing.numbered("patient_locations"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/sales/v2/counties",
        reads.reference(reads_growing.numbered("counties"), True),
        license_rule="none",
    ),
    Route(
        "GET",
        "/sales/v2/paymenttypes",
        reads.reference(reads_growing.names_of("payment_types"), True),
        _DELIVERIES,
    ),
    Route(
        "GET",
        "/sales/v2/deliveries/returnreasons",
        reads.reference(reads_growing.return_reason_rows, True),
        ("Sales Delivery", *_DELIVERIES),
    ),
]
RECEIPT_ROUTES = [
    Route("GET", "/sales/v2/receipts/active", reads_sales.sold("receipts", "active"), _SALES),
    Route("GET", "/sales/v2/receipts/inactive", reads_sales.sold("receipts", "inactive"), _SALES),
    Route("GET", "/sales/v2/receipts/{id}", reads.one("receipts"), _SALES, "optional"),
    Route(
        "GET",
        "/sales/v2/receipts/external/{id}",
        reads_sales.receipt_by_external_number,
        _SALES,
        "optional",
    ),
    _receipt("POST", "", receipts.record_receipt, True),
    _receipt("PUT", "", receipts.update_receipt, False),
    _receipt("PUT", "/finalize", receipts.finalize, False),
    _receipt("PUT", "/unfinalize", receipts.unfinalize, False),
    Route("DELETE", "/sales/v2/receipts/{id}", by_id(receipts.archive_receipt), _MANAGE),
]
DELIVERY_ROUTES = [
    Route(
        "GET",
        "/sales/v2/deliveries/active",
        reads_sales.sold("sales_deliveries", "active"),
        _DELIVERIES,
    ),
    Route(
        "GET",
        "/sales/v2/deliveries/inactive",
        reads_sales.sold("sales_deliveries", "inactive"),
        _DELIVERIES,
    ),
    Route(
        "GET", "/sales/v2/deliveries/{id}", reads.one("sales_deliveries"), _DELIVERIES, "optional"
    ),
    _delivery("POST", "", deliveries.record_delivery, True),
    _delivery("PUT", "", deliveries.update_delivery, False),
    _delivery("PUT", "/complete", deliveries.complete_delivery, False),
    Route(
        "DELETE",
        "/sales/v2/deliveries/{id}",
        by_id(deliveries.void_delivery),
        _MANAGE_DELIVERY,
    ),
    _hub("", hub.change_transporter, (*_MANAGE_DELIVERY, *_MANAGE_HUB)),
    _hub("/accept", hub.accept),
    _hub("/depart", hub.depart),
    _hub("/verifyID", hub.verify_identity),
]
RETAILER_DELIVERY_ROUTES = [
    _vehicle_list("active"),
    _vehicle_list("inactive"),
    Route(
        "GET",
        "/sales/v2/deliveries/retailer/{id}",
        reads.one("retailer_deliveries"),
        _RETAILER,
        "optional",
        switch=_SWITCH,
    ),
    _vehicle("POST", "", retailer_deliveries.record, True),
    _vehicle("PUT", "", retailer_deliveries.update, True),
    _vehicle("POST", "/depart", retailer_deliveries.depart, False),
    _vehicle("POST", "/restock", retailer_deliveries.restock, True),
    _vehicle("POST", "/sale", retailer_deliveries.sell_on_the_way, True),
    _vehicle("POST", "/end", retailer_deliveries.end, True),
    Route(
        "DELETE",
        "/sales/v2/deliveries/retailer/{id}",
        by_id(retailer_deliveries.void),
        _MANAGE_RETAILER,
        flag="RetailerDelivery",
        switch=_SWITCH,
    ),
]
