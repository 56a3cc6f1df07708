"""Guard: what a feed's failure means for the feed, for the key, and for the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

from django.db.models import F, Q

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.sync import SyncCursor
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.sync.catalog import is_facility_of
from glassbox.operations.sync.feeds import Feed
from glassbox.operations.sync.walk import Paused, Walk
from glassbox.operations.sync.windowed import GapsLeft
from glassbox.operations.tls_failures import say_if_tls_failed
from glassbox.operations.transaction import short_transaction
from glassbox.queries.freshness import ESSENTIAL_FEEDS
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.verdicts import Refused
from metrc_client import endpoints
from metrc_client.errors import (
    BadAnswer,
    Declined,
    MetrcError,
    RateLimited,
    Unauthorized,
    Unreachable,
)

LIST_CASE = "list-refused:"


class KeyIsDead(Refused):
    """METRC refuses the key itself, or shows it no such licence."""

    code = "credential.refused"


def read_guarded(walk: Walk, feed: Feed) -> None:
    """Read one feed. What fails of it alone is noted, with a case, and the run goes on.

    :raises KeyIsDead: if the key is, with its case opened
    :raises MetrcError: if METRC is away or asks for rest
    """
    walk.begin(feed.name)
    try:
        walk.counts[feed.name] = feed.read(walk)
    except Paused as pause:
        walk.paused[feed.name] = pause.message
    except Unauthorized as problem:
        if not walk.session.key_is_alive():
            _note_error(walk, feed.name, problem.sentence)
            _refuse_key(walk, "METRC answers 401 to every read with it, its own facilities too")
        _refuse_list(walk, feed, problem)
    except RateLimited as problem:
        _note_error(walk, feed.name, problem.sentence)
        raise
    except (Declined, BadAnswer) as problem:
        _refuse_list(walk, feed, problem)
    except Unreachable as problem:
        say_if_tls_failed(problem, "METRC")
        if not walk.session.metrc_is_there():
            _note_error(walk, feed.name, problem.sentence)
            raise
        _refuse_list(walk, feed, problem)
    except MetrcError as problem:
        _note_error(walk, feed.name, problem.sentence)
        raise
    else:
        _list_came(walk, feed.name)


def _note_error(walk: Walk, feed: str, sentence: str) -> None:
    """Note why a feed was not walked to its end."""
    walk.failed[feed] = sentence
    with short_transaction(walk.license_id):
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(
            last_error=sentence[:1000]
        )


def _refuse_list(walk: Walk, feed: Feed, problem: MetrcError) -> None:
    """Note that METRC does not give one list; a case, unless it never gave it.

    Some lists are closed to a facility for good: tags are a premium endpoint, and not every state
    deploys every list. Those are told on the sync page alone.
    """
    _note_error(walk, feed.name, problem.sentence)
    with short_transaction(walk.license_id) as license:
        came_before = SyncCursor.objects.filter(
            license=license, feed=feed.name, read_until__isnull=False
        ) | SyncCursor.objects.filter(license=license, feed=feed.name, last_whole_at__isnull=False)
        if feed.name not in ESSENTIAL_FEEDS and not came_before.exists():
            return
        advice = case_for(
            CaseClass.LIST_REFUSED,
            fact_key=LIST_CASE + feed.name,
            title=f"METRC does not give us its list {feed.name.replace('_', ' ')}",
            what_happened=problem.sentence,
            found_at=walk.now,
        )
        open_case_in_transaction(
            actor=walk.actor,
            license=license,
            advice=replace(advice, what_to_do=_way_out(walk, feed, problem)),
            now=walk.now,
        )


def _way_out(walk: Walk, feed: Feed, problem: MetrcError) -> str:
    """Return the numbered steps of a person, one a line."""
    owner = walk.session.credential.owner_name
    support = "Give METRC's support the exchange that the sync page leads to."
    if isinstance(problem, Unauthorized):
        needed = " or ".join(feed.endpoint.permissions) or "METRC names none"
        return "\n".join(
            (
                f"Ask METRC's administrator to give {owner} what {feed.endpoint} needs: {needed}.",
                "Or store a key that has it on the company page.",
                "The next run reads it and closes the case.",
            )
        )
    if isinstance(problem, GapsLeft):
        return "\n".join(
            (
                "Wait: the window is tried again each half hour, and no package counts as missing "
                "meanwhile.",
                f"If it has not come after a day: {support}",
            )
        )
    if isinstance(problem, Unreachable):
        return "\n".join(
            (
                "Wait: METRC answers other reads, and this list is tried with every run.",
                f"If it has not come after a day: {support}",
            )
        )
    return "\n".join(
        (
            f"Read on the sync page what METRC answered to {feed.endpoint}.",
            f"If it is not METRC's own words, look for what stands in between. {support}",
            "The list is tried again with every run, which closes the case.",
        )
    )


def _list_came(walk: Walk, feed: str) -> None:
    with short_transaction(walk.license_id) as license:
        key = LIST_CASE + feed
        if not ExceptionCase.objects.filter(
            license=license, fact_key=key, state=CaseState.OPEN
        ).exists():
            return
        if SyncCursor.objects.filter(license=license, feed=feed, last_error="").exists():
            close_cases_in_transaction(
                actor=walk.actor,
                license=license,
                fact_keys={key},
                because="METRC gives the list again, and it was read to its end",
                now=walk.now,
            )


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
