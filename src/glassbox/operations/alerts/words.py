"""What a mail, a digest and a webhook say of alerts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings

from glassbox.models.alerts import Alert, AlertDelivery
from glassbox.queries.alerts import zone_of
from glassbox.queries.audit_trail.stamp import (
    newest_checkpoint_in_transaction,
    stamp_in_transaction,
)
from glassbox.rules.alerts import stage_words

SUBJECT_CHARACTERS = 150
IN_A_DIGEST_AT_MOST = 100


def mail_of(delivery: AlertDelivery, now: datetime) -> tuple[str, str]:
    """Return subject and text of a mail: one alert, all that hold now, or heads of the ledger."""
    if delivery.alert is not None:
        return _mail_of_alert(delivery.alert)
    if delivery.heads_of is not None:
        return _mail_of_heads(delivery)
    open_alerts = Alert.objects.filter(
        license_id=delivery.license_id, ended_at__isnull=True
    ).select_related("license")
    count = open_alerts.count()
    shown = open_alerts.order_by("due_at", "id")[:IN_A_DIGEST_AT_MOST]
    lines = [_line(alert) for alert in shown]
    if count > IN_A_DIGEST_AT_MOST:
        lines.append(f"and {count - IN_A_DIGEST_AT_MOST} more")
    number = delivery.license.number
    subject = f"{number}: {count} alert{'' if count == 1 else 's'} on {delivery.digest_of}"
    lines += ["", link_to(number, "alerts/")]
    return _one_line(subject), "\n".join(lines)


def _mail_of_alert(alert: Alert) -> tuple[str, str]:
    number = alert.license.number
    subject = f"{number}: {stage_words(alert.stage)}: {alert.title}"
    parts = [alert.title, "", f"Due: {_due(alert)}", f"What to do: {alert.what_to_do}"]
    if alert.rule_id:
        parts.append(f"Rule: {alert.rule_id}")
    parts += ["", link_to(number, alert.address), f"Acknowledge: {link_to(number, 'alerts/')}"]
    return _one_line(subject), "\n".join(parts)


def _mail_of_heads(delivery: AlertDelivery) -> tuple[str, str]:
    number = delivery.license.number
    subject = f"{number}: head of the ledger in the week of {delivery.heads_of}"
    note = newest_checkpoint_in_transaction(delivery.license)
    parts = [
        stamp_in_transaction(delivery.license),
        "",
        "Keep this mail. One day it shows whether the ledger was rewritten: save the lines between",
        "the rules as a file, ask for `glassbox audit claim FILE --out CLAIM`, and check with",
        "`python3 verify.py --key KEY FILE CLAIM` that today's ledger continues it.",
        *(["", "-" * 40, note.rstrip("\n"), "-" * 40] if note else []),
        "",
        link_to(number, "audit/"),
    ]
    return _one_line(subject), "\n".join(parts)


def body_of(delivery: AlertDelivery) -> bytes:
    """Return the JSON that a webhook is sent, the same at every try; docs/api.md has its fields."""
    told = _told_of_alert(delivery.alert) if delivery.alert else dict(delivery.content or {})
    return json.dumps({"delivery": str(delivery.public_id), **told}, sort_keys=True).encode()


def _told_of_alert(alert: Alert) -> dict[str, Any]:
    return {
        "type": "alert.raised",
        "license": alert.license.number,
        "fact": alert.fact_key,
        "stage": alert.stage,
        "severity": alert.severity,
        "title": alert.title,
        "what_to_do": alert.what_to_do,
        "rule": alert.rule_id,
        "due_at": alert.due_at.isoformat() if alert.due_at else None,
        "raised_at": alert.raised_at.isoformat(),
        "link": link_to(alert.license.number, alert.address),
    }


def _line(alert: Alert) -> str:
    return f"- {alert.severity}, {stage_words(alert.stage)}: {alert.title} (due {_due(alert)})"


def _due(alert: Alert) -> str:
    if alert.due_at is None:
        return "no fixed time"
    return alert.due_at.astimezone(zone_of(alert.license)).strftime("%b %-d, %Y %H:%M %Z")


def link_to(number: str, address: str) -> str:
    """Return the address of a page of a licence, as people outside open it."""
    return f"{settings.GLASSBOX_PUBLIC_URL}/l/{number}/{address}"


def _one_line(text: str) -> str:
    """A header of a mail is one line, whatever stands in a title."""
    return " ".join(text.split())[:SUBJECT_CHARACTERS]
