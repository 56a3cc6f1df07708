"""The settings of production as a process of production reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.utils.module_loading import import_string

ASK = """
import json, django
from django.conf import settings
django.setup()
from django.core.checks import run_checks
names = [name for name in dir(settings) if name.isupper()]
said = {name: getattr(settings, name) for name in names}
said["CHECKS"] = sorted({one.id for one in run_checks(include_deployment_checks=True) if one.level >= 30})
print(json.dumps(said, default=str))
"""


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "glassbox.config.settings",
        "GLASSBOX_ENVIRONMENT": "production",
        "GLASSBOX_SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "GLASSBOX_HOME": os.environ["GLASSBOX_HOME"],
        "GLASSBOX_ALLOWED_HOSTS": "glassbox.example",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_cookies_are_bound_to_the_host_and_kept_from_scripts(production: dict[str, Any]) -> None:
    assert production["SESSION_COOKIE_NAME"] == "__Host-session"
    assert production["CSRF_COOKIE_NAME"] == "__Host-csrf"
    assert production["SESSION_COOKIE_SECURE"] and production["CSRF_COOKIE_SECURE"]
    assert production["SESSION_COOKIE_HTTPONLY"]
    assert production["SESSION_COOKIE_SAMESITE"] == production["CSRF_COOKIE_SAMESITE"] == "Lax"
    assert production["SESSION_COOKIE_PATH"] == "/"
    assert production["SESSION_COOKIE_DOMAIN"] is None


def test_browsers_are_told_to_come_by_tls_alone_for_a_year(production: dict[str, Any]) -> None:
    assert production["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert production["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert production["SECURE_SSL_REDIRECT"]
    assert production["SECURE_CONTENT_TYPE_NOSNIFF"]
    assert production["SECURE_REFERRER_POLICY"] == "same-origin"


def test_nothing_for_developers_is_on(production: dict[str, Any]) -> None:
    assert production["DEBUG"] is False
    assert production["MFA_IS_REQUIRED"] is True
    assert production["GLASSBOX_DEMO_PEOPLE_FILE"] == ""
    assert not any(name.startswith("MFA_TOTP_INSECURE") for name in production)
    assert "django.contrib.admin" not in production["INSTALLED_APPS"]


def test_passwords_and_sessions_are_kept_as_documented(production: dict[str, Any]) -> None:
    assert production["PASSWORD_HASHERS"][0].endswith("ScryptPasswordHasher")
    hasher = import_string(production["PASSWORD_HASHERS"][0])()
    # OWASP's parameters for it: N 2^14 with r 8 and p 5, 16 MiB and five rounds each.
    _, cost, _, block, parallel, _ = hasher.encode("x", hasher.salt()).split("$")
    assert (cost, block, parallel) == ("16384", "8", "5")
    assert production["PASSWORD_RESET_TIMEOUT"] == 24 * 60 * 60
    assert production["SESSION_COOKIE_AGE"] == 12 * 60 * 60
    assert production["SESSION_IDLE_SECONDS"] == 30 * 60
    lengths = [
        one["OPTIONS"]["min_length"]
        for one in production["AUTH_PASSWORD_VALIDATORS"]
        if "min_length" in one.get("OPTIONS", {})
    ]
    assert lengths == [12]


def test_djangos_own_checks_of_a_deployment_find_nothing_else(production: dict[str, Any]) -> None:
    # W021: being on the browsers' preload list is the operator's own promise, not ours. W002: our
    # pages say frame-ancestors 'none' in their policy, which browsers obey before X-Frame-Options.
    assert set(production["CHECKS"]) <= {"security.W021", "security.W002"}
