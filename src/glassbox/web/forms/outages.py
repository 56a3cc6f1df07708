"""Forms of an outage: access is lost, access is back, and the sheets to work by on paper."""

from __future__ import annotations

from typing import Any

from glassbox.operations.outages import (
    declare_access_lost,
    declare_access_regained,
    print_contingency,
)
from glassbox.queries.choices import Option
from glassbox.queries.outages import contingency_facts, outage_page
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, choice_field, reason_field


def _is_lost(opened: Opened) -> bool:
    page = outage_page(actor=opened.actor, license_ids=(opened.license_id,))
    return page.licenses[0].open_loss is not None


def _lost_sheet(opened: Opened) -> Sheet:
    now = opened.now.astimezone(opened.zone).strftime("%Y-%m-%dT%H:%M")
    return Sheet(
        title="Declare access to METRC lost",
        sentence="Declare it when nobody can get into METRC, by API or by its pages. From then on "
        "nothing is transferred in or out, and past 72 hours a person tells DCC (4 CCR 15048.1). "
        "An API that does not answer while the pages work is no loss of access.",
        why_not="It is declared lost already." if _is_lost(opened) else "",
        fields=(
            Field(name="lost_at", label="Lost since", kind=FieldKind.MOMENT, value=now),
            reason_field("", "What you tried and what you saw"),
        ),
    )


def _lose(opened: Opened, said: dict[str, Any]) -> str:
    declare_access_lost(**opened.who(), **said)
    return "outage/"


def _regained_sheet(opened: Opened) -> Sheet:
    return Sheet(
        title="Declare access to METRC back",
        sentence="The 72 hours end and transfers are free again. Enter what was written on paper.",
        why_not="" if _is_lost(opened) else "No loss of access is declared.",
        fields=(reason_field("", "How you know that it is back"),),
    )


def _regain(opened: Opened, said: dict[str, Any]) -> str:
    declare_access_regained(**opened.who(), **said)
    return "outage/"


def _paper_sheet(opened: Opened) -> Sheet:
    facts = contingency_facts(**opened.seen())
    as_of = "never read"
    if facts.as_of is not None:
        as_of = facts.as_of.astimezone(opened.zone).strftime("%b %-d, %Y %H:%M %Z")
    return Sheet(
        title="Print a contingency sheet",
        sentence="Made from the last snapshots, without asking METRC, and filed with its hash.",
        facts=(("METRC as of", as_of), ("Active packages", f"{len(facts.rows):,}")),
        fields=(
            choice_field(
                "sheet",
                "Sheet",
                (
                    Option(value="prefilled", words="With the active packages"),
                    Option(value="blank", words="Blank"),
                ),
                value=opened.asked.get("sheet", "prefilled"),
            ),
        ),
    )


def _print(opened: Opened, said: dict[str, Any]) -> str:
    paper = print_contingency(**opened.who(), is_prefilled=said["sheet"] == "prefilled")
    return f"documents/{paper}/"


ACCESS_LOST = WorkForm(
    button="Declare it lost",
    done="Access is declared lost.",
    nav="alerts",
    permission=Permission.OUTAGE_DECLARE,
    sheet=_lost_sheet,
    do=_lose,
)
ACCESS_REGAINED = WorkForm(
    button="Declare it back",
    done="Access is declared back.",
    nav="alerts",
    permission=Permission.OUTAGE_DECLARE,
    sheet=_regained_sheet,
    do=_regain,
)
SHEET = WorkForm(
    button="Print it",
    done="It is filed.",
    nav="alerts",
    permission=Permission.PACKAGE_HOLD,
    sheet=_paper_sheet,
    do=_print,
)
