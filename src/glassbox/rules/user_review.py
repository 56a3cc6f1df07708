"""The review of users every 30 days: our people beside METRC's employee list (CA-IN-01, CA-TT-12)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glassbox.rules.clocks import RECONCILIATION_DAYS

# The review of users belongs to the same thirty days as the reconciliation (15048.1(a)(8)).
REVIEW_DAYS = RECONCILIATION_DAYS
WARN_BEFORE_DAYS = 5
READING_KEY = "Key that reads METRC"
STRANGER = "METRC lists them; they are nobody of ours here."
STRANGER_WAY_OUT = "Remove them in METRC, or add them here and say who they are."


class ReviewLight(StrEnum):
    """Name how a review of users stands."""

    GOOD = "GOOD"
    SOON = "SOON"
    OVERDUE = "OVERDUE"


@dataclass(frozen=True, kw_only=True)
class OurPerson:
    """A person with roles at the licence, or one whom somebody matched to METRC's list here.

    `acts_in_metrc` says whether a role of theirs drafts or attests. `employee` is METRC's name of
    them as a person confirmed it; `has_no_login` that a person confirmed they have none.
    """

    user_id: int
    name: str
    is_active: bool
    roles: tuple[str, ...]
    acts_in_metrc: bool
    employee: str = ""
    has_no_login: bool = False


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """One line of the review: ours, METRC's, and what differs, if anything does."""

    user_id: int | None
    name: str
    roles: tuple[str, ...]
    employee: str
    difference: str
    way_out: str


def review_lines(
    people: Iterable[OurPerson],
    employees: Iterable[str],
    *,
    list_was_read: bool,
    reading_names: Iterable[str] = (),
) -> tuple[ReviewLine, ...]:
    """Return every person and every employee of METRC once, differences first.

    A name alone proves nobody: two of one name are told apart by a person. While METRC's list was
    never read that is the difference of each who acts there. `reading_names` are METRC users whose
    key reads the licence for Glassbox and who are nobody's.
    """
    on_list = {name.casefold(): name for name in employees}
    reading = {name.casefold() for name in reading_names}
    lines, seen = [], set()
    for person in people:
        line = _line(person, on_list, list_was_read=list_was_read)
        lines.append(line)
        seen.add(line.employee.casefold())
    lines += [
        ReviewLine(
            user_id=None,
            name=READING_KEY if key in reading else "",
            roles=(),
            employee=name,
            difference="" if key in reading else STRANGER,
            way_out="" if key in reading else STRANGER_WAY_OUT,
        )
        for key, name in on_list.items()
        if key not in seen
    ]
    return tuple(sorted(lines, key=lambda line: (not line.difference, line.name or line.employee)))


def _line(person: OurPerson, on_list: dict[str, str], *, list_was_read: bool) -> ReviewLine:
    confirmed = on_list.get(person.employee.casefold(), "") if person.employee else ""
    alike = "" if person.employee or person.has_no_login else on_list.get(person.name.casefold())
    works_here = person.is_active and bool(person.roles)
    difference = way_out = ""
    if (confirmed or alike) and not works_here:
        difference = "No longer at work here, and METRC still lists them."
        way_out = "Remove them in METRC at once (CA-TT-12)."
    elif alike:
        difference = "METRC lists this name; nobody has said that it is the same person."
        way_out = "Say who METRC means."
    elif works_here and person.acts_in_metrc and not list_was_read:
        difference = "METRC's employee list has not been read."
        way_out = "Read METRC; a key that may see employees is needed."
    elif works_here and person.acts_in_metrc and not confirmed:
        difference = "Acts in METRC by their role here, and METRC does not list them."
        way_out = "Add them in METRC, or end the role."
    return ReviewLine(
        user_id=person.user_id,
        name=person.name,
        roles=person.roles if works_here else (),
        employee=confirmed or alike or "",
        difference=difference,
        way_out=way_out,
    )


def lines_sha256(lines: Iterable[ReviewLine]) -> str:
    """Return the digest of exactly these lines: what is signed is what was seen."""
    text = json.dumps([asdict(line) for line in lines], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def review_due_at(last_signed_at: datetime | None, opened_at: datetime) -> datetime:
    """Return when the next review is due: thirty days after the last, or after the opening."""
    return (last_signed_at or opened_at) + timedelta(days=REVIEW_DAYS)


def review_light(due_at: datetime, now: datetime) -> ReviewLight:
    """Return how the review stands at a moment."""
    if now > due_at:
        return ReviewLight.OVERDUE
    soon = due_at - now < timedelta(days=WARN_BEFORE_DAYS)
    return ReviewLight.SOON if soon else ReviewLight.GOOD
