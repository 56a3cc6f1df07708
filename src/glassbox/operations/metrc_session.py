"""Opens METRC for one licence: the only place that unseals a key, and every exchange is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.operations.credentials import find_key_in_transaction, open_key
from glassbox.operations.transaction import short_transaction, short_transaction_at
from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import Declined, MetrcError, Unauthorized
from metrc_client.pacing import Limits, Pacing
from metrc_client.recording import Exchange

ERROR_CHARACTERS = 500


@dataclass(kw_only=True)
class Session:
    """METRC for one licence, with the id of the last exchange that was kept."""

    client: MetrcClient
    license: License
    credential: MetrcCredential
    recorder: ExchangeKeeper

    @property
    def number(self) -> str:
        return self.license.number

    @property
    def last_request_id(self) -> int | None:
        return self.recorder.last_request_id

    def metrc_is_there(self) -> bool:
        """Ask METRC for what every key may read, to tell one list that fails from an outage."""
        try:
            self.client.one(endpoints.FACILITIES)
        except Declined:
            return True
        except MetrcError:
            return False
        return True

    def key_is_alive(self) -> bool:
        """Ask METRC for what every key may read, to tell a dead key from a record not ours."""
        try:
            self.client.one(endpoints.FACILITIES)
        except Unauthorized:
            return False
        except MetrcError:
            return True
        return True


# One statement, because a back-fill keeps a hundred thousand exchanges. A scenario that has moved
# our clock has moved METRC's with it, and both are held against each other.
KEEP = """
WITH request AS (
    INSERT INTO metrc_api_requests (company_id, license_id, sync_run_id, purpose, method, path,
                                    query, key_owner, sent_at, duration_seconds, status, error,
                                    metrc_clock_at)
    SELECT %(company)s, %(license)s, %(run)s, %(purpose)s, %(method)s, %(path)s, %(query)s,
           %(key_owner)s,
           %(sent_at)s + make_interval(secs => coalesce(
               (SELECT clock_offset_seconds FROM installation WHERE id = 1), 0)),
           %(duration)s, %(status)s, %(error)s, %(metrc_clock_at)s
    RETURNING id
), hashes AS (
    INSERT INTO metrc_api_response_hashes (company_id, license_id, api_request_id, request_sha256,
                                           response_sha256, response_size_bytes)
    SELECT %(company)s, %(license)s, id, %(request_sha256)s, %(response_sha256)s,
           %(response_size)s
    FROM request
), bodies AS (
    INSERT INTO metrc_bodies (company_id, license_id, sha256, body)
    SELECT %(company)s, %(license)s, sha256, body
    FROM unnest(%(sha256s)s::varchar[], %(bodies)s::bytea[]) AS one (sha256, body)
    ON CONFLICT (license_id, sha256) DO NOTHING
)
SELECT id FROM request
"""


class ExchangeKeeper:
    """Writes each exchange in a transaction of its own: it must outlive a run that fails."""

    def __init__(
        self, license: License, *, purpose: str, key_owner: str, sync_run_id: int | None
    ) -> None:
        self.license = license
        self.purpose = purpose
        self.key_owner = key_owner
        self.sync_run_id = sync_run_id
        self.last_request_id: int | None = None
        self.count = 0

    def record(self, exchange: Exchange) -> None:
        """Keep the exchange, the hashes of both bodies, and each body once."""
        sent, answered = exchange.request_body, exchange.response_body
        bodies = {_sha256(body): body for body in (sent, answered) if body}
        asked = {
            "company": self.license.company_id,
            "license": self.license.pk,
            "run": self.sync_run_id,
            "purpose": self.purpose,
            "method": exchange.method,
            "path": exchange.path,
            "query": exchange.query[:500],
            "key_owner": self.key_owner,
            "sent_at": exchange.sent_at,
            "duration": exchange.duration_seconds,
            "status": exchange.status,
            "error": exchange.error[:ERROR_CHARACTERS],
            "metrc_clock_at": exchange.metrc_clock_at,
            "request_sha256": _sha256(sent),
            "response_sha256": _sha256(answered) if answered is not None else "",
            "response_size": len(answered or b""),
            "sha256s": list(bodies),
            "bodies": list(bodies.values()),
        }
        with short_transaction_at(self.license), connection.cursor() as cursor:
            cursor.execute(KEEP, asked)
            self.last_request_id = cursor.fetchone()[0]
        self.count += 1


@contextmanager
def open_session(
    license_id: int,
    *,
    purpose: str,
    as_user_id: int | None = None,
    sync_run_id: int | None = None,
    timeout_seconds: float | None = None,
    read_attempts: int = 4,
    address: str = "",
    secrets: tuple[str, ...] = (),
) -> Iterator[Session]:
    """Open METRC for a licence, as a person or with the licence's key for reading.

    `address` is that of METRC Connect, for its few calls; `secrets` are never kept.

    No transaction may be open around it. The key lives as long as the session.

    :raises NoKey: if no such key is stored, or it cannot be opened
    """
    with short_transaction(license_id) as license:
        credential = find_key_in_transaction(license_id, user_id=as_user_id)
    user_key = open_key(credential)
    keeper = ExchangeKeeper(
        license,
        purpose=purpose,
        key_owner=credential.owner_name,
        sync_run_id=sync_run_id,
    )
    client = MetrcClient(
        address or settings.GLASSBOX_METRC_URL,
        vendor_key=settings.GLASSBOX_METRC_VENDOR_KEY,
        user_key=user_key,
        timeout_seconds=timeout_seconds or settings.METRC_TIMEOUT_SECONDS,
        pacing=_pacing(),
        recorder=keeper,
        read_attempts=read_attempts,
        secrets=secrets,
    )
    with client:
        yield Session(client=client, license=license, credential=credential, recorder=keeper)


def _pacing() -> Pacing:
    return Pacing(
        settings.GLASSBOX_PACING_FOLDER,
        facility=facility_limits(),
        vendor=Limits(
            per_second=_share_of(settings.METRC_GETS_PER_SECOND_PER_VENDOR),
            at_once=_share_of(settings.METRC_GETS_AT_ONCE_PER_VENDOR),
        ),
    )


def facility_limits() -> Limits:
    """Return how fast we read for one licence: our share of METRC's limit."""
    return Limits(
        per_second=_share_of(settings.METRC_GETS_PER_SECOND_PER_FACILITY),
        at_once=_share_of(settings.METRC_GETS_AT_ONCE_PER_FACILITY),
    )


def _share_of(limit: int) -> int:
    return max(1, int(limit * settings.METRC_SHARE_USED))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
