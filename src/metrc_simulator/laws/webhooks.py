"""Webhook subscriptions: who is told of changed packages, where, and in which words.

METRC documents the calls and the fields; the template's words are of a working example. No
answer is documented, so the ones here are the simulator's own.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from metrc_simulator.act import Act, NotYours, Refused, optional_text, text_of
from metrc_simulator.records import Query, Record

OBJECT_TYPES = {"package": "Package"}
DATA, COUNT = "#DATA#", "#DATACOUNT#"
ERROR_MESSAGE, ERROR_CODE = "#ERRORMESSAGE#", "#ERRORCODE#"
INTEGRATOR = "Integrator"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_VERBS = ("POST", "PUT")
_STATES = {"active": "Active", "inactive": "Inactive"}


def set_subscription(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Make a subscription, or replace the one of the same user, object type and address."""
    user = _user(act, body)
    object_type = _known(body, "objectType", OBJECT_TYPES)
    url = _url(body)
    template = text_of(body, "template")
    if DATA not in template:
        raise Refused(f"template must contain {DATA}.")
    shown: dict[str, Any] = {
        "subscriptionId": 0,
        "objectType": object_type,
        "url": url,
        "verb": _known(body, "verb", {verb.lower(): verb for verb in _VERBS}),
        "status": _known(body if body.get("status") else {"status": "Active"}, "status", _STATES),
        "serverPublicKeyFingerprint": optional_text(body, "serverPublicKeyFingerprint"),
        "template": template,
        "errorResponseJsonTemplate": optional_text(body, "errorResponseJsonTemplate"),
        "facilityLicenseNumbers": _licenses(body, user),
    }
    label = f"{user.body['name']} {object_type} {url}"
    record = act.store.find("webhooks", label) or act.add(Record("webhooks", shown, label=label))
    shown["subscriptionId"] = record.id
    record.body = shown
    record.list_name = shown["status"].lower()
    record.facts = {"user": user.body["name"], "user_key": user.body["userKey"]}
    act.save(record)
    act.effect("subscription set", id=record.id, url=url, userName=user.body["name"])
    return shown


def _user(act: Act, body: dict[str, Any]) -> Record:
    vendor_key = act.store.setting("vendor_key") or ""
    given = text_of(body, "tpiApiKey").encode("utf-8")
    if not secrets.compare_digest(given, vendor_key.encode("utf-8")):
        raise NotYours("tpiApiKey")
    user_key = text_of(body, "userApiKey")
    for user in act.store.select(Query("users", list_name="active")):
        if user.body["userKey"] == user_key and act.user_name in {user.body["name"], INTEGRATOR}:
            return user
    raise NotYours("userApiKey")


def _known(body: dict[str, Any], name: str, known: dict[str, str]) -> str:
    asked = text_of(body, name)
    found = known.get(asked.lower())
    if found is None:
        raise Refused(f'{name} "{asked}" is none of {", ".join(known.values())}.')
    return found


def _url(body: dict[str, Any]) -> str:
    url = text_of(body, "url")
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Refused(f"url {url!r} is not an http address of this machine; others are not called.")
    return url


def _licenses(body: dict[str, Any], user: Record) -> list[str]:
    given = body.get("facilityLicenseNumbers")
    # The documentation's sample is a text; a list is what its plural promises.
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refused("facilityLicenseNumbers was not specified.")
    numbers = [name.strip() for name in names if name.strip()]
    if not numbers:
        raise Refused("facilityLicenseNumbers was not specified.")
    for number in numbers:
        if number not in user.body["licenses"]:
            raise Refused(f"facilityLicenseNumbers: {number} is not a Facility of the user.")
    return numbers


def own_subscriptions(act: Act) -> list[Record]:
    """Return the caller's subscriptions; the integrator sees all."""
    found = act.store.select(Query("webhooks"))
    return [one for one in found if act.user_name in {one.facts["user"], INTEGRATOR}]


def _own(act: Act, subscription_id: int) -> Record:
    for one in own_subscriptions(act):
        if one.id == subscription_id:
            return one
    raise NotYours(f"subscription {subscription_id}")


def enable(act: Act, subscription_id: int) -> None:
    """Let a subscription deliver; what changed meanwhile is not delivered."""
    _switch(act, subscription_id, "Active")


def disable(act: Act, subscription_id: int) -> None:
    """Stop a subscription from delivering."""
    _switch(act, subscription_id, "Inactive")


def _switch(act: Act, subscription_id: int, status: str) -> None:
    record = _own(act, subscription_id)
    record.body["status"] = status
    record.list_name = status.lower()
    act.save(record)
    act.effect("subscription switched", id=subscription_id, status=status)


def delete(act: Act, subscription_id: int) -> None:
    """Delete a subscription for good."""
    act.store.remove(_own(act, subscription_id))
    act.effect("subscription deleted", id=subscription_id)
