"""Writes docs/openapi.json, the API's document for machines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glassbox.config.settings")
django.setup()

from glassbox.api.urls import document

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def main() -> None:
    """Write the document anew."""
    TARGET.write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
