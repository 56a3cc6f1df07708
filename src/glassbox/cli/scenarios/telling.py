"""A run as one JSON object: steps, METRC calls, packages, ledger, expectations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings

from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.verify import verify
from glassbox.cli.scenarios.run import Run
from glassbox.queries.scenario_facts import summary


def as_json(run: Run) -> dict[str, Any]:
    """Return what a run did and found."""
    found = verify(
        settings.GLASSBOX_VERIFIER_DATABASE_URL,
        public_key=read_public_key(settings.GLASSBOX_LEDGER_KEY_FILE),
    )
    return {
        "scenario": run.scenario.name,
        "title": run.scenario.title,
        "steps": [asdict(report) for report in run.reports],
        "metrc_calls": [
            {
                name: entry[name]
                for name in ("seq", "at", "method", "path", "licenseNumber", "userName", "status")
            }
            | {"applied": len(entry["applied"]), "fault": entry["fault"]}
            for entry in run.stage.journal()
            if not entry["path"].startswith("/desk/")
        ],
        "packages": summary(run.brand.licenses),
        "ledger": {"events": found.events, "verified": found.is_verified},
        "expectations": [outcome.as_json() for outcome in run.outcomes],
    }
