"""Only listed machines are talked to: by name, by what stands below a name, and no look-alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import override_settings

from glassbox.operations.alerts.signed_post import post_signed
from glassbox.operations.alerts.webhooks import add_webhook
from glassbox.rules.actor import system_actor
from glassbox.rules.outside_hosts import is_listed
from glassbox.rules.verdicts import InvalidInput

LISTED = ("hooks.partner.example", ".warehouse.example")
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("hooks.partner.example", True),
        ("HOOKS.partner.example.", True),
        ("a.warehouse.example", True),
        ("127.0.0.1", True),
        ("warehouse.example", False),
        ("evilwarehouse.example", False),
        ("hooks.partner.example.evil.example", False),
        ("x.hooks.partner.example", False),
        ("", False),
    ],
)
def test_a_host_is_listed_by_its_whole_name(host: str, expected: bool) -> None:
    assert is_listed(host, LISTED) is expected


@pytest.mark.parametrize("listed", [LISTED, ()])
def test_a_webhook_elsewhere_is_neither_added_nor_told(listed: tuple[str, ...]) -> None:
    url = "https://hooks.stranger.example/alerts"
    with override_settings(IS_PRODUCTION=True, GLASSBOX_OUTSIDE_HOSTS=listed):
        # Refused before a name is looked up or a table read.
        with pytest.raises(InvalidInput, match="GLASSBOX_OUTSIDE_HOSTS"):
            add_webhook(actor=system_actor("test"), license_id=1, url=url, secret="s" * 40, now=NOW)
        told = post_signed(url=url, secret="s" * 40, body=b"{}", delivery_id="1", now=NOW)

    assert told.status is None
    assert "does not talk to that machine" in told.error
