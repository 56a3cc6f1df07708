"""Who may call: the vendor key and the users' keys, made at random for each world."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrc_simulator.records import Query, Record
from metrc_simulator.store import Store


@dataclass(frozen=True)
class User:
    """A METRC user: one key for the person, valid in each of the licences."""

    name: str
    user_key: str
    licenses: tuple[str, ...]
    permissions: frozenset[str]
    revoked: bool


class People:
    """All users of the world, read from the store and kept at hand."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.vendor_key = ""
        self._users: dict[str, User] = {}
        self._known: dict[str, User | None] = {}
        self.reload()

    def reload(self) -> None:
        """Read the keys again after the world or a key changed."""
        self.vendor_key = self._store.setting("vendor_key") or ""
        found = [_user(record) for record in self._store.select(Query("users"))]
        self._users = {user.user_key: user for user in found}
        self._known = {}

    def everyone(self) -> list[User]:
        """Return all users in the order the world made them."""
        return list(self._users.values())

    def signed_in(self, authorization: str) -> User | None:
        """Return the user of an HTTP Basic header (vendor key, user key), or None."""
        if authorization not in self._known:
            self._known[authorization] = self._check(authorization)
        return self._known[authorization]

    def vendor(self, headers: Mapping[str, str]) -> User | None:
        """Return the integrator itself, who reaches every facility, or None.

        The vendor key comes in a header of its own (NY sandbox 2026-09) or as Basic without a
        user key (CA specification).
        """
        given = headers.get("x-metrc-key") or headers.get("x-metrc-auth") or ""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        if not given and scheme.lower() == "basic":
            given = _decoded(encoded).partition(":")[0]
        if not self.vendor_key or not secrets.compare_digest(
            given.encode("utf-8"), self.vendor_key.encode("utf-8")
        ):
            return None
        facilities = self._store.select(Query("facilities"))
        licenses = tuple(facility.license_number for facility in facilities)
        return User("Integrator", "", licenses, frozenset(), revoked=False)

    def of_key(self, user_key: str) -> User | None:
        """Return the user of a key, or None when it is unknown or revoked."""
        user = self._users.get(user_key)
        return None if user is None or user.revoked else user

    def _check(self, authorization: str) -> User | None:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        vendor, _, user_key = _decoded(encoded).partition(":")
        if not self.vendor_key or not secrets.compare_digest(
            vendor.encode("utf-8"), self.vendor_key.encode("utf-8")
        ):
            return None
        return self.of_key(user_key)


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:
        return ""


def new_key() -> str:
    """Return a fresh key of 48 characters, as long as METRC's."""
    return secrets.token_urlsafe(36)


def user_record(name: str, licenses: list[str], permissions: list[str]) -> Record:
    """Return a user's row with a key made at random."""
    body: dict[str, Any] = {
        "name": name,
        "userKey": new_key(),
        "licenses": licenses,
        "permissions": permissions,
    }
    return Record("users", body, label=name)


def _user(record: Record) -> User:
    return User(
        name=record.body["name"],
        user_key=record.body["userKey"],
        licenses=tuple(record.body["licenses"]),
        permissions=frozenset(record.body["permissions"]),
        revoked=record.list_name == "revoked",
    )
