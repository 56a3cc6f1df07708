"""Packages: both books of each, and where one came from."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Query, Router, Schema

from glassbox.api.auth import READ
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor, Exact, Word
from glassbox.queries.package_grid.grid import PackageFilter, PackageOrder, package_list
from glassbox.queries.package_grid.views import PackageView
from glassbox.queries.packages.lineage import LineageGraph, lineage_graph
from glassbox.queries.packages.page import PackagePage, package_page

router = Router(tags=["packages"])


class PackageIn(Schema):
    """What a list of packages is narrowed to."""

    view: PackageView = PackageView.ACTIVE
    text: Word = ""
    order: PackageOrder = PackageOrder.CHANGED
    cursor: Cursor = ""


class PackageOut(Schema):
    """One package in a list. `metrc_as_of` is when METRC was read; its numbers are of then."""

    label: str
    item_name: str
    category: str
    our_quantity: Exact
    metrc_quantity: Exact | None
    unit: str
    local_state: str
    metrc_state: str
    lab_state: str
    is_held_by_us: bool
    is_held_by_state: bool
    is_released: bool
    location_name: str
    production_batch_number: str
    packaged_date: date | None
    metrc_as_of: datetime | None


class PackagesOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    packages: list[PackageOut]
    next: str


class PackageDetailOut(Schema):
    """One package with both books and what stands against it."""

    label: str
    printed_label: str
    item_name: str
    our_quantity: Exact
    metrc_quantity: Exact | None
    counted_quantity: Exact | None
    counted_at: datetime | None
    counted_by: str
    unit: str
    local_state: str
    metrc_state: str
    lab_state: str
    hold_reasons: list[str]
    is_held_by_state: bool
    release: str
    location_name: str
    production_batch_number: str
    metrc_as_of: datetime | None


class LineageNodeOut(Schema):
    """One package of a lineage; of a package beyond the receipt METRC shows the tag alone."""

    label: str
    item_name: str
    quantity: Exact | None
    unit: str
    is_ours: bool


class LineageArrowOut(Schema):
    """What was made from what."""

    parent: str
    child: str
    quantity: Exact | None
    unit: str
    is_seen_in_metrc: bool


class LineageOut(Schema):
    """Ancestors and descendants, at most 12 steps and 400 packages; `is_cut` says there are more."""

    nodes: list[LineageNodeOut]
    arrows: list[LineageArrowOut]
    is_cut: bool


@router.get(HERE + "packages", auth=READ, response=PackagesOut)
def list_packages(request: ApiRequest, license_number: str, asked: Query[PackageIn]) -> object:
    """List packages, 100 at a time."""
    grid = package_list(
        **request.who,
        filter=PackageFilter(
            view=asked.view, text=asked.text, order=asked.order, after=asked.cursor
        ),
        now=request.now,
    )
    return {"packages": grid.rows, "next": grid.next_after}


@router.get(HERE + "packages/{label}", auth=READ, response=PackageDetailOut)
def read_package(request: ApiRequest, license_number: str, label: str) -> PackagePage:
    """Read one package by its tag."""
    return package_page(**request.who, label=label)


@router.get(HERE + "packages/{label}/lineage", auth=READ, response=LineageOut)
def read_lineage(request: ApiRequest, license_number: str, label: str) -> LineageGraph:
    """Read what a package was made from and what was made from it."""
    return lineage_graph(**request.who, label=label)
