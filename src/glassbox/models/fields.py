"""TenantRow: the two columns that every row of a licence carries, and the width of a quantity."""

from __future__ import annotations

from typing import Any

from django.db import models

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
