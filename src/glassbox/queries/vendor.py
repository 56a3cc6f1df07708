"""What whoever runs this installation can and cannot do in it: facts, read from it now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import F

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.queries.people import grants_in_force
from glassbox.rules.actor import Actor
from glassbox.rules.installation import describe_role, host_of


@dataclass(frozen=True, kw_only=True)
class DatabaseRole:
    """One role of the database, and what it may do here."""

    name: str
    can_sign_in: bool
    passes_walls: bool
    what_it_does: str


@dataclass(frozen=True, kw_only=True)
class VendorPage:
    """The true state. `outsiders` are people of no or another company who hold a role here."""

    environment: str
    metrc_host: str
    ledger_origin: str
    roles: tuple[DatabaseRole, ...]
    pages_role: str
    pages_pass_walls: bool
    outsiders: tuple[tuple[str, str], ...]
    has_vendor_key: bool
    key_files: tuple[str, ...]
    pages_can_open_keys: bool
    pages_can_sign_ledger: bool


def vendor_page(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> VendorPage:
    """Return what holds in this installation for the licences in sight."""
    with access.reading(actor):
        roles = database_roles()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (pages_role,) = cursor.fetchone()
        company_ids = License.objects.filter(id__in=license_ids).values("company_id")
        grants = RoleGrant.objects.filter(grants_in_force(now), license_id__in=license_ids)
        outsiders = grants.exclude(user__company_id__in=company_ids).values_list(
            "user__name", F("license__number")
        )
        found = tuple(outsiders.order_by("user__name", "license__number"))
    files = readable_files(settings.GLASSBOX_VAULT_FOLDER)
    return VendorPage(
        environment=settings.GLASSBOX_ENVIRONMENT,
        metrc_host=host_of(settings.GLASSBOX_METRC_URL),
        ledger_origin=settings.GLASSBOX_LEDGER_ORIGIN,
        roles=roles,
        pages_role=pages_role,
        pages_pass_walls=any(one.passes_walls for one in roles if one.name == pages_role),
        outsiders=found,
        has_vendor_key=bool(settings.GLASSBOX_METRC_VENDOR_KEY),
        key_files=tuple(path.name for path, _ in files),
        pages_can_open_keys=any(can for _, can in files),
        pages_can_sign_ledger=any(
            can for _, can in readable_files(settings.GLASSBOX_SIGNER_FOLDER)
        ),
    )


def database_roles() -> tuple[DatabaseRole, ...]:
    """Return our roles and every superuser of the database server, inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'glassbox%%' OR rolsuper ORDER BY rolname"
        )
        return tuple(
            DatabaseRole(
                name=name,
                can_sign_in=can_sign_in,
                passes_walls=passes,
                what_it_does=describe_role(name),
            )
            for name, can_sign_in, passes in cursor.fetchall()
        )


def readable_files(folder: Path) -> tuple[tuple[Path, bool], ...]:
    """Return the files of a folder, each with whether this very process may read it."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return ()
    return tuple((path, os.access(path, os.R_OK)) for path in paths)
