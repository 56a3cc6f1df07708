"""What an inspection pack can be of."""

from __future__ import annotations

from enum import StrEnum


class PackChoice(StrEnum):
    """Name how the packages of a pack are chosen."""

    UIDS = "uids"
    BATCH = "batch"
    PERIOD = "period"
    RANDOM = "random"
