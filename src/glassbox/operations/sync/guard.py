"""Guard: what a feed's failure means for the feed, for the key, and for the run."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from django.db.models import F, Q

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import SyncCursor
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.sync.catalog import is_facility_of
from glassbox.operations.sync.feeds import Feed
from glassbox.operations.sync.walk import Walk, note_feed_error
from glassbox.operations.transaction import short_transaction
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.verdicts import Refused
from metrc_client import endpoints
from metrc_client.errors import BadAnswer, Declined, MetrcError, RateLimited, Unauthorized


class KeyIsDead(Refused):
    """METRC refuses the key itself, or shows it no such licence."""

    code = "credential.refused"


def read_guarded(walk: Walk, feed: Feed, *, spares_feeds: bool) -> None:
    """Read one feed. What METRC declines for it alone is noted, and the run goes on.

    :raises KeyIsDead: if the key is, with its case opened
    :raises MetrcError: if METRC is away or asks for rest
    """
    if spares_feeds and _is_early(walk, feed):
        return
    try:
        walk.counts[feed.name] = feed.read(walk)
    except Unauthorized as problem:
        note_feed_error(walk, feed.name, problem.sentence)
        if not walk.session.key_is_alive():
            _refuse_key(walk, "METRC answers 401 to every read with it, its own facilities too")
    except RateLimited as problem:
        note_feed_error(walk, feed.name, problem.sentence)
        raise
    except (Declined, BadAnswer) as problem:
        note_feed_error(walk, feed.name, problem.sentence)
    except MetrcError as problem:
        note_feed_error(walk, feed.name, problem.sentence)
        raise


def read_own_facility(walk: Walk) -> None:
    """Ask METRC for the facilities of the key, which every key may read, before anything else.

    :raises KeyIsDead: if METRC refuses the key, or does not show this licence to it
    :raises MetrcError: if METRC is away, or answers with something that is not its JSON
    """
    try:
        answer = walk.session.client.one(endpoints.FACILITIES)
    except Unauthorized:
        _refuse_key(walk, "METRC answers 401 to every read with it, its own facilities too")
    if answer.metrc_clock_at is not None:
        # The header tells whole seconds, the one that has begun.
        walk.metrc_now = answer.metrc_clock_at + timedelta(seconds=1)
    if not any(is_facility_of(raw, walk.session.number) for raw in answer.rows):
        _refuse_key(walk, f"METRC does not show it the facility {walk.session.number}")


def _is_early(walk: Walk, feed: Feed) -> bool:
    if not feed.every:
        return False
    with short_transaction(walk.license_id):
        return SyncCursor.objects.filter(
            license_id=walk.license_id,
            feed=feed.name,
            last_whole_at__gt=walk.now - feed.every,
            last_error="",
        ).exists()


def key_worked(walk: Walk) -> None:
    """Note that the key for reading works; its case, if one is open, closes."""
    credential = walk.session.credential
    with short_transaction(walk.license_id) as license:
        MetrcCredential.objects.filter(id=credential.pk).update(last_worked_at=walk.now)
        close_cases_in_transaction(
            actor=walk.actor,
            license=license,
            fact_keys={_fact_key(credential)},
            because="METRC takes the key again",
            now=walk.now,
        )


def _refuse_key(walk: Walk, what: str) -> NoReturn:
    """Remember that METRC refuses the key, open its case, and stop."""
    credential = walk.session.credential
    sentence = f"METRC refuses the key of {credential.owner_name}: {what}."
    with short_transaction(walk.license_id) as license:
        refused_anew = MetrcCredential.objects.filter(
            Q(last_refused_at__isnull=True) | Q(last_refused_at__lt=F("last_worked_at")),
            id=credential.pk,
        ).exists()
        MetrcCredential.objects.filter(id=credential.pk).update(last_refused_at=walk.now)
        if refused_anew:
            ledger.append(
                type=EventType.CREDENTIAL_REFUSED,
                subject=f"credential:{credential.pk}",
                actor=walk.actor,
                reason=sentence,
                now=walk.now,
            )
        open_case_in_transaction(
            actor=walk.actor,
            license=license,
            advice=case_for(
                CaseClass.KEY_REFUSED,
                fact_key=_fact_key(credential),
                title=f"METRC refuses the key of {credential.owner_name}",
                what_happened=sentence,
                found_at=walk.now,
            ),
            now=walk.now,
        )
    raise KeyIsDead(sentence)


def _fact_key(credential: MetrcCredential) -> str:
    return f"key-refused:{credential.pk}"
