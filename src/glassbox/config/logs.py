"""Logs as JSON lines: fields from a fixed list, words of our own code, and no value of anybody else's."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog
from django.conf import settings
from gunicorn import glogging
from structlog.typing import EventDict, WrappedLogger

# What a line may hold; whatever else somebody binds to it is dropped.
FIELDS = frozenset(
    {"timestamp", "level", "logger", "event", "environment", "exception", "where"}
    | {"request", "route", "status", "actor", "process"}
)
OURS = "glassbox"
# A library's message may hold an address with a token, a header or a row: its place says enough.
NOT_OURS = "message of a library, not written"
REDACTED = "[redacted]"
FRAMES_AT_MOST = 12
# Which of ours speaks: serve, worker, sequencer, signer. Gunicorn serves under its own name.
PROCESS = next((word for word in sys.argv[1:] if word.isalpha()), "serve")
SHORTEST_SECRET_CHARACTERS = 6
SECRET_SETTINGS = (
    "SECRET_KEY",
    "GLASSBOX_METRC_VENDOR_KEY",
    "EMAIL_HOST_PASSWORD",
    "GLASSBOX_OWNER_DATABASE_URL",
    "GLASSBOX_SEQUENCER_DATABASE_URL",
    "GLASSBOX_SIGNER_DATABASE_URL",
    "GLASSBOX_VERIFIER_DATABASE_URL",
    "GLASSBOX_BACKUP_DATABASE_URL",
)


def logging_of(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: one JSON line an event, to stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "glassbox.config.logs.json_formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        # Django's own handlers would write in words, and to administrators by mail.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # What is refused is logged by our own doors, with the code its sender was told.
            "django.request": {"handlers": [], "propagate": True, "level": "ERROR"},
        },
        "root": {"handlers": ["stderr"], "level": level},
    }


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    """Return the formatter through which every line passes, ours and everybody else's."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[keep_what_may_be_said, structlog.processors.JSONRenderer()],
    )


def keep_what_may_be_said(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Return a line with allowed fields alone, an exception as its kind and places."""
    record: logging.LogRecord = event["_record"]
    event["environment"] = settings.GLASSBOX_ENVIRONMENT
    event["process"] = f"{PROCESS} {record.process}"
    # The formatter takes what was raised off the record before it asks here.
    kind, _, found = event.pop("exc_info", None) or (None, None, None)
    if kind is not None:
        event["exception"] = kind.__name__
        event["where"] = places(found)
    event.update(asked(record))
    if record.name != OURS and not record.name.startswith(f"{OURS}."):
        event["event"] = NOT_OURS
        event.setdefault("where", [f"{record.module}:{record.lineno}"])
    event["event"] = without_secrets(str(event.get("event", "")))
    return {name: value for name, value in event.items() if name in FIELDS}


def asked(record: logging.LogRecord) -> dict[str, Any]:
    """Return which request a line is about: its id, whose it is, and its address's pattern alone."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    actor = getattr(request, "actor", None)
    said = {
        "request": getattr(request, "id", None),
        "route": getattr(match, "route", None),
        "status": getattr(record, "status_code", None),
        # As the ledger calls a person: a number, never a name.
        "actor": f"user:{actor.user_id}" if actor and actor.user_id else None,
    }
    return {name: value for name, value in said.items() if isinstance(value, str | int)}


def places(found: TracebackType | None) -> list[str]:
    """Return where an exception came from: files, lines and functions, without any value."""
    frames = traceback.extract_tb(found)[-FRAMES_AT_MOST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def without_secrets(text: str) -> str:
    """Return a text in which no secret of the settings is left: the second net."""
    for name in SECRET_SETTINGS:
        secret = str(getattr(settings, name, ""))
        if len(secret) >= SHORTEST_SECRET_CHARACTERS:
            text = text.replace(secret, REDACTED)
    return text


def log_what_nobody_catches() -> None:
    """Let a process that dies say the kind and the places of its error, and no value of it."""
    log = logging.getLogger(OURS)

    def said(kind: type[BaseException], error: BaseException, found: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("The process ends by an error", exc_info=(kind, error, found))

    def said_by_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            said(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = said
    threading.excepthook = said_by_thread


class GunicornLogs(glogging.Logger):  # type: ignore[misc]
    """Gunicorn's own lines go where all others go."""

    def setup(self, cfg: Any) -> None:
        """Leave level and handlers to the root."""
        self.cfg = cfg
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
