"""UIDs as people scan and paste them: read from any text, and drawn at random so that it repeats."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from glassbox.rules.verdicts import InvalidInput

# METRC's tags have 24 characters; the pattern of a state only warns (corrections 17).
LABEL = re.compile(r"[0-9A-Z]{24}")
# A tag ends in a counter; the tags of one licence share what stands before it.
COUNTER_DIGITS = 9
PACKED = "~"
# A thousand tags are some 24 kB; nobody packs more than this into an address.
UNPACKED_BYTES_AT_MOST = 64_000
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
    times = Counter(words)
    unique = tuple(times)
    return ReadLabels(
        labels=tuple(word for word in unique if is_label(word)),
        duplicates=tuple(word for word in unique if times[word] > 1),
        not_labels=tuple(word for word in unique if not is_label(word)),
    )


def draw_labels(labels: Iterable[str], *, count: int, seed: str) -> tuple[str, ...]:
    """Return `count` labels drawn by a seed: those whose SHA-256 of "seed:label" is smallest.

    Anybody can draw the same again from the same list with any tool that knows SHA-256.
    """

    def rank(label: str) -> bytes:
        return hashlib.sha256(f"{seed}:{label}".encode()).digest()

    return tuple(sorted(labels, key=lambda label: (rank(label), label))[:count])


def pack_labels(labels: Iterable[str]) -> str:
    """Return a short text that stands for many UIDs, so that a list of them fits an address.

    UIDs with a common beginning are told as steps from one counter to the next. The order is lost.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    whole = []
    for label in sorted(set(labels)):
        beginning, counter = label[:-COUNTER_DIGITS], label[-COUNTER_DIGITS:]
        if counter.isdecimal():
            groups[beginning].append(int(counter))
        else:
            whole.append(label)
    parts = [
        " ".join([beginning, *(str(b - a) for a, b in zip([0, *numbers], numbers, strict=False))])
        for beginning, numbers in groups.items()
    ]
    text = "|".join([" ".join(whole), *parts])
    return PACKED + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack_labels(packed: str) -> str:
    """Return the UIDs of a packed text, separated by blanks; any other text comes back as it is.

    :raises InvalidInput: if it begins like a packed text and is none
    """
    if not packed.startswith(PACKED):
        return packed
    try:
        data = base64.urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4))
        reader = zlib.decompressobj()
        text = reader.decompress(data, UNPACKED_BYTES_AT_MOST).decode()
        if not reader.eof:
            raise ValueError("cut off")
        whole, *parts = text.split("|")
        labels = whole.split()
        for part in parts:
            beginning, *steps = part.split()
            counter = 0
            for step in steps:
                counter += int(step)
                labels.append(f"{beginning}{counter:0{COUNTER_DIGITS}d}")
    except (binascii.Error, zlib.error, ValueError):
        raise InvalidInput(
            field="UIDs", value=packed[:40], way_out="Paste the UIDs themselves again."
        ) from None
    return " ".join(labels)
