"""Who is told of an alert and when: deputies, quiet hours, digests, tries, and safe addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.verdicts import InvalidInput

DEPUTIES_AT_MOST = 5
# What is told to people at once; the rest waits in the inbox and in the digest.
TOLD_AT_ONCE = (CaseSeverity.HIGH, CaseSeverity.CRITICAL)
# Between a failed try and the next one, in minutes; after the last one nobody tries any more.
BACK_OFF_MINUTES = (1, 5, 15, 60, 240)
TRIES_AT_MOST = len(BACK_OFF_MINUTES) + 1
HEADS_HOUR = 8


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Hold how one person wants to be told. Times are of the licence's zone, days inclusive."""

    user_id: int
    email: str
    is_mail_on: bool
    quiet_from: time | None = None
    quiet_until: time | None = None
    deputy_id: int | None = None
    away_from: date | None = None
    away_until: date | None = None
    digest_hour: int | None = None

    def is_away(self, today: date) -> bool:
        """Return whether the person is absent on that day."""
        if self.away_from is None or self.away_until is None:
            return False
        return self.away_from <= today <= self.away_until


def stand_in(user_id: int, people: Mapping[int, Receiver], today: date) -> int:
    """Return who is told instead of an absent person: the first present deputy, else they.

    A chain of deputies is followed for five steps; where it ends at nobody who works here, or
    runs in a circle, the absent person is told after all.
    """
    current = user_id
    for _ in range(DEPUTIES_AT_MOST):
        person = people[current]
        if not person.is_away(today):
            return current
        if person.deputy_id is None or person.deputy_id not in people:
            return user_id
        current = person.deputy_id
    return user_id


def told_at_once(
    *,
    severity: CaseSeverity,
    owner_id: int | None,
    people: Mapping[int, Receiver],
    today: date,
) -> tuple[int, ...]:
    """Return who gets mail of an alert: whoever wants grave ones, and its owner in any case."""
    wanted = {
        person.user_id
        for person in people.values()
        if person.is_mail_on and (severity in TOLD_AT_ONCE or person.user_id == owner_id)
    }
    return tuple(sorted({stand_in(user_id, people, today) for user_id in wanted}))


def digests_due(
    people: Mapping[int, Receiver], *, zone: ZoneInfo, now: datetime
) -> tuple[int, ...]:
    """Return who gets a digest by now: each whose hour of the day has come, or their deputy."""
    local = now.astimezone(zone)
    wanted: Iterable[int] = (
        person.user_id
        for person in people.values()
        if person.is_mail_on and person.digest_hour is not None and local.hour >= person.digest_hour
    )
    return tuple(sorted({stand_in(user_id, people, local.date()) for user_id in wanted}))


def week_of_heads(*, zone: ZoneInfo, now: datetime) -> date:
    """Return the Monday whose mail with the heads of the ledger is due: it leaves at eight."""
    began = now.astimezone(zone) - timedelta(hours=HEADS_HOUR)
    return began.date() - timedelta(days=began.weekday())


def deliver_at(
    *,
    severity: CaseSeverity,
    due_at: datetime | None,
    receiver: Receiver,
    zone: ZoneInfo,
    now: datetime,
) -> datetime:
    """Return when a person is told: now, or when their quiet hours end.

    Quiet hours never hold back what is critical, nor what is due before they end.
    """
    until = _quiet_until(receiver, zone, now)
    if until is None or severity is CaseSeverity.CRITICAL:
        return now
    return now if due_at is not None and due_at <= until else until


def _quiet_until(receiver: Receiver, zone: ZoneInfo, now: datetime) -> datetime | None:
    begin, end = receiver.quiet_from, receiver.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_overnight = begin > end
    is_quiet = (clock >= begin or clock < end) if is_overnight else begin <= clock < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if is_overnight and clock >= begin else 0)
    # In UTC, so that a night in which the clocks change has its true length.
    return datetime.combine(day, end, zone).astimezone(UTC)


def next_try_at(*, attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failed ones, or None if it is given up."""
    if attempts >= TRIES_AT_MOST:
        return None
    return now + timedelta(minutes=BACK_OFF_MINUTES[attempts - 1])


def check_webhook_url(url: str, *, allows_local: bool) -> str:
    """Return the host name of a webhook's address.

    :raises InvalidInput: if it is no address, holds a password, or is not https (on a machine of
        development http is taken too)
    """
    schemes = ("https", "http") if allows_local else ("https",)
    try:
        parts = urlsplit(url)
        is_whole = parts.port != 0 and not any(c.isspace() or not c.isprintable() for c in url)
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in schemes or not parts.hostname:
        raise InvalidInput(
            field="address", value=url, way_out=f"Give an address that begins {schemes[0]}://."
        )
    if parts.username or parts.password or parts.fragment:
        raise InvalidInput(
            field="address", value="(not shown)", way_out="Give it without name and password."
        )
    return parts.hostname


def check_webhook_machines(host: str, addresses: Iterable[str], *, allows_local: bool) -> None:
    """Refuse a host any of whose machines is not on the public internet.

    A webhook is sent from inside; without this it could reach what only insiders may reach.

    :raises InvalidInput: naming the host
    """
    machines = [ipaddress.ip_address(address) for address in addresses]
    if not machines:
        raise InvalidInput(field="address", value=host, way_out="No machine has that name.")
    if not allows_local and not all(one.is_global and not one.is_multicast for one in machines):
        raise InvalidInput(
            field="address",
            value=host,
            way_out="It leads into a private network. Give a public one.",
        )
