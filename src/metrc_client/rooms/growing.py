"""Strains, additive templates and waste methods."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, rows, write

WASTE_METHODS = rows("/wastemethods/v2/", license=NONE)
STRAIN = one("/strains/v2/{id}", "Manage Strains", license=OPTIONAL)
STRAINS_ACTIVE = pages("/strains/v2/active", "Manage Strains", windowed=True)
STRAINS_INACTIVE = pages("/strains/v2/inactive", "Manage Strains")
STRAINS_CREATE = write("POST", "/strains/v2/", "Manage Strains")
STRAINS_UPDATE = write("PUT", "/strains/v2/", "Manage Strains")
STRAIN_DELETE = write("DELETE", "/strains/v2/{id}", "Manage Strains")
ADDITIVES_TEMPLATE = rows("/additivestemplates/v2/{id}", "Manage Additives", license=OPTIONAL)
ADDITIVES_TEMPLATES_ACTIVE = pages(
    "/additivestemplates/v2/active", "Manage Additives", windowed=True
)
ADDITIVES_TEMPLATES_INACTIVE = pages("/additivestemplates/v2/inactive", "Manage Additives")
ADDITIVES_TEMPLATES_CREATE = write("POST", "/additivestemplates/v2/", "Manage Additives")
ADDITIVES_TEMPLATES_UPDATE = write("PUT", "/additivestemplates/v2/", "Manage Additives")
