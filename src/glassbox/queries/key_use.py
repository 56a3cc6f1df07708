"""The use log of a METRC key: what was asked of METRC with it, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from glassbox import access
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import ApiRequest
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

# METRC is asked thousands of times a day: so many of the newest are counted, and so many shown.
COUNTED_AT_MOST = 5_000
SHOWN_AT_MOST = 200
REFUSED = frozenset({401, 403})


@dataclass(frozen=True, kw_only=True)
class UseRow:
    """One call of METRC. No status says that no answer came."""

    exchange_id: int
    sent_at: datetime
    method: str
    path: str
    purpose: str
    status: int | None
    duration_seconds: float


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """One key and its newest calls. `calls`, `writes` and `refused` are counted over the newest
    5,000; `names_another` says that METRC knows a second key here by the same owner."""

    license_number: str
    time_zone: str
    owner_name: str
    last_four: str
    is_for_sync: bool
    added_at: datetime
    revoked_at: datetime | None
    last_worked_at: datetime | None
    last_refused_at: datetime | None
    names_another: bool
    calls: int
    is_more: bool
    writes: int
    refused: int
    rows: tuple[UseRow, ...]


def key_use(
    *, actor: Actor, license_ids: tuple[int, ...], credential_id: int, writes_only: bool = False
) -> KeyUse:
    """Return what was asked of METRC with a key while it was in force.

    An exchange names the owner of its key, as METRC does; so two keys of one owner share a log.

    :raises NotFound: if no licence in sight has this key
    """
    with access.reading(actor):
        key = (
            MetrcCredential.objects.filter(license_id__in=license_ids, id=credential_id)
            .select_related("license")
            .first()
        )
        if key is None:
            raise NotFound("There is no such key here.")
        during = Q(sent_at__gte=key.added_at)
        if key.revoked_at is not None:
            during &= Q(sent_at__lte=key.revoked_at)
        sent = ApiRequest.objects.filter(
            during, license_id=key.license_id, key_owner=key.owner_name
        ).order_by("-sent_at")
        counted = list(sent.values_list("method", "status")[: COUNTED_AT_MOST + 1])
        shown = sent.exclude(method="GET") if writes_only else sent
        others = MetrcCredential.objects.filter(
            license_id=key.license_id, owner_name=key.owner_name
        ).exclude(id=key.pk)
        return KeyUse(
            license_number=key.license.number,
            time_zone=key.license.time_zone,
            owner_name=key.owner_name,
            last_four=key.last_four,
            is_for_sync=key.is_for_sync,
            added_at=key.added_at,
            revoked_at=key.revoked_at,
            last_worked_at=key.last_worked_at,
            last_refused_at=key.last_refused_at,
            names_another=others.exists(),
            calls=min(len(counted), COUNTED_AT_MOST),
            is_more=len(counted) > COUNTED_AT_MOST,
            writes=sum(method != "GET" for method, _ in counted),
            refused=sum(status in REFUSED for _, status in counted),
            rows=tuple(_row(one) for one in shown[:SHOWN_AT_MOST]),
        )


def _row(request: ApiRequest) -> UseRow:
    return UseRow(
        exchange_id=request.pk,
        sent_at=request.sent_at,
        method=request.method,
        path=request.path,
        purpose=request.purpose,
        status=request.status,
        duration_seconds=request.duration_seconds,
    )
