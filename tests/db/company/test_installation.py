"""The doctor's look into a real database: walls, role, environment."""

from __future__ import annotations

from pathlib import Path

import psycopg
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.queries.installation import installation_facts
from glassbox.runtime.postgres import ClusterUrls


def test_a_key_file_is_open_when_its_folder_is_too(cast: Brand, tmp_path: Path) -> None:
    (tmp_path / "keyset.json").write_text("{}")
    (tmp_path / "keyset.json").chmod(0o644)
    with override_settings(GLASSBOX_KEYS_FOLDER=tmp_path):
        for mode, expected in ((0o700, 0), (0o755, 1)):
            tmp_path.chmod(mode)
            assert len(installation_facts("doctor").open_files) == expected


def test_the_walls_stand_and_one_that_falls_is_named(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    sound = installation_facts("doctor").database
    assert sound is not None
    assert (sound.environment, sound.passes_walls, sound.unwalled) == ("dev", False, ())

    cast_superuser.execute("ALTER TABLE packages NO FORCE ROW LEVEL SECURITY")

    broken = installation_facts("doctor").database
    assert broken is not None
    assert broken.unwalled == ("packages",)


def test_a_machine_that_the_operator_did_not_list_is_named(cast: Brand, tmp_path: Path) -> None:
    (tmp_path / "witnesses").write_text("# ours\nhttps://witness.example/add w+1+x\n")
    named = {
        "EMAIL_HOST": "mail.example",
        "GLASSBOX_TIMESTAMP_URL": "https://stamps.example/tsa",
        "GLASSBOX_METRC_CONNECT_URL": "https://connect.example",
        "GLASSBOX_WITNESSES_FILE": tmp_path / "witnesses",
    }
    hosts = ("mail.example", "connect.example", "stamps.example", "witness.example")
    with override_settings(**named, GLASSBOX_OUTSIDE_HOSTS=[]):
        assert installation_facts("worker").unlisted_hosts == hosts
    with override_settings(**named, GLASSBOX_OUTSIDE_HOSTS=["mail.example", *hosts[2:]]):
        assert installation_facts("worker").unlisted_hosts == ("connect.example",)


def test_nobody_is_there_before_a_company_is_opened(database: ClusterUrls) -> None:
    with psycopg.connect(database.owner) as connection:
        for table in ("users", "companies", "roles", "api_tokens", "account_emailaddress"):
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]
            assert rows == (0,), table
