"""Webhooks: an address that is told of alerts and actions, and the sealed secret that signs."""

from __future__ import annotations

import socket
from datetime import datetime

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import AlertDelivery, AlertWebhook, DeliveryState
from glassbox.models.companies import License
from glassbox.operations.sealing import SealDoesNotOpen
from glassbox.operations.transaction import operation
from glassbox.operations.vault import seal, unseal
from glassbox.rules.actor import Actor
from glassbox.rules.alert_delivery import check_webhook_machines, check_webhook_url
from glassbox.rules.outside_hosts import check_listed
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

ALERTS, ACTIONS = "alerts", "settled actions"
SHORTEST_SECRET = 16
WEBHOOKS_AT_MOST = 10


class SecretBroken(Refused):
    """A webhook's sealed secret does not open with this installation's keyset."""

    code = "webhook.seal-broken"


def add_webhook(
    *,
    actor: Actor,
    license_id: int,
    url: str,
    secret: str,
    now: datetime,
    tells_alerts: bool = True,
    tells_actions: bool = False,
) -> int:
    """Add an address that is told of every alert or settled action of a licence; return its id.

    The name is looked up before the transaction, and again before each delivery.

    :raises InvalidInput: if the address is unsafe, not listed by the operator or known already, the
        secret too short, or nothing to be told
    """
    allows_local = allows_local_webhooks()
    host = check_webhook_url(url, allows_local=allows_local)
    require_listed(host)
    machines = machines_of(host)
    check_webhook_machines(host, machines, allows_local=allows_local)
    return _add(
        actor=actor,
        license_id=license_id,
        url=url,
        secret=secret,
        tells_alerts=tells_alerts,
        tells_actions=tells_actions,
        now=now,
    )


@operation
def _add(
    *,
    actor: Actor,
    license_id: int,
    url: str,
    secret: str,
    tells_alerts: bool,
    tells_actions: bool,
    now: datetime,
) -> int:
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    if len(secret.strip()) < SHORTEST_SECRET:
        raise InvalidInput(
            field="secret",
            value="(not shown)",
            way_out=f"Make one of at least {SHORTEST_SECRET} characters.",
        )
    about = " and ".join(
        what for what, tells in ((ALERTS, tells_alerts), (ACTIONS, tells_actions)) if tells
    )
    if not about:
        raise InvalidInput(
            field="told of", value="nothing", way_out=f"Choose {ALERTS}, {ACTIONS}, or both."
        )
    # Locked, so that two who add at once are counted both.
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    in_use = AlertWebhook.objects.filter(license=license, removed_at__isnull=True)
    if in_use.filter(url=url).exists():
        raise InvalidInput(field="address", value=url, way_out="It is told already.")
    if in_use.count() >= WEBHOOKS_AT_MOST:
        raise InvalidInput(
            field="address", value=url, way_out=f"{WEBHOOKS_AT_MOST} are enough: remove one first."
        )
    version = 1 + AlertWebhook.objects.filter(license=license).count()
    webhook = AlertWebhook(
        company_id=license.company_id,
        license=license,
        url=url,
        tells_alerts=tells_alerts,
        tells_actions=tells_actions,
        version=version,
        added_by_id=actor.user_id,
        added_at=now,
    )
    webhook.sealed_secret = seal(secret.strip(), bound_to(webhook))
    webhook.save()
    ledger.append(
        type=EventType.WEBHOOK_ADDED,
        subject=f"webhook:{webhook.pk}",
        actor=actor,
        reason=f"{url} is told of {about}",
        now=now,
    )
    return webhook.pk


@operation
def remove_webhook(*, actor: Actor, license_id: int, webhook_id: int, now: datetime) -> None:
    """Tell an address nothing any more, and destroy its secret.

    :raises NotFound: if this licence has no such webhook in use
    """
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    webhook = (
        AlertWebhook.objects.select_for_update()
        .filter(license_id=license_id, id=webhook_id, removed_at__isnull=True)
        .first()
    )
    if webhook is None:
        raise NotFound("There is no such webhook here.")
    webhook.removed_at, webhook.sealed_secret = now, b""
    webhook.save(update_fields=["removed_at", "sealed_secret"])
    AlertDelivery.objects.filter(webhook=webhook, state=DeliveryState.WAITING).update(
        state=DeliveryState.NOT_NEEDED, last_error="The webhook was removed."
    )
    ledger.append(
        type=EventType.WEBHOOK_REMOVED,
        subject=f"webhook:{webhook.pk}",
        actor=actor,
        reason=f"{webhook.url} is told nothing any more",
        now=now,
    )


def open_secret(webhook: AlertWebhook) -> str:
    """Return a webhook's secret in the clear, for one delivery; no transaction may be open around it.

    :raises SecretBroken: if it does not open
    :raises KeyServiceAway: if a key service wraps the vault's keys, and opens none now
    """
    try:
        return unseal(bytes(webhook.sealed_secret), bound_to(webhook))
    except SealDoesNotOpen as error:
        raise SecretBroken("The secret of this webhook cannot be opened. Add it again.") from error


def machines_of(host: str) -> tuple[str, ...]:
    """Return the addresses of a host's machines, by the system's own look-up; none if unknown."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def require_listed(host: str) -> None:
    """Refuse, where people work, a receiver that the operator did not list.

    :raises InvalidInput: naming the host and the setting
    """
    if settings.IS_PRODUCTION:
        check_listed(host, settings.GLASSBOX_OUTSIDE_HOSTS)


def allows_local_webhooks() -> bool:
    """Return whether this is a machine of development, where receivers may stand beside us."""
    return bool(settings.GLASSBOX_ENVIRONMENT == "dev")


def bound_to(webhook: AlertWebhook) -> bytes:
    """Return what a webhook's sealed secret is tied to."""
    return (
        f"webhook/v1|{settings.GLASSBOX_ENVIRONMENT}|{webhook.company_id}"
        f"|{webhook.license_id}|{webhook.version}"
    ).encode()
