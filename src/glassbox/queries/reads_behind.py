"""Which exchange with METRC a number on a page was read in: of a package, a delivery, a result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Model

from glassbox import access
from glassbox.models.lab import LabResult
from glassbox.models.packages import PackageSnapshot
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound


@dataclass(frozen=True, kw_only=True)
class ReadBehind:
    """An exchange of a licence, and the label whose number was asked for, if it was one's."""

    license_number: str
    exchange_id: int
    label: str


def read_behind_package(
    *, actor: Actor, license_ids: tuple[int, ...], label: str, at: datetime | None = None
) -> ReadBehind:
    """Return the read that METRC's word of a package came in: its newest, or that of a moment.

    :raises NotFound: if METRC never showed it by then, or that read was not kept
    """
    with access.reading(actor):
        snapshots = PackageSnapshot.objects.filter(license_id__in=license_ids, package__label=label)
        if at is not None:
            snapshots = snapshots.filter(seen_at__lte=at)
        # Of a label that two licences have held, METRC's newest word counts.
        newest = snapshots.order_by("-seen_at", "-id")
        return _behind(newest.annotate(number=F("license__number")).defer("raw")[:1], label)


def read_behind_transfer(
    *, actor: Actor, license_ids: tuple[int, ...], transfer_id: int, label: str = ""
) -> ReadBehind:
    """Return the read that a delivery, or one package on it, came in.

    :raises NotFound: if there is no such delivery here, or METRC was never read of it
    """
    with access.reading(actor):
        here = {"license_id__in": license_ids}
        if label:
            packages = TransferPackage.objects.filter(**here, transfer_id=transfer_id, label=label)
            return _behind(packages.annotate(number=F("license__number")).defer("raw"), label)
        transfers = Transfer.objects.filter(**here, id=transfer_id)
        return _behind(transfers.annotate(number=F("license__number")).defer("raw"), "")


def read_behind_result(
    *, actor: Actor, license_ids: tuple[int, ...], label: str, test_type: str = ""
) -> ReadBehind:
    """Return the read that METRC's results of a label came in, or one of them by its test.

    :raises NotFound: if METRC was never read of it
    """
    with access.reading(actor):
        results = LabResult.objects.filter(license_id__in=license_ids, label=label)
        if test_type:
            results = results.filter(test_type=test_type)
        newest = results.order_by("-seen_at", "-id").annotate(number=F("license__number"))
        return _behind(newest.defer("raw")[:1], "")


def _behind(rows: Iterable[Model], label: str) -> ReadBehind:
    for row in rows:
        found = row.__dict__
        if found["api_request_id"] is None:
            raise NotFound("It was read before Glassbox kept which exchange each row came in.")
        return ReadBehind(
            license_number=found["number"], exchange_id=found["api_request_id"], label=label
        )
    raise NotFound("METRC has not been read of it here.")
