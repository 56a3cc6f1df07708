"""The tables. Imported here so that Django finds every one."""

from glassbox.models import (
    actions,
    alerts,
    catalog,
    companies,
    counts,
    credentials,
    documents,
    exception_cases,
    lab,
    outages,
    packages,
    people,
    production,
    reconciliation,
    sync,
    takeover,
    transfers,
)
from glassbox.models.people import User

__all__ = [
    "User",
    "actions",
    "alerts",
    "catalog",
    "companies",
    "counts",
    "credentials",
    "documents",
    "exception_cases",
    "lab",
    "outages",
    "packages",
    "people",
    "production",
    "reconciliation",
    "sync",
    "takeover",
    "transfers",
]
