"""The API tokens of a licence: whose, for what, until when, and when last used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.api_tokens import ApiToken
from glassbox.rules.actor import Actor
from glassbox.rules.api_tokens import SCOPE_PERMISSIONS, Scope
from glassbox.rules.permissions import Permission

ROWS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """One token, known by its last four characters. `state` is in force, ended or revoked."""

    id: int
    name: str
    holder: str
    license_number: str
    time_zone: str
    last_four: str
    scopes: tuple[str, ...]
    made_at: datetime
    valid_until: datetime
    last_used_at: datetime | None
    state: str
    ended_by: str
    may_revoke: bool


@dataclass(frozen=True, kw_only=True)
class TokenList:
    """The newest 200 tokens in sight, and whether the reader may make one."""

    rows: tuple[TokenRow, ...]
    may_make: bool


def token_list(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> TokenList:
    """Return the tokens of the licences in sight, those in force first."""
    with access.reading(actor):
        may = {one: access.permissions_at(actor, one) for one in license_ids}
        found = ApiToken.objects.filter(license_id__in=license_ids).select_related(
            "user", "license", "revoked_by"
        )
        rows = [_row(token, actor, may[token.license_id], now) for token in found.order_by("-id")]
    rows.sort(key=lambda row: row.state != "in force")
    return TokenList(
        rows=tuple(rows[:ROWS_AT_MOST]),
        may_make=any(Permission.TOKEN_HOLD in held for held in may.values()),
    )


def scopes_open_to(*, actor: Actor, license_id: int) -> tuple[Scope, ...]:
    """Return what a token of the actor could carry: no more than they may do themselves."""
    with access.reading(actor, license_id=license_id):
        held = access.permissions_at(actor, license_id)
    return tuple(scope for scope in Scope if SCOPE_PERMISSIONS[scope] <= held)


def _row(token: ApiToken, actor: Actor, may: frozenset[Permission], now: datetime) -> TokenRow:
    is_revoked = token.revoked_at is not None
    is_in_force = not is_revoked and token.valid_until > now and token.user.is_active
    return TokenRow(
        id=token.pk,
        name=token.name,
        holder=token.user.name,
        license_number=token.license.number,
        time_zone=token.license.time_zone,
        last_four=token.last_four,
        scopes=tuple(token.scopes),
        made_at=token.made_at,
        valid_until=token.valid_until,
        last_used_at=token.last_used_at,
        state="revoked" if is_revoked else "in force" if is_in_force else "ended",
        ended_by=token.revoked_by.name if token.revoked_by else "",
        may_revoke=is_in_force
        and Permission.TOKEN_HOLD in may
        and (token.user_id == actor.user_id or Permission.COMPANY_MANAGE in may),
    )
