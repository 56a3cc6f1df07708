"""Opens METRC for one licence: the only place that unseals a key, and every exchange is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from glassbox.models.companies import Installation, License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import ApiRequest, ApiResponseHash, StoredBody
from glassbox.operations.credentials import open_key_in_transaction
from glassbox.operations.transaction import short_transaction
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


class ExchangeKeeper:
    """Writes each exchange in a transaction of its own: it must outlive a run that fails."""

    def __init__(
        self, license_id: int, *, purpose: str, key_owner: str, sync_run_id: int | None
    ) -> None:
        self.license_id = license_id
        self.purpose = purpose
        self.key_owner = key_owner
        self.sync_run_id = sync_run_id
        self.last_request_id: int | None = None
        self.count = 0

    def record(self, exchange: Exchange) -> None:
        """Keep the exchange, the hashes of both bodies, and each body once."""
        sent, answered = exchange.request_body, exchange.response_body
        with short_transaction(self.license_id) as license:
            tenant = {"company_id": license.company_id, "license_id": license.pk}
            request = ApiRequest.objects.create(
                **tenant,
                sync_run_id=self.sync_run_id,
                purpose=self.purpose,
                method=exchange.method,
                path=exchange.path,
                query=exchange.query[:500],
                key_owner=self.key_owner,
                sent_at=exchange.sent_at + _clock_moved_by(),
                duration_seconds=exchange.duration_seconds,
                status=exchange.status,
                error=exchange.error[:ERROR_CHARACTERS],
                metrc_clock_at=exchange.metrc_clock_at,
            )
            ApiResponseHash.objects.create(
                **tenant,
                api_request=request,
                request_sha256=_sha256(sent),
                response_sha256=_sha256(answered) if answered is not None else "",
                response_size_bytes=len(answered or b""),
            )
            bodies = [
                StoredBody(**tenant, sha256=_sha256(body), body=body)
                for body in (sent, answered)
                if body
            ]
            StoredBody.objects.bulk_create(bodies, ignore_conflicts=True)
        self.last_request_id = request.pk
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

    :raises NoKey: if no such key is stored
    """
    with short_transaction(license_id) as license:
        credential, user_key = open_key_in_transaction(license_id, user_id=as_user_id)
    keeper = ExchangeKeeper(
        license_id,
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


def _clock_moved_by() -> timedelta:
    """Return by how much a scenario has moved our clock, which METRC's is held against."""
    seconds = Installation.objects.values_list("clock_offset_seconds", flat=True).first()
    return timedelta(seconds=seconds or 0)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
