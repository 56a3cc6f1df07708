"""Verify now: recompute the logs of a licence, with progress and an end, and remember what came."""

from __future__ import annotations

import time
from datetime import datetime

import psycopg
from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditLog
from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.verify import Verification, recompute
from glassbox.models.companies import License
from glassbox.models.inspections import LedgerVerification, VerificationState
from glassbox.operations import queue
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.transaction import operation, short_transaction
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

# A million events take some ten seconds. Whatever takes longer than this is told, not waited for.
SECONDS_AT_MOST = 600.0
FACT_KEY = "ledger-broken"
UNDER_WAY = (VerificationState.WAITING, VerificationState.RUNNING)


@operation
def ask_for_verification(*, actor: Actor, license_id: int, now: datetime) -> int:
    """Ask the worker to recompute this licence's logs; return the verification to follow.

    While one is under way, that one is returned.
    """
    access.require(actor, Permission.AUDIT_VERIFY, license_id=license_id)
    logs = AuditLog.objects.filter(license_id=license_id)
    license = License.objects.get(id=license_id)
    asked, is_new = LedgerVerification.objects.get_or_create(
        license_id=license_id,
        state__in=UNDER_WAY,
        defaults={
            "state": VerificationState.WAITING,
            "company_id": license.company_id,
            "asked_by_id": actor.user_id,
            "asked_at": now,
            "events_planned": sum(logs.values_list("size", flat=True)),
        },
    )
    if is_new:
        ledger.append(
            type=EventType.VERIFICATION_ASKED,
            subject=f"verification:{asked.pk}",
            actor=actor,
            reason="The ledger is to be recomputed",
            now=now,
        )
    queue.defer(
        queue.JobName.VERIFY_LEDGER,
        once=f"verify-ledger:{asked.pk}",
        license_id=license_id,
        verification_id=asked.pk,
    )
    return asked.pk


def run_verification(*, actor: Actor, license_id: int, verification_id: int, now: datetime) -> None:
    """Recompute every leaf, link, root, signature and opening of a licence, and keep the verdict.

    Read as the verifier, who sees every row and may change none.

    :raises NotFound: if no such verification is under way
    """
    _begin(actor=actor, license_id=license_id, verification_id=verification_id, now=now)
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    public_key = read_public_key(key_file) if key_file.exists() else None
    found, unfinished = Verification(events=0, problem=""), ""
    try:
        with psycopg.connect(settings.GLASSBOX_VERIFIER_DATABASE_URL) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = recompute(
                connection,
                license_id=license_id,
                public_key=public_key,
                tell=_Progress(license_id, verification_id),
            )
    except (_TooLong, psycopg.Error) as problem:
        unfinished = f"It could not be finished: {problem}"
    state = VerificationState.HOLDS if found.is_verified else VerificationState.BROKEN
    _keep(
        actor=actor,
        license_id=license_id,
        verification_id=verification_id,
        state=VerificationState.UNFINISHED if unfinished else state,
        events=found.events,
        problem=unfinished or found.problem,
        signatures_checked=public_key is not None,
        now=now,
    )


class _TooLong(Exception):
    """The recomputation has taken all the time it is given."""


class _Progress:
    """Tells of every few thousand events, in a transaction of its own, and ends what takes too
    long."""

    def __init__(self, license_id: int, verification_id: int) -> None:
        self.license_id, self.verification_id = license_id, verification_id
        self.ends = time.monotonic() + SECONDS_AT_MOST

    def __call__(self, events: int) -> None:
        with short_transaction(self.license_id):
            LedgerVerification.objects.filter(id=self.verification_id).update(events_done=events)
        if time.monotonic() > self.ends:
            raise _TooLong(
                f"{events:,} events took {SECONDS_AT_MOST:.0f} s. On the machine,"
                " `glassbox audit verify` takes the time it needs."
            )


@operation
def _begin(*, actor: Actor, license_id: int, verification_id: int, now: datetime) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    # A worker that died in the middle leaves it running; the next one begins again.
    begun = LedgerVerification.objects.filter(
        license_id=license_id, id=verification_id, state__in=UNDER_WAY
    ).update(state=VerificationState.RUNNING, events_done=0)
    if not begun:
        raise NotFound("There is no such verification of the ledger under way.")


@operation
def _keep(
    *,
    actor: Actor,
    license_id: int,
    verification_id: int,
    state: VerificationState,
    events: int,
    problem: str,
    signatures_checked: bool,
    now: datetime,
) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    LedgerVerification.objects.filter(id=verification_id).update(
        state=state,
        events_done=events,
        problem=problem[:1000],
        signatures_checked=signatures_checked,
        ended_at=now,
    )
    ledger.append(
        type=EventType.VERIFICATION_ENDED,
        subject=f"verification:{verification_id}",
        actor=actor,
        reason=problem or f"The ledger holds: {events} events recomputed",
        state_before=VerificationState.RUNNING,
        state_after=state,
        body={"events": events, "signatures_checked": signatures_checked},
        now=now,
    )
    if state is VerificationState.BROKEN:
        # It stays open until a named person has assessed it, whatever a later walk finds.
        advice = case_for(
            CaseClass.LEDGER_BROKEN,
            fact_key=FACT_KEY,
            title="The ledger does not hold",
            what_happened=problem,
            found_at=now,
        )
        license = License.objects.get(id=license_id)
        open_case_in_transaction(actor=actor, license=license, advice=advice, now=now)
