"""Retail ID, webhooks, and the helpers of METRC's sandbox."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, rows, write

RETAIL_ID_ALLOTMENT = one(
    "/retailid/v2/allotment",
    "Download Product Labels",
    "Manage Product Labels",
    "Manage Tag Orders",
)
RETAIL_ID_ASSOCIATE = write(
    "POST",
    "/retailid/v2/associate",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write)",
    "WebApi Retail ID Read Write State (All or WriteOnly)",
    "Industry/View Packages",
    "One of the following: Industry/Facility Type/Can Receive Associate Product Label, Licensee/Receive Associate Product Label or Admin/Employees/Packages Page/Product Labels(Manage)",
)
RETAIL_ID_GENERATE = write(
    "POST",
    "/retailid/v2/generate",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write)",
    "WebApi Retail ID Read Write State (All or WriteOnly)",
    "Industry/View Packages",
    "One of the following: Industry/Facility Type/Can Download Product Label, Licensee/Download Product Label or Admin/Employees/Packages Page/Product Labels(Manage)",
    takes_object=True,
    is_object=True,
)
RETAIL_ID_MERGE = write(
    "POST",
    "/retailid/v2/merge",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write)",
    "WebApi Retail ID Read Write State (All or WriteOnly)",
    "Key Value Settings/Retail ID Merge Packages Enabled",
    takes_object=True,
)
RETAIL_ID_PACKAGES_INFO = write(
    "POST",
    "/retailid/v2/packages/info",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write)",
    "WebApi Retail ID Read Write State (All or WriteOnly)",
    "Industry/View Packages",
    "Admin/Employees/Packages Page/Product Labels(Manage)",
    takes_object=True,
    is_object=True,
)
RETAIL_ID_RECEIVE = one(
    "/retailid/v2/receive/{label}",
    "External Sources(ThirdPartyVendorV2)/Manage RetailId",
    "WebApi Retail ID Read Write State (All or ReadOnly)",
    "Industry/View Packages",
    "One of the following: Industry/Facility Type/Can Receive Associate Product Label, Licensee/Receive Associate Product Label or Admin/Employees/Packages Page/Product Labels(View or Manage)",
    license=OPTIONAL,
)
RETAIL_ID_RECEIVE_QR = one(
    "/retailid/v2/receive/qr/{shortCode}",
    "External Sources(ThirdPartyVendorV2)/Manage RetailId",
    "WebApi Retail ID Read Write State (All or ReadOnly)",
    "Industry/View Packages",
    "One of the following: Industry/Facility Type/Can Receive Associate Product Label, Licensee/Receive Associate Product Label or Admin/Employees/Packages Page/Product Labels(View or Manage)",
)
WEBHOOKS_UPDATE = write(
    "PUT", "/webhooks/v2/", license=NONE, takes_object=True, is_on_connect_host=True
)
WEBHOOKS = rows("/webhooks/v2/", license=NONE, is_on_connect_host=True)
WEBHOOKS_ENABLE = write(
    "PUT",
    "/webhooks/v2/enable/{subscriptionId}",
    license=NONE,
    takes_nothing=True,
    is_on_connect_host=True,
)
WEBHOOKS_DISABLE = write(
    "PUT",
    "/webhooks/v2/disable/{subscriptionId}",
    license=NONE,
    takes_nothing=True,
    is_on_connect_host=True,
)
WEBHOOK_DELETE = write(
    "DELETE", "/webhooks/v2/{subscriptionId}", license=NONE, is_on_connect_host=True
)
SANDBOX_INTEGRATOR_SETUP = write(
    "POST", "/sandbox/v2/integrator/setup", license=NONE, takes_nothing=True, is_object=True
)
SANDBOX_TAGTYPES = rows("/sandbox/v2/tagtypes", key_header="x-metrc-key")
SANDBOX_FACILITY_TAGS_CREATE = write(
    "POST", "/sandbox/v2/facility/tags", takes_object=True, is_object=True, key_header="x-metrc-key"
)
SANDBOX_PACKAGES_CREATE = write(
    "POST", "/sandbox/v2/packages/create", takes_object=True, key_header="x-metrc-key"
)
