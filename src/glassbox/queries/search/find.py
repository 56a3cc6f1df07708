"""One search field: every kind of search asked in turn, and whether one thing was surely meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glassbox import access
from glassbox.models.companies import License
from glassbox.queries.search import packages, papers, people, records
from glassbox.queries.search.hits import SHORTEST_TEXT, Provider, Question, SearchHit
from glassbox.rules.actor import Actor

# In the order in which a person would look; each is a fixed number of statements.
PROVIDERS: tuple[Provider, ...] = (
    packages.packages_by_label,
    packages.packages_by_printed_label,
    packages.packages_made_of_it,
    packages.unused_tags,
    packages.manifests_with_it,
    papers.transfers_by_manifest,
    papers.batches,
    packages.packages_by_batch,
    papers.certificates,
    papers.samples,
    papers.orders,
    papers.transfers_by_name,
    people.licenses,
    people.counterparties,
    people.colleagues,
    people.metrc_employees,
    people.drivers,
    records.actions,
    records.cases,
    records.events,
)

NUMBERED_EVEN_IF_SHORT = re.compile(r"(?:(?:action|case)\s*#?\s*|#\s*)\d+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a text may mean: in the licences in sight, and at the others the person may look into.

    `sure_address` is the page to open straight away: the only thing whose whole name or number
    was typed, or the only UID that ends so, and in sight. Empty if in doubt.
    """

    text: str
    here: tuple[SearchHit, ...]
    elsewhere: tuple[SearchHit, ...]
    sure_address: str
    is_too_short: bool


def find(*, actor: Actor, license_ids: tuple[int, ...], text: str) -> Found:
    """Return everything a text may mean at the licences of the actor; `license_ids` are in sight."""
    # PostgreSQL has no text with a zero byte in it.
    text = text.replace("\0", "").strip()
    if len(text) < SHORTEST_TEXT and not NUMBERED_EVEN_IF_SHORT.fullmatch(text):
        return Found(text=text, here=(), elsewhere=(), sure_address="", is_too_short=True)
    with access.reading(actor) as visible:
        numbers = dict(License.objects.filter(id__in=visible).values_list("id", "number"))
        question = Question(text=text, numbers=numbers)
        hits = tuple(hit for provider in PROVIDERS for hit in provider(question))
    in_sight = {numbers[one] for one in license_ids if one in numbers}
    here = tuple(hit for hit in hits if hit.license_number in in_sight)
    return Found(
        text=text,
        here=here,
        elsewhere=tuple(hit for hit in hits if hit.license_number not in in_sight),
        sure_address=_sure_address(hits, here),
        is_too_short=False,
    )


def _sure_address(hits: tuple[SearchHit, ...], here: tuple[SearchHit, ...]) -> str:
    exact = {hit.address for hit in hits if hit.is_exact}
    meant = exact or {hit.address for hit in hits if all(one.is_label for one in hits)}
    in_sight = {hit.address for hit in here}
    return meant.pop() if len(meant) == 1 and meant <= in_sight else ""
