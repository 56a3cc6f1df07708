"""What one endpoint needs before its handler is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrc_simulator.calls import Handler
from metrc_simulator.profiles.profile import Profile


@dataclass(frozen=True)
class Route:
    """One endpoint. Reads need any one of the permissions, writes all of them.

    `license_rule` is required, optional or none; `switch` names the profile's switch that
    deploys it; `flag` the facility flag without which METRC answers 401; of `any_flag` one
    is enough. `body` says what a write brings: array, object or none. With `vendor` the vendor
    key alone opens the call (in METRC's headers of its own, or as Basic), in every facility.
    """

    method: str
    path: str
    handler: Handler
    permissions: tuple[str, ...] = ()
    license_rule: str = "required"
    flag: str = ""
    switch: str = ""
    any_flag: tuple[str, ...] = ()
    body: str = "array"
    vendor: bool = False

    def takes_body(self) -> bool:
        """Return whether the call brings objects: a DELETE does when its path names none."""
        if self.body == "none":
            return False
        return self.method in {"POST", "PUT"} or (
            self.method == "DELETE" and "{id}" not in self.path
        )

    def suits(self, flags: Mapping[str, Any]) -> bool:
        """Return whether a facility with these flags may make this call."""
        if self.flag and not flags.get(self.flag):
            return False
        return not self.any_flag or any(flags.get(name) for name in self.any_flag)

    def permits(self, held: frozenset[str]) -> bool:
        """Return whether a user with these permissions may make this call."""
        if not self.permissions:
            return True
        if self.method == "GET":
            return any(name in held for name in self.permissions)
        return all(name in held for name in self.permissions)

    def deployed(self, profile: Profile) -> bool:
        """Return whether the state has this endpoint."""
        return not self.switch or bool(profile.switches[self.switch])
