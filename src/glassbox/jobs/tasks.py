"""One function per JobName: take ids, read the clock, make one call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from glassbox import clock
from glassbox.operations.alerts.deliver import deliver_alert
from glassbox.operations.alerts.raising import raise_due_alerts
from glassbox.operations.anchoring import anchor_outside
from glassbox.operations.following import follow_license
from glassbox.operations.ledger_verification import run_verification
from glassbox.operations.queue import JobName
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.submission.attestation import settle_action
from glassbox.operations.submission.send import submit_action
from glassbox.operations.sync.feeds import NAMES
from glassbox.operations.sync.refresh import read_hints
from glassbox.operations.sync.run import TIMETABLE, SyncIsRunning, run_sync
from glassbox.operations.sync.subscription import keep_subscription
from glassbox.operations.takeover.books import open_book
from glassbox.operations.takeover.keys import run_key_test
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import Refused

# Long enough for a run that died to be seen as dead.
ASK_AGAIN_SECONDS = 2
ASKED_TRIES = 200

log = logging.getLogger(__name__)
Parameters = ParamSpec("Parameters")


def _job(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """A refusal is not tried again: the operation has already left its case and its event."""

    @wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Refused as refusal:
            log.warning("%s: %s", function.__name__, refusal.message)
        finally:
            connections.close_all()

    return run


class AnotherRunReads(Exception):
    """A read was asked for while another is under way; it comes after that one."""


@app.task(
    name=JobName.SYNC_LICENSE,
    retry=RetryStrategy(
        max_attempts=ASKED_TRIES, wait=ASK_AGAIN_SECONDS, retry_exceptions={AnotherRunReads}
    ),
)
@_job
def sync_license(license_id: int, trigger: str = "timetable", feeds: str = "", **_: object) -> None:
    """Read what changed in METRC for one licence: everything, or the feeds that are named.

    A run under way may have passed the list that somebody wants to see, so what was asked for
    is not spared by it, as what the timetable wants is.
    """
    try:
        run_sync(
            actor=system_actor("sync"),
            license_id=license_id,
            trigger=trigger,
            feeds=frozenset(feeds.split()) or NAMES,
            now=clock.now(),
        )
    except SyncIsRunning as refusal:
        if trigger == TIMETABLE:
            raise
        raise AnotherRunReads(refusal.message) from refusal


@app.task(name=JobName.READ_HINTS)
@_job
def hints(license_id: int, **_: object) -> None:
    """Read from METRC what somebody said has changed."""
    read_hints(actor=system_actor("sync"), license_id=license_id, now=clock.now())


@app.task(name=JobName.KEEP_SUBSCRIPTION)
@_job
def subscribe(license_id: int, **_: object) -> None:
    """See that METRC tells us of changed packages."""
    keep_subscription(actor=system_actor("sync"), license_id=license_id, now=clock.now())


@app.task(name=JobName.RECONCILE_LICENSE)
@_job
def reconcile(license_id: int, **_: object) -> None:
    """Compare our book with METRC's newest word."""
    reconcile_license(actor=system_actor("reconcile"), license_id=license_id, now=clock.now())


@app.task(name=JobName.FOLLOW_LICENSE)
@_job
def follow(license_id: int, **_: object) -> None:
    """Let samples, releases, deliveries and orders follow what METRC shows."""
    follow_license(actor=system_actor("follower"), license_id=license_id, now=clock.now())


@app.task(name=JobName.SUBMIT_ACTION)
@_job
def submit(license_id: int, action_id: int, **_: object) -> None:
    """Send one approved action, then look for its effect at once."""
    sender = system_actor("sender")
    submit_action(actor=sender, license_id=license_id, action_id=action_id, now=clock.now())
    settle_action(actor=sender, license_id=license_id, action_id=action_id, now=clock.now())


@app.task(name=JobName.CONFIRM_ACTION)
@_job
def confirm(license_id: int, action_id: int, **_: object) -> None:
    """Look in METRC for the effect of one action."""
    settle_action(
        actor=system_actor("sender"),
        license_id=license_id,
        action_id=action_id,
        now=clock.now(),
    )


@app.task(name=JobName.RAISE_ALERTS)
@_job
def raise_alerts(license_id: int, **_: object) -> None:
    """Look at the clocks of one licence."""
    raise_due_alerts(actor=system_actor("alerts"), license_id=license_id, now=clock.now())


@app.task(name=JobName.DELIVER_ALERT)
@_job
def deliver(license_id: int, delivery_id: int, **_: object) -> None:
    """Send one alert to one receiver."""
    deliver_alert(
        actor=system_actor("alerts"),
        license_id=license_id,
        delivery_id=delivery_id,
        now=clock.now(),
    )


@app.task(name=JobName.TEST_KEY)
@_job
def test_key(license_id: int, key_test_id: int, **_: object) -> None:
    """Try with a key the reads that Glassbox needs."""
    run_key_test(
        actor=system_actor("key test"),
        license_id=license_id,
        key_test_id=key_test_id,
        now=clock.now(),
    )


@app.task(name=JobName.OPEN_BOOK)
@_job
def keep_book(license_id: int, **_: object) -> None:
    """Open our book from METRC and keep it in step, until writing is on; then compare."""
    open_book(actor=system_actor("takeover"), license_id=license_id, now=clock.now())


@app.task(name=JobName.VERIFY_LEDGER)
@_job
def verify_ledger(license_id: int, verification_id: int, **_: object) -> None:
    """Recompute the logs of one licence."""
    run_verification(
        actor=system_actor("verifier"),
        license_id=license_id,
        verification_id=verification_id,
        now=clock.now(),
    )


@app.task(name=JobName.ANCHOR_OUTSIDE)
@_job
def anchor(**_: object) -> None:
    """Give the newest head of the ledger to a mirror, to witnesses, to a time authority."""
    anchor_outside(actor=system_actor("anchors"), now=clock.now())
