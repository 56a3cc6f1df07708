"""JobName and defer(): a job row in the same transaction as the change that wants it."""

from __future__ import annotations

from enum import StrEnum

from django.db import connection, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app


class JobName(StrEnum):
    SYNC_LICENSE = "sync_license"
    SUBMIT_ACTION = "submit_action"
    CONFIRM_ACTION = "confirm_action"
    READ_HINTS = "read_hints"
    KEEP_SUBSCRIPTION = "keep_subscription"
    RECONCILE_LICENSE = "reconcile_license"
    FOLLOW_LICENSE = "follow_license"
    RAISE_ALERTS = "raise_alerts"
    DELIVER_ALERT = "deliver_alert"
    TEST_KEY = "test_key"
    OPEN_BOOK = "open_book"
    VERIFY_LEDGER = "verify_ledger"
    ANCHOR_OUTSIDE = "anchor_outside"


def defer(job: JobName, *, once: str, priority: int = 0, **arguments: int | str) -> None:
    """Put `job` in the queue, unless one with the same `once` key is already waiting.

    Of waiting jobs the one of higher `priority` is taken first.
    Without the savepoint a duplicate would abort the caller's transaction.
    """
    assert connection.in_atomic_block, "a job is queued with the change that wants it"
    try:
        with transaction.atomic():
            app.configure_task(
                job, queueing_lock=once, priority=priority, allow_unknown=True
            ).defer(**arguments)
    except exceptions.AlreadyEnqueued:
        pass
