"""Test a METRC key by reads that change nothing: what it may do, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.credentials import MetrcCredential
from glassbox.models.takeover import KeyTest, KeyTestState
from glassbox.operations.credentials import NoKey, test_soon_in_transaction
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.sync.catalog import is_facility_of
from glassbox.operations.transaction import operation, short_transaction
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.takeover import KEY_CHECKS, KeyCheck, KeyOutcome
from glassbox.rules.verdicts import NotFound
from metrc_client.endpoints import BY_NAME, FACILITIES
from metrc_client.errors import Declined, Forbidden, MetrcError, NotThere, Unauthorized
from metrc_client.windows import Window

# Short, so that METRC has next to nothing to look through.
LOOKS_BACK = timedelta(minutes=10)
FACILITIES_SHOWN = 8


@operation
def ask_for_key_test(*, actor: Actor, license_id: int, credential_id: int, now: datetime) -> int:
    """Ask the worker, which alone talks to METRC, to test a key; return the test to follow.

    :raises NotFound: if this licence has no such key in use
    """
    access.require(actor, Permission.CREDENTIAL_MANAGE, license_id=license_id)
    credential = (
        MetrcCredential.objects.select_for_update()
        .filter(license_id=license_id, id=credential_id, revoked_at__isnull=True)
        .first()
    )
    if credential is None:
        raise NotFound("There is no such METRC key in use here.")
    return test_soon_in_transaction(credential=credential, asked_by_id=actor.user_id, now=now)


def run_key_test(*, actor: Actor, license_id: int, key_test_id: int, now: datetime) -> None:
    """Read a little of each list that Glassbox needs with one key, and keep what METRC said.

    Writes are not tried: METRC tells of a missing right to write only when somebody writes.

    :raises NotFound: if there is no such test waiting
    """
    credential = _waiting(actor, license_id, key_test_id)
    results: list[dict[str, Any]] = []
    error = ""
    try:
        with open_session(
            license_id,
            purpose=f"key test {key_test_id}",
            as_user_id=None if credential.is_for_sync else credential.user_id,
            read_attempts=2,
        ) as session:
            for check in KEY_CHECKS:
                results.append(_try(session, check, now))
    except NoKey as refusal:
        error = refusal.message
    except MetrcError as problem:
        error = problem.sentence
    _keep(
        actor=actor,
        license_id=license_id,
        key_test_id=key_test_id,
        results=results,
        error=error,
        now=now,
    )


def _waiting(actor: Actor, license_id: int, key_test_id: int) -> MetrcCredential:
    with short_transaction(license_id):
        access.require(actor, Permission.SYNC_RUN, license_id=license_id)
        test = (
            KeyTest.objects.filter(
                license_id=license_id, id=key_test_id, state=KeyTestState.WAITING
            )
            .select_related("credential")
            .first()
        )
        if test is None:
            raise NotFound("There is no such test of a key waiting here.")
        return test.credential


def _try(session: Session, check: KeyCheck, now: datetime) -> dict[str, Any]:
    """Make one read. METRC away is no answer about the key, and ends the test.

    :raises MetrcError: if METRC does not answer
    """
    outcome, said = KeyOutcome.MAY, ""
    try:
        said = _read(session, check, now)
    except (Unauthorized, Forbidden) as refusal:
        outcome, said = KeyOutcome.MAY_NOT, refusal.sentence
    except NotThere as refusal:
        outcome, said = KeyOutcome.NOT_HERE, refusal.sentence
    except Declined as refusal:
        outcome, said = KeyOutcome.UNKNOWN, refusal.sentence
    except _SeesNoLicense as refusal:
        outcome, said = KeyOutcome.MAY_NOT, str(refusal)
    return {
        "endpoint": check.endpoint,
        "permissions": list(BY_NAME[check.endpoint].permissions),
        "outcome": outcome.value,
        "said": said[:300],
        "request": session.last_request_id,
    }


class _SeesNoLicense(Exception):
    """METRC takes the key and does not show it this licence."""


def _read(session: Session, check: KeyCheck, now: datetime) -> str:
    """Read a little, and return what is worth saying of it: which facilities the key sees."""
    endpoint = BY_NAME[check.endpoint]
    if endpoint == FACILITIES:
        answer = session.client.one(endpoint)
        if not any(is_facility_of(raw, session.number) for raw in answer.rows):
            raise _SeesNoLicense(f"METRC does not show this key the facility {session.number}.")
        return _facilities(answer.rows)
    if not endpoint.is_paged:
        session.client.rows(endpoint, license_number=session.number)
        return ""
    window = Window(start=now - LOOKS_BACK, end=now) if endpoint.is_windowed else None
    next(iter(session.client.pages(endpoint, license_number=session.number, window=window)), None)
    return ""


def _facilities(rows: Iterable[Any]) -> str:
    licenses = [row.get("License") for row in rows if isinstance(row, dict)]
    numbers = [str(one.get("Number")) for one in licenses if isinstance(one, dict)]
    shown = ", ".join(numbers[:FACILITIES_SHOWN])
    more = len(numbers) - FACILITIES_SHOWN
    return f"It sees {shown}" + (f" and {more} more." if more > 0 else ".")


@operation
def _keep(
    *,
    actor: Actor,
    license_id: int,
    key_test_id: int,
    results: list[dict[str, Any]],
    error: str,
    now: datetime,
) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    test = (
        KeyTest.objects.select_for_update()
        .filter(license_id=license_id, id=key_test_id, state=KeyTestState.WAITING)
        .first()
    )
    if test is None:
        return
    test.state = KeyTestState.FAILED if error else KeyTestState.DONE
    test.results, test.error, test.ended_at = results, error[:500], now
    test.save(update_fields=["state", "results", "error", "ended_at"])
    outcomes = {one["endpoint"]: one["outcome"] for one in results}
    if outcomes.get(str(FACILITIES)):
        worked = outcomes[str(FACILITIES)] == KeyOutcome.MAY
        stamp = {"last_worked_at": now} if worked else {"last_refused_at": now}
        MetrcCredential.objects.filter(id=test.credential_id).update(**stamp)
    ledger.append(
        type=EventType.KEY_TESTED,
        subject=f"credential:{test.credential_id}",
        actor=actor,
        reason=error or f"{len(results)} reads were tried with the key",
        body={"outcomes": outcomes},
        now=now,
    )
