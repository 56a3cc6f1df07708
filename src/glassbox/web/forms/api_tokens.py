"""The form of an API token: made for oneself, shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from glassbox.operations.api_tokens import make_token
from glassbox.queries.api_tokens import scopes_open_to
from glassbox.queries.choices import Option
from glassbox.rules.api_tokens import DAYS_AT_MOST, SCOPE_WORDS
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, ShownOnce, WorkForm, many_field

DAYS_AT_FIRST = 90


def _sheet(opened: Opened) -> Sheet:
    until = opened.now.astimezone(opened.zone).date() + timedelta(days=DAYS_AT_FIRST)
    options = tuple(
        Option(value=scope.value, words=f"{scope.value}: {SCOPE_WORDS[scope]}")
        for scope in scopes_open_to(**opened.seen())
    )
    return Sheet(
        title=f"New API token at {opened.license_number}",
        sentence="Another system acts with it in your name, at this licence alone, and never beyond "
        "your own rights. What it drafts, you drafted: somebody else approves.",
        fields=(
            Field(name="name", label="What uses it", hint="Such as: warehouse system"),
            many_field("scopes", "What it may do", options),
            Field(
                name="last_day",
                label="Last day",
                kind=FieldKind.DATE,
                value=until.isoformat(),
                hint=f"{DAYS_AT_MOST} days ahead at most",
            ),
        ),
    )


def _make(opened: Opened, said: dict[str, Any]) -> ShownOnce:
    return ShownOnce(
        title=f"The token for {said['name']}",
        sentence="It is shown this once; Glassbox keeps only its hash. Whoever holds it acts in "
        "your name: keep it like a password, and revoke it if it was seen.",
        secret=make_token(**opened.who(), **said),
        place="company/tokens/",
    )


NEW_TOKEN = WorkForm(
    button="Make the token",
    done="Made.",
    nav="company",
    permission=Permission.TOKEN_HOLD,
    sheet=_sheet,
    do=_make,
)
