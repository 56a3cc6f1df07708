"""Runs a scenario step by step on its stage, and tells what each step did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import psycopg

from glassbox import clock
from glassbox.cli.demo_brand import Brand, open_brand
from glassbox.cli.scenarios.calls import References, call_operation
from glassbox.cli.scenarios.expectations import Outcome, Scene, check
from glassbox.cli.scenarios.killing import Killer
from glassbox.cli.scenarios.language import Scenario, ScenarioWrong, Step, without_lines
from glassbox.cli.scenarios.stage import Stage, wait_until
from glassbox.operations.sync.ask import ask_for_sync
from glassbox.queries import scenario_facts as facts
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.verdicts import Refused

WAIT_SECONDS = 40.0
KILLED_PATIENCE = 3
LANE_HELD, READ_LONG_AGO = "action.lane-taken", "package.stale"
PATIENT_TRIES = 3
Tell = Callable[[str], None]


@dataclass(kw_only=True)
class StepReport:
    """What one step did, for people and for the flow's JSON."""

    line: int
    kind: str
    license: str
    actor: str
    text: str
    outcome: str
    metrc_calls: int
    seconds: float
    evidence: str


@dataclass(kw_only=True)
class Run:
    """One run of a scenario: its stage, its brand, and everything that came of it."""

    scenario: Scenario
    stage: Stage
    tell: Tell
    brand: Brand
    values: dict[str, Any]
    killer: Killer | None = None
    reports: list[StepReport] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def revive(self) -> None:
        """Start the worker again if a killer has ended it."""
        if self.killer is not None:
            self.killer.revive()

    def wait_until(self, holds: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Look again until something holds; with a killer about, everything takes longer."""
        patience = seconds * (KILLED_PATIENCE if self.killer else 1)
        wait_until(holds, seconds=patience, what=what, meanwhile=self.revive)

    @property
    def all_held(self) -> bool:
        return all(outcome.held for outcome in self.outcomes)


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
        _read_license(run, str(References(run.values).fill(step.fields["at"])))
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


def _actor(run: Run, name: str) -> Actor:
    run.values["_as"] = name
    if name.startswith("system"):
        return system_actor(name.removeprefix("system").strip() or "scenario")
    if name not in run.brand.users:
        raise Refused(f"There is no {name} in the cast: {', '.join(run.brand.users)}.")
    return Actor(user_id=run.brand.users[name], name=name, via="cli", session=None)


def _operation(run: Run, step: Step) -> tuple[Any, str]:
    at = step.fields.get("at")
    number = str(References(run.values).fill(at)) if at else ""
    run.values["_at"] = number
    license_id = run.brand.licenses.get(number)
    if number and license_id is None:
        raise Refused(f"The brand has no licence {number}.")
    name = str(References(run.values).fill(step.fields.get("as", "system")))
    arguments = References(run.values).fill(without_lines(step.fields.get("with", {})))
    result = call_operation(
        str(step.value),
        actor=_actor(run, name),
        license_id=license_id,
        arguments=arguments,
        now=clock.now(),
    )
    return result, str(step.value).rpartition(".")[2].replace("_", " ")


def _desk(run: Run, step: Step) -> tuple[Any, str]:
    run.values["_as"], run.values["_at"] = "", ""
    fields = References(run.values).fill(without_lines(step.fields.get("with", {})))
    return run.stage.desk(str(step.value), fields), f"desk: {step.value}"


def _read(run: Run, step: Step) -> tuple[Any, str]:
    number = str(References(run.values).fill(step.value))
    run.values["_as"], run.values["_at"] = "sync", number
    return _read_license(run, number), "METRC was read"


def _read_license(run: Run, number: str) -> dict[str, Any] | None:
    license_id = run.brand.licenses[number]
    before = ask_for_sync(actor=system_actor("scenario"), license_id=license_id, now=clock.now())

    def is_read() -> bool:
        newest = facts.newest_run(license_id)
        return newest is not None and newest["id"] > before and newest["state"] != "RUNNING"

    run.wait_until(is_read, seconds=WAIT_SECONDS, what=f"METRC is not read for {number}")
    _wait_for_jobs(run)
    newest = facts.newest_run(license_id)
    if newest is not None and newest["state"] == "FAILED":
        raise Refused(str(newest["error"]))
    return newest


LOOKS: dict[str, Callable[..., Any]] = {
    "transfer": facts.transfer,
    "package": facts.package,
    "action": facts.action,
    "row": facts.row,
}


def _look(run: Run, step: Step) -> tuple[Any, str]:
    """Find something that a read of METRC has brought, for its id or its state."""
    run.values["_as"], run.values["_at"] = "", ""
    if step.value not in LOOKS:
        raise Refused(f"look: there is no {step.value!r}; look for {', '.join(LOOKS)}.")
    number = str(References(run.values).fill(step.fields.get("at", "")))
    if number not in run.brand.licenses:
        raise Refused(f"The brand has no licence {number}.")
    wanted = References(run.values).fill(without_lines(step.fields.get("with", {})))
    found = LOOKS[step.value](run.brand.licenses[number], **wanted)
    if found is None:
        raise Refused(f"There is no {step.value} at {number} with {wanted}.")
    return found, f"look for the {step.value}"


def _wait_for_jobs(run: Run) -> None:
    """Wait until the worker has also compared and followed what the read brought."""
    assert run.stage.urls is not None
    with psycopg.connect(run.stage.urls.superuser, autocommit=True) as connection:

        def idle() -> bool:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            ).fetchone()
            return row is not None and row[0] == 0

        run.wait_until(idle, seconds=WAIT_SECONDS, what="jobs that follow a read are waiting")


def _wait(run: Run, step: Step) -> tuple[Any, str]:
    """Wait until the worker has nothing left to do with what it may do now."""
    seconds = float(step.fields.get("seconds", WAIT_SECONDS))
    run.values["_as"], run.values["_at"] = "", ""
    if step.value == "worker-dies":
        wait_until(
            lambda: not run.stage.is_alive("worker"), seconds=seconds, what="the worker lives"
        )
        return None, "the worker died"
    if isinstance(step.value, dict):
        wanted = References(run.values).fill(without_lines(step.value))
        license_id = run.brand.licenses[str(wanted["at"])]

        def has_state() -> bool:
            found = facts.action(license_id, int(wanted["action"]))
            return found is not None and found["state"] == wanted["state"]

        found = facts.action(license_id, int(wanted["action"]))
        run.wait_until(
            has_state,
            seconds=seconds,
            what=f"action {wanted['action']} is {found and found['state']}",
        )
        return None, f"action {wanted['action']} is {wanted['state'].lower()}"
    run.wait_until(
        lambda: not any(facts.action_states(one) for one in run.brand.licenses.values()),
        seconds=seconds,
        what="the worker has actions to send or to look up",
    )
    return None, "every action is settled"


def _clock(run: Run, step: Step) -> tuple[Any, str]:
    run.stage.move_clocks(_seconds(str(step.value)))
    return None, f"the clocks move by {step.value}"


def _seconds(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    try:
        return float(text[:-1]) * units[text[-1]]
    except (ValueError, KeyError, IndexError) as error:
        raise Refused(f"clock: {text!r} is no span; write 90s, 15m, 2h or 3d.") from error


def _kill(run: Run, step: Step) -> tuple[Any, str]:
    run.stage.kill(str(step.value))
    return None, f"kill -9 {step.value}"


def _start(run: Run, step: Step) -> tuple[Any, str]:
    run.stage.start(str(step.value), kill_at=str(step.fields.get("kill_at", "")))
    return None, f"start {step.value}"


def _http(run: Run, step: Step) -> tuple[Any, str]:
    address = str(References(run.values).fill(step.value))
    body = step.fields.get("body")
    request = Request(
        address if "://" in address else run.stage.address + address,
        data=json.dumps(without_lines(body)).encode() if body is not None else None,
        method=str(step.fields.get("method", "GET")),
    )
    try:
        with urlopen(request, timeout=20) as answer:
            status, text = answer.status, answer.read().decode(errors="replace")
    except HTTPError as error:
        status, text = error.code, error.read().decode(errors="replace")
    if "status" in step.fields:
        run.outcomes.append(
            Outcome(
                text=f"{request.method} {address} answers {step.fields['status']}",
                held=status == int(step.fields["status"]),
                found=f"it answered {status}",
                line=step.line,
            )
        )
    return {"status": status, "text": text}, f"{request.method} {address}"


def _sql(run: Run, step: Step) -> tuple[Any, str]:
    assert run.stage.urls is not None
    text = str(References(run.values).fill(step.value))
    try:
        with psycopg.connect(run.stage.urls.superuser, autocommit=True) as connection:
            cursor = connection.execute(text)
            rows = cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        raise Refused(f"sql: {str(error).splitlines()[0]}") from error
    return rows, "sql as superuser"


def _expect(run: Run, step: Step) -> tuple[Any, str]:
    run.values["_as"], run.values["_at"] = "", ""
    scene = Scene(stage=run.stage, licenses=run.brand.licenses)
    held = 0
    found: list[Outcome] = []
    for row in step.value:
        filled = References(run.values).fill(without_lines(row))
        found += check(scene, filled, row["__line__"])
    run.outcomes += found
    for outcome in found:
        held += outcome.held
        if not outcome.held:
            run.tell(f"{outcome.line:4}  NOT HELD: {outcome.text} — {outcome.found}")
    return None, f"{held} of {len(found)} expectations held"


STEPS: dict[str, Callable[[Run, Step], tuple[Any, str]]] = {
    "do": _operation,
    "desk": _desk,
    "read": _read,
    "look": _look,
    "wait": _wait,
    "clock": _clock,
    "kill": _kill,
    "start": _start,
    "http": _http,
    "sql": _sql,
    "expect": _expect,
}


def _evidence(result: Any) -> str:
    if result is None:
        return ""
    if is_dataclass(result) and not isinstance(result, type):
        result = asdict(result)
    if isinstance(result, date | datetime):
        return result.isoformat()
    return json.dumps(result, default=str)[:200]


def wait_for_numbers(run: Run) -> None:
    """Wait until every event of the ledger has its number."""
    assert run.stage.urls is not None
    if not run.stage.is_alive("sequencer"):
        run.stage.start("sequencer")
    with psycopg.connect(run.stage.urls.superuser, autocommit=True) as connection:

        def nothing_pending() -> bool:
            row = connection.execute("SELECT count(*) FROM audit_pending").fetchone()
            return row is not None and row[0] == 0

        run.wait_until(nothing_pending, seconds=WAIT_SECONDS, what="events wait for their number")
