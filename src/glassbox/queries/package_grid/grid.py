"""The packages grid: one row per package, METRC's word beside ours, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import islice

from django.db.models import Q, QuerySet

from glassbox import access
from glassbox.models.packages import Package, PackageStanding
from glassbox.queries.package_grid.cells import PackageRow, package_rows
from glassbox.queries.package_grid.views import PackageView, view_condition
from glassbox.queries.package_grid.words_in_use import WordsInUse
from glassbox.queries.search.hits import begins_with
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput

ROWS_PER_PAGE = 100
COUNTED_AT_MOST = 10_000
CSV_ROWS_AT_MOST = 50_000
ROWS_PER_READ = 1_000
ENDINGS_AT_MOST = 500
# So many digits are rather the end of a UID than a part of an item's name.
DIGITS_OF_A_UID = 5

# What a chip can narrow the grid to: the address's word, and the field it is about.
CHIP_FIELDS = {
    "item": "item_name",
    "category": "category",
    "location": "location_name",
    "batch": "production_batch_number",
    "ours": "local_state",
    "tests": "lab_state",
}


class PackageOrder(StrEnum):
    """In which order the rows come."""

    CHANGED = "changed"
    OLDEST = "oldest"


@dataclass(frozen=True, kw_only=True)
class PackageFilter:
    """What the grid is asked for. Everything is in the address, so that a view is a link."""

    view: PackageView = PackageView.ACTIVE
    text: str = ""
    labels: tuple[str, ...] = ()
    chips: tuple[tuple[str, str], ...] = ()
    order: PackageOrder = PackageOrder.CHANGED
    after: str = ""
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class PackageGrid:
    """One page of the grid. `total` is exact up to 10,000; `is_more` says that there are more."""

    rows: tuple[PackageRow, ...]
    total: int
    is_more: bool
    next_after: str
    filter: PackageFilter
    words: dict[str, tuple[str, ...]]


def package_list(
    *,
    actor: Actor,
    license_ids: tuple[int, ...],
    filter: PackageFilter,
    now: datetime,
) -> PackageGrid:
    """Return one page of packages, newest change first unless asked otherwise.

    :raises InvalidInput: if `after` is no place in the list
    """
    with access.reading(actor) as visible:
        here = tuple(one for one in license_ids if one in visible)
        words = WordsInUse()
        filtered = [_filtered(one, filter, words, now) for one in here]
        found = list(islice(_standings(filtered, filter), ROWS_PER_PAGE + 1))
        shown = found[:ROWS_PER_PAGE]
        total = _count(filtered)
        return PackageGrid(
            rows=package_rows(shown, columns=filter.columns, now=now),
            total=min(total, COUNTED_AT_MOST),
            is_more=total > COUNTED_AT_MOST,
            next_after=_place(shown[-1], filter.order) if len(found) > ROWS_PER_PAGE else "",
            filter=filter,
            words={
                name: words.of(here, CHIP_FIELDS[name]) for name in ("item", "category", "location")
            },
        )


def package_rows_for_export(
    *, actor: Actor, license_ids: tuple[int, ...], filter: PackageFilter, now: datetime
) -> tuple[PackageRow, ...]:
    """Return every row of a view, for the CSV of exactly what is seen; 50,000 rows at most."""
    rows: list[PackageRow] = []
    with access.reading(actor) as visible:
        here = tuple(one for one in license_ids if one in visible)
        filtered = [_filtered(one, filter, WordsInUse(), now) for one in here]
        standings = islice(_standings(filtered, replace(filter, after="")), CSV_ROWS_AT_MOST)
        while some := list(islice(standings, ROWS_PER_READ)):
            rows += package_rows(some, columns=filter.columns, now=now)
    return tuple(rows)


def _standings(
    filtered: Iterable[QuerySet[PackageStanding]], filter: PackageFilter
) -> Iterator[PackageStanding]:
    """Yield the standings of a filter in its order, page by page of an index of each licence."""
    place = _read_place(filter.after, filter.order)
    lists = [_of_license(rows, filter.order, place) for rows in filtered]
    return iter(_merged(lists, filter.order))


def _merged(
    lists: list[Iterator[PackageStanding]], order: PackageOrder
) -> Iterator[PackageStanding]:
    heads = [next(one, None) for one in lists]
    while any(heads):
        first = min(
            (number for number, head in enumerate(heads) if head is not None),
            key=lambda number: _rank(heads[number], order),
        )
        head = heads[first]
        assert head is not None
        yield head
        heads[first] = next(lists[first], None)


def _rank(standing: PackageStanding | None, order: PackageOrder) -> tuple[float, int]:
    assert standing is not None
    if order is PackageOrder.OLDEST:
        return (_day(standing).toordinal(), standing.package_id)
    return (-standing.changed_at.timestamp(), standing.package_id)


def _day(standing: PackageStanding) -> date:
    return standing.packaged_date or date.max


def _of_license(
    rows: QuerySet[PackageStanding], order: PackageOrder, place: Q
) -> Iterator[PackageStanding]:
    """Yield one licence's rows; each read goes on after the last row of the one before."""
    read = ROWS_PER_PAGE + 1
    while True:
        some = list(rows.filter(place).order_by(*_order(order))[:read])
        yield from some
        if len(some) < read:
            return
        place, read = _read_place(_place(some[-1], order), order), ROWS_PER_READ


def _order(order: PackageOrder) -> tuple[str, ...]:
    # Dates that METRC does not give stand last, as NULL does in PostgreSQL's own order.
    first = "packaged_date" if order is PackageOrder.OLDEST else "-changed_at"
    return (first, "package_id")


def _place(standing: PackageStanding, order: PackageOrder) -> str:
    if order is PackageOrder.OLDEST:
        return f"{standing.packaged_date or ''}~{standing.package_id}"
    return f"{standing.changed_at.isoformat()}~{standing.package_id}"


def _read_place(text: str, order: PackageOrder) -> Q:
    if not text:
        return Q()
    moment, _, number = text.partition("~")
    try:
        after = Q(package_id__gt=int(number))
        if order is PackageOrder.CHANGED:
            at = datetime.fromisoformat(moment.replace(" ", "+"))
            if at.tzinfo is None:
                raise ValueError
            return Q(changed_at__lte=at) & (Q(changed_at__lt=at) | after)
        if not moment:
            return Q(packaged_date__isnull=True) & after
        day = date.fromisoformat(moment)
    except ValueError:
        raise InvalidInput(
            field="after", value=text[:80], way_out="Open the list anew and page from there."
        ) from None
    return Q(packaged_date__gt=day) | (Q(packaged_date=day) & after) | Q(packaged_date__isnull=True)


def _filtered(
    license_id: int, filter: PackageFilter, words: WordsInUse, now: datetime
) -> QuerySet[PackageStanding]:
    rows = PackageStanding.objects.filter(
        view_condition(filter.view, now=now), license_id=license_id
    )
    if filter.labels:
        packages = Package.objects.filter(license_id=license_id, label__in=filter.labels)
        rows = rows.filter(package_id__in=list(packages.values_list("id", flat=True)))
    for name, value in filter.chips:
        rows = rows.filter(**{CHIP_FIELDS[name]: value})
    if filter.text:
        rows = rows.filter(_text_condition(license_id, filter, words))
    return rows


def _text_condition(license_id: int, filter: PackageFilter, words: WordsInUse) -> Q:
    """Return what a typed text means: a part of an item or room, a batch, a UID's last digits.

    Resolved to lists first, for behind a wall no index can be searched by a part of a text. Five
    digits or more that end a UID are not looked for in names too.
    """
    found = Q()
    for beginning in {filter.text, filter.text.upper()}:
        found |= begins_with("production_batch_number", beginning)
    package_ids = _ending_in(license_id, filter.text)
    found |= Q(package_id__in=package_ids)
    if package_ids and filter.text.isdecimal() and len(filter.text) >= DIGITS_OF_A_UID:
        return found
    here_only = filter.view not in (PackageView.ALL, PackageView.CLOSED)
    wanted = filter.text.casefold()
    for field in ("item_name", "location_name"):
        of_field = words.of((license_id,), field, here_only=here_only)
        found |= Q(**{f"{field}__in": [word for word in of_field if wanted in word.casefold()]})
    return found


def _ending_in(license_id: int, text: str) -> list[int]:
    ending = "".join(one for one in text.upper() if one.isalnum())[::-1]
    if not ending:
        return []
    labels = Package.objects.filter(begins_with("label_reversed", ending), license_id=license_id)
    return list(labels.values_list("id", flat=True)[:ENDINGS_AT_MOST])


def _count(filtered: Iterable[QuerySet[PackageStanding]]) -> int:
    """Return how many there are, and no more than one beyond what is told exactly."""
    total = 0
    for rows in filtered:
        ids = rows.order_by().values("package_id")
        total += ids[: COUNTED_AT_MOST + 1 - total].count()
        if total > COUNTED_AT_MOST:
            break
    return total
