"""A signed ledger for a whole module, and a superuser who attacks it and is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from glassbox.runtime.postgres import Cluster
from tests.conftest import TEMPLATE, _connect_django
from tests.db.audit.sealed import Sealed, write_events
from tests.ledger import make_durable

TABLES = (
    "compliance_events",
    "audit_leaves",
    "audit_tiles",
    "audit_openings",
    "audit_checkpoints",
    "audit_logs",
    "audit_anchors",
)


@pytest.fixture(scope="module")
def sealed(cluster: Cluster) -> Iterator[Sealed]:
    connections["default"].close()
    # The signer remembers what it signed of a database, and would not sign another of its name.
    name = f"sealed_{uuid4().hex}"
    cluster.create_database(name, template=TEMPLATE)
    urls = cluster.urls(name)
    _connect_django(urls.application)
    event_ids = write_events(258)
    write_events(3, license_id=8)
    make_durable(urls)
    event_ids += write_events(6)
    make_durable(urls)
    yield Sealed(urls=urls, event_ids=tuple(event_ids))
    connections["default"].close()
    cluster.drop_database(name)


@pytest.fixture
def attacker(sealed: Sealed) -> Iterator[psycopg.Connection]:
    """A superuser with every trigger disabled, in a transaction that is rolled back after."""
    with psycopg.connect(sealed.urls.superuser) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
        yield connection
        connection.rollback()
