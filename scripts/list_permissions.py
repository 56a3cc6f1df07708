"""Writes docs/permissions.md anew: every address that changes something, its right, and who holds it."""

from __future__ import annotations

import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glassbox.config.settings")
django.setup()

from glassbox.api.urls import document
from glassbox.cli.demo_brand import MAKER, MOVER, PEOPLE
from glassbox.rules.api_tokens import SCOPE_PERMISSIONS, SCOPE_WORDS, Scope
from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role, permissions_of
from glassbox.web.rights import presses
from glassbox.web.urls import urlpatterns

OUT = Path(__file__).parent.parent / "docs" / "permissions.md"
HEAD = """# Who may do what

Written by `scripts/list_permissions.py` from the code; `tests/db/web/test_matrix.py` presses every one of these as each of the
cast at both licences and holds the answers against this list. To look at a page asks for `package.read` at its licence;
at a licence where somebody holds no role every address is *not found*, for looking and for pressing. What depends on the
thing itself (the tier of an action, one's own work) is asked on top, in the operation.

## Rights and roles

| right | roles |
|---|---|
"""
PRESSED = f"""
## Pages: what is pressed

The cast at the manufacturer ({MAKER}) and at the distributor ({MOVER}).

| address below `/l/LICENCE/` | right | manufacturer | distributor |
|---|---|---|---|
"""
SCOPES = """
## The API: what a token may carry, at the most

A token never does more than whoever made it, and opens one licence.

| scope | lets a system | rights |
|---|---|---|
"""
CALLED = """
| method and address | scope |
|---|---|
"""


def page() -> str:
    """Return the whole page."""
    rights = "".join(_right(one) for one in sorted(Permission))
    pressed = "".join(_pressed(name, right) for name, right in sorted(presses().items()))
    scopes = "".join(
        f"| `{one}` | {SCOPE_WORDS[one]} | {_words(SCOPE_PERMISSIONS[one])} |\n" for one in Scope
    )
    return f"{HEAD}{rights}{PRESSED}{pressed}{SCOPES}{scopes}{CALLED}{_called()}"


def _words(rights: frozenset[Permission]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(rights))


def _right(right: Permission) -> str:
    roles = [role.replace("_", " ").lower() for role in Role if right in ROLE_PERMISSIONS[role]]
    return f"| `{right}` | {', '.join(roles)} |\n"


def _pressed(name: str, right: Permission) -> str:
    at = {
        number: [
            person
            for person, _, roles in PEOPLE
            if right in permissions_of(frozenset(role for where, role in roles if where == number))
        ]
        for number in (MAKER, MOVER)
    }
    place = ADDRESSES[name]
    return f"| `{place}` | `{right}` | {_people(at[MAKER])} | {_people(at[MOVER])} |\n"


def _people(names: list[str]) -> str:
    return ", ".join(names) or "nobody"


def _called() -> str:
    lines = []
    for path, methods in document()["paths"].items():
        for method in methods:
            lines.append(f"| `{method.upper()} {path}` | {_scope(path, method)} |\n")
    return "".join(sorted(lines))


def _scope(path: str, method: str) -> str:
    if method == "post":
        return "`draft`"
    if path.endswith("/token"):
        return "any"
    return "`events`" if "/events" in path else "`read`"


ADDRESSES = {
    str(one.name): str(one.pattern).removeprefix("l/<str:license_number>/")  # type: ignore[union-attr]
    for one in urlpatterns
    if str(one.pattern).startswith("l/")
}


def main() -> None:
    """Write the page anew."""
    OUT.write_text(page())


if __name__ == "__main__":
    main()
