"""Forms of METRC's masters: drivers, vehicles, items and locations of a licence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from glassbox.operations.actions.draft import draft_action
from glassbox.queries.choices import ListOf
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    number_field,
    reason_field,
)

SENTENCE = "Drafts it for METRC; somebody else approves before anything is sent."


def _driver(opened: Opened) -> Sheet:
    return Sheet(
        title="Add a driver",
        sentence=SENTENCE,
        fields=(
            Field(name="name", label="Name"),
            Field(name="drivers_license_number", label="Driver's licence"),
            Field(name="employee_id", label="Employee number"),
            reason_field("Drives for us"),
        ),
    )


def _vehicle(opened: Opened) -> Sheet:
    return Sheet(
        title="Add a vehicle",
        sentence=SENTENCE,
        fields=(
            Field(name="make", label="Make"),
            Field(name="model", label="Model"),
            Field(name="plate", label="Licence plate"),
            reason_field("A vehicle of ours"),
        ),
    )


def _item(opened: Opened) -> Sheet:
    lists = opened.choices(ListOf.ITEM_CATEGORIES, ListOf.UNITS)
    units = lists[ListOf.UNITS]
    return Sheet(
        title="Add an item",
        sentence=SENTENCE,
        fields=(
            Field(name="name", label="Name"),
            choice_field("category", "Category", lists[ListOf.ITEM_CATEGORIES]),
            choice_field("unit", "Unit", units),
            Field(name="strain", label="Strain", is_optional=True),
            number_field("unit_weight", "Weight of one unit", is_optional=True),
            choice_field("unit_weight_unit", "Unit of that weight", units, is_optional=True),
            number_field("unit_thc_content", "THC in one unit", is_optional=True),
            choice_field("unit_thc_content_unit", "Unit of that content", units, is_optional=True),
            reason_field("A product of ours"),
        ),
    )


def _location(opened: Opened) -> Sheet:
    types = opened.choices(ListOf.LOCATION_TYPES)[ListOf.LOCATION_TYPES]
    return Sheet(
        title="Add a location",
        sentence=SENTENCE,
        fields=(
            Field(name="name", label="Name"),
            choice_field("type_name", "Type", types, value=types[0].value if types else ""),
            reason_field("A room of ours"),
        ),
    )


def _drafting(kind: str) -> Callable[[Opened, dict[str, Any]], str]:
    def draft(opened: Opened, said: dict[str, Any]) -> str:
        reason = said.pop("reason")
        facts = {
            name: f"{value:f}" if isinstance(value, Decimal) else value
            for name, value in said.items()
            if value not in (None, "")
        }
        action_id = draft_action(**opened.who(), kind=kind, facts=facts, reason=reason)
        return f"actions/{action_id}/"

    return draft


def _form(kind: str, sheet: Callable[[Opened], Sheet]) -> WorkForm:
    return WorkForm(
        button="Draft it",
        done="It is drafted.",
        nav="catalog",
        permission=Permission.ACTION_DRAFT,
        sheet=sheet,
        do=_drafting(kind),
    )


NEW_DRIVER = _form("driver.create", _driver)
NEW_VEHICLE = _form("vehicle.create", _vehicle)
NEW_ITEM = _form("item.create", _item)
NEW_LOCATION = _form("location.create", _location)
