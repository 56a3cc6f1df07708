"""One signed POST to a webhook: to the machine that was checked, without redirects, in time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from glassbox.operations.alerts.webhooks import allows_local_webhooks, machines_of, require_listed
from glassbox.operations.tls_failures import say_if_tls_failed
from glassbox.rules.alert_delivery import check_webhook_machines, check_webhook_url
from glassbox.rules.verdicts import InvalidInput

SIGNATURE_HEADER = "Glassbox-Signature"
DELIVERY_HEADER = "Glassbox-Delivery"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What came of one try; no error means that it arrived."""

    status: int | None
    error: str


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the header that proves who sent `body` and when: HMAC-SHA256 over "time.body"."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def post_signed(*, url: str, secret: str, body: bytes, delivery_id: str, now: datetime) -> Posted:
    """Send `body` to a webhook once; never raises for what the receiver or the network does.

    The name is looked up and checked here, and the connection goes to the very address that was
    checked: a name that changes in between leads nowhere else.
    """
    try:
        pinned, host = _pinned(url)
    except InvalidInput as refused:
        return Posted(status=None, error=refused.message)
    except httpx.InvalidURL as problem:
        return Posted(status=None, error=f"The address cannot be used: {problem}")
    headers = {
        "Host": urlsplit(url).netloc,
        "Content-Type": "application/json",
        "User-Agent": "Glassbox",
        DELIVERY_HEADER: delivery_id,
        SIGNATURE_HEADER: signature(secret, int(now.timestamp()), body),
    }
    seconds = settings.WEBHOOK_TIMEOUT_SECONDS
    try:
        # One limit for the whole exchange: a receiver that sends a byte now and then would pass
        # any limit on a single read, and hold a worker for ever.
        status = asyncio.run(asyncio.wait_for(_post(pinned, host, body, headers), seconds))
    except TimeoutError:
        return Posted(status=None, error=f"No answer within {seconds:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        say_if_tls_failed(problem, "a webhook")
        return Posted(status=None, error=f"No answer: {type(problem).__name__} {problem}".strip())
    if 200 <= status < 300:
        return Posted(status=status, error="")
    return Posted(status=status, error=f"The receiver answered {status}.")


async def _post(pinned: httpx.URL, host: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=None) as client,
        # The answer's status is all we want: what a receiver says is not read.
        client.stream(
            "POST", pinned, content=body, headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        return answer.status_code


def _pinned(url: str) -> tuple[httpx.URL, str]:
    allows_local = allows_local_webhooks()
    host = check_webhook_url(url, allows_local=allows_local)
    require_listed(host)
    machines = machines_of(host)
    check_webhook_machines(host, machines, allows_local=allows_local)
    return httpx.URL(url).copy_with(host=machines[0]), host
