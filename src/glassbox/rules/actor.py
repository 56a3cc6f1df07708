"""Who acts: a person through a door, or the system under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.rules.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Hold how much of a person's rights an API token carries: one licence, some permissions."""

    license_id: int
    permissions: frozenset[Permission]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Hold who asks and through which door; what they may do is asked elsewhere, each time.

    `via` is the door ("web", "api", "cli", "job"); `session` ties the act to one sign-in.
    `user_id` is None for the system alone, so no person's grants are ever borrowed by it.
    `has_second_factor` says whether this sign-in showed one. `limits` narrow what a person's roles
    allow; they never widen it.
    """

    user_id: int | None
    name: str
    via: str
    session: str | None
    has_second_factor: bool = False
    limits: Limits | None = None

    @property
    def is_system(self) -> bool:
        """Return whether no person stands behind this act."""
        return self.user_id is None

    def __str__(self) -> str:
        return f"{self.name} ({self.via})"


def system_actor(name: str) -> Actor:
    """Return the system acting under `name`, for example "sync" or "sender"."""
    return Actor(user_id=None, name=name, via="job", session=None)
