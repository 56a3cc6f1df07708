"""A run as one JSON object: steps, METRC calls, packages, ledger, expectations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings

from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.verify import verify
from glassbox.cli.scenarios.run import Run
from glassbox.cli.scenarios.two_stories import contradictions
from glassbox.queries.audit_trail.sends import told_sends
from glassbox.queries.scenario_facts import summary
from glassbox.rules.actor import system_actor


def as_json(run: Run) -> dict[str, Any]:
    """Return what a run did and found."""
    found = verify(
        settings.GLASSBOX_VERIFIER_DATABASE_URL,
        public_key=read_public_key(settings.GLASSBOX_LEDGER_KEY_FILE),
    )
    untold = contradictions(run.stage.journal(), told_sends(actor=system_actor("scenario")))
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
        "ledger": {"events": found.events, "verified": found.is_verified, "untold": untold},
        "expectations": [outcome.as_json() for outcome in run.outcomes],
    }
