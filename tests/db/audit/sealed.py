"""A ledger with many events, numbered and signed: what the tests of proofs and tampering look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import connection, connections, transaction

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import Cluster, ClusterUrls
from tests.conftest import TEMPLATE, _connect_django
from tests.ledger import make_durable

ANA = system_actor("Ana")


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """The addresses of the database, and the events that were written, oldest first."""

    urls: ClusterUrls
    event_ids: tuple[UUID, ...]


@contextmanager
def sealed_ledger(cluster: Cluster, *, before: int, elsewhere: int, after: int) -> Iterator[Sealed]:
    """A database of its own with a ledger signed twice: so many events of licence 7 before the
    first head, with some of licence 8, and so many of licence 7 after it."""
    connections["default"].close()
    # The signer remembers what it signed of a database, and would not sign another of its name.
    name = f"sealed_{uuid4().hex}"
    cluster.create_database(name, template=TEMPLATE)
    urls = cluster.urls(name)
    _connect_django(urls.application)
    event_ids = write_events(before)
    write_events(elsewhere, license_id=8)
    make_durable(urls)
    event_ids += write_events(after)
    make_durable(urls)
    yield Sealed(urls=urls, event_ids=tuple(event_ids))
    connections["default"].close()
    cluster.drop_database(name)


def write_events(
    count: int, *, license_id: int = 7, body: dict[str, object] | None = None
) -> list[UUID]:
    """Write events of one licence in one transaction; return their ids."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.license', %s, true), set_config('app.company', '1', true),"
                " set_config('app.licenses', %s, true), set_config('app.facility', 'X', true)",
                [str(license_id), str(license_id)],
            )
        return [
            ledger.append(
                type=EventType.CASE_OPENED,
                subject=f"case:{number}",
                actor=ANA,
                reason=f"Blue Dream counted short, naïve “{number}” <b>\u2028 & more",
                now=datetime.now(UTC),
                body=body or {"number": number},
            )
            for number in range(count)
        ]
