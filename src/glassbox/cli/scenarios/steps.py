"""What each kind of step does; none of them knows a scenario by name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
from django.test import Client

from glassbox import clock
from glassbox.cli.scenarios.calls import References, call_operation
from glassbox.cli.scenarios.expectations import Outcome, Scene, check
from glassbox.cli.scenarios.language import Step, without_lines
from glassbox.cli.scenarios.run import WAIT_SECONDS, Run
from glassbox.cli.scenarios.stage import wait_until
from glassbox.operations.sync.ask import ask_for_sync
from glassbox.queries import scenario_facts as facts
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.verdicts import Refused


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
    return read_license(run, number), "METRC was read"


def read_license(run: Run, number: str) -> dict[str, Any] | None:
    """Let the worker read METRC for a licence, and wait until what follows is done too.

    :raises Refused: if the read failed or never ended
    """
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
    _hold_to_status(run, step, f"{request.method} {address}", status)
    return {"status": status, "text": text}, f"{request.method} {address}"


def _api(run: Run, step: Step) -> tuple[Any, str]:
    """Ask our own API as another system does, through the whole application that is served."""
    filled = References(run.values).fill(without_lines(dict(step.fields)))
    run.values["_as"], run.values["_at"] = "", filled.get("at", "")
    below = str(References(run.values).fill(step.value))
    method, body = str(filled.get("method", "GET")), filled.get("body")
    answer = Client().generic(
        method,
        f"/api/v1/l/{filled.get('at', '')}/{below}",
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {filled.get('token', '')}",
            "Idempotency-Key": uuid.uuid4().hex,
        },
    )
    what = f"{method} {below} of our API"
    _hold_to_status(run, step, what, answer.status_code)
    return {"status": answer.status_code, "text": answer.content.decode()}, what


def _hold_to_status(run: Run, step: Step, what: str, status: int) -> None:
    if "status" in step.fields:
        run.outcomes.append(
            Outcome(
                text=f"{what} answers {step.fields['status']}",
                held=status == int(step.fields["status"]),
                found=f"it answered {status}",
                line=step.line,
            )
        )


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
    "api": _api,
    "sql": _sql,
    "expect": _expect,
}
