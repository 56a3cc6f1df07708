"""Short words for tests of alerts: a case that is due, a look at the clocks, what was raised."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.models.alerts import Alert, AlertDelivery
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.operations.alerts.deliver import deliver_alert
from glassbox.operations.alerts.raising import raise_due_alerts
from glassbox.operations.alerts.settings import set_alert_settings
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from tests.cast import MFG, person

MACHINE = system_actor("alerts")


def put_case(
    brand: Brand,
    now: datetime,
    *,
    severity: str = "HIGH",
    due_in: timedelta = timedelta(days=2),
    owner: str = "",
    number: str = MFG,
    key: str = "count:1",
) -> int:
    """An open case, grave unless said otherwise, due in two days."""
    with short_transaction(brand.licenses[number]) as license:
        return ExceptionCase.objects.create(
            company_id=license.company_id,
            license=license,
            case_class="COUNT_DIFFERS",
            severity=severity,
            fact_key=key,
            title="One cart is missing",
            what_happened="One is missing.",
            what_to_do="Count it.",
            rule_id="CA-IN-02",
            state=CaseState.OPEN,
            opened_at=now,
            due_at=now + due_in,
            owner_id=brand.users[owner] if owner else None,
        ).pk


def look(brand: Brand, now: datetime, number: str = MFG) -> int:
    """Look at the clocks of a licence; how many alerts were new."""
    return raise_due_alerts(actor=MACHINE, license_id=brand.licenses[number], now=now)


def alerts(brand: Brand, number: str = MFG) -> list[Alert]:
    with short_transaction(brand.licenses[number]):
        return list(Alert.objects.filter(license_id=brand.licenses[number]).order_by("id"))


def deliveries(brand: Brand, number: str = MFG, **wanted: Any) -> list[AlertDelivery]:
    with short_transaction(brand.licenses[number]):
        found = AlertDelivery.objects.filter(license_id=brand.licenses[number], **wanted)
        return list(found.select_related("alert").order_by("id"))


def mails(brand: Brand, **wanted: Any) -> list[AlertDelivery]:
    """The mails of alerts, without digests."""
    return deliveries(brand, channel="MAIL", alert__isnull=False, **wanted)


def deliver(brand: Brand, delivery: AlertDelivery, now: datetime) -> AlertDelivery:
    """Let a worker take one delivery; how it stands afterwards."""
    deliver_alert(actor=MACHINE, license_id=delivery.license_id, delivery_id=delivery.pk, now=now)
    with short_transaction(delivery.license_id):
        return AlertDelivery.objects.get(id=delivery.pk)


def choose(brand: Brand, name: str, now: datetime, **choice: Any) -> None:
    """Set how somebody is told; mail, and nothing else, unless said otherwise."""
    plain: dict[str, Any] = {
        "is_mail_on": True,
        "quiet_from": None,
        "quiet_until": None,
        "deputy_id": None,
        "away_from": None,
        "away_until": None,
        "digest_hour": None,
    }
    set_alert_settings(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        now=now,
        **{**plain, **choice},
    )


def events(brand: Brand, type: str, number: str = MFG) -> int:
    with short_transaction(brand.licenses[number]):
        return ComplianceEvent.objects.filter(license_id=brand.licenses[number], type=type).count()
