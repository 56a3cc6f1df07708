"""Regulated actions: drafted and followed here; reviewed, approved and attested by people on pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from glassbox.api.auth import ANY, READ
from glassbox.api.problems import FindingOut
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor, Id, Strict, Word
from glassbox.operations.actions.draft import draft_many
from glassbox.operations.actions.review import send_for_review, withdraw_action
from glassbox.operations.actions.words import COMMENT_LIMIT, comment_on_action
from glassbox.operations.api_writes import Written, write_once
from glassbox.queries.actions.page import action_page
from glassbox.queries.actions.rows import ActionFilter, ActionView, action_chapter
from glassbox.rules.action_kinds.registry import ACTION_KINDS

router = Router(tags=["actions"])

KEY_IS_REQUIRED = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "Your own name for this one write, remembered for 7 days.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"},
        }
    ]
}


class KindOut(Schema):
    """One kind of action. `tier` says how many people it needs; `rows_field` may be cut into sends."""

    name: str
    title: str
    tier: str
    endpoint: str
    license_kinds: list[str]
    max_objects_per_send: int
    rows_field: str


class KindsOut(Schema):
    """Every kind of action there is."""

    kinds: list[KindOut]


class ActionIn(Schema):
    """What a list of actions is narrowed to."""

    view: ActionView = ActionView.OPEN
    kind: Word = ""
    label: Word = ""
    cursor: Cursor = ""


class ActionOut(Schema):
    """One action. `state_words` is what the pages call its state."""

    id: int
    kind: str
    state: str
    state_words: str
    waits_for: str
    effect_sentence: str
    reason: str
    labels: list[str]
    is_by_hand: bool
    tier: str
    drafted_by: str
    drafted_at: datetime
    approved_by: str
    blocked_because: str
    outcome: str
    settled_at: datetime | None
    due_at: datetime | None
    payload_sha256: str
    transfer_id: int | None
    batch_id: int | None
    order_id: int | None


class ActionsOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    actions: list[ActionOut]
    next: str


class CommentOut(Schema):
    """What somebody said of an action."""

    reviewer: str
    comment: str
    reviewed_at: datetime


class ActionDetailOut(Schema):
    """One action with what it would send and what the gates say of it now."""

    action: ActionOut
    endpoint: str
    facts: dict[str, Any]
    findings: list[FindingOut]
    comments: list[CommentOut]


class DraftIn(Strict):
    """What is to be done, with which facts, and why. docs/action-kinds.md lists the kinds.

    Many rows become several actions, each of what METRC takes at once.
    """

    kind: Word
    facts: dict[str, Any]
    reason: Annotated[str, Field(max_length=500)]
    reason_code: Annotated[str, Field(max_length=40)] = ""
    transfer_id: Id | None = None
    batch_id: Id | None = None
    order_id: Id | None = None


class CommentIn(Strict):
    """Words about an action."""

    comment: Annotated[str, Field(max_length=COMMENT_LIMIT)]


@router.get(HERE + "action-kinds", auth=READ, response=KindsOut)
def list_kinds(request: ApiRequest, license_number: str) -> object:
    """List every kind of action that can be drafted."""
    return {"kinds": list(ACTION_KINDS.values())}


@router.get(HERE + "actions", auth=READ, response=ActionsOut)
def list_actions(request: ApiRequest, license_number: str, asked: Query[ActionIn]) -> object:
    """List actions of a view, the one drafted last first, 100 at a time."""
    part = action_chapter(
        actor=request.use.actor,
        license_id=request.use.license_id,
        filter=ActionFilter(view=asked.view, kind=asked.kind, label=asked.label),
        cursor=asked.cursor,
        now=request.now,
    )
    return {"actions": part.rows, "next": part.next}


@router.get(HERE + "actions/{int:action_id}", auth=READ, response=ActionDetailOut)
def read_action(request: ApiRequest, license_number: str, action_id: int) -> object:
    """Read one action, its gates asked as of now while it can still be stopped."""
    return _detail(request, action_id)


@router.post(
    HERE + "actions", auth=ANY, response={201: list[ActionDetailOut]}, openapi_extra=KEY_IS_REQUIRED
)
def draft(
    request: ApiRequest, response: HttpResponse, license_number: str, body: DraftIn
) -> object:
    """Draft an action of any kind. Nothing is sent; a person approves on the pages."""
    return [
        _detail(request, one)
        for one in _write(request, response, draft_many, body.dict()).action_ids
    ]


@router.post(
    HERE + "actions/{int:action_id}/comments",
    auth=ANY,
    response=ActionDetailOut,
    openapi_extra=KEY_IS_REQUIRED,
)
def comment(
    request: ApiRequest,
    response: HttpResponse,
    license_number: str,
    action_id: int,
    body: CommentIn,
) -> object:
    """Add a comment to an action."""
    said = {"action_id": action_id, "comment": body.comment}
    _write(request, response, comment_on_action, said)
    return _detail(request, action_id)


@router.post(
    HERE + "actions/{int:action_id}/review",
    auth=ANY,
    response=ActionDetailOut,
    openapi_extra=KEY_IS_REQUIRED,
)
def review(
    request: ApiRequest, response: HttpResponse, license_number: str, action_id: int
) -> object:
    """Hand a draft to whoever may approve it."""
    _write(request, response, send_for_review, {"action_id": action_id})
    return _detail(request, action_id)


@router.post(
    HERE + "actions/{int:action_id}/withdraw",
    auth=ANY,
    response=ActionDetailOut,
    openapi_extra=KEY_IS_REQUIRED,
)
def withdraw(
    request: ApiRequest,
    response: HttpResponse,
    license_number: str,
    action_id: int,
    body: CommentIn,
) -> object:
    """Take an action back before METRC has it; the comment says why."""
    said = {"action_id": action_id, "because": body.comment}
    _write(request, response, withdraw_action, said)
    return _detail(request, action_id)


def _write(
    request: ApiRequest,
    response: HttpResponse,
    act: Callable[..., Any],
    arguments: dict[str, Any],
) -> Written:
    asked = b"\0".join((request.path_info.encode(), request.body))
    written = write_once(
        actor=request.use.actor,
        license_id=request.use.license_id,
        token_id=request.use.token_id,
        key=request.headers.get("Idempotency-Key", ""),
        request_sha256=hashlib.sha256(asked).hexdigest(),
        act=act,
        arguments=arguments,
        now=request.now,
    )
    if written.was_done_before:
        response["Idempotency-Replayed"] = "true"
    return written


def _detail(request: ApiRequest, action_id: int) -> dict[str, Any]:
    found = action_page(**request.who, action_id=action_id, now=request.now)
    return {**vars(found), "action": found.row}
