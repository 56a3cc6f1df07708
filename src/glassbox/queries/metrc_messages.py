"""The catalogue of METRC's texts: a data file read once."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from glassbox.rules.metrc_messages import (
    MetrcMessage,
    Translation,
    read_messages,
    translations_in,
)


def plain_words(text: str) -> tuple[Translation, ...]:
    """Return what METRC says in a text, in plain words beside its own; nothing if unknown."""
    return translations_in(text, _catalogue())


@cache
def _catalogue() -> tuple[MetrcMessage, ...]:
    path = resources.files("glassbox.rules") / "metrc_messages.yaml"
    return read_messages(yaml.safe_load(path.read_text("utf-8")))
