"""Forms of how a licence is governed: who signs and who stands in; what a rule of the pack does."""

from __future__ import annotations

from typing import Any

from glassbox.operations.policies import set_policy
from glassbox.operations.promotions import ask_promotion
from glassbox.queries.choices import ListOf, Option
from glassbox.queries.governance import policy_at
from glassbox.queries.rule_changes import RuleRow, rule_at
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import TeamProfile
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    reason_field,
)

# Profile and people at high risk are one choice: a small team of three does not exist.
PROFILES: dict[str, tuple[TeamProfile, int, str]] = {
    "full-2": (TeamProfile.FULL_TEAM, 2, "Full team: two people, routine work needs one"),
    "full-3": (TeamProfile.FULL_TEAM, 3, "Full team: three people on what is risky"),
    "small": (TeamProfile.SMALL_TEAM, 2, "Small team: two people, on routine work too"),
}


def _policy_sheet(opened: Opened) -> Sheet:
    policy = policy_at(**opened.seen())
    people = opened.choices(ListOf.PEOPLE)[ListOf.PEOPLE]
    names = {one.value: one.words for one in people}
    now_is = next(
        key
        for key, (profile, count, _) in PROFILES.items()
        if (profile, count) == (policy.profile, policy.people_at_high)
    )
    return Sheet(
        title=f"Who signs at {opened.license_number}",
        sentence="It holds for every approval from now on, stands on every action, and is an event "
        "of the ledger. Deputies that you do not enter again stand in for nobody.",
        facts=(
            ("Until now", policy.words()),
            *(
                ("Deputy", f"{names.get(str(deputy), deputy)} for {names.get(str(absent), absent)}")
                for absent, deputy in policy.deputies.items()
            ),
        ),
        fields=(
            choice_field(
                "policy",
                "How many people sign",
                tuple(Option(value=key, words=words) for key, (*_, words) in PROFILES.items()),
                value=now_is,
            ),
            Field(
                name="deputies",
                label="Deputies",
                kind=FieldKind.ROWS,
                is_optional=True,
                blank_rows=2,
                columns=(
                    choice_field("absent", "Who is absent", people),
                    choice_field("deputy", "Who signs instead", people),
                ),
            ),
            reason_field(),
        ),
    )


def _set_policy(opened: Opened, said: dict[str, Any]) -> str:
    profile, people_at_high, _ = PROFILES[said["policy"]]
    rows = said["deputies"] or []
    deputies = {row["absent"]: int(row["deputy"]) for row in rows}
    if len(deputies) < len(rows):
        raise InvalidInput(
            field="Deputies", value="the same person twice", way_out="Name one deputy for each."
        )
    set_policy(
        **opened.who(),
        profile=profile,
        people_at_high=people_at_high,
        deputies=deputies,
        because=said["reason"],
    )
    return "company/"


POLICY = WorkForm(
    button="Set it for this licence",
    done="Set. It holds for every approval from now on.",
    nav="company",
    permission=Permission.COMPANY_MANAGE,
    sheet=_policy_sheet,
    do=_set_policy,
)


def _rule(opened: Opened) -> RuleRow:
    return rule_at(**opened.seen(), rule_id=opened.subject, now=opened.now)


def _rule_sheet(opened: Opened) -> Sheet:
    row = _rule(opened)
    wish = "only warn again" if row.blocks else "block"
    return Sheet(
        title=f"Let {row.rule_id} {wish}",
        sentence=f"From that day on {row.rule_id} will {wish} at {opened.license_number}, once "
        "somebody else has granted it. Until then it stands as it is.",
        why_not=(
            ""
            if row.can_change
            else "It blocks by its pack and nobody here can make it warn, or it stops nothing by its nature."
        ),
        facts=(
            ("Citation", row.citation),
            ("Source", row.source),
            ("How well it was checked", row.evidence),
            ("Today", "It blocks" if row.blocks else "It warns"),
        ),
        fields=(
            Field(name="effective_from", label="From", kind=FieldKind.DATE, value=opened.today),
            reason_field(label="What was checked, and where"),
        ),
    )


def _ask(opened: Opened, said: dict[str, Any]) -> str:
    ask_promotion(
        **opened.who(),
        rule_id=opened.subject,
        blocks=not _rule(opened).blocks,
        effective_from=said["effective_from"],
        because=said["reason"],
    )
    return "rules/"


RULE_CHANGE = WorkForm(
    button="Ask for it",
    done="Asked. It takes effect once somebody else has granted it.",
    nav="company",
    permission=Permission.ACTION_REVIEW,
    sheet=_rule_sheet,
    do=_ask,
)
