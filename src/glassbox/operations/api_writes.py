"""A write asked for by another system: done once for each Idempotency-Key, with the write itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from glassbox import access
from glassbox.models.api_tokens import ApiRequestKey, ApiToken
from glassbox.operations.transaction import body_of, operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, Refused

KEY = re.compile(r"[!-~]{1,100}")
REMEMBERED_FOR = timedelta(days=7)


class KeyOfOtherRequest(Refused):
    """An Idempotency-Key came a second time with another request."""

    code = "api.key-of-other-request"


@dataclass(frozen=True, kw_only=True)
class Written:
    """Which actions a request is about, and whether it was done before under the same key."""

    action_ids: tuple[int, ...]
    was_done_before: bool


@operation
def write_once(
    *,
    actor: Actor,
    license_id: int,
    token_id: int,
    key: str,
    request_sha256: str,
    act: Callable[..., Any],
    arguments: dict[str, Any],
    now: datetime,
) -> Written:
    """Do one operation on actions and remember the key with it, in one transaction.

    Two requests with one key wait for each other; the second does nothing and is told the same.
    What is refused leaves no key behind, so that a mended request may carry it. A key is
    remembered for 7 days.

    :raises InvalidInput: if the key is missing, has more than 100 characters, or others than ASCII
    :raises KeyOfOtherRequest: if the key came before with another request
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    if not KEY.fullmatch(key):
        raise InvalidInput(
            field="Idempotency-Key",
            value=key,
            way_out="Send one of your own for each write: 1 to 100 letters, digits and signs, "
            "without spaces.",
        )
    # The lock on the token lets two requests with one key follow each other.
    token = ApiToken.objects.select_for_update().get(id=token_id, license_id=license_id)
    keys = ApiRequestKey.objects.filter(token=token)
    keys.filter(used_at__lt=now - REMEMBERED_FOR).delete()
    before = keys.filter(key=key).first()
    if before is not None:
        if before.request_sha256 != request_sha256:
            raise KeyOfOtherRequest(f'Idempotency-Key "{key}" came before with another request.')
        return Written(action_ids=tuple(before.action_ids), was_done_before=True)
    result = body_of(act)(actor=actor, license_id=license_id, now=now, **arguments)
    action_ids = result if isinstance(result, list) else [arguments["action_id"]]
    ApiRequestKey.objects.create(
        company_id=token.company_id,
        license_id=license_id,
        token=token,
        key=key,
        request_sha256=request_sha256,
        action_ids=action_ids,
        used_at=now,
    )
    return Written(action_ids=tuple(action_ids), was_done_before=False)
