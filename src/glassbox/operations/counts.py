"""Counts: open a sheet, write down what is there, hand it in, sign it. Blind until handed in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.counts import CountLine, CountSession, CountSessionState
from glassbox.models.packages import Count, Package
from glassbox.operations import queue
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.count_sheets import checked_rows
from glassbox.queries.counts import labels_on_the_shelf
from glassbox.rules.actor import Actor
from glassbox.rules.count_sheets import UID
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, parse
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

PURPOSES = ("CYCLE", "FIRST", "AUDIT")
LINES_AT_MOST = 5_000


class CountNotWhole(Refused):
    """Some of what should be there was neither counted nor looked for."""

    code = "count.not-whole"


class NotToSign(Refused):
    """The count is not handed in, or the signer counted it."""

    code = "count.not-to-sign"


@operation
def open_count(
    *,
    actor: Actor,
    license_id: int,
    purpose: str,
    location_name: str = "",
    labels: tuple[str, ...] = (),
    is_blind: bool = True,
    now: datetime,
) -> int:
    """Open a count of a location, of some packages, or of everything; return its id.

    :raises InvalidInput: if the purpose is none we know, or there is nothing to count there
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    if purpose not in PURPOSES:
        raise InvalidInput(field="purpose", value=purpose, way_out=f"Use {', '.join(PURPOSES)}.")
    expected = labels or labels_on_the_shelf(license_id, location_name=location_name.strip())
    if not 0 < len(expected) <= LINES_AT_MOST:
        raise InvalidInput(
            field="location",
            value=location_name,
            way_out=f"{len(expected):,} packages are there; a count has 1 to {LINES_AT_MOST:,}.",
        )
    license = License.objects.get(id=license_id)
    session = open_count_in_transaction(
        actor=actor,
        license=license,
        purpose=purpose,
        location_name=location_name.strip(),
        labels=expected,
        is_blind=is_blind,
        now=now,
    )
    return session.pk


def open_count_in_transaction(
    *,
    actor: Actor,
    license: License,
    purpose: str,
    location_name: str,
    labels: Iterable[str],
    is_blind: bool,
    now: datetime,
) -> CountSession:
    """Open a count of these packages with what asks for it."""
    assert connection.in_atomic_block, "a count opens with what asks for it"
    wanted = tuple(labels)
    packages = Package.objects.filter(license=license, label__in=wanted)
    by_label = {package.label: package for package in packages}
    unknown = [label for label in wanted if label not in by_label]
    if unknown:
        raise NotFound(f"There is no package {unknown[0]} here.")
    session = CountSession.objects.create(
        company_id=license.company_id,
        license=license,
        purpose=purpose,
        location_name=location_name,
        is_blind=is_blind,
        state=CountSessionState.OPEN,
        opened_by_id=actor.user_id,
        opened_at=now,
    )
    CountLine.objects.bulk_create(
        CountLine(
            company_id=license.company_id,
            license=license,
            session=session,
            label=label,
            package=by_label[label],
            unit=by_label[label].unit,
            is_expected=True,
        )
        for label in sorted(by_label)
    )
    ledger.append(
        type=EventType.COUNT_OPENED,
        subject=f"count:{session.pk}",
        actor=actor,
        reason=f"{purpose.title()} count of {location_name or 'chosen packages'}",
        body={"packages": len(by_label)},
        now=now,
    )
    return session


@operation
def write_down(
    *,
    actor: Actor,
    license_id: int,
    session_id: int,
    label: str,
    counted: str,
    device: str = "",
    now: datetime,
) -> None:
    """Write down how much of one UID is there; the last word before handing in counts.

    :raises NotFound: if no such count is open here
    :raises InvalidInput: if it is no UID or no quantity of that package's unit
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = _open_session(license_id, session_id)
    _write(actor, session, label, counted, device, now)


@operation
def write_down_sheet(
    *, actor: Actor, license_id: int, session_id: int, text: str, device: str, now: datetime
) -> int:
    """Write down a whole sheet and return how many rows that were; all of it, or nothing.

    Rows without a count are left for later.

    :raises NotFound: if no such count is open here
    :raises InvalidInput: naming the first wrong row, the value and the way out, and how many more
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = _open_session(license_id, session_id)
    rows = checked_rows(session, text)
    wrong = [row for row in rows if row.problem]
    if wrong:
        first = wrong[0]
        more = f" {len(wrong) - 1} more rows are wrong." if len(wrong) > 1 else ""
        raise InvalidInput(
            field=f"row {first.row.number}",
            value=f"{first.row.label}, {first.row.counted}",
            way_out=f"{first.problem}{more} Nothing was written down.",
        )
    written = [row for row in rows if row.writes]
    if not written:
        raise InvalidInput(
            field="sheet", value=f"{len(rows)} rows", way_out="No row has a count yet."
        )
    for row in written:
        _put(actor, session, row.row.label, row.amount or Decimal(0), device, now)
        if row.row.is_not_there:
            session.lines.filter(label=row.row.label).update(is_not_there=True)
    return len(written)


@operation
def note_not_there(
    *, actor: Actor, license_id: int, session_id: int, label: str, now: datetime
) -> None:
    """Write down that an expected package was looked for and is not there.

    :raises NotFound: if no such count is open here, or does not expect it
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = _open_session(license_id, session_id)
    line = session.lines.filter(label=label.strip().upper(), is_expected=True).first()
    if line is None:
        raise NotFound("This count does not expect such a package.")
    line.quantity, line.is_not_there = Decimal(0), True
    line.counted_by_id, line.counted_at = person_id(actor), now
    line.save()


@operation
def hand_in_count(*, actor: Actor, license_id: int, session_id: int, now: datetime) -> None:
    """End the counting: every line becomes a count of its package, and the books are compared.

    :raises CountNotWhole: naming what was neither counted nor looked for
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = _open_session(license_id, session_id)
    lines = list(session.lines.select_related("package").order_by("label"))
    left = [line.label for line in lines if line.counted_at is None]
    if left:
        raise CountNotWhole(
            f"{len(left)} packages are not counted yet, the first is {left[0]}. Count them, or "
            "write down that they are not there."
        )
    Count.objects.bulk_create(_count_of(line) for line in lines if line.package_id is not None)
    session.state, session.handed_in_at = CountSessionState.HANDED_IN, now
    session.handed_in_by_id = person_id(actor)
    session.save(update_fields=["state", "handed_in_at", "handed_in_by"])
    strangers = [line.label for line in lines if line.package_id is None]
    ledger.append(
        type=EventType.COUNT_HANDED_IN,
        subject=f"count:{session.pk}",
        actor=actor,
        reason=f"{len(lines)} packages were counted",
        body={"lines": len(lines), "unknown": strangers},
        now=now,
    )
    queue.defer(
        queue.JobName.RECONCILE_LICENSE, once=f"reconcile:{license_id}", license_id=license_id
    )


@operation
def sign_count(
    *, actor: Actor, license_id: int, session_id: int, statement: str, now: datetime
) -> None:
    """Sign a count that was handed in. Whoever counted does not sign.

    :raises NotToSign: if it is not handed in, or the signer counted in it
    :raises InvalidInput: without a statement
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    session = (
        CountSession.objects.select_for_update()
        .filter(license_id=license_id, id=session_id)
        .first()
    )
    if session is None:
        raise NotFound("There is no such count here.")
    if session.state != CountSessionState.HANDED_IN:
        raise NotToSign("Only a count that was handed in, and is not signed yet, is signed.")
    counters = set(session.lines.values_list("counted_by_id", flat=True))
    if person_id(actor) in counters | {session.handed_in_by_id}:
        raise NotToSign("A person who did not count signs.")
    if not statement.strip():
        raise InvalidInput(
            field="statement", value=statement, way_out="Say what is done about what differs."
        )
    session.state, session.signed_at = CountSessionState.SIGNED, now
    session.signed_by_id, session.statement = actor.user_id, statement.strip()
    session.save(update_fields=["state", "signed_at", "signed_by", "statement"])
    ledger.append(
        type=EventType.COUNT_SIGNED,
        subject=f"count:{session.pk}",
        actor=actor,
        reason=statement.strip(),
        now=now,
    )


@operation
def abandon_count(
    *, actor: Actor, license_id: int, session_id: int, reason: str, now: datetime
) -> None:
    """Give up a count that is open; what was written down stays to be read, and counts nothing.

    :raises InvalidInput: without a reason
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = _open_session(license_id, session_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why it is given up.")
    session.state, session.statement = CountSessionState.ABANDONED, reason.strip()
    session.save(update_fields=["state", "statement"])
    ledger.append(
        type=EventType.COUNT_ABANDONED,
        subject=f"count:{session.pk}",
        actor=actor,
        reason=reason.strip(),
        now=now,
    )


def _open_session(license_id: int, session_id: int) -> CountSession:
    session = (
        CountSession.objects.select_for_update()
        .filter(license_id=license_id, id=session_id, state=CountSessionState.OPEN)
        .first()
    )
    if session is None:
        raise NotFound("There is no such open count here.")
    return session


def _write(
    actor: Actor, session: CountSession, label: str, counted: str, device: str, now: datetime
) -> None:
    uid = label.strip().upper()
    if not UID.fullmatch(uid):
        raise InvalidInput(
            field="UID", value=label, way_out="Scan the tag: a UID has 24 letters and digits."
        )
    line = _line_of(session, uid)
    _put(actor, session, uid, _amount(line, counted), device, now)


def _line_of(session: CountSession, uid: str) -> CountLine:
    """Return the line of a UID, a new one if the count did not expect it."""
    line = session.lines.filter(label=uid).first()
    if line is not None:
        return line
    package = Package.objects.filter(license_id=session.license_id, label=uid).first()
    return CountLine(
        company_id=session.company_id,
        license_id=session.license_id,
        session=session,
        label=uid,
        package=package,
        unit=package.unit if package else "",
        is_expected=False,
    )


def _put(
    actor: Actor, session: CountSession, uid: str, amount: Decimal, device: str, now: datetime
) -> None:
    line = _line_of(session, uid)
    line.quantity, line.is_not_there, line.device = amount, False, device.strip()
    line.counted_by_id, line.counted_at = person_id(actor), now
    line.save()


def _amount(line: CountLine, counted: str) -> Decimal:
    """A UID that we do not know has no unit: the bare number is kept."""
    unit = line.unit or "Grams"
    amount: Quantity = parse(counted, unit, field="counted")
    return amount.value


def _count_of(line: CountLine) -> Count:
    assert line.counted_by_id is not None and line.counted_at is not None, "it was counted"
    return Count(
        company_id=line.company_id,
        license_id=line.license_id,
        package=line.package,
        quantity=line.quantity,
        unit=line.unit,
        purpose="CYCLE",
        device=line.device,
        counted_by_id=line.counted_by_id,
        counted_at=line.counted_at,
    )
