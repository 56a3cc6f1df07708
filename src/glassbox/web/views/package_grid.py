"""The packages grid: views, chips, columns, a pasted list, and the CSV of exactly what is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from glassbox.queries.package_grid.cells import PackageRow
from glassbox.queries.package_grid.grid import (
    CHIP_FIELDS,
    PackageFilter,
    PackageOrder,
    package_list,
    package_rows_for_export,
)
from glassbox.queries.package_grid.pasted import PASTED_LABELS_AT_MOST, pasted_labels
from glassbox.queries.package_grid.views import VIEW_WORDS, PackageView
from glassbox.rules.labels import ReadLabels, pack_labels, read_labels, unpack_labels
from glassbox.rules.saved_views import Grid
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.csv_files import csv_file
from glassbox.web.pages import page
from glassbox.web.request import PageRequest
from glassbox.web.views.saved_views import opened_with, views_beside

TEXT_AT_MOST = 80


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its key in the address, its heading, and what stands in the CSV."""

    key: str
    heading: str
    text: Callable[[PackageRow], object]
    by_default: bool = True
    is_number: bool = False


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _flags(row: PackageRow) -> str:
    held = ["held by the State"] if row.is_held_by_state else []
    reasons = [f"our hold: {reason}" for reason in row.hold_reasons]
    return "; ".join([*held, *reasons, *(case.title for case in row.cases)])


COLUMNS = (
    Column(key="label", heading="UID", text=lambda row: row.label),
    Column(key="item_name", heading="Item", text=lambda row: row.item_name),
    Column(key="category", heading="Category", text=lambda row: row.category, by_default=False),
    Column(
        key="metrc_quantity",
        heading="METRC",
        text=lambda row: _number(row.metrc_quantity),
        is_number=True,
    ),
    Column(
        key="our_quantity",
        heading="Ours",
        text=lambda row: _number(row.our_quantity),
        is_number=True,
    ),
    Column(
        key="counted",
        heading="Counted",
        text=lambda row: _number(row.counted.quantity) if row.counted else "",
        is_number=True,
    ),
    Column(key="metrc_state", heading="METRC state", text=lambda row: row.metrc_state),
    Column(key="local_state", heading="Our state", text=lambda row: row.local_state),
    Column(key="lab_state", heading="Tests", text=lambda row: row.lab_state),
    Column(
        key="qa",
        heading="QA",
        text=lambda row: "released" if row.is_released else "",
        by_default=False,
    ),
    Column(key="location_name", heading="Location", text=lambda row: row.location_name),
    Column(
        key="production_batch_number",
        heading="Batch",
        text=lambda row: row.production_batch_number,
    ),
    Column(
        key="sources",
        heading="Source",
        text=lambda row: " ".join(row.sources),
        by_default=False,
    ),
    Column(
        key="packaged_date",
        heading="Packaged",
        text=lambda row: row.packaged_date,
        by_default=False,
    ),
    Column(key="age", heading="Age, days", text=lambda row: row.age_days, is_number=True),
    Column(
        key="coa",
        heading="COA",
        text=lambda row: (
            f"{row.certificate.issued_date}, {row.certificate.days_left} days left"
            if row.certificate
            else ""
        ),
    ),
    Column(
        key="changed",
        heading="METRC changed it",
        text=lambda row: row.last_modified_at,
        by_default=False,
    ),
    Column(
        key="metrc_as_of", heading="METRC as of", text=lambda row: row.metrc_as_of, by_default=False
    ),
    Column(
        key="allocated_to",
        heading="Allocated to",
        text=lambda row: "; ".join(row.allocated_to),
        by_default=False,
    ),
    Column(
        key="due",
        heading="Due",
        text=lambda row: row.due_at,
        by_default=False,
    ),
    Column(key="flags", heading="Flags", text=_flags),
    Column(
        key="license_number",
        heading="Licence",
        text=lambda row: row.license_number,
        by_default=False,
    ),
)


def _pasted(request: PageRequest) -> ReadLabels:
    texts = request.POST.getlist("labels") or request.GET.getlist("labels")
    return read_labels(
        " ".join(unpack_labels(text) for text in texts), at_most=PASTED_LABELS_AT_MOST
    )


def _columns(request: PageRequest) -> tuple[Column, ...]:
    chosen = set(request.GET.getlist("column"))
    return tuple(one for one in COLUMNS if (one.key in chosen if chosen else one.by_default))


def _filter(request: PageRequest, read: ReadLabels) -> PackageFilter:
    usual = PackageView.ALL if read.labels else PackageView.ACTIVE
    wanted = request.GET.get("view", usual)
    if wanted not in set(PackageView):
        raise InvalidInput(
            field="view", value=wanted, way_out=f"Choose one of {', '.join(PackageView)}."
        )
    order = request.GET.get("order", PackageOrder.CHANGED)
    if order not in set(PackageOrder):
        raise InvalidInput(
            field="order", value=order, way_out=f"Choose one of {', '.join(PackageOrder)}."
        )
    return PackageFilter(
        view=PackageView(wanted),
        text=request.GET.get("text", "").strip()[:TEXT_AT_MOST],
        labels=read.labels,
        chips=tuple(
            (name, request.GET[name].strip()) for name in CHIP_FIELDS if request.GET.get(name)
        ),
        order=PackageOrder(order),
        after=request.GET.get("after", ""),
        columns=frozenset(one.key for one in _columns(request)),
    )


@dataclass(frozen=True, kw_only=True)
class _Address:
    """The address of what is seen, and of the same without one of its parts."""

    pairs: tuple[tuple[str, str], ...]

    def without(self, *names: str) -> str:
        return urlencode([pair for pair in self.pairs if pair[0] not in names])

    def but(self, name: str, value: str) -> str:
        kept = [pair for pair in self.pairs if pair[0] not in (name, "after")]
        return urlencode([*kept, (name, value)])


def _address(request: PageRequest, chosen: PackageFilter) -> _Address:
    pairs = [("view", str(chosen.view))]
    if chosen.text:
        pairs.append(("text", chosen.text))
    pairs += chosen.chips
    if chosen.order is not PackageOrder.CHANGED:
        pairs.append(("order", str(chosen.order)))
    if chosen.labels:
        pairs.append(("labels", pack_labels(chosen.labels)))
    pairs += [("column", one) for one in request.GET.getlist("column")]
    return _Address(pairs=tuple(pairs))


@require_http_methods(["GET", "POST"])
def grid(request: PageRequest) -> HttpResponse:
    """Show one page of the grid in the view that the address names, or of a pasted list.

    A long list comes by POST, which changes nothing; the links of the page carry it packed.
    """
    if opened := opened_with(request, Grid.PACKAGES):
        return opened
    read = _pasted(request)
    chosen = _filter(request, read)
    address = _address(request, chosen)
    license_ids, actor = request.scope.license_ids, request.actor
    found = package_list(actor=actor, license_ids=license_ids, filter=chosen, now=request.now)
    pasted = None
    if read.labels or read.not_labels:
        pasted = pasted_labels(actor=actor, license_ids=license_ids, read=read)
    return page(
        request,
        "packages/grid.html",
        {
            "grid": found,
            "pasted": pasted,
            "views": [
                (view, words, meaning, address.but("view", view))
                for view, (words, meaning) in VIEW_WORDS.items()
            ],
            "meaning": VIEW_WORDS[chosen.view][1],
            "chips": [
                (name, value, address.without(name, "after")) for name, value in chosen.chips
            ],
            "columns": _columns(request),
            "all_columns": COLUMNS,
            "columns_asked": [("column", one) for one in request.GET.getlist("column")],
            "query": address.without("after"),
            "saved": views_beside(request, Grid.PACKAGES, address.without("after")),
            "packed": pack_labels(chosen.labels) if chosen.labels else "",
            "orders": [
                ("Last METRC change first", address.but("order", "changed"), "changed"),
                ("Oldest packaged first", address.but("order", "oldest"), "oldest"),
            ],
            "nav": "packages",
        },
        fragment="packages/_grid.html",
    )


@require_safe
def csv_export(request: PageRequest) -> HttpResponse:
    """Answer the rows of a view as CSV: exactly the columns that the grid shows, and the unit."""
    rows = package_rows_for_export(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=_filter(request, _pasted(request)),
        now=request.now,
    )
    columns = _columns(request)
    slug = request.scope.slug.replace("/", "-")
    return csv_file(
        request,
        f"packages-{slug}.csv",
        [*(one.heading for one in columns), "Unit"],
        ([*(_cell(one, row) for one in columns), row.unit] for row in rows),
    )


def _cell(column: Column, row: PackageRow) -> str:
    value = column.text(row)
    return "" if value is None else str(value)
