"""Which second factors count, and whether a person has one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: Any) -> bool:
    """Return whether a person has a factor that counts: an app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=STRONG).exists())
