"""Whom an installation talks to: METRC by a fixed table, everybody else by the operator's list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glassbox.rules.metrc_hosts import LOOPBACK
from glassbox.rules.verdicts import InvalidInput


def is_listed(host: str, listed: Iterable[str]) -> bool:
    """Return whether a host is this machine, or stands in the list by its name, or below a `.name`."""
    name = host.lower().rstrip(".")
    return name in LOOPBACK or any(
        name.endswith(one) and name != one[1:] if one.startswith(".") else name == one
        for one in (entry.lower() for entry in listed)
    )


def check_listed(host: str, listed: Sequence[str]) -> None:
    """Refuse a host that the operator did not list.

    :raises InvalidInput: naming the host and the setting
    """
    if not is_listed(host, listed):
        raise InvalidInput(
            field="address",
            value=host,
            way_out="This installation does not talk to that machine. Its operator can add the "
            "name to GLASSBOX_OUTSIDE_HOSTS.",
        )
