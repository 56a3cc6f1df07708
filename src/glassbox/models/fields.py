"""TenantRow: the two columns that every row of a licence carries, and the width of a quantity."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Reverse

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


class ReversedField(models.GeneratedField):
    """A text of the same row written backwards by the database, so that its last digits are a
    range of an index.

    An index on the expression would not do: behind row-level security PostgreSQL uses an index
    only for functions that are marked leakproof, and `reverse` and `LIKE` are not.
    """

    def __init__(self, of: str = "", **options: Any) -> None:
        options.setdefault("expression", Reverse(of))
        options.setdefault("output_field", models.CharField(max_length=40, db_collation="C"))
        options.setdefault("db_persist", True)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Return what a migration writes: the field that Django knows."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, kwargs
