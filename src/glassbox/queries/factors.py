"""Which second factors count, whether a person has one, and whether they come in by themselves."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from glassbox.models.people import User

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: Any) -> bool:
    """Return whether a person has a factor that counts: an app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=STRONG).exists())


def has_own_way_in(user: User) -> bool:
    """Return whether a person comes in without a provider: by password, and factor if one is asked."""
    return user.has_usable_password() and (not settings.MFA_IS_REQUIRED or has_factor(user))
