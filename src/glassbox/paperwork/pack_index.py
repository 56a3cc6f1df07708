"""The first page of an inspection pack: one HTML file that any browser opens, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources

from django.template import Context, Engine, Template

Link = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class IndexedPackage:
    """One package: its facts in words, and the files that speak of it, each as words and name."""

    label: str
    item: str
    facts: tuple[tuple[str, str], ...]
    files: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True)
class IndexedAction:
    """One regulated action with its approval, and its file."""

    what: str
    state: str
    drafted_by: str
    approved: str
    file: str


@dataclass(frozen=True, kw_only=True)
class IndexedEvent:
    """One event of the ledger. `file` is its proof, or nothing if no signed head stood above it."""

    number: str
    at: str
    type: str
    subject: str
    who: str
    reason: str
    file: str


@dataclass(frozen=True, kw_only=True)
class PackIndex:
    """Everything on the first page."""

    license: str
    stamp: str
    facts: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    packages: Sequence[IndexedPackage]
    actions: Sequence[IndexedAction]
    papers: Sequence[Link]
    events: Sequence[IndexedEvent]
    exchange_count: int


def pack_index(index: PackIndex) -> bytes:
    """Return the page. What people and METRC wrote stays text: nothing in it is read as markup."""
    return _template().render(Context(asdict(index))).encode()


@cache
def _template() -> Template:
    folder = resources.files("glassbox.paperwork").joinpath("templates")
    return Engine(debug=False).from_string(folder.joinpath("pack_index.html").read_text("utf-8"))
