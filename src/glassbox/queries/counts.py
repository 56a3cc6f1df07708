"""Counts: what stands on a shelf, the list of counts, and one with its lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count as CountOf
from django.db.models import Q, QuerySet

from glassbox import access
from glassbox.models.counts import CountLine, CountSession, CountSessionState
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

SESSIONS_AT_MOST = 100
ON_THE_SHELF = (PackageList.ACTIVE, PackageList.ON_HOLD)


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """One count as a list shows it."""

    id: int
    license_number: str
    purpose: str
    location_name: str
    state: str
    is_blind: bool
    opened_by: str
    opened_at: datetime
    line_count: int
    counted_count: int
    signed_by: str
    signed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CountLineRow:
    """One UID of a count; both books' numbers are None while the count is blind and open."""

    label: str
    item_name: str
    location_name: str
    is_expected: bool
    is_known: bool
    counted: Decimal | None
    unit: str
    is_not_there: bool
    counted_by: str
    counted_at: datetime | None
    our_quantity: Decimal | None
    metrc_quantity: Decimal | None
    metrc_as_of: datetime | None

    @property
    def differs(self) -> bool:
        """Return whether what was counted is not what both books say."""
        books = {self.our_quantity, self.metrc_quantity} - {None}
        return self.counted is not None and bool(books) and books != {self.counted}


@dataclass(frozen=True, kw_only=True)
class CountPage:
    """One count: what is left to count, and what was written down, the last first.

    `why_not_sign` is empty if the reader may sign it; `last_device` is what was counted with.
    """

    row: CountRow
    left: tuple[CountLineRow, ...]
    done: tuple[CountLineRow, ...]
    numbers_are_shown: bool
    last_device: str
    statement: str
    may_count: bool
    why_not_sign: str

    @property
    def lines(self) -> tuple[CountLineRow, ...]:
        """Return every line by its label."""
        return tuple(sorted((*self.left, *self.done), key=lambda one: one.label))

    @property
    def percent(self) -> int:
        """Return how much of it is counted, in whole percent."""
        total = len(self.left) + len(self.done)
        return len(self.done) * 100 // total if total else 0

    @property
    def differing_count(self) -> int:
        """Return on how many packages the count is not what both books say."""
        return sum(line.differs for line in self.done)


def labels_on_the_shelf(license_id: int, *, location_name: str = "") -> tuple[str, ...]:
    """Return what METRC shows open under a licence, inside the caller's transaction."""
    open_ones = PackageSnapshot.objects.filter(
        license_id=license_id, is_newest=True, is_finished=False, list_name__in=ON_THE_SHELF
    )
    if location_name:
        open_ones = open_ones.filter(location_name=location_name)
    return tuple(open_ones.order_by("package__label").values_list("package__label", flat=True))


def locations_with_goods(*, actor: Actor, license_id: int) -> tuple[tuple[str, int], ...]:
    """Return each location in which METRC shows something open, and how many packages."""
    with access.reading(actor, license_id=license_id):
        rows = PackageSnapshot.objects.filter(
            license_id=license_id, is_newest=True, is_finished=False, list_name__in=ON_THE_SHELF
        ).values_list("location_name")
        return tuple(rows.annotate(number=CountOf("id")).order_by("location_name"))


def count_list(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[CountRow, ...]:
    """Return the newest counts of the licences in sight; 100 at most."""
    with access.reading(actor):
        return tuple(_row(one) for one in _sessions(license_ids)[:SESSIONS_AT_MOST])


def count_page(*, actor: Actor, license_ids: tuple[int, ...], session_id: int) -> CountPage:
    """Return one count with its lines, those left to count first.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        session = _sessions(license_ids).filter(id=session_id).first()
        if session is None:
            raise NotFound("There is no such count here.")
        lines = list(
            CountLine.objects.filter(session=session)
            .select_related("counted_by", "package")
            .order_by("counted_at", "package__location_name", "label")
        )
        counted = [one for one in reversed(lines) if one.counted_at is not None]
        is_open = session.state == CountSessionState.OPEN
        shown = not (is_open and session.is_blind)
        books = _books(session.license_id, lines) if shown else {}
        as_of = packages_as_of((session.license_id,)) if shown else None
        rights = access.permissions_at(actor, session.license_id)
        return CountPage(
            row=_row(session),
            left=tuple(_line(one, books, as_of) for one in lines if one.counted_at is None),
            done=tuple(_line(one, books, as_of) for one in counted),
            last_device=counted[0].device if counted else "",
            numbers_are_shown=shown,
            statement=session.statement,
            may_count=is_open and Permission.COUNT_RECORD in rights,
            why_not_sign=_why_not_sign(actor, session, lines, rights),
        )


def _sessions(license_ids: tuple[int, ...]) -> QuerySet[CountSession]:
    return (
        CountSession.objects.filter(license_id__in=license_ids)
        .select_related("license", "opened_by", "signed_by")
        .annotate(
            line_count=CountOf("lines"),
            counted_count=CountOf("lines", filter=Q(lines__counted_at__isnull=False)),
        )
        .order_by("-opened_at", "-id")
    )


def _books(license_id: int, lines: list[CountLine]) -> dict[int, Package]:
    ids = [line.package_id for line in lines if line.package_id is not None]
    rows = with_metrc(Package.objects.filter(license_id=license_id, id__in=ids))
    return {package.pk: package for package in rows}


def _why_not_sign(
    actor: Actor,
    session: CountSession,
    lines: list[CountLine],
    rights: frozenset[Permission],
) -> str:
    if session.state != CountSessionState.HANDED_IN:
        return (
            "It is not handed in yet." if session.state == CountSessionState.OPEN else "It ended."
        )
    if Permission.RECONCILIATION_RUN not in rights:
        return "Your roles at this licence do not allow it."
    if actor.user_id in {line.counted_by_id for line in lines} | {session.handed_in_by_id}:
        return "A person who did not count signs."
    return ""


def _row(session: CountSession) -> CountRow:
    counts = session.__dict__
    return CountRow(
        id=session.pk,
        license_number=session.license.number,
        purpose=session.purpose,
        location_name=session.location_name,
        state=session.state,
        is_blind=session.is_blind,
        opened_by=session.opened_by.name if session.opened_by else "Glassbox",
        opened_at=session.opened_at,
        line_count=counts["line_count"],
        counted_count=counts["counted_count"],
        signed_by=session.signed_by.name if session.signed_by else "",
        signed_at=session.signed_at,
    )


def _line(line: CountLine, books: dict[int, Package], as_of: PackagesAsOf | None) -> CountLineRow:
    package = books.get(line.package_id or 0)
    row = package.__dict__ if package else {}
    return CountLineRow(
        label=line.label,
        item_name=line.package.item_name if line.package else "",
        location_name=line.package.location_name if line.package else "",
        is_expected=line.is_expected,
        is_known=line.package_id is not None,
        counted=line.quantity,
        unit=line.unit,
        is_not_there=line.is_not_there,
        counted_by=line.counted_by.name if line.counted_by else "",
        counted_at=line.counted_at,
        our_quantity=row.get("our_quantity"),
        metrc_quantity=row.get("metrc_quantity"),
        metrc_as_of=as_of.of(package) if package and as_of else None,
    )
