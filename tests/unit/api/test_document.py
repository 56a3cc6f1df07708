"""The API's document in docs/ is the one the code makes, and it opens nothing without a token."""

from __future__ import annotations

import json

from glassbox.api.urls import document
from tests.meta.source import ROOT


def test_the_document_in_docs_is_the_one_the_code_makes() -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text())

    assert kept == document(), "run scripts/write_openapi.py"


def test_every_address_names_its_licence_asks_for_a_token_and_tells_its_failures() -> None:
    said = document()
    operations = [
        (path, method, operation)
        for path, methods in said["paths"].items()
        for method, operation in methods.items()
    ]

    assert said["openapi"].startswith("3.1")
    assert len(operations) > 15
    for path, method, operation in operations:
        assert path.startswith("/api/v1/l/{license_number}/"), path
        assert operation["security"], path
        assert {"401", "403", "404", "422", "429"} <= set(operation["responses"]), path
        named = [one["name"] for one in operation["parameters"]]
        assert ("Idempotency-Key" in named) == (method == "post"), path
