"""METRC's addresses by state: nobody types a host in, and the real one is for production alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MetrcHosts:
    """The host of a state's live system and that of its sandbox."""

    production: str
    sandbox: str


# METRC publishes the documentation of its Web API on the host of each state, api-ST, and names
# its sandbox sandbox-api-ST (seen for these states in February 2026).
STATES = [
    "ak",
    "al",
    "ca",
    "co",
    "dc",
    "gu",
    "il",
    "ky",
    "la",
    "ma",
    "md",
    "me",
    "mi",
    "mn",
    "mo",
    "ms",
    "mt",
    "nj",
    "nv",
    "ny",
    "oh",
    "ok",
    "or",
    "ri",
    "sd",
    "va",
    "vi",
    "wv",
]
HOSTS: dict[str, MetrcHosts] = {
    state.upper(): MetrcHosts(
        production=f"api-{state}.metrc.com", sandbox=f"sandbox-api-{state}.metrc.com"
    )
    for state in STATES
}
PRODUCTION_HOSTS = frozenset(hosts.production for hosts in HOSTS.values())
SANDBOX_HOSTS = frozenset(hosts.sandbox for hosts in HOSTS.values())
# The simulator of a demo, a developer or a test listens on the machine's own address.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def hosts_for(environment: str) -> frozenset[str]:
    """Return the hosts that an environment may talk to."""
    if environment == "production":
        return PRODUCTION_HOSTS
    if environment == "staging":
        return SANDBOX_HOSTS
    return SANDBOX_HOSTS | LOOPBACK
