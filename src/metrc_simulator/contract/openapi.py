"""The contract as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from metrc_simulator.contract.operations import OPERATIONS, Operation

_FORMATS = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
}
_COUNTS = ("Total", "TotalRecords", "PageSize", "RecordsOnPage", "Page", "CurrentPage")


def openapi() -> dict[str, Any]:
    """Return the document of every operation of the contract."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "METRC Web API v2, as the simulator answers it",
            "version": "2",
            "description": "Basic authentication: the vendor key as name, the user key as word.",
        },
        "security": [{"keys": []}],
        "components": {"securitySchemes": {"keys": {"type": "http", "scheme": "basic"}}},
        "paths": paths,
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}{operation.path}".replace("/", "_"),
        "tags": [operation.room],
        "summary": operation.name,
        "parameters": [
            *[_parameter(name, "path", "string") for name in operation.path_names],
            *[_parameter(name, "query", kind) for name, kind in operation.query.items()],
        ],
        "responses": {
            "200": _answer(operation),
            "400": {"description": "Refused: row errors, or one message"},
            "401": {"description": "Keys, permission, facility flag, or not in this licence"},
            "429": {"description": "Too many requests; Retry-After in seconds"},
        },
    }
    if operation.permissions:
        described["description"] = f"Permissions: {', '.join(operation.permissions)}."
    if operation.body:
        described["requestBody"] = {"required": True, "content": _json(_body(operation))}
    return described


def _parameter(name: str, place: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": not kind.endswith("?"),
        "schema": _schema(kind.removesuffix("?")),
    }


def _answer(operation: Operation) -> dict[str, Any]:
    kind, row = operation.answer, _tree(operation.row)
    schemas: dict[str, dict[str, Any]] = {
        "object": row,
        "rows": {"type": "array", "items": row},
        "strings": {"type": "array", "items": {"type": "string"}},
        "ids": {
            "type": "object",
            "properties": {"Ids": {"type": "array", "items": {"type": "integer"}}, "Warnings": {}},
        },
        "page": {
            "type": "object",
            "properties": {
                "Data": {"type": "array", "items": row},
                **{name: {"type": "integer"} for name in (*_COUNTS, "TotalPages")},
            },
        },
    }
    if kind == "html":
        return {"description": "A page", "content": {"text/html": {}}}
    if kind not in schemas:
        return {"description": "Done; METRC documents no body"}
    return {"description": "Done", "content": _json(schemas[kind])}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _body(operation: Operation) -> dict[str, Any]:
    row = _tree(operation.fields)
    return row if operation.body == "object" else {"type": "array", "maxItems": 10, "items": row}


def _tree(fields: dict[str, str]) -> dict[str, Any]:
    """Return the schema of an object whose nested fields are named `Outer[].Inner`."""
    root: dict[str, Any] = {"type": "object", "properties": {}}
    for name, kind in fields.items():
        here = root
        *above, last = name.split(".")
        for step in above:
            here = _inside(here, step)
        here["properties"].setdefault(last.removesuffix("[]"), _schema(kind))
    return root


def _inside(here: dict[str, Any], step: str) -> dict[str, Any]:
    name = step.removesuffix("[]")
    found: dict[str, Any] = here["properties"].setdefault(name, {})
    if step.endswith("[]"):
        found["type"] = "array"
        found = found.setdefault("items", {})
    found["type"] = "object"
    found.setdefault("properties", {})
    return found


def _schema(kind: str) -> dict[str, Any]:
    plain = kind.removesuffix("?")
    schema: dict[str, Any] = {**_FORMATS.get(plain, {})}
    if plain.startswith("array"):
        inner = plain.removeprefix("array<").removesuffix(">")
        schema = {"type": "array", "items": _schema(inner) if inner != plain else {}}
    if kind.endswith("?") and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema
