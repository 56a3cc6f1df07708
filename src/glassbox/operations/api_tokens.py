"""API tokens: made for oneself, shown once, used within their limits, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.api_tokens import ApiToken
from glassbox.models.companies import License
from glassbox.operations.transaction import (
    enter_license_in_transaction,
    operation,
    unscoped_operation,
)
from glassbox.rules.actor import Actor, Limits
from glassbox.rules.api_tokens import (
    BEGINNING,
    DAYS_AT_MOST,
    NAME_CHARACTERS,
    RANDOM_BYTES,
    SCOPE_PERMISSIONS,
    SCOPE_WORDS,
    Scope,
    permissions_in,
)
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

TOKENS_AT_MOST = 50
WINDOW = timedelta(minutes=1)


class TokenRefused(Refused):
    """No token in force opens this licence: unknown, ended, revoked, or its holder left."""

    code = "api.token-refused"


@dataclass(frozen=True, kw_only=True)
class TokenUse:
    """One call by a token: who acts and where, and how many calls of the minute are left.

    `wait_seconds` is above zero where the minute's calls are used up.
    """

    actor: Actor
    token_id: int
    token_name: str
    scopes: tuple[Scope, ...]
    license_id: int
    license_number: str
    valid_until: datetime
    calls_left: int
    wait_seconds: int


@operation
def make_token(
    *,
    actor: Actor,
    license_id: int,
    name: str,
    scopes: Sequence[str],
    last_day: date,
    now: datetime,
) -> str:
    """Make a token by which another system acts in the actor's own name, and return its text.

    It is shown this once: only its hash is kept. It never carries more than its maker may do, and
    nobody can make one for somebody else, so that four eyes stay four.

    :raises InvalidInput: if the name is blank or long, no scope or one beyond the maker's rights
        is chosen, the day is past or more than 366 days ahead, or 50 tokens are in force already
    """
    access.require(actor, Permission.TOKEN_HOLD, license_id=license_id)
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    if actor.user_id is None or actor.limits is not None:
        raise InvalidInput(field="holder", value=actor.name, way_out="A person makes it on a page.")
    if not name.strip() or len(name.strip()) > NAME_CHARACTERS:
        raise InvalidInput(
            field="Name",
            value=name,
            way_out=f"Say what uses it, in at most {NAME_CHARACTERS} characters.",
        )
    chosen = _read_scopes(scopes, access.permissions_at(actor, license_id))
    in_force = ApiToken.objects.filter(
        license=license, user_id=actor.user_id, revoked_at__isnull=True, valid_until__gt=now
    )
    if in_force.count() >= TOKENS_AT_MOST:
        raise InvalidInput(
            field="Name", value=name, way_out=f"You hold {TOKENS_AT_MOST} already; revoke one."
        )
    text = BEGINNING + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken.objects.create(
        company_id=license.company_id,
        license=license,
        user_id=actor.user_id,
        name=name.strip(),
        sha256=_sha256(text),
        last_four=text[-4:],
        scopes=[scope.value for scope in chosen],
        valid_from=now,
        valid_until=_end_of(license, last_day, now),
        made_at=now,
    )
    ledger.append(
        type=EventType.TOKEN_MADE,
        subject=f"token:{token.pk}",
        actor=actor,
        reason=f"API token for {token.name}",
        body={"scopes": token.scopes, "until": token.valid_until.isoformat()},
        now=now,
    )
    return text


@operation
def revoke_token(*, actor: Actor, license_id: int, token_id: int, now: datetime) -> None:
    """Revoke a token at once: one's own, or as the owner anybody's.

    :raises NotFound: if no such token is in force here
    """
    access.require(actor, Permission.TOKEN_HOLD, license_id=license_id)
    token = (
        ApiToken.objects.select_for_update()
        .filter(id=token_id, license_id=license_id, revoked_at__isnull=True)
        .first()
    )
    if token is None:
        raise NotFound("There is no such token in force here.")
    if token.user_id != actor.user_id:
        access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    token.revoked_at, token.revoked_by_id = now, actor.user_id
    token.save(update_fields=["revoked_at", "revoked_by"])
    ledger.append(
        type=EventType.TOKEN_REVOKED,
        subject=f"token:{token.pk}",
        actor=actor,
        reason=f"The API token for {token.name} was revoked",
        now=now,
    )


@unscoped_operation
def use_token(*, license_number: str, text: str, now: datetime) -> TokenUse:
    """Count one call by a token at the licence of the address, and say who acts.

    A token is looked for behind the walls of that licence alone. The count is one row's update,
    so it holds over every process.

    :raises TokenRefused: if none in force opens this licence
    """
    for license in License.objects.filter(number=license_number).order_by("id"):
        enter_license_in_transaction(license.pk)
        token = (
            ApiToken.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(sha256=_sha256(text), license=license, revoked_at__isnull=True)
            .filter(valid_from__lte=now, valid_until__gt=now, user__is_active=True)
            .first()
        )
        if token is not None:
            return _count(token, license, now)
    raise TokenRefused("No token in force opens this licence. Make one on the page API tokens.")


def _count(token: ApiToken, license: License, now: datetime) -> TokenUse:
    scopes = tuple(Scope(one) for one in token.scopes)
    actor = Actor(
        user_id=token.user_id,
        name=token.user.name,
        via="api",
        session=f"token:{token.pk}",
        limits=Limits(license_id=license.pk, permissions=permissions_in(scopes)),
    )
    held = access.permissions_at(
        Actor(user_id=actor.user_id, name="", via="api", session=None), license.pk
    )
    if Permission.TOKEN_HOLD not in held:
        raise TokenRefused("Whoever made this token may hold none here any more.")
    if token.window_at is None or not now - WINDOW < token.window_at <= now:
        token.window_at, token.window_calls = now, 0
    most = settings.API_CALLS_PER_MINUTE
    is_over = token.window_calls >= most
    if not is_over:
        token.window_calls += 1
        token.last_used_at = now
    token.save(update_fields=["window_at", "window_calls", "last_used_at"])
    left = (token.window_at + WINDOW - now).total_seconds()
    return TokenUse(
        actor=actor,
        token_id=token.pk,
        token_name=token.name,
        scopes=scopes,
        license_id=license.pk,
        license_number=license.number,
        valid_until=token.valid_until,
        calls_left=most - token.window_calls,
        wait_seconds=max(1, round(left)) if is_over else 0,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read_scopes(scopes: Sequence[str], held: frozenset[Permission]) -> tuple[Scope, ...]:
    unknown = [one for one in scopes if one not in set(Scope)]
    if unknown or not scopes:
        raise InvalidInput(
            field="What it may do",
            value=", ".join(unknown) or "nothing",
            way_out=f"Choose among {', '.join(Scope)}.",
        )
    chosen = tuple(scope for scope in Scope if scope.value in scopes)
    for scope in chosen:
        if not SCOPE_PERMISSIONS[scope] <= held:
            raise InvalidInput(
                field="What it may do",
                value=scope.value,
                way_out=f"Your own role here does not let you {SCOPE_WORDS[scope]}.",
            )
    return chosen


def _end_of(license: License, last_day: date, now: datetime) -> datetime:
    zone = ZoneInfo(license.time_zone)
    today = now.astimezone(zone).date()
    if not today <= last_day <= today + timedelta(days=DAYS_AT_MOST):
        raise InvalidInput(
            field="Last day",
            value=last_day,
            way_out=f"Choose a day from today on, {DAYS_AT_MOST} days ahead at most.",
        )
    return datetime.combine(last_day + timedelta(days=1), time.min, zone)
