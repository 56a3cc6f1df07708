"""SessionStore: sessions in the database, sealed: a copy of the table tells nothing of them."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from glassbox.operations.sealing import SealDoesNotOpen, seal_for_sign_in, unseal_for_sign_in

PURPOSE = "session"


class SessionStore(DatabaseSessions):
    """Django's sessions, with what they hold sealed: also a factor's secret before it is confirmed."""

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
