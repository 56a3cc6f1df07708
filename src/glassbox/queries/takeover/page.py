"""The go-live page: eight steps with their lights, each with what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.packages import Movement, Package
from glassbox.models.production import Batch
from glassbox.models.takeover import KeyTest, KeyTestState, Takeover, TakeoverState
from glassbox.queries.takeover.half_done import (
    PROCESS,
    OpenTransfer,
    open_transfers,
)
from glassbox.queries.takeover.names import PersonToMatch, people_to_match
from glassbox.queries.takeover.points import open_points
from glassbox.queries.takeover.progress import Progress, backfill_progress
from glassbox.queries.takeover.tags import TagsByStatus, tags_by_status
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.takeover import KEY_CHECKS, MUST_BE_DONE, Light, OpenPoint, Step
from glassbox.rules.verdicts import NotFound

POINTS_SHOWN = 25
TITLES = {
    Step.KEY: "Connect a METRC key",
    Step.BACKFILL: "Read METRC back",
    Step.BOOK: "Open our book",
    Step.TAGS: "Tags",
    Step.NAMES: "Items, locations, people",
    Step.HALF_DONE: "Half-done batches, open deliveries",
    Step.COUNT: "First count",
    Step.SWITCH: "Switch writing on",
}


@dataclass(frozen=True, kw_only=True)
class StepCard:
    """One step: its light, and what is open; `more` points are not shown."""

    number: int
    step: Step
    title: str
    light: Light
    points: tuple[OpenPoint, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class KeyResult:
    """What METRC said to one read of a test."""

    endpoint: str
    what_for: str
    outcome: str
    permissions: str
    said: str


@dataclass(frozen=True, kw_only=True)
class KeyCard:
    """One key in use with its newest test. The key itself is never read."""

    id: int
    owner_name: str
    is_for_sync: bool
    last_four: str
    is_waiting: bool
    tested_at: datetime | None
    error: str
    results: tuple[KeyResult, ...]


@dataclass(frozen=True, kw_only=True)
class TakenBatch:
    """A batch that came over with what METRC knows."""

    id: int
    number: str
    product: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the go-live itself stands: writing on or off, since when, who said what."""

    state: str
    writes_are_on: bool
    reason: str
    began_by: str
    began_at: datetime | None
    books_opened_at: datetime | None
    proposed_by: str
    proposed_at: datetime | None
    proposal: str
    accepted: tuple[tuple[str, str], ...]
    live_by: str
    live_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TakeoverPage:
    """One licence on its way into Glassbox."""

    license_number: str
    standing: Standing
    steps: tuple[StepCard, ...]
    progress: Progress
    keys: tuple[KeyCard, ...]
    tags: tuple[TagsByStatus, ...]
    people: tuple[PersonToMatch, ...]
    batches: tuple[TakenBatch, ...]
    transfers: tuple[OpenTransfer, ...]
    booked: int
    packages: int
    may_switch: bool
    may_manage_keys: bool
    is_working: bool
    why_not_propose: str
    why_not_switch: str


def takeover_page(*, actor: Actor, license_id: int, now: datetime) -> TakeoverPage:
    """Return the go-live of one licence.

    :raises NotFound: if the actor may not see it
    """
    with access.reading(actor, license_id=license_id):
        license = License.objects.get(id=license_id)
        takeover = (
            Takeover.objects.filter(license=license)
            .select_related("began_by", "proposed_by", "live_by")
            .order_by("-id")
            .first()
        )
        points = open_points(license_id, now=now)
        progress = backfill_progress(license_id, now=now)
        keys = _keys(license_id)
        may = access.permissions_at(actor, license_id)
        standing = _standing(license, takeover)
        return TakeoverPage(
            license_number=license.number,
            standing=standing,
            steps=_steps(points, progress, standing),
            progress=progress,
            keys=keys,
            tags=tags_by_status(license_id),
            people=people_to_match(license_id),
            batches=tuple(
                TakenBatch(id=row.pk, number=row.number, product=row.product)
                for row in Batch.objects.filter(license=license, process=PROCESS).order_by("number")
            ),
            transfers=open_transfers(license_id, now=now),
            booked=Movement.objects.filter(license=license, cause="OPENING").count(),
            packages=Package.objects.filter(license=license).count(),
            may_switch=Permission.TAKEOVER_SWITCH in may,
            may_manage_keys=Permission.CREDENTIAL_MANAGE in may,
            is_working=progress.is_running or any(key.is_waiting for key in keys),
            why_not_propose=_why_not_propose(points, standing, may),
            why_not_switch=_why_not_switch(actor, takeover, may),
        )


def points_to_accept(*, actor: Actor, license_id: int, now: datetime) -> tuple[OpenPoint, ...]:
    """Return the open points of a licence for the form that takes them on."""
    with access.reading(actor, license_id=license_id):
        return open_points(license_id, now=now)


def person_to_match(*, actor: Actor, license_id: int, user_id: int) -> PersonToMatch:
    """Return one person with the suggestions for them.

    :raises NotFound: if nobody like that acts at this licence
    """
    with access.reading(actor, license_id=license_id):
        for person in people_to_match(license_id):
            if person.user_id == user_id:
                return person
    raise NotFound("There is no such person at this licence.")


def _standing(license: License, takeover: Takeover | None) -> Standing:
    row = takeover or Takeover(reason="")
    return Standing(
        state=row.state if takeover else "NEVER",
        writes_are_on=license.writes_are_on,
        reason=row.reason,
        began_by=row.began_by.name if row.began_by else "the installation",
        began_at=takeover.began_at if takeover else None,
        books_opened_at=row.books_opened_at,
        proposed_by=row.proposed_by.name if row.proposed_by else "",
        proposed_at=row.proposed_at,
        proposal=row.proposal,
        accepted=tuple((one["sentence"], one["by"]) for one in row.accepted),
        live_by=row.live_by.name if row.live_by else "",
        live_at=row.live_at,
    )


def _steps(
    points: tuple[OpenPoint, ...], progress: Progress, standing: Standing
) -> tuple[StepCard, ...]:
    cards = []
    for number, step in enumerate(Step, start=1):
        own = tuple(point for point in points if point.step is step)
        # People stand in a table of their own, with the same link.
        listed = tuple(point for point in own if not point.key.startswith("names:person:"))
        cards.append(
            StepCard(
                number=number,
                step=step,
                title=TITLES[step],
                light=_light(step, own, progress, standing),
                points=listed[:POINTS_SHOWN],
                more=max(len(listed) - POINTS_SHOWN, 0),
            )
        )
    return tuple(cards)


def _light(step: Step, own: tuple[OpenPoint, ...], progress: Progress, standing: Standing) -> Light:
    if step is Step.SWITCH:
        return Light.DONE if standing.writes_are_on else Light.NOT_YET
    if step is Step.KEY:
        return Light.PERSON if own else Light.DONE
    if not progress.is_whole:
        is_next = step is Step.BACKFILL and (progress.is_running or progress.requests)
        return Light.WORKING if is_next else Light.NOT_YET
    if step in MUST_BE_DONE and any(not point.can_be_accepted for point in own):
        return Light.WORKING
    return Light.PERSON if own else Light.DONE


def _keys(license_id: int) -> tuple[KeyCard, ...]:
    what_for = {check.endpoint: check.what_for for check in KEY_CHECKS}
    newest: dict[int, KeyTest] = {}
    for test in KeyTest.objects.filter(license_id=license_id).order_by("id"):
        newest[test.credential_id] = test
    keys = MetrcCredential.objects.filter(license_id=license_id, revoked_at__isnull=True)
    return tuple(
        _key_card(key, newest.get(key.pk), what_for)
        for key in keys.order_by("-is_for_sync", "owner_name", "id")
    )


def _key_card(key: MetrcCredential, test: KeyTest | None, what_for: dict[str, str]) -> KeyCard:
    results: list[dict[str, Any]] = test.results if test else []
    return KeyCard(
        id=key.pk,
        owner_name=key.owner_name,
        is_for_sync=key.is_for_sync,
        last_four=key.last_four,
        is_waiting=test is not None and test.state == KeyTestState.WAITING,
        tested_at=test.ended_at if test else None,
        error=test.error if test else "",
        results=tuple(
            KeyResult(
                endpoint=one["endpoint"],
                what_for=what_for.get(one["endpoint"], ""),
                outcome=one["outcome"],
                permissions=" or ".join(one["permissions"]) or "any key",
                said=one["said"],
            )
            for one in results
        ),
    )


def _why_not_propose(
    points: tuple[OpenPoint, ...], standing: Standing, may: frozenset[Permission]
) -> str:
    if standing.writes_are_on:
        return "Writing is on."
    if Permission.TAKEOVER_SWITCH not in may:
        return "Your role at this licence may not switch writing."
    must = [point for point in points if not point.can_be_accepted]
    return f"First: {must[0].sentence}" if must else ""


def _why_not_switch(actor: Actor, takeover: Takeover | None, may: frozenset[Permission]) -> str:
    if takeover is None or takeover.state != TakeoverState.PROPOSED:
        return "Nobody has proposed it yet."
    if Permission.TAKEOVER_SWITCH not in may:
        return "Your role at this licence may not switch writing."
    if actor.user_id == takeover.proposed_by_id:
        return "You proposed it; a second person switches."
    return ""
