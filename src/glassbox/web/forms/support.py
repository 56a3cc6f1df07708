"""The form by which an owner lets a person of the vendor's support read, for some hours."""

from __future__ import annotations

from typing import Any

from glassbox.operations.support import HOURS_AT_MOST, admit_support
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, reason_field


def _sheet(opened: Opened) -> Sheet:
    return Sheet(
        title=f"Let the vendor's support read {opened.license_number}",
        sentence="One person, this licence alone, for some hours. They change nothing and see no "
        "key, and every page they look at is an event of your ledger. You can end it at any time.",
        fields=(
            Field(
                name="email",
                label="E-mail of the person",
                hint="They tell you. Whoever is not of the vendor's support is refused.",
            ),
            Field(
                name="hours",
                label="For how long",
                kind=FieldKind.WHOLE,
                unit="hours",
                value="4",
                hint=f"{HOURS_AT_MOST} at most.",
            ),
            reason_field(label="What they are to look into"),
        ),
    )


def _admit(opened: Opened, said: dict[str, Any]) -> str:
    admit_support(**opened.who(), **said)
    return "company/installation/"


NEW_SUPPORT = WorkForm(
    button="Let them read",
    done="They may read now, until the hours are over.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_sheet,
    do=_admit,
)
