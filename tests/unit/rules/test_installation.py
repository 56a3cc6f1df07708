"""Every finding of the doctor, by its id: absent from a sound installation, there when it is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from glassbox.rules.installation import problems
from glassbox.rules.installation_facts import DatabaseFacts, InstallationFacts

DATABASE = DatabaseFacts(
    major_version=18, environment="production", clock_offset_seconds=0, passes_walls=False
)
SOUND = InstallationFacts(
    process="doctor",
    environment="production",
    metrc_url="https://api-ca.metrc.com",
    has_vendor_key=True,
    secret_key_characters=64,
    allowed_hosts=("glassbox.example",),
    public_url="https://glassbox.example",
    ledger_origin="glassbox.example/audit/production",
    database_host="127.0.0.1",
    database_tls="",
    has_mail=True,
    log_level="WARNING",
    redirects_to_tls=True,
    demo_people_file="",
    second_factor_is_required=True,
    other_addresses=(),
    open_files=(),
    has_keyset=True,
    opens_vault=False,
    database=DATABASE,
)
STAGING = {
    "environment": "staging",
    "metrc_url": "https://sandbox-api-ca.metrc.com",
    "ledger_origin": "glassbox.example/audit/staging",
}


def ids(**changed: Any) -> set[str]:
    return {one.id for one in problems(replace(SOUND, **changed))}


def test_a_sound_installation_has_no_finding() -> None:
    assert problems(SOUND) == ()


@pytest.mark.parametrize(
    ("id", "changed"),
    [
        ("ENV-DEMO-PEOPLE", {"demo_people_file": "people.json"}),
        ("MFA-OFF", {"second_factor_is_required": False}),
        ("SIGN-ON", {"sign_on_problem": "client_id is missing"}),
        ("KEK-TLS", {"kek_url": "http://vault.example:8200/v1/transit"}),
        ("KEK-AWAY", {"kek_away": "It is sealed."}),
        ("KEK-PLAIN", {"plain_key_files": ("/keys/sign-in.json",)}),
        ("LOG-DEBUG", {"log_level": "DEBUG"}),
        ("METRC-HOST", {"metrc_url": "https://sandbox-api-ca.metrc.com"}),
        ("METRC-HOST", {"metrc_url": "https://api-ca.metrc.com.evil.example"}),
        ("METRC-TLS", {"metrc_url": "http://api-ca.metrc.com"}),
        ("METRC-VENDOR-KEY", {"has_vendor_key": False}),
        ("SECRET-SHORT", {"secret_key_characters": 39}),
        ("KEY-FILE-OPEN", {"open_files": ("keyset",)}),
        ("KEYSET-MISSING", {"has_keyset": False}),
        ("VAULT-OPEN", {"opens_vault": True, "process": "serve"}),
        ("ADDRESS-TOO-MANY", {"other_addresses": ("GLASSBOX_OWNER_DATABASE_URL",)}),
        ("HOSTS-ANY", {"allowed_hosts": ("*",)}),
        ("PUBLIC-URL", {"public_url": "http://glassbox.example"}),
        ("TLS-REDIRECT", {"redirects_to_tls": False}),
        ("LEDGER-ORIGIN", {"ledger_origin": "glassbox.example/audit/staging"}),
        ("DB-AWAY", {"database": None}),
        ("MAIL-TLS", {"mail_is_encrypted": False}),
        ("BREACH-LIST", {"has_breach_list": False}),
        ("SCANNER-NONE", {"has_scanner": False}),
        ("TRIAL-CODE", {"has_trial_code": True}),
        ("SCANNER-TLS", {"scanner_host": "scanner.example"}),
        ("OUTSIDE-HOST", {"unlisted_hosts": ("mail.example",)}),
        ("PUBLIC-TLS", {"tls_error": "its certificate does not hold"}),
        ("CLOCK-ALONE", {"clock_is_in_step": False}),
        ("CLOCK-APART", {"database": replace(DATABASE, clock_apart_seconds=2.5)}),
        ("CLOCK-APART", {"database": replace(DATABASE, clock_apart_seconds=-2.5)}),
        ("DB-TLS", {"database_host": "db.example"}),
        ("DB-EMPTY", {"database": replace(DATABASE, environment=None)}),
        ("DB-ENVIRONMENT", {"database": replace(DATABASE, environment="demo")}),
        ("DB-VERSION", {"database": replace(DATABASE, major_version=14)}),
        ("DB-ROLE", {"database": replace(DATABASE, passes_walls=True)}),
        ("DB-WALL", {"database": replace(DATABASE, unwalled=("packages",))}),
        (
            "CLOCK-MOVED",
            STAGING
            | {"database": replace(DATABASE, environment="staging", clock_offset_seconds=60.0)},
        ),
        ("MAIL-NONE", {"has_mail": False}),
    ],
)
def test_each_fault_is_named_alone(id: str, changed: dict[str, Any]) -> None:
    assert ids(**changed) == {id}


def test_the_backup_alone_reads_past_the_walls() -> None:
    seeing = {"database": replace(DATABASE, passes_walls=True)}

    assert ids(process="serve", **seeing) == {"DB-ROLE"}
    assert ids(process="backup", **seeing) == set()


def test_every_finding_says_what_and_the_way_out() -> None:
    broken = replace(SOUND, metrc_url="", allowed_hosts=("*",), database=None, has_mail=False)

    found = problems(broken)

    assert [one.stops for one in found] == [True, True, True, False]
    assert all(one.sentence and one.remedy for one in found)


@pytest.mark.parametrize("environment", ["demo", "dev", "staging"])
def test_the_real_metrc_is_for_production_alone(environment: str) -> None:
    assert "METRC-HOST" in ids(environment=environment)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_simulator_is_no_metrc_where_people_work(environment: str) -> None:
    assert "METRC-HOST" in ids(environment=environment, metrc_url="http://127.0.0.1:9000")
