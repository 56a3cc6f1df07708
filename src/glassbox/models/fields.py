"""TenantRow: the two columns that every row of a licence carries; quantities, money, and columns
that the database writes for whoever searches."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func
from django.db.models.functions import Reverse, Upper

from glassbox.models.companies import Company, License


class TenantRow(models.Model):
    """A row that belongs to one licence of one company; row-level security reads both."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class QuantityField(models.DecimalField):  # type: ignore[type-arg]
    """A decimal wide enough for any quantity METRC sends; never a float."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 20)
        options.setdefault("decimal_places", 6)
        super().__init__(**options)


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """US dollars to the cent."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 14)
        options.setdefault("decimal_places", 2)
        super().__init__(**options)


def backwards(of: str) -> models.GeneratedField:
    """Return a column with a UID or a number written backwards: found by its last digits."""
    return _rewritten(Reverse(of), 40)


def in_capitals(of: str, most: int) -> models.GeneratedField:
    """Return a column with a text of `most` characters in capitals: found by its beginning."""
    return _rewritten(Upper(of), most)


def in_capitals_backwards(of: str, most: int) -> models.GeneratedField:
    """Return a column with a text of `most` characters in capitals and backwards: by its end."""
    return _rewritten(Reverse(Upper(of)), most)


def _rewritten(expression: Func, most: int) -> models.GeneratedField:
    # An index on the expression would not do: behind row-level security PostgreSQL uses an index
    # only for functions that are marked leakproof, and `reverse`, `upper` and `LIKE` are not.
    return models.GeneratedField(
        expression=expression,
        output_field=models.CharField(max_length=most, db_collation="C"),
        db_persist=True,
    )
