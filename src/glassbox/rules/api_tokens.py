"""API tokens: what each scope of one lets its holder's systems do, at the most."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from glassbox.rules.permissions import Permission

DAYS_AT_MOST = 366
NAME_CHARACTERS = 60
# Secret scanners find a leaked token by its beginning.
BEGINNING = "glassbox_"
RANDOM_BYTES = 32


class Scope(StrEnum):
    """Name one part of a person's rights that a token may carry."""

    READ = "read"
    EVENTS = "events"
    DRAFT = "draft"


SCOPE_WORDS: dict[Scope, str] = {
    Scope.READ: "read packages, transfers, batches, actions, cases and how fresh they are",
    Scope.EVENTS: "read the events of the ledger with their proofs",
    Scope.DRAFT: "draft, comment, send for review and withdraw; never approve",
}

# No scope holds an approval, a review, a signature or a key: those are acts of people.
SCOPE_PERMISSIONS: dict[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.PACKAGE_READ}),
    Scope.EVENTS: frozenset({Permission.PACKAGE_READ, Permission.AUDIT_READ}),
    Scope.DRAFT: frozenset(
        {Permission.PACKAGE_READ, Permission.ACTION_DRAFT, Permission.ACTION_WITHDRAW}
    ),
}


def permissions_in(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """Return everything that a token of these scopes may carry of its holder's rights."""
    return frozenset().union(*(SCOPE_PERMISSIONS[scope] for scope in scopes))
