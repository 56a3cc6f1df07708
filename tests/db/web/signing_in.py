"""Signing in as a person does it: password, set-up of an app, codes."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from tests.openid_provider import OpenIdProvider

PASSWORD = "winter orchard copper 41"
BUTTON = "/sign-in/by/poppy/"


def with_password(brand: Brand, name: str) -> User:
    user = User.objects.get(id=brand.users[name])
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def give(client: Client, user: User, password: str = PASSWORD) -> HttpResponse:
    return client.post("/sign-in/", {"login": user.email, "password": password})  # type: ignore[return-value]


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up_app(client: Client, user: User) -> tuple[str, list[str]]:
    """Sign in, be sent to the set-up, and do it; return the app's secret and the recovery codes."""
    assert give(client, user)["Location"] == "/"
    assert client.get("/both/")["Location"] == "/account/app/"
    confirmed = client.get("/account/app/", follow=True)
    assert confirmed.redirect_chain, "a change of factors is confirmed first"
    page = client.post(
        "/confirm/", {"password": PASSWORD, "next": "/account/app/"}, follow=True
    ).content.decode()
    secret = re.findall(r"<code[^>]*>([A-Z2-7]+)</code>", page)[0]
    done = client.post("/account/app/", {"code": code_of(secret, -1)}, follow=True)
    shown = re.findall(r"<pre[^>]*>(.*?)</pre>", done.content.decode(), re.DOTALL)
    codes = re.findall(r"\d{8}", shown[0])
    assert len(codes) == 10
    return secret, codes


def signed_in(brand: Brand, name: str) -> tuple[Client, User, str]:
    user, client = with_password(brand, name), Client()
    secret, _ = set_up_app(client, user)
    return client, user, secret


def come_back(client: Client, provider: OpenIdProvider, **says: Any) -> Any:
    """Press the button, sign in at the provider, and come back with its answer."""
    cache.clear()
    provider.says = says
    there = client.post(BUTTON)["Location"]
    return client.get(f"{BUTTON}back/", provider.authorize(there))
