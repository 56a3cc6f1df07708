"""What the schemas of all rooms share: exact numbers as text, and where a list goes on."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import BeforeValidator, Field


def _exact(value: Any) -> Any:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


# Every address begins with the one licence that it is about.
HERE = "l/{license_number}/"
# Never a JSON number: a reader's float would round it.
Exact = Annotated[str, BeforeValidator(_exact)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Cursor = Annotated[str, Field(max_length=100)]
Word = Annotated[str, Field(max_length=100)]


class Strict(Schema):
    """A body in which a misspelt name is refused, not lost."""

    model_config = {"extra": "forbid"}
