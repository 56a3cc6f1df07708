"""Which grids views can be saved of, and what of an address a view keeps."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from glassbox.rules.verdicts import InvalidInput

NAME_AT_MOST = 60
QUERY_AT_MOST = 2_000
# Where in a list somebody stood is no part of the view.
PLACES = frozenset({"after", "page", "pane"})


class Grid(StrEnum):
    """Name a grid that views can be saved of; the value is its page below the licence."""

    PACKAGES = "packages"
    ACTIONS = "actions"


def view_name(text: str) -> str:
    """Return the name of a view as it is kept.

    :raises InvalidInput: if it is empty or longer than 60 characters
    """
    name = " ".join(text.split())
    if not name or len(name) > NAME_AT_MOST:
        raise InvalidInput(
            field="name",
            value=text[:80],
            way_out=f"Give the view a name of 1 to {NAME_AT_MOST} characters.",
        )
    return name


def view_query(text: str) -> str:
    """Return what a view keeps of an address's query: filters, columns and order, not the place.

    :raises InvalidInput: if nothing is left of it, or more than 2,000 characters
    """
    pairs = parse_qsl(text.removeprefix("?"), max_num_fields=200, errors="strict")
    query = urlencode([(key, value) for key, value in pairs if key not in PLACES])
    if not query:
        raise InvalidInput(
            field="view", value=text[:80], way_out="Choose a view or a filter first, then save it."
        )
    if len(query) > QUERY_AT_MOST:
        raise InvalidInput(
            field="view",
            value=f"an address of {len(query):,} characters",
            way_out=f"A view keeps {QUERY_AT_MOST:,} at most: paste fewer UIDs, or use a filter.",
        )
    return query
