"""Actions and cases by their number, and events of the ledger by id or the beginning of a hash."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from glassbox.audit.models import ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.queries.search.hits import HITS_PER_KIND, Question, SearchHit

SHORTEST_HASH = 8
LONGEST_HASH = 64
LARGEST_ID = 2**31
NUMBERED = re.compile(r"(?:(action|case)\s*)?#?\s*([1-9]\d{0,9})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """An id in a text, and whether it can be nothing else: bare digits may end a UID as well."""

    id: int
    is_sure: bool


def number_in(text: str, what: str) -> Numbered | None:
    """Return the id in "12", "#12" or "case 12", unless it is said to be of something else."""
    found = NUMBERED.fullmatch(text)
    if found is None or (found[1] or what).lower() != what or int(found[2]) >= LARGEST_ID:
        return None
    return Numbered(id=int(found[2]), is_sure=not text.isdecimal())


def actions(question: Question) -> Iterator[SearchHit]:
    """Yield a regulated action by its number, or by the token in its note."""
    number = number_in(question.text, "action")
    asked = Q(token=question.text) if number is None else Q(id=number.id)
    for action in RegulatedAction.objects.filter(question.here, asked):
        yield SearchHit(
            what="Action",
            title=f"action {action.pk}",
            detail=action.effect_sentence,
            license_number=question.numbers[action.license_id],
            address=question.place(action.license_id, f"actions/{action.pk}/"),
            is_exact=number is None or number.is_sure,
        )


def cases(question: Question) -> Iterator[SearchHit]:
    """Yield a case by its number, or an open one by words of its title."""
    number = number_in(question.text, "case")
    asked = Q(title__icontains=question.text, state=CaseState.OPEN)
    if number is not None:
        asked |= Q(id=number.id)
    found = ExceptionCase.objects.filter(question.here, asked)
    for case in found.order_by("-opened_at", "id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="Case",
            title=f"case {case.pk}",
            detail=case.title,
            license_number=question.numbers[case.license_id],
            address=question.place(case.license_id, f"cases/{case.pk}/"),
            is_exact=number is not None and number.is_sure and case.pk == number.id,
        )


def events(question: Question) -> Iterator[SearchHit]:
    """Yield events of the ledger whose id or hash begins like this; 8 hexadecimal digits at least."""
    digits = question.text.replace("-", "").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_HASH},{LONGEST_HASH}}}", digits):
        return
    first, last = digits.ljust(LONGEST_HASH, "0"), digits.ljust(LONGEST_HASH, "f")
    asked = Q(leaf__gte=bytes.fromhex(first), leaf__lte=bytes.fromhex(last))
    if len(digits) <= 32:
        asked |= Q(event_id__gte=uuid.UUID(first[:32]), event_id__lte=uuid.UUID(last[:32]))
    found = ComplianceEvent.objects.filter(question.here, asked)
    for event in found.order_by("-occurred_at", "event_id")[:HITS_PER_KIND]:
        license_id = event.license_id or 0
        hash = bytes(event.leaf).hex()
        yield SearchHit(
            what="Event",
            title=f"{event.type} of {event.subject}",
            detail=f"id {event.event_id}, hash {hash[:12]}…",
            license_number=question.numbers[license_id],
            address=question.place(license_id, f"audit/{event.event_id}/"),
            is_exact=digits in {hash, event.event_id.hex},
        )
