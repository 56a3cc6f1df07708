"""What an installation is set to and what its database says, for the rules that judge it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    """What the database says of itself; `environment` is None where it was never migrated.

    `unwalled` are tables with a licence or a company whose walls do not stand,
    `clock_apart_seconds` how far the database's clock is from this machine's.
    """

    major_version: int
    environment: str | None
    clock_offset_seconds: float
    passes_walls: bool
    unwalled: tuple[str, ...] = ()
    clock_apart_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class InstallationFacts:
    """What an installation is set to. `process` is who asks, `database_error` why it cannot.

    `other_addresses` are database addresses in the environment that this process does not need,
    `open_files` files with keys that more people than their owner may read, `loose_folders` their
    folders. `opens_vault` says whether it can read the private keys of the vault, `tls_error` why
    nobody should trust the public address, `clock_is_in_step` what the system says of its clock,
    `unlisted_hosts` machines of the settings that the operator's list does not name, `kek_away` why
    the key service opens nothing now, `plain_key_files` key files that it does not wrap,
    `sign_on_problem` what is half-made of single sign-on, `scanner_host` where the virus scanner is
    reached by a network, `has_trial_code` whether the demo or METRC in a box is installed.
    """

    process: str
    environment: str
    metrc_url: str
    has_vendor_key: bool
    secret_key_characters: int
    allowed_hosts: tuple[str, ...]
    public_url: str
    ledger_origin: str
    database_host: str
    database_tls: str
    has_mail: bool
    log_level: str
    redirects_to_tls: bool
    demo_people_file: str
    second_factor_is_required: bool
    other_addresses: tuple[str, ...]
    open_files: tuple[str, ...]
    has_keyset: bool
    opens_vault: bool
    database: DatabaseFacts | None
    database_error: str = ""
    mail_is_encrypted: bool = True
    has_breach_list: bool = True
    has_scanner: bool = True
    scanner_host: str = ""
    has_trial_code: bool = False
    unlisted_hosts: tuple[str, ...] = ()
    tls_error: str = ""
    clock_is_in_step: bool = True
    sign_on_problem: str = ""
    kek_url: str = ""
    kek_away: str = ""
    plain_key_files: tuple[str, ...] = ()

    @property
    def is_served_to_people(self) -> bool:
        """Whether real goods or real people may be at stake."""
        return self.environment in {"staging", "production"}
