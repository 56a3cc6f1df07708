"""Sessions in the database, sealed, under a hash: a copy of the table opens none and tells nothing."""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from glassbox.operations.sealing import (
    SealDoesNotOpen,
    require_sign_in_keys,
    seal_for_sign_in,
    unseal_for_sign_in,
)
from glassbox.operations.wrapping_keys import KeyServiceAway

log = logging.getLogger(__name__)

PURPOSE = "session"
# What the column holds: 160 bits.
KEY_CHARACTERS = 40
# Of 36 letters and digits: 165 bits.
TOKEN_CHARACTERS = 32


def key_of(token: str) -> str:
    """Return under which key a session is kept: whoever reads the key has not got the token."""
    return hashlib.sha256(f"{PURPOSE}:{token}".encode()).hexdigest()[:KEY_CHARACTERS]


class SessionStore(DatabaseSessions):
    """Django's sessions, with what they hold sealed: also a factor's secret before it is confirmed.

    `session_key` is what the database and everybody here knows; `token` is the browser's alone.
    """

    token: str = ""

    def _get_new_session_key(self) -> str:
        self.token = get_random_string(TOKEN_CHARACTERS, VALID_KEY_CHARS)
        return key_of(self.token)

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return the session as the text that the database keeps."""
        return base64.b64encode(seal_for_sign_in(super().encode(session_dict), PURPOSE)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return a session of the database, or an empty one if it is none of ours."""
        try:
            text = unseal_for_sign_in(base64.b64decode(session_data), PURPOSE)
        except (SealDoesNotOpen, ValueError):
            return {}
        found: dict[str, Any] = super().decode(text)
        return found


class Sessions(SessionMiddleware):
    """The browser's cookie holds the token, and nothing behind this line does."""

    def process_request(  # type: ignore[override]
        self, request: HttpRequest
    ) -> HttpResponse | None:
        """Open the session whose token the browser brings; say so where no session can be opened."""
        try:
            if settings.GLASSBOX_KEK_URL:
                require_sign_in_keys()
        except KeyServiceAway as away:
            log.warning("No session can be opened: %s", away.code)
            return HttpResponse(away.message, status=503, content_type="text/plain; charset=utf-8")
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        session = SessionStore(key_of(token) if token else None)
        session.token = token
        request.session = session
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Keep the session, and give the browser its token where Django would give the key."""
        if not hasattr(request, "session"):
            return response
        response = super().process_response(request, response)
        given = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if given is not None and given.value:
            response.cookies[settings.SESSION_COOKIE_NAME] = request.session.token  # type: ignore[attr-defined]
        return response
