"""A field of a form, and how what was typed becomes a value with a type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from glassbox.queries.choices import Option
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.handed_in import handed_in


class FieldKind(StrEnum):
    """Name how a field is typed and what its value is. A SCAN is typed, scanned or chosen.

    What was typed into a SECRET is never shown again, not even when the form is refused. CELLS are
    many lines, pasted from a spreadsheet. A HIDDEN one carries what the person was shown, and is
    always as new as the page.
    """

    TEXT = "text"
    LONG = "long"
    CELLS = "cells"
    SECRET = "secret"
    NUMBER = "number"
    WHOLE = "whole"
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    SCAN = "scan"
    MANY = "many"
    CHECK = "check"
    FILE = "file"
    ROWS = "rows"
    HIDDEN = "hidden"


EMPTY_IS_TEXT = (
    *(FieldKind.TEXT, FieldKind.LONG, FieldKind.CELLS),
    *(FieldKind.CHOICE, FieldKind.SCAN),
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `value` stands in it at first; `columns` and `blank_rows` are for ROWS, `accept` for FILE."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    value: str = ""
    values: tuple[str, ...] = ()
    unit: str = ""
    hint: str = ""
    accept: str = ".pdf"
    is_optional: bool = False
    columns: tuple[Field, ...] = ()
    blank_rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Filed:
    """A file that was handed in: its name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a person sent: texts and files."""

    texts: QueryDict
    files: MultiValueDict[str, UploadedFile[Any]]
    zone: ZoneInfo


def read_fields(fields: tuple[Field, ...], typed: Typed) -> dict[str, Any]:
    """Return the value of every field, by its name.

    Numbers are Decimal, moments aware in the licence's time zone, empty optional ones None.

    :raises InvalidInput: naming the field as the page names it, what was typed, and the way out
    """
    return {field.name: _read(field, typed) for field in fields}


def _read(field: Field, typed: Typed) -> Any:
    if field.kind is FieldKind.ROWS:
        return _rows(field, typed)
    if field.kind is FieldKind.MANY:
        chosen = [text for text in typed.texts.getlist(field.name) if text]
        if not chosen and not field.is_optional:
            raise InvalidInput(field=field.label, value="none", way_out="Choose at least one.")
        for text in chosen:
            _require_offered(field, text)
        return chosen
    if field.kind is FieldKind.CHECK:
        return typed.texts.get(field.name) == "yes"
    if field.kind is FieldKind.FILE:
        return _file(field, typed)
    if len(typed.texts.getlist(field.name)) > 1:
        both = " and ".join(typed.texts.getlist(field.name))
        value = "two values" if field.kind is FieldKind.SECRET else both
        raise InvalidInput(field=field.label, value=value, way_out="Say it once.")
    text = typed.texts.get(field.name, "")
    # A tab in front is an empty cell, and not to be lost.
    text = text.strip("\r\n") if field.kind is FieldKind.CELLS and text.strip() else text.strip()
    return _value(field, text, typed.zone)


def _value(field: Field, text: str, zone: ZoneInfo) -> Any:
    if not text:
        if field.is_optional:
            return "" if field.kind in EMPTY_IS_TEXT else None
        raise InvalidInput(field=field.label, value="nothing", way_out="Fill it in.")
    if field.kind is FieldKind.NUMBER:
        return _number(field, text)
    if field.kind is FieldKind.WHOLE:
        number = _number(field, text)
        if number != number.to_integral_value():
            raise InvalidInput(field=field.label, value=text, way_out="Give a whole number.")
        return int(number)
    if field.kind in (FieldKind.DATE, FieldKind.MOMENT):
        return _time(field, text, zone)
    if field.kind is FieldKind.CHOICE:
        _require_offered(field, text)
    return text


def _require_offered(field: Field, text: str) -> None:
    if text not in {option.value for option in field.options}:
        raise InvalidInput(field=field.label, value=text, way_out="Choose one of the list.")


def _number(field: Field, text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidInput(
            field=field.label, value=text, way_out="Give a number such as 3,988 or 12.5."
        )
    return number


def _time(field: Field, text: str, zone: ZoneInfo) -> date | datetime:
    try:
        if field.kind is FieldKind.DATE:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as error:
        raise InvalidInput(
            field=field.label, value=text, way_out="Give a day, such as 2026-11-24."
        ) from error


def _file(field: Field, typed: Typed) -> Filed | None:
    sent = typed.files.get(field.name)
    if sent is None and field.is_optional:
        return None
    if sent is None:
        raise InvalidInput(field=field.label, value="nothing", way_out="Choose a file.")
    content = handed_in(sent, field=field.label, endings=field.accept.split(","))
    return Filed(name=sent.name or "file", content=content)


def _rows(field: Field, typed: Typed) -> list[dict[str, Any]]:
    """Read a table row by row; a row in which nothing was typed is not one."""
    found = []
    columns = [typed.texts.getlist(f"{field.name}-{column.name}") for column in field.columns]
    for number, texts in enumerate(zip(*columns, strict=False), start=1):
        if not any(
            text.strip()
            for text, column in zip(texts, field.columns, strict=True)
            if text != column.value
        ):
            continue
        row = {}
        for text, column in zip(texts, field.columns, strict=True):
            try:
                row[column.name] = _value(column, text.strip(), typed.zone)
            except InvalidInput as problem:
                raise InvalidInput(
                    field=f"{field.label}, row {number}: {column.label}",
                    value=text or "nothing",
                    way_out=problem.way_out,
                ) from problem
        found.append(row)
    if not found and not field.is_optional:
        raise InvalidInput(field=field.label, value="none", way_out="Fill in at least one row.")
    return found
