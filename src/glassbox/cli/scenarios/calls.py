"""Every operation callable by its name, its arguments read by their types."""

from __future__ import annotations

import importlib
import inspect
import re
import types
import typing
import uuid
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput

REFERENCE = re.compile(r"\$\{([^}]+)\}")


def find_operation(name: str) -> Callable[..., Any]:
    """Return the operation of a dotted name such as `actions.draft.draft_action`.

    :raises InvalidInput: if there is none, or it is not public
    """
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(f"glassbox.operations.{module_name}")
    except ImportError as error:
        raise InvalidInput(
            field="do", value=name, way_out="There is no such module of operations."
        ) from error
    function = getattr(module, function_name, None)
    if function is None or function_name.startswith("_"):
        raise InvalidInput(field="do", value=name, way_out="There is no such operation.")
    parameters = inspect.signature(function).parameters
    if next(iter(parameters), "") not in {"actor", "email"}:
        raise InvalidInput(field="do", value=name, way_out="It is not an operation.")
    return typing.cast(Callable[..., Any], function)


def call_operation(
    name: str,
    *,
    actor: Actor,
    license_id: int | None,
    arguments: dict[str, Any],
    now: datetime,
) -> Any:
    """Call an operation with arguments as a file writes them.

    :raises InvalidInput: for an argument that it does not take, lacks, or cannot read
    """
    function = find_operation(name)
    parameters = inspect.signature(function).parameters
    hints = get_type_hints(function)
    given: dict[str, Any] = {"actor": actor}
    if "now" in parameters:
        given["now"] = now
    if "license_id" in parameters:
        if license_id is None:
            raise InvalidInput(field="at", value="", way_out=f"{name} acts in one licence.")
        given["license_id"] = license_id
    for argument, value in arguments.items():
        if argument not in parameters or argument in given:
            raise InvalidInput(
                field=argument,
                value=value,
                way_out=f"{name} takes {', '.join(p for p in parameters if p not in given)}.",
            )
        given[argument] = read_value(value, hints[argument], argument)
    for parameter in parameters.values():
        if parameter.default is inspect.Parameter.empty and parameter.name not in given:
            raise InvalidInput(field=parameter.name, value="", way_out=f"{name} needs it.")
    return function(**given)


def read_value(value: Any, hint: Any, name: str) -> Any:
    """Return a plain value as the type an operation asks for.

    :raises InvalidInput: if it cannot be read so
    """
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        inner = [one for one in get_args(hint) if one is not type(None)]
        return read_value(value, inner[0], name)
    try:
        return _read_plain(value, hint, origin, name)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidInput(field=name, value=value, way_out=f"Give {hint}.") from error


def _read_plain(value: Any, hint: Any, origin: Any, name: str) -> Any:
    if hint is Decimal:
        return Decimal(str(value))
    if hint is datetime:
        return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if hint is date:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    if hint is uuid.UUID:
        return uuid.UUID(str(value))
    if hint is bytes:
        return str(value).encode()
    if origin in (list, tuple) or getattr(origin, "__name__", "") == "Sequence":
        inner = get_args(hint)[0] if get_args(hint) else Any
        items = [read_value(item, inner, name) for item in value]
        return tuple(items) if origin is tuple else items
    if is_dataclass(hint) and isinstance(value, dict):
        hints = get_type_hints(hint)
        fields = {key: read_value(item, hints[key], key) for key, item in value.items()}
        return hint(**fields)  # type: ignore[operator]
    if isinstance(hint, type) and hint in (int, str) and not isinstance(value, bool):
        return hint(value)
    return value


class References:
    """Earlier results by name: `${oil.labels.0}` is the first label of the step named oil."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def fill(self, value: Any) -> Any:
        """Return a value with every reference replaced; a lone reference keeps its type.

        :raises InvalidInput: if a reference names nothing
        """
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = REFERENCE.fullmatch(value)
        if whole:
            return self._find(whole.group(1))
        return REFERENCE.sub(lambda match: str(self._find(match.group(1))), value)

    def _find(self, path: str) -> Any:
        found: Any = self.values
        for part in path.split("."):
            try:
                if isinstance(found, dict):
                    found = found[part]
                elif isinstance(found, list | tuple):
                    found = found[int(part)]
                else:
                    found = getattr(found, part)
            except (KeyError, IndexError, ValueError, AttributeError) as error:
                raise InvalidInput(
                    field="${" + path + "}",
                    value=part,
                    way_out="No earlier step has a result of that name.",
                ) from error
        return found
