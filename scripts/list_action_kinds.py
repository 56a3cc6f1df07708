"""Writes docs/action-kinds.md anew from the declared kinds of action."""

from __future__ import annotations

from pathlib import Path

from glassbox.rules.action_kinds.kind import ActionKind
from glassbox.rules.action_kinds.registry import ACTION_KINDS

OUT = Path(__file__).parent.parent / "docs" / "action-kinds.md"
HEAD = """# Kinds of regulated action

What Glassbox tells METRC, or asks a person to do in METRC's pages. Each kind is declared once, in
`src/glassbox/rules/action_kinds/`; this page is written by `scripts/list_action_kinds.py`.

A drafter needs `action.draft`, a reviewer `action.review`. *Routine* may be approved by its drafter,
*standard* by somebody else, *high* by somebody else with the right to approve what is risky.
The last column says when a send whose answer was lost may be sent again.

| kind | does | tier | approver needs | licences | METRC | at once | sent again |
|---|---|---|---|---|---|---|---|
"""


def line_of(kind: ActionKind) -> str:
    """Return one kind as a row of the table."""
    cells = (
        f"`{kind.name}`",
        kind.title,
        kind.tier.lower(),
        f"`{kind.approval_permission}`",
        ", ".join(sorted(kind.license_kinds)).lower(),
        f"`{kind.endpoint}`" if kind.endpoint else "by hand in METRC's pages",
        str(kind.max_objects_per_send) if kind.endpoint else "-",
        kind.retry_rule,
    )
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(line_of(kind) for kind in ACTION_KINDS.values())


if __name__ == "__main__":
    OUT.write_text(page())
