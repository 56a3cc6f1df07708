"""Rows of ours as plain JSON for somebody who has none of our software: every column, people named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from glassbox.models.people import User

# What every row of a licence repeats, and what is kept as a file of its own.
LEFT_OUT = frozenset({"company", "license"})


class People:
    """The names of those whom rows name by id, looked up once for all of them."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def name(self, user_id: int | None) -> str | None:
        """Return a person's name, or None where nobody is meant."""
        if user_id is None:
            return None
        if not self._names:
            self._names = dict(User.objects.values_list("id", "name"))
        return self._names.get(user_id, f"person {user_id}")


def plain_row(row: models.Model, people: People) -> dict[str, Any]:
    """Return every column of a row by its name; a person's is their name, binary columns are
    left out."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in LEFT_OUT or isinstance(field, models.BinaryField | models.GeneratedField):
            continue
        value = getattr(row, field.attname)
        if field.related_model is User:
            value = people.name(value)
        found[field.name] = value
    return found


def plain_rows(rows: models.QuerySet[Any], people: People) -> list[dict[str, Any]]:
    """Return the rows of a query, oldest first."""
    return [plain_row(row, people) for row in rows.order_by("id")]


def as_file(content: Mapping[str, Any]) -> bytes:
    """Return a record as the text of a file: JSON in lines, names in order, quantities as text."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=_plain)
    return (text + "\n").encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
