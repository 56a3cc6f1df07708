"""The list of the audit explorer: filtered, newest first, page after page by where one ends."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from glassbox import access
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditCheckpoint, AuditOpening, ComplianceEvent
from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant, User
from glassbox.rules.actor import Actor
from glassbox.rules.alerts import stage_words
from glassbox.rules.labels import is_label
from glassbox.rules.quantities import number_text
from glassbox.rules.verdicts import InvalidInput

EVENTS_PER_PAGE = 100
EVENTS_PER_FILE = 50_000
ACTIONS_OF_A_LABEL = 200
# Unnumbered events are the newest, so they are looked for among these alone.
NEWEST_LOOKED_THROUGH = 500
SUMMARY_CHARACTERS = 90
BY_GLASSBOX = "glassbox"
IDLE_ZEROS = re.compile(r"-?\d+\.\d*0")
# What an alert is about ends in the moment at which it is due, so that a later one is another.
MOMENT_OF_A_FACT = re.compile(r":\d{12,14}$")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+\+00:00")
STATES = frozenset({"class", "stage", "severity"})
HASH_PREFIX = re.compile(r"[0-9a-f]{8,64}")

# Where the thing an event is about has a page, below the licence's own address.
PAGES = {
    "package": "packages/{}/",
    "action": "actions/{}/",
    "transfer": "transfers/{}/",
    "batch": "batches/{}/",
    "order": "orders/{}/",
    "case": "cases/{}/",
    "count": "counts/{}/",
    "report": "reconciliation/{}/",
    "sample": "lab/{}/",
    "document": "documents/{}/",
}


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What the list is asked for. Days are those of the licence's own time zone, ends included.

    `who` is a person's id, or "glassbox" for what no person did; `object` is a label, an event's id,
    the first digits of its hash, or what the ledger names a thing by, such as "transfer:12";
    `action` is the number of an action.
    """

    license: str = ""
    type: str = ""
    who: str = ""
    object: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    before: str = ""
    after: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether every event in sight is asked for."""
        return not any(
            (self.license, self.type, self.who, self.object, self.action, self.first, self.last)
        )


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event in a list. `number` is None until the sequencer has given it one."""

    event_id: uuid.UUID
    number: int | None
    is_signed: bool
    type: str
    subject: str
    page: str
    actor_name: str
    key_of: str
    license_number: str
    time_zone: str
    occurred_at: datetime
    change: str
    leaf_sha256: str
    cursor: str


@dataclass(frozen=True, kw_only=True)
class EventList:
    """One page of events, with what may be chosen in the filters. `older` and `newer` are where
    the neighbouring pages begin, or nothing."""

    rows: tuple[EventRow, ...]
    older: str
    newer: str
    pending_count: int
    types: tuple[str, ...]
    people: tuple[tuple[int, str], ...]


def event_list(*, actor: Actor, license_ids: tuple[int, ...], filter: EventFilter) -> EventList:
    """Return one page of events, newest first.

    :raises InvalidInput: if the filter names a person, an action or a place that cannot be
    """
    with access.reading(actor):
        licenses = _licenses(license_ids)
        people = _people(licenses)
        events = _filtered(licenses, filter)
        backwards = bool(filter.after)
        if backwards:
            events = _beyond(events, filter.after, newer=True).order_by("occurred_at", "event_id")
        elif filter.before:
            events = _beyond(events, filter.before, newer=False)
        found = _first(events, licenses, EVENTS_PER_PAGE + 1, oldest_first=backwards)
        has_more = len(found) > EVENTS_PER_PAGE
        rows = tuple(event_rows(found[:EVENTS_PER_PAGE], licenses))
        pending = _pending_count(license_ids)
    if backwards:
        rows = rows[::-1]
    return EventList(
        rows=rows,
        older=rows[-1].cursor if rows and (has_more or backwards) else "",
        newer=rows[0].cursor if rows and (has_more if backwards else filter.before) else "",
        pending_count=pending,
        types=tuple(sorted(EventType)),
        people=people,
    )


def event_rows_for_export(
    *, actor: Actor, license_ids: tuple[int, ...], filter: EventFilter
) -> tuple[EventRow, ...]:
    """Return the rows of a filter from the newest on, at most 50,000."""
    with access.reading(actor):
        licenses = _licenses(license_ids)
        events = _filtered(licenses, filter)
        found = _first(events, licenses, EVENTS_PER_FILE, oldest_first=False)
        return tuple(event_rows(found, licenses))


def _first(
    events: QuerySet[ComplianceEvent],
    license_ids: Iterable[int],
    count: int,
    *,
    oldest_first: bool,
) -> list[ComplianceEvent]:
    """Return the first events of an order, each licence's from its own index: of two licences
    together the database would sort every event there ever was."""
    found = [
        event
        for license_id in license_ids
        for event in events.filter(license_id=license_id)[:count]
    ]
    found.sort(key=lambda one: (one.occurred_at, one.event_id), reverse=not oldest_first)
    return found[:count]


def _licenses(license_ids: tuple[int, ...]) -> dict[int, License]:
    return {license.pk: license for license in License.objects.filter(id__in=license_ids)}


def _people(licenses: dict[int, License]) -> tuple[tuple[int, str], ...]:
    granted = RoleGrant.objects.filter(license_id__in=licenses).values("user_id")
    return tuple(User.objects.filter(id__in=granted).order_by("name").values_list("id", "name"))


def _filtered(licenses: dict[int, License], filter: EventFilter) -> QuerySet[ComplianceEvent]:
    chosen = {id for id, license in licenses.items() if filter.license in ("", license.number)}
    events = events_of(chosen)
    if filter.type:
        events = events.filter(type=filter.type)
    if filter.who == BY_GLASSBOX:
        events = events.filter(actor_id__isnull=True)
    elif filter.who:
        events = events.filter(actor_id=_number("who", filter.who))
    if filter.action:
        events = events.filter(subject=f"action:{_number('action', filter.action)}")
    if filter.object:
        events = events.filter(_about(chosen, filter.object))
    zone = ZoneInfo(next((one.time_zone for one in licenses.values()), "UTC"))
    if filter.first:
        events = events.filter(occurred_at__gte=datetime.combine(filter.first, time.min, zone))
    if filter.last:
        ends = datetime.combine(filter.last + timedelta(days=1), time.min, zone)
        events = events.filter(occurred_at__lt=ends)
    return events.order_by("-occurred_at", "-event_id")


def events_of(license_ids: Iterable[int]) -> QuerySet[ComplianceEvent]:
    """Return the events of some licences with number, log and names, in a read transaction."""
    name = AuditOpening.objects.filter(event=OuterRef("pk"), field="actor_name").values("value")
    return ComplianceEvent.objects.filter(license_id__in=list(license_ids)).annotate(
        number=F("numbered__index"), log_id=F("numbered__log_id"), actor_name=Subquery(name[:1])
    )


def _number(field: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 18:
        raise InvalidInput(field=field, value=value, way_out="Give a number, or leave it empty.")
    return int(value)


def _about(license_ids: set[int], text: str) -> Q:
    """Return which events a pasted word means: an event's id, the first digits of its hash, a
    label (with the actions that name it), or the ledger's own name of a thing."""
    try:
        return Q(event_id=uuid.UUID(text))
    except ValueError:
        pass
    if is_label(text.upper()):
        label = text.upper()
        actions = RegulatedAction.objects.filter(
            license_id__in=license_ids, named__label=label
        ).order_by("-id")
        named = actions.values_list("id", flat=True)[:ACTIONS_OF_A_LABEL]
        return Q(
            subject__in=[f"package:{label}", f"tag:{label}", *(f"action:{id}" for id in named)]
        )
    if HASH_PREFIX.fullmatch(text):
        return Q(
            leaf__gte=bytes.fromhex(text.ljust(64, "0")),
            leaf__lte=bytes.fromhex(text.ljust(64, "f")),
        )
    return Q(subject=text)


def _beyond(
    events: QuerySet[ComplianceEvent], cursor: str, *, newer: bool
) -> QuerySet[ComplianceEvent]:
    moment, _, event_id = cursor.partition("~")
    try:
        at, last = datetime.fromisoformat(moment), uuid.UUID(event_id)
    except ValueError as problem:
        raise InvalidInput(
            field="page", value=cursor, way_out="Begin again at the newest events."
        ) from problem
    side = "gt" if newer else "lt"
    # The first condition repeats what the second implies, for the index to begin at.
    return events.filter(**{f"occurred_at__{side}e": at}).filter(
        Q(**{f"occurred_at__{side}": at}) | Q(occurred_at=at, **{f"event_id__{side}": last})
    )


def _pending_count(license_ids: tuple[int, ...]) -> int:
    newest = ComplianceEvent.objects.order_by("-occurred_at").values_list("event_id", flat=True)
    looked_at = [
        event_id
        for license_id in license_ids
        for event_id in newest.filter(license_id=license_id)[:NEWEST_LOOKED_THROUGH]
    ]
    unnumbered = ComplianceEvent.objects.filter(event_id__in=looked_at, numbered__isnull=True)
    return unnumbered.count()


def event_rows(
    events: Iterable[ComplianceEvent], licenses: dict[int, License]
) -> Iterator[EventRow]:
    """Yield the row of each event of `events_of`, inside a read transaction."""
    found = list(events)
    signed = signed_sizes({event.__dict__["log_id"] for event in found} - {None})
    keys = {event.record.get("on_behalf_of") for event in found} - {None}
    names = dict(User.objects.filter(id__in=keys).values_list("id", "name"))
    for event in found:
        extra, license = event.__dict__, licenses.get(event.license_id or 0)
        number = extra["number"]
        yield EventRow(
            event_id=event.event_id,
            number=number,
            is_signed=number is not None and number < signed.get(extra["log_id"], 0),
            type=event.type,
            subject=event.subject,
            page=page_of(event.subject),
            actor_name=extra["actor_name"] or "(erased)",
            key_of=names.get(event.record.get("on_behalf_of") or 0, ""),
            license_number=license.number if license else "",
            time_zone=license.time_zone if license else "UTC",
            occurred_at=event.occurred_at,
            change=change_of(event.record),
            leaf_sha256=bytes(event.leaf).hex(),
            cursor=f"{event.occurred_at.isoformat()}~{event.event_id}",
        )


def signed_sizes(log_ids: Iterable[int]) -> dict[int, int]:
    """Return how many entries of each log stand below a signed head."""
    newest = AuditCheckpoint.objects.filter(log_id__in=list(log_ids)).order_by("log_id", "-number")
    return dict(newest.distinct("log_id").values_list("log_id", "size"))


def page_of(subject: str) -> str:
    """Return the address of what an event is about, below its licence's own, or nothing."""
    kind, _, name = subject.partition(":")
    return PAGES[kind].format(name) if kind in PAGES and name else ""


def change_of(record: dict[str, Any]) -> str:
    """Return what an event changed, in one line: state before and after, else its first facts."""
    before, after = record.get("prev_state", ""), record.get("new_state", "")
    if before or after:
        return f"{_word(before) or 'nothing'} → {_word(after) or 'nothing'}"
    facts = [
        f"{name.replace('_', ' ')} {_fact(name, value)}"
        for name, value in record.get("body", {}).items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
        if not name.endswith("sha256") and name != "policy"
    ]
    text = ", ".join(facts)
    return text if len(text) <= SUMMARY_CHARACTERS else text[: SUMMARY_CHARACTERS - 1] + "…"


def _fact(name: str, value: str | int) -> str:
    """Return a fact as people read it: no idle zeros, states in small letters, moments to the minute."""
    if not isinstance(value, str):
        return str(value)
    if IDLE_ZEROS.fullmatch(value):
        return number_text(Decimal(value))
    if name in STATES:
        return _word(stage_words(value))
    if moment := MOMENT.fullmatch(value):
        return f"{moment[1]} {moment[2]} UTC"
    return MOMENT_OF_A_FACT.sub("", value) if name == "fact" else value


def _word(state: str) -> str:
    return state.lower().replace("_", " ")
