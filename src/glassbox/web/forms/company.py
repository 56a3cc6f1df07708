"""Forms of the company: accept the terms of use, sign the review of users, deactivate or unbind a person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from glassbox.operations.provider_identities import unbind_person
from glassbox.operations.sign_in import end_sessions
from glassbox.operations.terms import accept_terms
from glassbox.operations.user_reviews import deactivate_person, sign_user_review
from glassbox.queries.people import leaver, people_pages
from glassbox.queries.terms import terms_page
from glassbox.rules.permissions import Permission
from glassbox.rules.terms import RESPONSIBILITY
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, check_field, reason_field
from glassbox.web.own_sign_in import tell_unbound

BROWSER_CHARACTERS = 120


def _terms_sheet(opened: Opened) -> Sheet:
    terms = terms_page(actor=opened.actor, license_ids=(opened.license_id,))
    said = f"{terms.accepted_by} accepted this text already." if terms.is_accepted else ""
    return Sheet(
        title=f"Accept the terms of use {terms.version} for {terms.company}",
        sentence=f"{RESPONSIBILITY} Your name, the time and the digest of the text go into the "
        "ledger.",
        facts=(
            ("Company", terms.company),
            ("Version", terms.version),
            ("Digest of the text (SHA-256)", terms.sha256),
        ),
        why_not=said,
        fields=(
            Field(name="sha256", label="", kind=FieldKind.HIDDEN, value=terms.sha256),
            check_field("may_bind", "I have read them and may bind the company"),
        ),
    )


def _accept(opened: Opened, said: dict[str, Any]) -> str:
    if not said["may_bind"]:
        raise InvalidInput(
            field="I have read them", value="not ticked", way_out="Read the terms, then tick it."
        )
    accept_terms(**opened.who(), sha256=said["sha256"])
    return "company/terms/"


def _review_sheet(opened: Opened) -> Sheet:
    (found,) = people_pages(actor=opened.actor, license_ids=(opened.license_id,), now=opened.now)
    differing = tuple(
        (line.name or line.employee, f"{line.difference} {line.way_out}")
        for line in found.differences
    )
    return Sheet(
        title=f"Sign the review of users of {opened.license_number}",
        sentence="You sign exactly the list you looked at: who may do what here, beside METRC's "
        "employee list (4 CCR 15048.1(a)(8), 15051). It is due every 30 days.",
        facts=(
            ("People and employees", f"{len(found.lines)} lines, {len(differing)} differ"),
            *differing,
        ),
        fields=(
            Field(name="lines_sha256", label="", kind=FieldKind.HIDDEN, value=found.sha256),
            Field(
                name="comment",
                label="What is done about each difference" if differing else "Comment",
                kind=FieldKind.LONG,
                is_optional=not differing,
            ),
        ),
    )


def _sign_review(opened: Opened, said: dict[str, Any]) -> str:
    sign_user_review(**opened.who(), **said)
    return "company/people/"


def _leaver_sheet(opened: Opened) -> Sheet:
    person = leaver(**opened.seen(), user_id=opened.number, now=opened.now)
    return Sheet(
        title=f"Deactivate {person.name}",
        sentence="At once and at every licence of the company: no role, METRC keys destroyed here, "
        "signed out, no sign-in (unless another company employs them too). METRC itself knows "
        "nothing of it: a case asks that they be taken out there too.",
        facts=(
            ("Person", f"{person.name}, {person.email}"),
            ("What ends", ", ".join(person.roles) or "no role is left"),
        ),
        fields=(reason_field(),),
    )


def _deactivate(opened: Opened, said: dict[str, Any]) -> str:
    deactivate_person(**opened.who(), user_id=opened.number, **said)
    return "company/people/"


def _sessions_sheet(opened: Opened) -> Sheet:
    person = leaver(**opened.seen(), user_id=opened.number, now=opened.now)
    return Sheet(
        title=f"Sign {person.name} out everywhere",
        sentence="For a lost device, or a session nobody knows: every browser they are signed in "
        "with finds nothing at its next click. They may sign in again; tokens of the API stay.",
        facts=(
            ("Person", f"{person.name}, {person.email}"),
            *(
                (f"Since {at:%d %B %Y, %H:%M} UTC", browser[:BROWSER_CHARACTERS] or "no name")
                for browser, at in person.signed_in
            ),
        ),
        why_not="" if person.signed_in else f"{person.name} is signed in nowhere.",
        fields=(reason_field(),),
    )


def _sign_out(opened: Opened, said: dict[str, Any]) -> str:
    end_sessions(**opened.who(), user_id=opened.number, **said)
    return "company/people/"


def _unbinding_sheet(opened: Opened) -> Sheet:
    person = leaver(**opened.seen(), user_id=opened.number, now=opened.now)
    name, since = person.bound_to or ("", None)
    return Sheet(
        title=f"Unbind {person.name} from {name or 'their company'}",
        sentence="Glassbox forgets which account there is theirs, and every session that began by "
        "it ends at once. Password and second factor stay. Signing in there again, with their "
        "address and their second factor, binds anew: to keep somebody out, deactivate them.",
        facts=(
            ("Person", f"{person.name}, {person.email}"),
            *((("Bound since", f"{since:%d %B %Y, %H:%M} UTC, by themselves"),) if since else ()),
            (
                "How they sign in then",
                "with their password and second factor"
                if person.has_own_way_in
                else "not before they have set a password: Forgotten password mails them a link",
            ),
        ),
        why_not="" if since else f"{person.name} is bound to no company's sign-in.",
        fields=(reason_field(),),
    )


def _unbind(opened: Opened, said: dict[str, Any]) -> str:
    name = unbind_person(**opened.who(), user_id=opened.number, **said)
    tell_unbound(get_user_model().objects.get(id=opened.number), name)
    return "company/people/"


ACCEPT_TERMS = WorkForm(
    button="Accept for the company",
    done="The terms of use are accepted.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_terms_sheet,
    do=_accept,
)
USER_REVIEW = WorkForm(
    button="Sign the review",
    done="The review of users is signed.",
    nav="company",
    permission=Permission.USER_REVIEW,
    sheet=_review_sheet,
    do=_sign_review,
)
DEACTIVATION = WorkForm(
    button="Deactivate",
    done="Deactivated. Take them out of METRC too: a case says how.",
    nav="company",
    permission=Permission.USER_DEACTIVATE,
    sheet=_leaver_sheet,
    do=_deactivate,
)
SESSIONS_END = WorkForm(
    button="Sign out everywhere",
    done="Signed out everywhere. They may sign in again.",
    nav="company",
    permission=Permission.USER_DEACTIVATE,
    sheet=_sessions_sheet,
    do=_sign_out,
)
UNBINDING = WorkForm(
    button="Unbind",
    done="Unbound. They sign in with password and second factor.",
    nav="company",
    permission=Permission.USER_DEACTIVATE,
    sheet=_unbinding_sheet,
    do=_unbind,
)
