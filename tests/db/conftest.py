"""The cast in a database of one test's own, without a simulator."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connections
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.cast import open_cast
from tests.conftest import TEMPLATE, _connect_django

CAST_TEMPLATE = "glassbox_cast"
Events = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def cast_template(cluster: Cluster) -> Brand:
    """The company of the scenarios, opened once, in a database to clone from."""
    cluster.create_database(CAST_TEMPLATE, template=TEMPLATE)
    connections["default"].close()
    _connect_django(cluster.urls(CAST_TEMPLATE).application)
    # Eleven passwords made as slowly as production makes them would cost seconds.
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[fast]):
        brand = open_cast(datetime.now(UTC).replace(microsecond=0))
    # A database with a connection cannot be cloned.
    connections["default"].close()
    return brand


@pytest.fixture
def cast(cluster: Cluster, cast_template: Brand) -> Iterator[Brand]:
    """The company, its people and partners, in a database for one test."""
    name = f"test_{uuid.uuid4().hex}"
    connections["default"].close()
    cluster.create_database(name, template=CAST_TEMPLATE)
    _connect_django(cluster.urls(name).application)
    yield cast_template
    connections["default"].close()
    cluster.drop_database(name)


@pytest.fixture
def cast_superuser(cluster: Cluster, cast: Brand) -> Iterator[psycopg.Connection]:
    """A connection to the cast's database that stops at nothing."""
    name = str(connections["default"].settings_dict["NAME"])
    with psycopg.connect(cluster.urls(name).superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture
def cast_urls(cluster: Cluster, cast: Brand) -> ClusterUrls:
    """The addresses of the cast's database for every role."""
    return cluster.urls(str(connections["default"].settings_dict["NAME"]))


@pytest.fixture
def strict() -> Iterator[None]:
    """A second factor is required, as it is outside the demo."""
    with override_settings(MFA_IS_REQUIRED=True):
        yield


@pytest.fixture
def events(cast_superuser: psycopg.Connection) -> Events:
    """The reasons of all events of a type, oldest first."""

    def of(type: str) -> list[str]:
        rows = cast_superuser.execute(
            "SELECT o.value FROM compliance_events e JOIN audit_openings o USING (event_id)"
            " WHERE e.type = %s AND o.field = 'reason' ORDER BY e.ts",
            [type],
        )
        return [value for (value,) in rows]

    return of
