"""Receipts and deliveries of retailers."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, rows, write

SALES_CUSTOMERTYPES = rows("/sales/v2/customertypes", license=NONE)
SALES_PATIENTREGISTRATION_LOCATIONS = rows("/sales/v2/patientregistration/locations", license=NONE)
SALES_DELIVERIES = one(
    "/sales/v2/deliveries/{id}", "View Sales Delivery", "Manage Sales Delivery", license=OPTIONAL
)
SALES_DELIVERIES_ACTIVE = pages(
    "/sales/v2/deliveries/active", "View Sales Delivery", "Manage Sales Delivery", windowed=True
)
SALES_DELIVERIES_INACTIVE = pages(
    "/sales/v2/deliveries/inactive", "View Sales Delivery", "Manage Sales Delivery", windowed=True
)
SALES_DELIVERIES_RETURNREASONS = pages("/sales/v2/deliveries/returnreasons", "Sales Delivery")
SALES_COUNTIES = rows("/sales/v2/counties", license=NONE)
SALES_PAYMENTTYPES = rows("/sales/v2/paymenttypes", "View Sales Delivery", "Manage Sales Delivery")
SALES_RECEIPTS = one("/sales/v2/receipts/{id}", "View Sales", "Manage Sales", license=OPTIONAL)
SALES_RECEIPTS_EXTERNAL = one(
    "/sales/v2/receipts/external/{externalNumber}", "View Sales", "Manage Sales", license=OPTIONAL
)
SALES_RECEIPTS_ACTIVE = pages(
    "/sales/v2/receipts/active", "View Sales", "Manage Sales", windowed=True
)
SALES_RECEIPTS_INACTIVE = pages(
    "/sales/v2/receipts/inactive", "View Sales", "Manage Sales", windowed=True
)
SALES_DELIVERIES_CREATE = write(
    "POST",
    "/sales/v2/deliveries",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "WebApi Retail ID Read Write State (All or WriteOnly) - Required for RID only.",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write) - Required for RID only.",
)
SALES_RECEIPTS_CREATE = write(
    "POST",
    "/sales/v2/receipts",
    "External Sources(ThirdPartyVendorV2)/Sales (Write)",
    "Industry/Facility Type/Consumer Sales or Industry/Facility Type/Patient Sales or Industry/Facility Type/External Patient Sales or Industry/Facility Type/Caregiver Sales",
    "Industry/Facility Type/Advanced Sales",
    "WebApi Sales Read Write State (All or WriteOnly)",
    "WebApi Retail ID Read Write State (All or WriteOnly) - Required for RID only.",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write) - Required for RID only.",
)
SALES_DELIVERIES_HUB_UPDATE = write(
    "PUT", "/sales/v2/deliveries/hub", "Manage Sales Delivery, Manage Sales Delivery Hub"
)
SALES_DELIVERIES_HUB_ACCEPT = write(
    "PUT", "/sales/v2/deliveries/hub/accept", "Manage Sales Delivery Hub"
)
SALES_DELIVERIES_COMPLETE = write("PUT", "/sales/v2/deliveries/complete", "Manage Sales Delivery")
SALES_DELIVERIES_HUB_DEPART = write(
    "PUT", "/sales/v2/deliveries/hub/depart", "Manage Sales Delivery Hub"
)
SALES_DELIVERIES_HUB_VERIFY_ID = write(
    "PUT", "/sales/v2/deliveries/hub/verifyID", "Manage Sales Delivery Hub"
)
SALES_DELIVERIES_UPDATE = write("PUT", "/sales/v2/deliveries", "Manage Sales Delivery")
SALES_RECEIPTS_UPDATE = write("PUT", "/sales/v2/receipts", "Manage Sales")
SALES_RECEIPTS_FINALIZE = write("PUT", "/sales/v2/receipts/finalize", "Manage Sales")
SALES_RECEIPTS_UNFINALIZE = write("PUT", "/sales/v2/receipts/unfinalize", "Manage Sales")
SALES_DELIVERIES_DELETE = write("DELETE", "/sales/v2/deliveries/{id}", "Manage Sales Delivery")
SALES_RECEIPTS_DELETE = write("DELETE", "/sales/v2/receipts/{id}", "Manage Sales")
SALES_DELIVERIES_RETAILER_ACTIVE = pages(
    "/sales/v2/deliveries/retailer/active",
    "View Retailer Delivery",
    "Manage Retailer Delivery",
    windowed=True,
)
SALES_DELIVERIES_RETAILER_INACTIVE = pages(
    "/sales/v2/deliveries/retailer/inactive",
    "View Retailer Delivery",
    "Manage Retailer Delivery",
    windowed=True,
)
SALES_DELIVERIES_RETAILER = one(
    "/sales/v2/deliveries/retailer/{id}",
    "View Retailer Delivery",
    "Manage Retailer Delivery",
    license=OPTIONAL,
)
SALES_DELIVERIES_RETAILER_CREATE = write(
    "POST",
    "/sales/v2/deliveries/retailer",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "WebApi Retail ID Read Write State (All or WriteOnly) - Required for RID only.",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write) - Required for RID only.",
    "Manage Retailer Delivery",
)
SALES_DELIVERIES_RETAILER_UPDATE = write(
    "PUT",
    "/sales/v2/deliveries/retailer",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "WebApi Retail ID Read Write State (All or WriteOnly) - Required for RID only.",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write) - Required for RID only.",
    "Manage Retailer Delivery",
)
SALES_DELIVERIES_RETAILER_DELETE = write(
    "DELETE",
    "/sales/v2/deliveries/retailer/{id}",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "Manage Retailer Delivery",
)
SALES_DELIVERIES_RETAILER_DEPART = write(
    "POST",
    "/sales/v2/deliveries/retailer/depart",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "Manage Retailer Delivery",
)
SALES_DELIVERIES_RETAILER_RESTOCK = write(
    "POST",
    "/sales/v2/deliveries/retailer/restock",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "Manage Retailer Delivery",
)
SALES_DELIVERIES_RETAILER_SALE_CREATE = write(
    "POST",
    "/sales/v2/deliveries/retailer/sale",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "WebApi Retail ID Read Write State (All or WriteOnly) - Required for RID only.",
    "External Sources(ThirdPartyVendorV2)/Retail ID(Write) - Required for RID only.",
)
SALES_DELIVERIES_RETAILER_END = write(
    "POST",
    "/sales/v2/deliveries/retailer/end",
    "External Sources(ThirdPartyVendorV2)/Sales Deliveries(Write)",
    "Industry/Facility Type/Retailer Delivery",
    "Industry/Facility Type/Consumer Sales Delivery or Industry/Facility Type/Patient Sales Delivery",
    "WebApi Sales Deliveries Read Write State (All or WriteOnly)",
    "Manage Retailer Delivery",
)
