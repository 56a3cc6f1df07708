"""Hubs, transfers from outside METRC, and the manifest as a page."""

from __future__ import annotations

from metrc_client.endpoint import html, pages, write

TRANSFERS_MANIFEST_HTML = html(
    "/transfers/v2/manifest/{id}/html", "Manage Transfers", "View Transfers"
)
TRANSFERS_HUB = pages("/transfers/v2/hub", "Manage Transfers", "View Transfers", windowed=True)
TRANSFERS_EXTERNAL_INCOMING_CREATE = write(
    "POST", "/transfers/v2/external/incoming", "Manage Transfers"
)
TRANSFERS_EXTERNAL_INCOMING_UPDATE = write(
    "PUT", "/transfers/v2/external/incoming", "Manage Transfers"
)
TRANSFERS_EXTERNAL_INCOMING_DELETE = write(
    "DELETE", "/transfers/v2/external/incoming/{id}", "Manage Transfers"
)
TRANSFERS_HUB_ARRIVE = write("POST", "/transfers/v2/hub/arrive", "Manage Transfer Hub")
TRANSFERS_HUB_CHECKIN = write("POST", "/transfers/v2/hub/checkin", "Manage Transfer Hub")
TRANSFERS_HUB_CHECKOUT = write("POST", "/transfers/v2/hub/checkout", "Manage Transfer Hub")
TRANSFERS_HUB_DEPART = write("POST", "/transfers/v2/hub/depart", "Manage Transfer Hub")
