"""What docs/security.md says of each connection is what the code holds to."""

from __future__ import annotations

import ast
import re

import pytest
from django.conf import settings

from glassbox.audit.witness_client import ANSWER_SECONDS_AT_MOST as WITNESS_SECONDS
from glassbox.cli.serve import THREADS
from glassbox.operations.openid import ANSWER_SECONDS_AT_MOST as OPENID_SECONDS
from glassbox.rules.alert_delivery import BACK_OFF_MINUTES, TRIES_AT_MOST
from glassbox.rules.circuit import FAILURES_TO_OPEN
from glassbox.web.scanning import SCAN_SECONDS
from metrc_client.client import READ_ATTEMPTS
from tests.meta.source import ROOT, modules

SAID = (ROOT / "docs/security.md").read_text().partition("How many, how long, and what then")[2]
FIGURES = {
    r"METRC \| (\d+) reads of a facility": settings.METRC_GETS_AT_ONCE_PER_FACILITY,
    r"(\d+) of the installation": settings.METRC_GETS_AT_ONCE_PER_VENDOR,
    r"METRC .*lane \| (\d+) s": settings.METRC_TIMEOUT_SECONDS,
    r"reads up to (\d+) times": READ_ATTEMPTS,
    r"after (\d+) failures in a row": FAILURES_TO_OPEN,
    r"(\d+) of the pages": THREADS,
    r"(\d+) s to connect": int(settings.DATABASES["default"]["OPTIONS"]["connect_timeout"]),
    r"webhooks \|[^|]*\| (\d+) s": settings.WEBHOOK_TIMEOUT_SECONDS,
    r"(\d+) tries, 1 minute": TRIES_AT_MOST,
    r"minute to (\d+) hours apart": BACK_OFF_MINUTES[-1] / 60,
    r"mail \|[^|]*\| (\d+) s": settings.EMAIL_TIMEOUT,
    r"OpenID providers \|[^|]*\| (\d+) s": OPENID_SECONDS,
    r"witnesses[^|]*\|[^|]*\| (\d+) s": WITNESS_SECONDS,
    r"scanner \|[^|]*\| (\d+) s": SCAN_SECONDS,
}


@pytest.mark.parametrize("words", FIGURES)
def test_a_figure_of_a_connection_is_that_of_the_code(words: str) -> None:
    found = re.search(words, SAID)

    assert found, words
    assert float(found[1]) == FIGURES[words]


def test_every_connection_that_we_open_has_an_end() -> None:
    """Nothing waits for another machine without a limit, and nothing follows where it leads."""
    opened = 0
    for module in modules("src/glassbox", "src/metrc_client"):
        # The demo, the scenario runner and what they start never run where people work.
        if "/cli/" in module.path:
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            given = {one.arg for one in node.keywords}
            if name in {"httpx.Client", "httpx.AsyncClient"}:
                opened += 1
                assert {"timeout", "follow_redirects"} <= given, module.path
            assert name not in {"urlopen", "httpx.get", "httpx.post", "requests.get"}, module.path
            if name == "socket.create_connection":
                opened += 1
                assert len(node.args) > 1 or "timeout" in given, module.path
    assert opened >= 6
