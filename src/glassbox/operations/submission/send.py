"""Claim, call METRC, record the outcome: three short steps, the call between two transactions."""

from __future__ import annotations

import itertools
import time
from datetime import datetime, timedelta

from django.conf import settings

from glassbox import access
from glassbox.models.actions import ActionAttempt, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.metrc_session import Session
from glassbox.operations.submission.before import look_before, settle_without_sending
from glassbox.operations.submission.claim import Claimed, claim_or_refuse
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.submission.readings import reading_to_json
from glassbox.operations.submission.settle import apply_decision_in_transaction
from glassbox.operations.submission.waiting import open_session_or_wait, require_sendable
from glassbox.operations.tls_failures import say_if_tls_failed
from glassbox.operations.transaction import operation, short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.sender import Answer, after_answer, classify
from glassbox.rules.verdicts import Refused
from metrc_client.answers import WriteAnswer
from metrc_client.endpoints import BY_NAME
from metrc_client.errors import Declined, MetrcError, NotSent, RateLimited, WrongCall
from metrc_client.fence import KilledAt

KEY_REFUSALS = frozenset({401, 403})


class TicketUsed(Refused):
    """This attempt's only ticket is used, or the attempt was ended: nothing may be sent."""

    code = "action.ticket-used"


def submit_action(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Send one approved action to METRC, once, and record what is known of it.

    Steps: look (pre-image, fresh package rows, and whether METRC has the effect already); claim
    (gates, lanes, ticket) and commit; send on a fresh connection, using up the ticket just before
    the first byte; record. What METRC has already, by hand or by an earlier send of ours, ends
    accepted or blocked, and nothing is sent.

    :raises NotYet: if it must wait; the reason stands beside the action
    :raises GatesBlocked: if a gate says no at the claim; the attempt stays in the ledger
    """
    time_passes = Stopwatch(now)
    drafted_by_id = require_sendable(
        actor=actor, license_id=license_id, action_id=action_id, now=now
    )
    reach("before_look")
    with open_session_or_wait(
        actor=actor, license_id=license_id, action_id=action_id, user_id=drafted_by_id, now=now
    ) as session:
        looked = look_before(actor, session, action_id, now)
        if settle_without_sending(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            looked=looked,
            now=time_passes.now(),
        ):
            return
        claimed = claim_or_refuse(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            preimage=reading_to_json(looked.reading),
            now=time_passes.now(),
        )
        reach("after_claim")
        answer, error = _send(session, claimed, license_id, time_passes)
        reach("before_record")
        _record(
            actor=actor,
            license_id=license_id,
            claimed=claimed,
            answer=answer,
            error=error,
            request_id=session.last_request_id,
            now=time_passes.now(),
        )
        reach("after_record")


class Stopwatch:
    """Lets a long job's `now` go on: a claim or a first byte is not as early as the job began."""

    def __init__(self, now: datetime) -> None:
        self._began_at, self._began = now, time.monotonic()

    def now(self) -> datetime:
        return self._began_at + timedelta(seconds=time.monotonic() - self._began)


def _send(
    session: Session, claimed: Claimed, license_id: int, time_passes: Stopwatch
) -> tuple[WriteAnswer | None, MetrcError | WrongCall | None]:
    def use_ticket() -> None:
        reach("before_ticket")
        with short_transaction(license_id):
            # An attempt that was ended for us is as good as used: this worker was thought dead.
            used = ActionAttempt.objects.filter(
                id=claimed.attempt_id,
                ticket=claimed.ticket,
                ticket_used_at__isnull=True,
                ended_at__isnull=True,
            ).update(ticket_used_at=time_passes.now())
        if not used:
            raise TicketUsed("The ticket of this attempt is used or void; nothing is sent.")
        reach("after_ticket")

    try:
        answer = session.client.write(
            BY_NAME[claimed.endpoint],
            claimed.payload,
            license_number=session.number,
            path=dict(claimed.path_values),
            before_send=use_ticket,
            deadline=time.monotonic() + settings.WRITE_BEGINS_WITHIN_SECONDS,
            fence=_fence,
        )
    except (MetrcError, WrongCall) as error:
        return None, error
    reach("after_answer")
    return answer, None


def _fence(deadline: float) -> KilledAt:
    """Kill this worker should it stand still past its deadline with its write unsent.

    Others look the action up from then on, and may send again once a late write has settled.
    """
    fence = KilledAt(deadline)
    reach("before_first_byte")
    return fence


def _classified(answer: WriteAnswer | None, error: MetrcError | WrongCall | None) -> Answer:
    if answer is not None:
        return Answer.DONE
    if isinstance(error, WrongCall):
        return Answer.UNSENDABLE
    if error is not None:
        say_if_tls_failed(error, "METRC")
    if isinstance(error, NotSent):
        return Answer.NOT_SENT
    status = error.status if isinstance(error, Declined) else None
    return classify(status=status, was_sent=True, is_readable=True)


def _refused_keys(action: RegulatedAction) -> int:
    """Return how often in a row, up to the newest attempt, METRC has refused the key."""
    statuses = action.attempts.order_by("-number").values_list("http_status", flat=True)
    in_a_row = itertools.takewhile(lambda status: status in KEY_REFUSALS, statuses)
    return sum(1 for _ in in_a_row)


@operation
def _record(
    *,
    actor: Actor,
    license_id: int,
    claimed: Claimed,
    answer: WriteAnswer | None,
    error: MetrcError | WrongCall | None,
    request_id: int | None,
    now: datetime,
) -> None:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, claimed.action_id)
    attempt = ActionAttempt.objects.select_for_update().get(id=claimed.attempt_id)
    if attempt.ended_at is not None or action.state != ActionState.SUBMITTING:
        # A look has settled it meanwhile: this worker was thought dead, and must not speak.
        return
    attempt.ended_at, attempt.api_request_id = now, request_id
    attempt.http_status = answer.status if answer else getattr(error, "status", None)
    attempt.answer = {"ids": list(answer.ids), "warnings": answer.warnings} if answer else None
    attempt.response_sha256 = answer.response_sha256 if answer else ""
    attempt.error = getattr(error, "sentence", str(error))[:1000] if error else ""
    attempt.save()
    if answer is not None:
        action.answered_at = now
        action.save(update_fields=["answered_at"])
    wait = error.retry_after_seconds if isinstance(error, RateLimited) else None
    decision = after_answer(
        _classified(answer, error),
        attempt_number=claimed.attempt_number,
        refused_keys=_refused_keys(action),
        retry_after_seconds=None if wait is None else int(wait),
    )
    apply_decision_in_transaction(
        actor=actor, action=action, decision=decision, attempt=attempt, now=now
    )
    reach("inside_record")
    queue.defer(
        queue.JobName.CONFIRM_ACTION,
        once=f"confirm:{action.pk}",
        license_id=license_id,
        action_id=action.pk,
    )
