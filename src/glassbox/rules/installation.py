"""What can be wrong with an installation: each with an id, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from glassbox.rules.installation_facts import InstallationFacts
from glassbox.rules.metrc_hosts import LOOPBACK, hosts_for

SECRET_CHARACTERS_AT_LEAST = 40
POSTGRES_AT_LEAST = 15
CLOCKS_APART_SECONDS_AT_MOST = 2.0
# What each process needs of the database's addresses; any other in its environment is a risk.
# The worker alone reaches METRC; whoever runs the doctor may be root.
MAY_OPEN_VAULT = frozenset({"worker", "doctor"})
ADDRESS_OF = {"sequencer": "SEQUENCER", "signer": "SIGNER", "migrate": "OWNER", "backup": "BACKUP"}

_ROLES = {
    "glassbox_app": "serves pages and does jobs; sees one licence at a time, through the walls",
    "glassbox_owner": "changes tables when the software is updated; no process keeps it open",
    "glassbox_ledger": "owns the ledger's tables and functions; nobody signs in as it",
    "glassbox_sequencer": "numbers events of the ledger",
    "glassbox_signer": "signs the heads of the ledger",
    "glassbox_verifier": "recomputes the ledger, and changes nothing",
    "glassbox_backup": "copies everything for the backup, across the walls, and changes nothing",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong. `stops` says whether a process refuses to start with it."""

    id: str
    stops: bool
    sentence: str
    remedy: str


def host_of(url: str) -> str:
    """Return the host of an address, empty if it has none."""
    return urlsplit(url).hostname or ""


def describe_role(name: str) -> str:
    """Return what a role of the database does here."""
    return _ROLES.get(name, "administers the database server: nothing there stops it")


def problems(facts: InstallationFacts) -> tuple[Problem, ...]:
    """Return everything that is wrong, what stops a start first."""
    found = [
        problem
        for check, processes in _CHECKS
        if facts.process == "doctor" or not processes or facts.process in processes
        for problem in check(facts)
    ]
    return tuple(sorted(found, key=lambda problem: not problem.stops))


def _stop(id: str, sentence: str, remedy: str) -> Problem:
    return Problem(id=id, stops=True, sentence=sentence, remedy=remedy)


def _warn(id: str, sentence: str, remedy: str) -> Problem:
    return Problem(id=id, stops=False, sentence=sentence, remedy=remedy)


def _environment(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.demo_people_file and facts.environment != "demo":
        yield _stop(
            "ENV-DEMO-PEOPLE",
            f"GLASSBOX_DEMO_PEOPLE_FILE is set, and the environment is {facts.environment}: the "
            "demo's passwords would stand on the sign-in page.",
            "Unset GLASSBOX_DEMO_PEOPLE_FILE.",
        )
    if facts.is_served_to_people and facts.log_level.upper() == "DEBUG":
        yield _warn(
            "LOG-DEBUG",
            "The log level is DEBUG where real people work.",
            "Set GLASSBOX_LOG_LEVEL to INFO or WARNING.",
        )


def _trial_code(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and facts.has_trial_code:
        yield _warn(
            "TRIAL-CODE",
            "The demo, the scenario runner or METRC in a box is installed where people work.",
            "Install the wheel of `make release`, which leaves them out.",
        )


def _second_factor(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.second_factor_is_required:
        yield _stop(
            "MFA-OFF",
            "A password alone would open METRC's keys and sign approvals.",
            "Unset GLASSBOX_MFA_REQUIRED.",
        )


def _sign_on(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.sign_on_problem:
        yield _stop(
            "SIGN-ON",
            f"Single sign-on is half-made: {facts.sign_on_problem}",
            "Mend the file that GLASSBOX_SINGLE_SIGN_ON_FILE names, or unset it.",
        )


def _metrc(facts: InstallationFacts) -> Iterator[Problem]:
    host, scheme = host_of(facts.metrc_url), urlsplit(facts.metrc_url).scheme
    if host not in hosts_for(facts.environment):
        yield _stop(
            "METRC-HOST",
            f"{facts.environment} may not talk to METRC at {host or 'no host'}.",
            "Set GLASSBOX_METRC_URL to your state's host: api-ST.metrc.com in production, "
            "sandbox-api-ST.metrc.com or a simulator on this machine elsewhere.",
        )
    elif scheme != "https" and host not in LOOPBACK:
        yield _stop(
            "METRC-TLS",
            f"METRC is to be reached by {scheme}, and keys would travel readable.",
            "Begin GLASSBOX_METRC_URL with https://.",
        )
    if not facts.has_vendor_key and facts.is_served_to_people:
        yield _warn(
            "METRC-VENDOR-KEY",
            "The vendor's METRC key is missing: METRC refuses everything.",
            "Set GLASSBOX_METRC_VENDOR_KEY_FILE to a file that only this user may read.",
        )


def _secrets(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and facts.secret_key_characters < SECRET_CHARACTERS_AT_LEAST:
        yield _stop(
            "SECRET-SHORT",
            f"The secret key has {facts.secret_key_characters} characters; sessions could be forged.",
            f"Put {SECRET_CHARACTERS_AT_LEAST} random characters or more into the file that "
            "GLASSBOX_SECRET_KEY_FILE names.",
        )
    if facts.open_files:
        yield _stop(
            "KEY-FILE-OPEN",
            f"More people than its owner may read {facts.open_files[0]}.",
            "chmod 600 the file and 700 its folder; if others could sign in here, change the keys.",
        )
    if facts.is_served_to_people and facts.other_addresses:
        yield _stop(
            "ADDRESS-TOO-MANY",
            f"The process {facts.process} is given {', '.join(facts.other_addresses)}, which it "
            "does not need: whoever takes it over would have that role too.",
            "Give each process only the database address that bears its name.",
        )


def _keyset(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.has_keyset:
        yield _warn(
            "KEYSET-MISSING",
            "A file with keys of METRC keys or of signing in is missing.",
            "Restore it from its own backup, or make it by `glassbox make-keys` where it never was.",
        )


def _vault(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and facts.opens_vault and facts.process not in MAY_OPEN_VAULT:
        yield _stop(
            "VAULT-OPEN",
            f"The process {facts.process} can read the private keys of the vault: whoever takes it "
            "over could use every METRC key.",
            "Let the worker run as a user of its own, and let GLASSBOX_VAULT_FOLDER be its alone.",
        )


def _key_service(facts: InstallationFacts) -> Iterator[Problem]:
    address = urlsplit(facts.kek_url)
    if facts.kek_url and address.scheme != "https" and address.hostname not in LOOPBACK:
        yield _stop(
            "KEK-TLS",
            "The key service is to be reached without TLS: its token and our key files would travel "
            "readable.",
            "Begin GLASSBOX_KEK_URL (of AWS GLASSBOX_KEK_ENDPOINT) with https://, or ask an agent on "
            "this machine.",
        )
    if facts.kek_away:
        yield _warn(
            "KEK-AWAY",
            f"Key files cannot be opened. {facts.kek_away}",
            "Start or unseal the service, or renew the token of GLASSBOX_KEK_TOKEN_FILE or AWS's "
            "credentials (docs/operating/keys.md).",
        )
    if facts.plain_key_files:
        yield _warn(
            "KEK-PLAIN",
            f"{facts.plain_key_files[0]} lies in the clear, and GLASSBOX_KEK_URL names a key service.",
            "Run `glassbox make-keys` as that file's user: it lets the service wrap the file.",
        )


def _addresses(facts: InstallationFacts) -> Iterator[Problem]:
    if not facts.is_served_to_people:
        return
    if "*" in facts.allowed_hosts:
        yield _stop(
            "HOSTS-ANY",
            "GLASSBOX_ALLOWED_HOSTS lets the pages be served under any name.",
            "Name the hosts people open Glassbox by.",
        )
    if not facts.public_url.startswith("https://"):
        yield _stop(
            "PUBLIC-URL",
            f"The address people open Glassbox by is {facts.public_url or 'not set'}.",
            "Set GLASSBOX_PUBLIC_URL to it; it begins with https://.",
        )
    if not facts.redirects_to_tls:
        yield _warn(
            "TLS-REDIRECT",
            "Pages are also given without TLS.",
            "Unset GLASSBOX_TLS_REDIRECT, unless a proxy of yours redirects.",
        )


def _ledger(facts: InstallationFacts) -> Iterator[Problem]:
    if not facts.ledger_origin.endswith(f"/{facts.environment}"):
        yield _stop(
            "LEDGER-ORIGIN",
            f"The ledger's origin is {facts.ledger_origin}, and does not end in "
            f"/{facts.environment}: logs of two environments could be mistaken.",
            f"Unset GLASSBOX_LEDGER_ORIGIN, or let it end in /{facts.environment}.",
        )


def _database(facts: InstallationFacts) -> Iterator[Problem]:
    database = facts.database
    if database is None:
        yield _stop(
            "DB-AWAY",
            f"The database cannot be reached: {facts.database_error}",
            "Start it, or set the address of this process's role.",
        )
        return
    hosts = set(facts.database_host.split(","))
    is_far = facts.is_served_to_people and not hosts <= set(LOOPBACK)
    if is_far and facts.database_tls != "verify-full":
        yield _stop(
            "DB-TLS",
            f"The database is at {facts.database_host}, and its certificate is not checked.",
            "End the address with ?sslmode=verify-full&sslrootcert=FILE.",
        )
    if database.environment is None:
        yield _stop("DB-EMPTY", "The database was never migrated.", "Run `glassbox migrate`.")
    elif database.environment != facts.environment:
        yield _stop(
            "DB-ENVIRONMENT",
            f"This database belongs to {database.environment}, and GLASSBOX_ENVIRONMENT is "
            f"{facts.environment}.",
            "Point one of them elsewhere.",
        )
    if database.major_version < POSTGRES_AT_LEAST:
        yield _stop(
            "DB-VERSION",
            f"PostgreSQL is {database.major_version}.",
            f"Use {POSTGRES_AT_LEAST} or newer.",
        )
    # A backup with holes is none: its role alone reads past the walls.
    if database.passes_walls and facts.process != "backup":
        yield _stop(
            "DB-ROLE",
            f"The database role of {facts.process} sees past the walls between licences.",
            "Use a role that is neither superuser nor BYPASSRLS, as `glassbox_app` is.",
        )
    if database.unwalled:
        yield _stop(
            "DB-WALL",
            f"The walls of {database.unwalled[0]} do not stand.",
            "Run `glassbox migrate`; if it stays so, restore the database.",
        )
    if facts.environment == "staging" and database.clock_offset_seconds:
        yield _stop(
            "CLOCK-MOVED",
            f"Our clock is moved by {database.clock_offset_seconds:g} s.",
            "Set clock_offset_seconds of the table installation to 0.",
        )


def _clocks(facts: InstallationFacts) -> Iterator[Problem]:
    apart = facts.database.clock_apart_seconds if facts.database else 0.0
    if abs(apart) > CLOCKS_APART_SECONDS_AT_MOST:
        yield _stop(
            "CLOCK-APART",
            f"The clock of the database is {apart:+.1f} s away from this machine's; the ledger "
            "refuses events beyond 5 s.",
            "Let both machines follow the same time servers (chrony or systemd-timesyncd).",
        )
    if facts.is_served_to_people and not facts.clock_is_in_step:
        yield _warn(
            "CLOCK-ALONE",
            "The system says that its clock follows no time server.",
            "Start chrony or systemd-timesyncd; in a container, on the machine that carries it.",
        )


def _proxy(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and facts.tls_error:
        yield _stop(
            "PUBLIC-TLS",
            f"{facts.public_url} is not to be trusted: {facts.tls_error}.",
            "Let a proxy such as deploy/caddy end TLS there, with a certificate browsers trust.",
        )


def _passwords(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.has_breach_list:
        yield _warn(
            "BREACH-LIST",
            "Passwords are held against the 1.4 million most used ones alone.",
            "Set GLASSBOX_BREACHED_PASSWORDS_FILE to a list ordered by SHA-1.",
        )


def _files(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.has_scanner:
        yield _warn(
            "SCANNER-NONE",
            "Certificates and sheets are taken without a virus scanner's look.",
            "Run ClamAV's clamd, and set GLASSBOX_CLAMD to its socket.",
        )
    if facts.is_served_to_people and facts.scanner_host not in {"", *LOOPBACK}:
        yield _stop(
            "SCANNER-TLS",
            f"Files would travel readable to the virus scanner at {facts.scanner_host}.",
            "Run clamd on this machine, and set GLASSBOX_CLAMD to its socket.",
        )


def _outside(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and facts.unlisted_hosts:
        yield _stop(
            "OUTSIDE-HOST",
            f"The settings name {', '.join(facts.unlisted_hosts)}, which GLASSBOX_OUTSIDE_HOSTS "
            "does not.",
            "Add what Glassbox is to talk to (mail, METRC Connect, stamps, witnesses, webhooks, OpenID providers).",
        )


def _mail(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.mail_is_encrypted:
        yield _stop(
            "MAIL-TLS",
            "Mails, and the links in them that set passwords, would travel readable.",
            "Unset GLASSBOX_MAIL_TLS, and let the mail server speak STARTTLS.",
        )


def _comfort(facts: InstallationFacts) -> Iterator[Problem]:
    if facts.is_served_to_people and not facts.has_mail:
        yield _warn(
            "MAIL-NONE",
            "Alerts are mailed to nobody.",
            "Set GLASSBOX_MAIL_HOST.",
        )


# Whom each check concerns besides the doctor; where nobody is named, every process.
_CHECKS: tuple[tuple[Callable[[InstallationFacts], Iterator[Problem]], frozenset[str]], ...] = (
    (_environment, frozenset()),
    (_trial_code, frozenset({"serve"})),
    (_second_factor, frozenset({"serve"})),
    (_sign_on, frozenset({"serve"})),
    (_metrc, frozenset({"worker"})),
    (_secrets, frozenset()),
    (_keyset, frozenset({"serve", "worker"})),
    (_vault, frozenset()),
    (_key_service, frozenset({"serve", "worker"})),
    (_addresses, frozenset({"serve"})),
    (_ledger, frozenset()),
    (_database, frozenset()),
    (_clocks, frozenset()),
    (_proxy, frozenset({"doctor"})),
    (_passwords, frozenset({"serve"})),
    (_files, frozenset({"serve"})),
    (_outside, frozenset({"serve", "worker", "sequencer"})),
    (_mail, frozenset({"serve", "worker"})),
    (_comfort, frozenset({"worker"})),
)
