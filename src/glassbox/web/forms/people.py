"""Forms of who may do what: invite a person, grant a role, end one."""

from __future__ import annotations

from typing import Any

from glassbox.operations.invitations import invite_person
from glassbox.operations.roles import GRANTED_ROLES, end_role, grant_role
from glassbox.queries.choices import Option
from glassbox.queries.roles import colleagues, role_row
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, choice_field


def _words(role: str) -> str:
    return role.replace("_", " ").capitalize()


def _role_fields() -> tuple[Field, ...]:
    roles = tuple(Option(value=role, words=_words(role)) for role in GRANTED_ROLES)
    return (
        choice_field("role", "Role at this licence", roles),
        Field(
            name="last_day",
            label="Last day",
            kind=FieldKind.DATE,
            is_optional=True,
            hint="Empty: until somebody ends it.",
        ),
    )


def _invitation_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title=f"Invite a person to {opened.license_number}",
        sentence="They get a mail with a link that sets their password, once, within 24 hours, and "
        "set up a second factor at their first sign-in. METRC knows nothing of it: who acts there "
        "needs a METRC user as well.",
        fields=(
            Field(name="name", label="Name"),
            Field(name="email", label="E-mail"),
            *_role_fields(),
        ),
    )


def _invite(opened: Opened, said: dict[str, Any]) -> str:
    invite_person(**opened.who(), **said)
    return "company/people/"


def _grant_sheet(opened: Opened) -> Sheet:
    people = colleagues(**opened.seen())
    return Sheet(
        title=f"Grant a role at {opened.license_number}",
        sentence="It holds from their next click on, at this licence alone.",
        why_not="" if people else "Nobody else works in this company yet. Invite a person first.",
        fields=(choice_field("user_id", "Person", people), *_role_fields()),
    )


def _grant(opened: Opened, said: dict[str, Any]) -> str:
    grant_role(**opened.who(), **said | {"user_id": int(said["user_id"])})
    return "company/people/"


def _end_sheet(opened: Opened) -> Sheet:
    row = role_row(**opened.seen(), grant_id=opened.number, now=opened.now)
    return Sheet(
        title=f"End a role of {row.name}",
        sentence="Their next click no longer has it. Other roles stay; to take somebody out "
        "altogether, deactivate them.",
        facts=(
            ("Person", f"{row.name}, {row.email}"),
            ("Role", f"{_words(row.role)} at {row.license_number}"),
            ("Granted by", row.granted_by),
        ),
        fields=(),
    )


def _end(opened: Opened, _: dict[str, Any]) -> str:
    end_role(**opened.who(), grant_id=opened.number)
    return "company/people/"


INVITATION = WorkForm(
    button="Send the invitation",
    done="Invited. The link in the mail works for 24 hours.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_invitation_sheet,
    do=_invite,
)
ROLE_GRANT = WorkForm(
    button="Grant it",
    done="The role is granted.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_grant_sheet,
    do=_grant,
)
ROLE_END = WorkForm(
    button="End it",
    done="The role is ended.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_end_sheet,
    do=_end,
)
