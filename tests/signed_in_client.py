"""Django's test client signs in beside the pages: it must give itself a token, as our pages do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.web.sealed_sessions import SessionStore, key_of


def _session(client: Client) -> SessionStore:
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie:
        session = SessionStore(key_of(cookie.value))
        session.token = cookie.value
        return session
    session = SessionStore()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.token
    return session


_set_cookies = Client._set_login_cookies  # type: ignore[attr-defined]


def _set_login_cookies(client: Client, request: Any) -> None:
    _set_cookies(client, request)
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.token


def let_clients_hold_tokens() -> None:
    """Teach the test client that a cookie holds a token and not a session's key."""
    Client.session = property(_session)  # type: ignore[assignment,method-assign]
    Client._set_login_cookies = _set_login_cookies  # type: ignore[attr-defined]


def client_of(brand: Brand, name: str, *, raises: bool = True) -> Client:
    """Return a client of somebody of the cast; without `raises` a failing page is a 500."""
    client = Client(raise_request_exception=raises)
    client.force_login(User.objects.get(id=brand.users[name]))
    return client
