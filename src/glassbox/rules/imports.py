"""Sheets that a brand hands in at its go-live: which columns, what each cell may be, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from glassbox.rules.takeover import TAG
from glassbox.rules.verdicts import InvalidInput

CELL_CHARACTERS_AT_MOST = 500
LICENSE_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,38}[A-Z0-9]")
# A cell that begins so is run as a formula by the spreadsheet that opens it, unless it is a number.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})

Value = str | Decimal | bool | None


@dataclass(frozen=True, kw_only=True)
class Column:
    """Hold one column: its heading, what its cells mean, and how a cell is read."""

    name: str
    heading: str
    meaning: str
    example: str
    read: Callable[[str], Value]
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class ImportKind:
    """Hold one kind of sheet."""

    name: str
    title: str
    sentence: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, kw_only=True)
class CellProblem:
    """Hold what is wrong with one cell, and the way out."""

    column: str
    value: str
    way_out: str


def _words(characters_at_most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > characters_at_most:
            raise InvalidInput(
                field="text",
                value=text[:40],
                way_out=f"At most {characters_at_most} characters; it has {len(text)}.",
            )
        return text

    return read


def _uid(text: str) -> str:
    wanted = text.replace(" ", "").upper()
    if not TAG.fullmatch(wanted):
        raise InvalidInput(
            field="uid", value=text, way_out="A UID has 24 characters, the last 9 digits."
        )
    return wanted


def _license_number(text: str) -> str:
    wanted = text.strip().upper()
    if not LICENSE_NUMBER.fullmatch(wanted):
        raise InvalidInput(
            field="licence", value=text, way_out="Write it as on the licence, C10-0000001-LIC."
        )
    return wanted


def _positive(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0 or number >= Decimal(10) ** 14:
        raise InvalidInput(
            field="number", value=text, way_out="Give a number above zero, such as 1,250.5."
        )
    return number


def _quantity(heading: str, example: str) -> Column:
    return Column(
        name="quantity",
        heading=heading,
        meaning="with the unit beside it",
        example=example,
        read=_positive,
    )


def _unit(example: str) -> Column:
    return Column(
        name="unit",
        heading="Unit",
        meaning="METRC's word: Each, Grams, Milliliters ...",
        example=example,
        read=_words(40),
    )


def _yes_or_no(text: str) -> bool:
    if text.casefold() in YES | NO:
        return text.casefold() in YES
    raise InvalidInput(field="yes or no", value=text, way_out="Write yes or no.")


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        wanted = text.strip().upper().replace(" ", "_")
        if wanted not in words:
            raise InvalidInput(
                field="word", value=text, way_out=f"Write one of {', '.join(words).lower()}."
            )
        return wanted

    return read


KINDS: dict[str, ImportKind] = {
    kind.name: kind
    for kind in (
        ImportKind(
            name="tags",
            title="Tag rolls",
            sentence="Ranges of METRC tags on hand, and spoiled ones.",
            columns=(
                Column(
                    name="first",
                    heading="First UID",
                    meaning="the first tag of the range",
                    example="1A4060300000001000000455",
                    read=_uid,
                ),
                Column(
                    name="last",
                    heading="Last UID",
                    meaning="the last tag; none for a single one",
                    example="1A4060300000001000000504",
                    read=_uid,
                    is_required=False,
                ),
                Column(
                    name="status",
                    heading="Status",
                    meaning="received, or damaged for spoiled ones; received if nothing is said",
                    example="received",
                    read=_one_of("RECEIVED", "DAMAGED"),
                    is_required=False,
                ),
            ),
        ),
        ImportKind(
            name="printed",
            title="UIDs printed on units",
            sentence="Where the UID on the units is that of an ancestor package.",
            columns=(
                Column(
                    name="label",
                    heading="Package UID",
                    meaning="the package the units lie in today",
                    example="1A4060300000001000000455",
                    read=_uid,
                ),
                Column(
                    name="printed",
                    heading="Printed UID",
                    meaning="the UID that the units bear",
                    example="1A4060300000001000000101",
                    read=_uid,
                ),
            ),
        ),
        ImportKind(
            name="partners",
            title="Other licensees",
            sentence="Suppliers, laboratories and shops that the licence deals with.",
            columns=(
                Column(
                    name="number",
                    heading="Licence number",
                    meaning="as METRC writes it",
                    example="C10-9990001-LIC",
                    read=_license_number,
                ),
                Column(
                    name="name",
                    heading="Name",
                    meaning="legal or shop name",
                    example="Harbor Street Dispensary",
                    read=_words(200),
                ),
                Column(
                    name="kind",
                    heading="Kind",
                    meaning="retail, laboratory, manufacturing, distribution, cultivation, "
                    "microbusiness",
                    example="retail",
                    read=_one_of(
                        "MANUFACTURING",
                        "DISTRIBUTION",
                        "LABORATORY",
                        "RETAIL",
                        "CULTIVATION",
                        "MICROBUSINESS",
                    ),
                ),
                Column(
                    name="active",
                    heading="Active",
                    meaning="yes, if the licence was looked up today and is active",
                    example="yes",
                    read=_yes_or_no,
                ),
            ),
        ),
        ImportKind(
            name="batches",
            title="Half-done batches",
            sentence="What METRC does not know of batches under way: protocol, plan, label claim.",
            columns=(
                Column(
                    name="number",
                    heading="Batch number",
                    meaning="METRC's production batch number",
                    example="PB-2026-014",
                    read=_words(80),
                ),
                Column(
                    name="product",
                    heading="Product",
                    meaning="what it becomes",
                    example="Blue Dream Vape Cart 1 g",
                    read=_words(200),
                ),
                Column(
                    name="protocol",
                    heading="Protocol version",
                    meaning="the master protocol it follows",
                    example="VC-3",
                    read=_words(40),
                ),
                _quantity("Planned quantity", "4000"),
                _unit("Each"),
                Column(
                    name="claim",
                    heading="Label claim (mg THC per unit)",
                    meaning="as printed, once it is printed",
                    example="850",
                    read=_positive,
                    is_required=False,
                ),
            ),
        ),
        ImportKind(
            name="lots",
            title="Suppliers' lots",
            sentence="What went into half-done batches and METRC does not know: terpenes, hardware.",
            columns=(
                Column(
                    name="number",
                    heading="Batch number",
                    meaning="a batch that is here already",
                    example="PB-2026-014",
                    read=_words(80),
                ),
                Column(
                    name="material",
                    heading="Material",
                    meaning="what it is",
                    example="Terpene blend",
                    read=_words(200),
                ),
                Column(
                    name="lot",
                    heading="Supplier lot",
                    meaning="the supplier's own lot number",
                    example="TB-8841",
                    read=_words(120),
                ),
                _quantity("Quantity", "320"),
                _unit("Grams"),
            ),
        ),
    )
}


def kind_named(name: str) -> ImportKind:
    """Return a kind of sheet by its name.

    :raises InvalidInput: naming those there are
    """
    if name not in KINDS:
        raise InvalidInput(field="kind", value=name, way_out=f"Use one of {', '.join(KINDS)}.")
    return KINDS[name]


def read_row(
    kind: ImportKind, cells: Mapping[str, str]
) -> tuple[dict[str, Value], tuple[CellProblem, ...]]:
    """Return the values of a row by column name, and every cell that cannot be used."""
    values: dict[str, Value] = {}
    problems = []
    for column in kind.columns:
        text = cells.get(column.name, "").strip()
        try:
            values[column.name] = _read_cell(column, text)
        except InvalidInput as problem:
            problems.append(
                CellProblem(column=column.heading, value=text[:80], way_out=problem.way_out)
            )
    return values, tuple(problems)


def _read_cell(column: Column, text: str) -> Value:
    if not text:
        if column.is_required:
            raise InvalidInput(field=column.heading, value="", way_out="Fill it in.")
        return None
    if len(text) > CELL_CHARACTERS_AT_MOST:
        raise InvalidInput(
            field=column.heading,
            value=text[:40],
            way_out=f"At most {CELL_CHARACTERS_AT_MOST} characters.",
        )
    if text.startswith("="):
        raise InvalidInput(
            field=column.heading, value=text, way_out="It is a formula; paste values instead."
        )
    return column.read(text)


def column_order(kind: ImportKind, headings: tuple[str, ...]) -> tuple[str, ...]:
    """Return the column name for each heading of a sheet, empty for those we do not need.

    :raises InvalidInput: naming the required headings that are missing
    """
    wanted = {_key(column.heading): column.name for column in kind.columns}
    wanted |= {_key(column.name): column.name for column in kind.columns}
    order = tuple(wanted.get(_key(heading), "") for heading in headings)
    missing = [
        column.heading for column in kind.columns if column.is_required and column.name not in order
    ]
    if missing:
        raise InvalidInput(
            field="headings",
            value=", ".join(headings)[:200],
            way_out=f"The first row must have: {', '.join(missing)}. Use the template.",
        )
    return order


def _key(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())


def harmless(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula when it opens our CSV."""
    is_run = text.startswith(FORMULA_STARTS) and not PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_run else text
