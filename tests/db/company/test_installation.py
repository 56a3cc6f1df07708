"""The doctor's look into a real database: walls, role, environment."""

from __future__ import annotations

from pathlib import Path

import psycopg
from django.test import override_settings

from glassbox.cli.demo_brand import Brand
from glassbox.queries.installation import installation_facts


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
