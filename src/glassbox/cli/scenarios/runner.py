"""Runs a scenario step by step on its stage, and tells what each step did."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from glassbox import clock
from glassbox.cli.demo_brand import open_brand
from glassbox.cli.scenarios.calls import References
from glassbox.cli.scenarios.expectations import Outcome
from glassbox.cli.scenarios.killing import Killer
from glassbox.cli.scenarios.language import Scenario, ScenarioWrong, Step, without_lines
from glassbox.cli.scenarios.run import WAIT_SECONDS, Run, StepReport, Tell
from glassbox.cli.scenarios.stage import Stage
from glassbox.cli.scenarios.steps import STEPS, read_license
from glassbox.rules.verdicts import Refused

LANE_HELD, READ_LONG_AGO = "action.lane-taken", "package.stale"
PATIENT_TRIES = 3


def run_scenario(
    scenario: Scenario, stage: Stage, tell: Tell, *, killer: Killer | None = None
) -> Run:
    """Open the brand and do every step in order, with a killer about if one is given.

    :raises ScenarioWrong: if a step cannot be done at all; names file, line and reason
    """
    now = clock.now()
    brand = open_brand(
        metrc_users=stage.keys()["users"],
        sync_from=now - timedelta(hours=scenario.sync_from_hours),
        now=now,
        with_passwords=False,
    )
    run = Run(
        scenario=scenario,
        stage=stage,
        tell=tell,
        brand=brand,
        values={
            "people": brand.users,
            "licenses": brand.licenses,
        },
    )
    run.killer = killer
    if killer is None:
        _do_all(run, scenario.steps)
        return run
    killer.start()
    try:
        _do_all(run, scenario.steps)
    finally:
        killer.stop()
    for number, call in enumerate(killer.done, start=1):
        tell(f"kill -9 number {number} after {call}")
    run.outcomes += killer.outcomes()
    return run


def _do_all(run: Run, steps: tuple[Step, ...]) -> None:
    for step in steps:
        _do(run, step)


def _do(run: Run, step: Step) -> None:
    run.revive()
    now = clock.now()
    _set_times(run, now)
    if step.kind == "use":
        _use(run, step)
        return
    if step.kind == "for":
        _for_each(run, step)
        return
    calls_before, began = len(run.stage.journal()), time.monotonic()
    try:
        result, text = _do_patiently(run, step)
        outcome = "done"
        _expect_no_refusal(run, step)
    except Refused as refusal:
        result, text = None, step.note or str(step.value)
        outcome = _refusal(run, step, refusal)
    if step.name:
        run.values[step.name] = result
    report = StepReport(
        line=step.line,
        kind=step.kind,
        license=str(run.values.get("_at", "")),
        actor=str(run.values.get("_as", "")),
        text=step.note or text,
        outcome=outcome,
        metrc_calls=len(run.stage.journal()) - calls_before,
        seconds=round(time.monotonic() - began, 2),
        evidence=_evidence(result),
    )
    run.reports.append(report)
    who = f"{report.actor} at {report.license}: " if report.actor else ""
    run.tell(f"{step.line:4}  {who}{report.text} — {report.outcome} ({report.seconds:.1f} s)")


def _do_patiently(run: Run, step: Step) -> tuple[Any, str]:
    """Do a step; with a killer about, do what a person would do when only time is in the way.

    A lane that a lost answer holds is waited for; what was read too long ago is read again.
    """
    for _ in range(PATIENT_TRIES):
        try:
            return STEPS[step.kind](run, step)
        except Refused as refusal:
            codes = {finding.code for finding in refusal.findings if finding.blocks}
            in_the_way = bool(codes) and codes <= {LANE_HELD, READ_LONG_AGO}
            if run.killer is None or not in_the_way or "refused" in step.fields:
                raise
        if LANE_HELD in codes:
            window = float(run.stage.environment["GLASSBOX_SETTLE_WINDOW_SECONDS"])
            run.stage.move_clocks(window + 1)
        read_license(run, str(References(run.values).fill(step.fields["at"])))
    return STEPS[step.kind](run, step)


def _set_times(run: Run, now: datetime) -> None:
    """Put the moments that stories need into reach: this one, soon, later, and the days."""
    day = now.astimezone(ZoneInfo("America/Los_Angeles")).date()
    run.values |= {
        "now": now.isoformat(),
        "today": day.isoformat(),
        "tomorrow": (day + timedelta(days=1)).isoformat(),
        "soon": (now + timedelta(hours=1)).isoformat(),
        "later": (now + timedelta(hours=3)).isoformat(),
    }


def _refusal(run: Run, step: Step, refusal: Refused) -> str:
    """Compare a refusal with what the step expects, or stop: nothing after it would be true."""
    codes = {finding.code for finding in refusal.findings if finding.blocks} | {refusal.code}
    wanted = step.fields.get("refused")
    if wanted is None:
        reasons = "; ".join(finding.message for finding in refusal.findings if finding.blocks)
        raise ScenarioWrong(
            f"{run.scenario.path}, line {step.line}: refused: {refusal.message} {reasons}".strip()
        ) from refusal
    expected = set(wanted) if isinstance(wanted, list) else {str(wanted)}
    run.outcomes.append(
        Outcome(
            text=f"line {step.line} is refused with {', '.join(sorted(expected))}",
            held=expected <= codes,
            found=f"refused with {', '.join(sorted(codes))}",
            line=step.line,
        )
    )
    return f"refused: {refusal.message}"


def _expect_no_refusal(run: Run, step: Step) -> None:
    wanted = step.fields.get("refused")
    if wanted is not None:
        run.outcomes.append(
            Outcome(
                text=f"line {step.line} is refused with {wanted}",
                held=False,
                found="it was done",
                line=step.line,
            )
        )


def _use(run: Run, step: Step) -> None:
    kept = run.values.get("arg")
    run.values["arg"] = References(run.values).fill(without_lines(step.fields.get("with", {})))
    _do_all(run, run.scenario.define[step.value])
    if step.name:
        run.values[step.name] = run.values.get("result")
    run.values["arg"] = kept


def _for_each(run: Run, step: Step) -> None:
    rows = References(run.values).fill(without_lines(step.fields["in"]))
    for row in rows:
        run.values[str(step.value)] = row
        _do_all(run, step.fields["steps"])


def _evidence(result: Any) -> str:
    if result is None:
        return ""
    if is_dataclass(result) and not isinstance(result, type):
        result = asdict(result)
    if isinstance(result, date | datetime):
        return result.isoformat()
    return json.dumps(result, default=str)[:200]


def wait_for_numbers(run: Run) -> None:
    """Wait until every event of the ledger has its number, below a signed head."""
    assert run.stage.urls is not None
    for name in ("sequencer", "signer"):
        if not run.stage.is_alive(name):
            run.stage.start(name)
    with psycopg.connect(run.stage.urls.superuser, autocommit=True) as connection:

        def nothing_pending() -> bool:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM audit_pending) + (SELECT count(*) FROM audit_logs g"
                " WHERE g.size > coalesce((SELECT max(c.size) FROM audit_checkpoints c"
                " WHERE c.log_id = g.log_id), 0))"
            ).fetchone()
            return row is not None and row[0] == 0

        run.wait_until(nothing_pending, seconds=WAIT_SECONDS, what="events wait for their number")
