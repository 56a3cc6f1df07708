"""What must be true of METRC's books after any calls whatever."""

from __future__ import annotations

import hashlib
from collections import Counter
from decimal import Decimal
from typing import Any

from metrc_simulator.engine import Engine
from metrc_simulator.records import KINDS, Query

PACKAGE_LISTS = {"active", "inactive", "intransit", "onhold"}
# What an effect does to the quantity of the package it names, and the field that says how much.
_CHANGES = {
    "package created": ("quantity", 1),
    "package adjusted": ("change", 1),
    "quantity taken": ("quantity", -1),
    "quantity restored": ("quantity", 1),
    "plant waste packed": ("quantity", 1),
}


class Books:
    """The books before the calls, to hold what the journal tells against what there is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.first_entry = engine.store.journal.last()
        self._quantities = {one.id: one.body["Quantity"] for one in self._packages()}
        self._moments: dict[tuple[str, int], int] = {}

    def _packages(self) -> list[Any]:
        return self.engine.store.select(Query("packages"))

    def check(self) -> None:
        """Hold every law against every row.

        :raises AssertionError: naming the law and the row that breaks it
        """
        self._check_packages()
        self._check_tags()
        self._check_moments()

    def _check_packages(self) -> None:
        labels = Counter((one.license_number, one.label) for one in self._packages())
        twice = [label for label, count in labels.items() if count > 1]
        assert not twice, f"packages in two lists: {twice}"
        for package in self._packages():
            quantity = package.body["Quantity"]
            assert package.list_name in PACKAGE_LISTS, (package.label, package.list_name)
            assert isinstance(quantity, int | Decimal) and Decimal(quantity).is_finite()
            may_be_below_zero = self.engine.profile.switches["negative_balance_allowed"]
            assert quantity >= 0 or may_be_below_zero, (package.label, quantity)

    def _check_tags(self) -> None:
        tags = self.engine.store.select(Query("tags"))
        twice = [label for label, count in Counter(one.label for one in tags).items() if count > 1]
        assert not twice, f"tags that exist twice: {twice}"
        free = {one.label for one in tags if one.list_name == "available"}
        for kind in ("packages", "plants"):
            worn = {one.label for one in self.engine.store.select(Query(kind))} & free
            assert not worn, f"tags that {kind} wear and are still available: {worn}"

    def _check_moments(self) -> None:
        for kind in KINDS:
            for row in self.engine.store.select(Query(kind)):
                before = self._moments.get((kind, row.id), 0)
                assert row.last_modified >= before, f"{kind} {row.id} went back in time"
                self._moments[kind, row.id] = row.last_modified

    def journal_quantities(self, entries: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
        """Return each package whose quantity is not what the journal makes of it.

        Told, there, and the effects that speak of it.
        """
        told: dict[str, Decimal] = {}
        spoken: dict[str, list[Any]] = {}
        for package in self._packages():
            if package.id in self._quantities:
                told[package.label] = Decimal(self._quantities[package.id])
        for effect in (one for entry in entries for one in entry["applied"]):
            label = str(effect.get("label", "")).lower()
            spoken.setdefault(label, []).append(effect)
            told[label] = _after(effect, told.get(label, Decimal(0)))
        return {
            one.label: (told.get(one.label), one.body["Quantity"], spoken.get(one.label, [])[-6:])
            for one in self._packages()
            if told.get(one.label) != one.body["Quantity"]
        }


def _after(effect: dict[str, Any], quantity: Decimal) -> Decimal:
    """Return what an effect leaves of the quantity of the package it names."""
    if effect["effect"] == "package discontinued":
        return Decimal(0)
    name, sign = _CHANGES.get(effect["effect"], ("", 0))
    return quantity + sign * Decimal(effect[name]) if name else quantity


def digest(engine: Engine) -> str:
    """Return a hash of every row of the world."""
    whole = hashlib.sha256()
    for kind in KINDS:
        for row in engine.store.select(Query(kind)):
            whole.update(repr((kind, row)).encode())
    return whole.hexdigest()
