"""What this key and facility may call in METRC, and what METRC last answered to each call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from glassbox import access
from glassbox.models.companies import Facility, License
from glassbox.models.sync import ApiRequest
from glassbox.queries.facility_flags import flags_of, metrc_calls
from glassbox.rules.actor import Actor

# The newest exchanges of a licence that are looked through for each call's last answer.
EXCHANGES_AT_MOST = 4_000


class CallState(StrEnum):
    """Name what METRC's last answer to a call says of it."""

    WORKS = "WORKS"
    REFUSED = "REFUSED"
    NOT_THERE = "NOT_THERE"
    FAILED = "FAILED"
    NEVER_TRIED = "NEVER_TRIED"


MEANINGS: dict[int, str] = {
    400: "METRC understood it and refused what was in it.",
    401: "The key, its owner's permissions or this facility do not allow it, or the record belongs "
    "to another licence.",
    403: "METRC forbids it here.",
    404: "This state does not have the call, or there is no such record.",
    413: "More than ten objects at once.",
    429: "Too many reads at once; it was asked to wait.",
}


@dataclass(frozen=True, kw_only=True)
class FlagOfCall:
    """A flag of the facility that a call seems to need, and whether this facility has it."""

    words: str
    is_guessed: bool
    has_it: bool | None


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """One of METRC's calls, and what is known of it here."""

    method: str
    path: str
    about: str
    does: str
    needs: tuple[str, ...]
    flag: FlagOfCall | None
    state: CallState
    status: int | None
    meaning: str
    answered_at: datetime | None
    exchange_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConsoleOf:
    """The calls of METRC for one licence that fit what was searched for."""

    license_number: str
    time_zone: str
    facility_seen_at: datetime | None
    rows: tuple[CallRow, ...]
    counts: tuple[tuple[str, int], ...]
    total: int


def api_console(*, actor: Actor, license_id: int, text: str = "", state: str = "") -> ConsoleOf:
    """Return METRC's calls that hold every word of `text`, and of a state if one is named.

    Nothing is asked of METRC: what it answered before is what is known.
    """
    with access.reading(actor, license_id=license_id):
        license = License.objects.get(id=license_id)
        facility = Facility.objects.filter(license=license).first()
        answered = _last_answers(license_id)
    flags = facility.flags if facility else None
    rows = [_row(call, flags, answered.get(call["call"])) for call in metrc_calls()]
    found = [row for row in rows if _fits(row, text)]
    counts = tuple((one.value, sum(row.state is one for row in found)) for one in CallState)
    return ConsoleOf(
        license_number=license.number,
        time_zone=license.time_zone,
        facility_seen_at=facility.seen_at if facility else None,
        rows=tuple(row for row in found if not state or row.state == state),
        counts=counts,
        total=len(rows),
    )


def _fits(row: CallRow, text: str) -> bool:
    words = " ".join((row.method, row.path, row.about, row.does, *row.needs)).casefold()
    return all(word in words for word in text.casefold().split())


def _last_answers(license_id: int) -> dict[str, ApiRequest]:
    """Return the newest exchange of each call, among the newest of the licence."""
    newest: dict[tuple[str, str], ApiRequest] = {}
    requests = ApiRequest.objects.filter(license_id=license_id).order_by("-sent_at")
    for request in requests.only("method", "path", "status", "error", "sent_at")[
        :EXCHANGES_AT_MOST
    ]:
        newest.setdefault((request.method, request.path), request)
    found: dict[str, ApiRequest] = {}
    for (method, path), request in newest.items():
        call = _call_of(method, path)
        if call is not None and (call not in found or found[call].sent_at < request.sent_at):
            found[call] = request
    return found


def _call_of(method: str, path: str) -> str | None:
    exact = f"{method} {path.rstrip('/')}"
    for pattern, call in _patterns():
        if pattern.fullmatch(exact):
            return call
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return a pattern for each call; those without a part to fill in come first."""
    calls = sorted((call["call"] for call in metrc_calls()), key=lambda call: call.count("{"))
    return tuple(
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(call.rstrip("/")))), call)
        for call in calls
    )


def _row(call: dict[str, Any], flags: dict[str, Any] | None, last: ApiRequest | None) -> CallRow:
    method, path = call["call"].split(" ", 1)
    return CallRow(
        method=method,
        path=path,
        about=call["about"],
        does=call["does"],
        needs=tuple(call.get("needs", ())),
        flag=_flag(call, flags),
        state=_state(last),
        status=last.status if last else None,
        meaning=_meaning(last),
        answered_at=last.sent_at if last else None,
        exchange_id=last.pk if last else None,
    )


def _flag(call: dict[str, Any], flags: dict[str, Any] | None) -> FlagOfCall | None:
    words = call.get("flag")
    if words is None:
        return None
    names, is_guessed = flags_of(call["call"])
    has_it = any(flags.get(name) is True for name in names) if flags else None
    return FlagOfCall(words=words, is_guessed=is_guessed, has_it=has_it)


def _state(last: ApiRequest | None) -> CallState:
    if last is None:
        return CallState.NEVER_TRIED
    if last.status is None or last.status >= 500:
        return CallState.FAILED
    if last.status in (401, 403):
        return CallState.REFUSED
    if last.status == 404:
        return CallState.NOT_THERE
    return CallState.WORKS if last.status < 300 else CallState.FAILED


def _meaning(last: ApiRequest | None) -> str:
    if last is None:
        return "Glassbox has not needed it yet."
    if last.status is None:
        return f"No answer came: {last.error}" if last.error else "No answer came."
    if last.status < 300:
        return "METRC answers it."
    if last.status >= 500:
        return "METRC had a problem of its own."
    return MEANINGS.get(last.status, "METRC refused it.")
