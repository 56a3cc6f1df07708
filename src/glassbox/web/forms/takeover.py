"""Forms of a go-live: store a key, match a person, begin, propose, take back, switch writing on."""

from __future__ import annotations

from typing import Any

from glassbox.operations.company import receive_tag_roll
from glassbox.operations.credentials import add_credential
from glassbox.operations.takeover.begin import begin_takeover
from glassbox.operations.takeover.people import match_person
from glassbox.operations.takeover.switch import (
    propose_live,
    switch_writing_on,
    take_proposal_back,
)
from glassbox.queries.choices import ListOf, Option
from glassbox.queries.takeover.page import person_to_match, points_to_accept, takeover_page
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    many_field,
    reason_field,
)

READING, NO_LOGIN = "reading", "none"


def _key_sheet(opened: Opened) -> Sheet:
    people = opened.choices(ListOf.PEOPLE)[ListOf.PEOPLE]
    return Sheet(
        title="Store a METRC key",
        sentence="It is sealed at once and never shown again. One of the same person or purpose is "
        "replaced.",
        fields=(
            choice_field(
                "owner",
                "What it is for",
                (
                    Option(value=READING, words="reading METRC, for this licence"),
                    *(Option(value=one.value, words=f"what {one.words} does") for one in people),
                ),
            ),
            Field(
                name="owner_name",
                label="Whose key it is in METRC",
                hint="METRC names this person as who acted.",
            ),
            Field(name="user_key", label="METRC user key", kind=FieldKind.SECRET),
        ),
    )


def _store_key(opened: Opened, said: dict[str, Any]) -> str:
    is_for_sync = said["owner"] == READING
    add_credential(
        **opened.who(),
        user_id=None if is_for_sync else int(said["owner"]),
        owner_name=said["owner_name"],
        user_key=said["user_key"],
        is_for_sync=is_for_sync,
    )
    return "takeover/"


def _person_sheet(opened: Opened) -> Sheet:
    person = person_to_match(**opened.seen(), user_id=opened.number)
    suggested = tuple(
        Option(
            value=str(one.employee_id),
            words=f"{one.full_name} ({'same name' if one.likeness == 1 else 'alike'})",
        )
        for one in person.suggestions
    )
    return Sheet(
        title=f"Who is {person.name} on METRC's employee list?",
        sentence="A suggestion alone decides nothing; your word does.",
        facts=(
            ("Person", f"{person.name}, {person.email}"),
            (
                "Until now",
                person.employee_name or ("no METRC login" if person.is_matched else "open"),
            ),
        ),
        fields=(
            choice_field(
                "employee",
                "METRC's name",
                (*suggested, Option(value=NO_LOGIN, words="they have no METRC login")),
            ),
        ),
    )


def _match(opened: Opened, said: dict[str, Any]) -> str:
    chosen = said["employee"]
    match_person(
        **opened.who(),
        user_id=opened.number,
        employee_id=None if chosen == NO_LOGIN else int(chosen),
    )
    return "takeover/"


def _begin_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title=f"Switch writing off at {opened.license_number}",
        sentence=f"From now on nothing is sent to METRC for {opened.license_number}; Glassbox only "
        "reads. Two people switch it on again.",
        fields=(reason_field(),),
    )


def _begin(opened: Opened, said: dict[str, Any]) -> str:
    begin_takeover(**opened.who(), **said)
    return "takeover/"


def _propose_sheet(opened: Opened) -> Sheet:
    points = points_to_accept(**opened.seen(), now=opened.now)
    must = [point for point in points if not point.can_be_accepted]
    fields: tuple[Field, ...] = (reason_field(label="Why the licence is ready"),)
    if points:
        fields = (
            many_field(
                "accepted",
                f"What stays open, taken on by {opened.actor.name}",
                tuple(Option(value=point.key, words=point.sentence) for point in points),
                is_optional=True,
            ),
            *fields,
        )
    return Sheet(
        title=f"Propose to switch writing on at {opened.license_number}",
        sentence="A second person switches it. Whatever opens meanwhile makes the proposal void.",
        fields=fields,
        why_not=f"{must[0].sentence} {must[0].way_out}" if must else "",
    )


def _propose(opened: Opened, said: dict[str, Any]) -> str:
    propose_live(**opened.who(), reason=said["reason"], accepted=tuple(said.get("accepted") or ()))
    return "takeover/"


def _switch_sheet(opened: Opened) -> Sheet:
    found = takeover_page(**opened.seen(), now=opened.now)
    standing = found.standing
    return Sheet(
        title=f"Switch writing on at {opened.license_number}",
        sentence=f"From now on, what is approved is sent to METRC for {opened.license_number}.",
        facts=(
            ("Proposed by", standing.proposed_by or "nobody"),
            ("Why", standing.proposal or "not said"),
            *((f"Open, taken on by {by}", sentence) for sentence, by in standing.accepted),
        ),
        fields=(reason_field(label="What you looked at"),),
        why_not=found.why_not_switch,
    )


def _switch(opened: Opened, said: dict[str, Any]) -> str:
    switch_writing_on(**opened.who(), **said)
    return "takeover/"


def _back_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title=f"Take the proposal back at {opened.license_number}",
        sentence="Writing stays off. It can be proposed again at any time.",
        fields=(reason_field(label="What is missing"),),
    )


def _back(opened: Opened, said: dict[str, Any]) -> str:
    take_proposal_back(**opened.who(), **said)
    return "takeover/"


def _tags_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Receive a roll of tags",
        sentence="Tags that our ledger has already stay as they are.",
        fields=(
            Field(name="first", label="First UID of the roll", kind=FieldKind.SCAN),
            Field(name="count", label="How many", kind=FieldKind.WHOLE, unit="tags"),
        ),
    )


def _receive_tags(opened: Opened, said: dict[str, Any]) -> str:
    receive_tag_roll(**opened.who(), **said)
    return "takeover/"


TAG_ROLL = WorkForm(
    button="Receive these tags",
    done="The tags are in our ledger.",
    nav="takeover",
    permission=Permission.COUNT_RECORD,
    sheet=_tags_sheet,
    do=_receive_tags,
)
NEW_KEY = WorkForm(
    button="Seal and store it",
    done="The key is stored. The worker tests it now; what it may do stands here in a moment.",
    nav="takeover",
    permission=Permission.CREDENTIAL_MANAGE,
    sheet=_key_sheet,
    do=_store_key,
)
PERSON_MATCH = WorkForm(
    button="Confirm",
    done="Confirmed.",
    nav="takeover",
    permission=Permission.TAKEOVER_WORK,
    sheet=_person_sheet,
    do=_match,
)
WRITING_OFF = WorkForm(
    button="Switch writing off",
    done="Writing is off. Glassbox only reads here.",
    nav="takeover",
    permission=Permission.TAKEOVER_SWITCH,
    sheet=_begin_sheet,
    do=_begin,
)
PROPOSAL = WorkForm(
    button="Propose to switch writing on",
    done="Proposed. A second person switches it.",
    nav="takeover",
    permission=Permission.TAKEOVER_SWITCH,
    sheet=_propose_sheet,
    do=_propose,
)
WRITING_ON = WorkForm(
    button="Switch writing on",
    done="Writing is on.",
    nav="takeover",
    permission=Permission.TAKEOVER_SWITCH,
    sheet=_switch_sheet,
    do=_switch,
)
PROPOSAL_BACK = WorkForm(
    button="Take it back",
    done="Taken back. Writing stays off.",
    nav="takeover",
    permission=Permission.TAKEOVER_SWITCH,
    sheet=_back_sheet,
    do=_back,
)
