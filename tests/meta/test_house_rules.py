"""Our source keeps the house rules of CONTRIBUTING.md. Exemptions are listed with their reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.meta import house_rules
from tests.meta.source import Module, modules

Rule = Callable[[Module], Iterator[str]]

EVERYTHING = ("src", "tests", "scripts", "bench")
PRODUCT = ("src",)
TABLES = ("src/glassbox/models", "src/glassbox/audit/models")

RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (house_rules.module_is_short, EVERYTHING),
    (house_rules.functions_are_short, EVERYTHING),
    (house_rules.imports_stand_on_top, EVERYTHING),
    (house_rules.modules_say_what_belongs, ("src", "scripts", "bench")),
    (house_rules.package_files_are_empty, PRODUCT),
    (house_rules.public_things_are_described, PRODUCT),
    (house_rules.foreign_keys_name_classes, TABLES),
    (house_rules.rows_are_never_cascaded, TABLES),
)

# Path, or path and function -> why it may break the rule of that name.
EXEMPT: dict[str, Mapping[str, str]] = {
    "package_files_are_empty": {
        "src/glassbox/models/__init__.py": "Django finds the tables only where they are imported",
        "src/glassbox/audit/models/__init__.py": "Django finds the tables only there",
    },
    "rows_are_never_cascaded": {
        "src/glassbox/audit/models/events.py": "reads tables made in SQL, where a trigger refuses"
        " every deletion",
    },
    "functions_are_short": {
        "src/glassbox/audit/ledger.py append": "one argument a line into the database's function",
        "tests/db/production/test_batches.py"
        " test_carts_balance_through_a_bulk_oil_that_the_batch_uses_itself": "one long story",
    },
    "public_things_are_described": {
        "src/glassbox/queries/flow_map/counts.py steps": "its type says it",
    },
}


@pytest.mark.parametrize(
    ("rule", "folders"), RULES, ids=lambda value: getattr(value, "__name__", "")
)
def test_the_source_keeps_the_house_rule(rule: Rule, folders: tuple[str, ...]) -> None:
    broken = [
        sentence
        for module in modules(*folders)
        for sentence in rule(module)
        if _exemption(rule, sentence) is None
    ]

    assert broken == []


def test_every_exemption_is_still_needed() -> None:
    used = {
        (rule.__name__, _exemption(rule, sentence))
        for rule, folders in RULES
        for module in modules(*folders)
        if any(place.startswith(module.path) for place in EXEMPT.get(rule.__name__, {}))
        for sentence in rule(module)
    }

    idle = {(rule, place) for rule, places in EXEMPT.items() for place in places} - used

    assert idle == set()


def _exemption(rule: Rule, sentence: str) -> str | None:
    """Return the exemption that covers a breach: its file, or its file and function."""
    place = sentence.split(": ")[0]
    path, _, name = place.partition(":")
    keys = (path, f"{path} {name.partition(' ')[2]}")
    return next((key for key in keys if key in EXEMPT.get(rule.__name__, {})), None)


LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 70

BREACHES: tuple[tuple[Rule, str, str], ...] = (
    (house_rules.module_is_short, "src/glassbox/web/pages.py", "x = 1\n" * 601),
    (house_rules.functions_are_short, "src/glassbox/web/pages.py", LONG_FUNCTION),
    (house_rules.imports_stand_on_top, "src/glassbox/web/pages.py", "def f():\n    import os\n"),
    (
        house_rules.imports_stand_on_top,
        "src/glassbox/web/pages.py",
        "class C:\n    def f(self):\n        from os import path\n",
    ),
    (house_rules.modules_say_what_belongs, "src/glassbox/web/pages.py", "x = 1\n"),
    (
        house_rules.package_files_are_empty,
        "src/glassbox/web/__init__.py",
        "from glassbox.web.pages import page\n",
    ),
    (house_rules.public_things_are_described, "src/glassbox/web/pages.py", "def page(): ...\n"),
    (
        house_rules.foreign_keys_name_classes,
        "src/glassbox/models/lab.py",
        "package = models.ForeignKey('glassbox.Package', on_delete=models.PROTECT)\n",
    ),
    (
        house_rules.rows_are_never_cascaded,
        "src/glassbox/models/lab.py",
        "package = models.ForeignKey(Package, on_delete=models.CASCADE)\n",
    ),
)


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_the_check_sees_a_breach(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(path, text)))


def test_every_check_has_been_seen_failing() -> None:
    assert {rule for rule, _ in RULES} == {rule for rule, _, _ in BREACHES}
