"""Write docs/sbom.cdx.json: every component that is pinned, as CycloneDX 1.6, out of the lock files."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "sbom.cdx.json"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\\;]+)(.*)$")


def bill_of_materials() -> dict[str, Any]:
    """Return the whole document: what production installs is required, the rest is excluded."""
    production = {name for name, _, _ in _locked("requirements/runtime.txt")}
    components = [
        _component("pypi", name, version, digests, name in production)
        for name, version, digests in _locked("requirements/dev.txt")
    ]
    components += [_component("npm", *one) for one in _node_modules()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "glassbox", "bom-ref": "glassbox"}
        },
        "components": sorted(components, key=lambda one: one["purl"]),
    }


def _locked(path: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield name, version and digests of every line of a file with pinned requirements."""
    text = (ROOT / path).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        found = PINNED.match(line.strip())
        if found:
            digests = [("SHA-256", one) for one in re.findall(r"sha256:([0-9a-f]{64})", found[3])]
            yield re.sub(r"[-_.]+", "-", found[1]).lower(), found[2], digests


def _node_modules() -> Iterator[tuple[str, str, list[tuple[str, str]], bool]]:
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for place, one in locked.items():
        if place:
            name = place.rpartition("node_modules/")[2]
            digest = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
            yield name, one["version"], [("SHA-512", digest)], not one.get("dev", False)


def _component(
    kind: str, name: str, version: str, digests: list[tuple[str, str]], is_required: bool
) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": name,
        "version": version,
        "scope": "required" if is_required else "excluded",
        # Of what only developers install the lock file alone holds the digests: they are thousands.
        "hashes": [
            {"alg": algorithm, "content": digest} for algorithm, digest in digests if is_required
        ],
    }


def main() -> None:
    """Write the document anew."""
    TARGET.write_text(json.dumps(bill_of_materials(), indent=1) + "\n")


if __name__ == "__main__":
    main()
