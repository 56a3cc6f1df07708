"""What a command says instead of a traceback: what is wrong, and the way out, in one line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from glassbox.rules.verdicts import Refused
from glassbox.runtime.postgres import ClusterFailed

SAID_IN_ONE_SENTENCE = (
    Refused,
    ImproperlyConfigured,
    ClusterFailed,
    OperationalError,
    psycopg.OperationalError,
    OSError,
)
# Folders that are no settings of their own.
ALWAYS_BELOW_HOME = frozenset({"GLASSBOX_KEYS_FOLDER", "GLASSBOX_PACING_FOLDER"})
WAYS_OUT = {
    errno.ENOENT: "Look for a slip in its name, or make what lies above it first.",
    errno.EACCES: "Let this user use it and the folders above it, or name another place.",
    errno.EPERM: "Let this user use it and the folders above it, or name another place.",
    errno.EROFS: "That disk can only be read; name a place on another.",
    errno.ENOSPC: "Make room on that disk, or name a place on another.",
    errno.ENOTDIR: "A part of it that must be a folder is a file; name a folder.",
    errno.EEXIST: "A file stands where a folder must be; name another place.",
    errno.EISDIR: "It is a folder; name a file.",
}


def sentence_of(problem: BaseException) -> str:
    """Return what ended a command as a sentence, or nothing if a traceback tells more."""
    match problem:
        case Refused():
            return problem.message
        case ImproperlyConfigured() | ClusterFailed():
            return str(problem)
        case OperationalError() | psycopg.OperationalError():
            return f"The database cannot be reached: {str(problem).splitlines()[0]}"
        case OSError() if problem.filename is not None:
            return _about_place(problem)
    return ""


def _about_place(problem: OSError) -> str:
    path = Path(os.fsdecode(problem.filename)).absolute()
    setting = _setting_of(path)
    named = f" {setting} names it." if setting else ""
    way_out = WAYS_OUT.get(problem.errno or 0, "Name another place.")
    return f"{path} cannot be used by user {os.geteuid()}: {problem.strerror}.{named} {way_out}"


def _setting_of(path: Path) -> str:
    """Return the setting that named a path or a folder above it, if one did."""
    if not settings.configured:
        return ""
    named = {
        Path(value): name
        for name in dir(settings)
        if name.startswith("GLASSBOX_")
        and name not in ALWAYS_BELOW_HOME
        and isinstance(value := getattr(settings, name), Path)
    }
    found = [(folder, name) for folder, name in named.items() if path.is_relative_to(folder)]
    # A setting without a value of its own lies below the home: the nearest is the one to change.
    return max(found, key=lambda one: len(one[0].parts))[1] if found else ""
