"""UIDs as people scan and paste them: read from any text, and drawn at random so that it repeats."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from glassbox.rules.verdicts import InvalidInput

# METRC's tags have 24 characters; the pattern of a state only warns (corrections 17).
LABEL = re.compile(r"[0-9A-Z]{24}")
STATE_PREFIX = "1A4"


@dataclass(frozen=True, kw_only=True)
class ReadLabels:
    """What a scanned or pasted text holds, each once and in its order: nothing is dropped."""

    labels: tuple[str, ...]
    duplicates: tuple[str, ...]
    not_labels: tuple[str, ...]


def is_label(word: str) -> bool:
    """Return whether a word has the form of a METRC tag: 24 characters, digits and capitals."""
    return LABEL.fullmatch(word) is not None


def read_labels(text: str, *, at_most: int) -> ReadLabels:
    """Return the UIDs of a text, separated by anything that cannot stand in one.

    :raises InvalidInput: if there are more words than `at_most`
    """
    words = [word.upper() for word in re.split(r"[^0-9A-Za-z]+", text) if word]
    if len(words) > at_most:
        raise InvalidInput(
            field="UIDs",
            value=f"{len(words)} UIDs",
            way_out=f"Give at most {at_most:,} at a time.",
        )
    unique = tuple(dict.fromkeys(words))
    return ReadLabels(
        labels=tuple(word for word in unique if is_label(word)),
        duplicates=tuple(word for word in unique if words.count(word) > 1),
        not_labels=tuple(word for word in unique if not is_label(word)),
    )


def draw_labels(labels: Iterable[str], *, count: int, seed: str) -> tuple[str, ...]:
    """Return `count` labels drawn by a seed: those whose SHA-256 of "seed:label" is smallest.

    Anybody can draw the same again from the same list with any tool that knows SHA-256.
    """

    def rank(label: str) -> bytes:
        return hashlib.sha256(f"{seed}:{label}".encode()).digest()

    return tuple(sorted(labels, key=lambda label: (rank(label), label))[:count])
