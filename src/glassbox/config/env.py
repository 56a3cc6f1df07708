"""env_bool, env_int, env_path and the like: typed reads of the environment that fail loudly."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def env_text(name: str, default: str = "") -> str:
    """Return a setting as text."""
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """Return a setting as yes or no.

    :raises ImproperlyConfigured: if it is neither
    """
    text = os.environ.get(name)
    if text is None:
        return default
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise ImproperlyConfigured(f"{name} is {text!r}. Set it to yes or no.")


def env_int(name: str, default: int) -> int:
    """Return a setting as a whole number.

    :raises ImproperlyConfigured: if it is not one
    """
    text = os.environ.get(name, str(default))
    try:
        return int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}. Set it to a whole number.") from error


def env_float(name: str, default: float) -> float:
    """Return a setting as a number.

    :raises ImproperlyConfigured: if it is not one
    """
    text = os.environ.get(name, str(default))
    try:
        return float(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}. Set it to a number.") from error


def env_path(name: str) -> Path | None:
    """Return a setting as an absolute path, or nothing where it is not set."""
    text = os.environ.get(name, "")
    return Path(text).resolve() if text else None


def env_secret(name: str, default: str = "") -> str:
    """Return a secret from NAME, or from the file that NAME_FILE names.

    :raises ImproperlyConfigured: if the file cannot be read
    """
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return os.environ.get(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE is {path!r}: {error.strerror}.") from error
