"""A signed ledger for a whole module, and a superuser who attacks it and is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from glassbox.runtime.postgres import Cluster
from tests.db.audit.sealed import Sealed, sealed_ledger

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
    with sealed_ledger(cluster, before=258, elsewhere=3, after=6) as ledger:
        yield ledger


@pytest.fixture
def attacker(sealed: Sealed) -> Iterator[psycopg.Connection]:
    """A superuser with every trigger disabled, in a transaction that is rolled back after."""
    with psycopg.connect(sealed.urls.superuser) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
        yield connection
        connection.rollback()
