"""POST, PUT and DELETE handlers: every object of a call is applied, or none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metrc_simulator.act import Act, Refused
from metrc_simulator.answers import Answer, ids, message, nothing, row_errors, value
from metrc_simulator.calls import Call, Handler
from metrc_simulator.wire import read_id

RowLaw = Callable[[Act, dict[str, Any]], int | None]


class _RowsRefused(Exception):
    """Carries the row errors out of the transaction that they undo."""

    def __init__(self, errors: list[tuple[int, str]]) -> None:
        super().__init__("rows refused")
        self.errors = errors


def check_objects(body: Any, most: int) -> Answer | None:
    """Return METRC's answer to a body that is no array of 1 to `most` objects, or None.

    METRC checks a body's form before it checks permissions (NY sandbox 2026-09).
    """
    if not isinstance(body, list) or not body:
        return message(400, "The request body must be a JSON array with at least one object.")
    if len(body) > most:
        return message(413, "The content being submitted is too large")
    wrong = [number for number, row in enumerate(body) if not isinstance(row, dict)]
    if wrong:
        return row_errors([(number, "The row is not an object.") for number in wrong])
    return None


def each_row(law: RowLaw, answers_ids: bool) -> Handler:
    """Return the handler that applies `law` to every object, all or nothing.

    Every row is tried, so that one answer names all that is wrong.
    """

    def handle(call: Call) -> Answer:
        act = call.act()
        numbers: list[int] = []
        errors: list[tuple[int, str]] = []
        try:
            with call.engine.store.transaction():
                for row, body in enumerate(call.body):
                    _try_row(act, law, row, body, numbers, errors)
                if errors:
                    raise _RowsRefused(errors)
        except _RowsRefused as refused:
            act.effects.clear()
            return row_errors(refused.errors)
        except Exception:
            act.effects.clear()
            raise
        return ids(numbers) if answers_ids else nothing(200)

    return handle


def one_object(law: Callable[[Act, dict[str, Any]], Any]) -> Handler:
    """Return the handler of a call that brings one object; a law without a result answers empty.

    A refusal answers 400 with one Message.
    """

    def handle(call: Call) -> Answer:
        act = call.act()
        try:
            with call.engine.store.transaction():
                result = law(act, call.body)
        except Refused as refused:
            act.effects.clear()
            return message(400, str(refused))
        except Exception:
            act.effects.clear()
            raise
        return nothing(200) if result is None else value(result)

    return handle


def check_object(body: Any) -> Answer | None:
    """Return METRC's answer to a body that is no object, or None."""
    if not isinstance(body, dict):
        return message(400, "The request body must be a JSON object.")
    return None


def _try_row(
    act: Act,
    law: RowLaw,
    row: int,
    body: dict[str, Any],
    numbers: list[int],
    errors: list[tuple[int, str]],
) -> None:
    try:
        with act.store.transaction():
            number = law(act, body)
    except Refused as refused:
        errors.append((row, str(refused)))
    else:
        if number is not None:
            numbers.append(number)


def by_id(law: Callable[[Act, int], None]) -> Handler:
    """Return the handler of a DELETE by id; a refusal answers 400 with one Message."""

    def handle(call: Call) -> Answer:
        act = call.act()
        try:
            with call.engine.store.transaction():
                law(act, read_id(call.segments[0]))
        except Refused as refused:
            act.effects.clear()
            return message(400, str(refused))
        except Exception:
            act.effects.clear()
            raise
        return nothing(200)

    return handle
